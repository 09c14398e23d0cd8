"""Counting frames."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import tallies
from chalicelib.domain.model import Gaps, Moment, Progress, Span, Streak, Tally
from chalicelib.domain.model import Sign as Held
from chalicelib.domain.policy import Policy
from chalicelib.domain.reducer import moment_of
from chalicelib.domain.seen import SIGHTS, Kind, Look, Observation
from tests.observations import face, outage, seen, withheld

GAP_AFTER_S = 30.0


def moment(each: Observation) -> Moment:
    return moment_of(each, Policy())


def counted(*frames: Observation, policy: Policy | None = None) -> Progress:
    total = Progress()
    for each in frames:
        total = tallies.count(total, moment_of(each, policy or Policy()))
    return total


def advanced(*frames: Observation) -> Progress:
    total = Progress()
    for each in frames:
        total = replace(total, **tallies.advanced(total, moment(each), GAP_AFTER_S))
    return total


def calm(at_s: float, confidence: float = 50.0) -> Observation:
    return seen(int(at_s), faces=(face(emotions={"CALM": confidence}),), at_s=at_s)


def test_a_frame_of_a_person_is_counted_with_its_figures() -> None:
    total = counted(calm(4.0))

    assert total == Progress(
        frames=1,
        looks={"faces.asked": 1, "labels.asked": 1, "text.asked": 1, "identity.off": 1},
        expressive=1,
        sums={
            "eye_contact": 100.0,
            "facial_expression": 60.0,
            "engagement": 76.0,
            "confidence": 99.5,
            "posture": 95.0,
        },
        measured=dict.fromkeys(
            ("eye_contact", "facial_expression", "engagement", "confidence", "posture"), 1
        ),
        emotions={"CALM": 50.0},
        dominant={"CALM": 1},
        timeline=(Span(0.0, 1, {"CALM": 50.0}),),
        first_seq=4,
    )


def test_an_empty_room_measures_nothing() -> None:
    total = counted(seen(1, faces=()))

    assert (total.frames, total.measured, total.expressive, total.timeline) == (1, {}, 0, ())


def test_what_is_not_known_of_a_face_is_not_averaged() -> None:
    total = counted(seen(1, faces=(replace(face(emotions={}), pose=None),)), calm(2.0))

    assert total.measured == {
        "confidence": 2,
        "eye_contact": 1,
        "facial_expression": 1,
        "engagement": 1,
        "posture": 1,
    }
    assert total.expressive == 1


def test_with_emotions_off_none_are_counted() -> None:
    total = counted(calm(1.0), policy=Policy(emotions=False))

    assert (total.expressive, total.emotions, total.dominant, total.timeline) == (0, {}, {}, ())
    assert set(total.measured) == {"eye_contact", "confidence", "posture"}


@pytest.mark.parametrize(
    ("failed", "unanalysed", "partial"),
    [
        ((), 0, 0),
        ((Kind.FACES,), 1, 0),
        ((Kind.LABELS,), 0, 1),
        ((Kind.LABELS, Kind.TEXT), 0, 1),
        (SIGHTS, 1, 0),
    ],
)
def test_a_frame_is_unanalysed_without_faces_and_partial_without_the_rest(
    failed: tuple[Kind, ...], unanalysed: int, partial: int
) -> None:
    total = counted(seen(1, failed=failed))

    assert (total.frames, total.unanalysed, total.partial) == (1, unanalysed, partial)


def test_reused_faces_are_counted_as_such() -> None:
    looks = {Kind.FACES: Look.REUSED, Kind.LABELS: Look.OFF, Kind.TEXT: Look.OFF}

    total = counted(replace(seen(1), looks=looks), seen(2))

    assert (total.reused, total.unanalysed, total.partial) == (1, 0, 0)
    assert total.looks == {
        "faces.reused": 1,
        "labels.off": 1,
        "text.off": 1,
        "faces.asked": 1,
        "labels.asked": 1,
        "text.asked": 1,
        "identity.off": 1,
    }


@pytest.mark.parametrize(
    ("kinds", "unanalysed", "partial"),
    [
        ((), 0, 0),
        ((Kind.TEXT,), 0, 1),
        ((Kind.LABELS, Kind.TEXT), 0, 1),
        ((Kind.FACES,), 1, 0),
        (SIGHTS, 1, 0),
    ],
)
def test_what_was_withheld_is_as_unknown_as_what_failed_and_counted_apart(
    kinds: tuple[Kind, ...], unanalysed: int, partial: int
) -> None:
    total = counted(withheld(1, *kinds))

    assert (total.frames, total.unanalysed, total.partial, total.reused) == (1, unanalysed, partial, 0)
    looks = {f"{kind}.{'withheld' if kind in kinds else 'asked'}": 1 for kind in SIGHTS}
    assert total.looks == looks | {"identity.off": 1}


def test_what_audits_looked_at_is_added_up() -> None:
    one, other = (
        replace(seen(1), audited=8, contradicted=1),
        replace(seen(2), audited=5, contradicted=3, repeated=1),
    )

    total = counted(one, other, seen(3))

    assert (total.audited, total.contradicted, total.repeated) == (13, 4, 1)


def test_the_timeline_has_steps_of_ten_seconds_at_first() -> None:
    total = counted(calm(0.0, 10.0), calm(9.999, 20.0), calm(10.0, 40.0), calm(599.0, 80.0))

    assert (total.span_s, total.timeline) == (
        10.0,
        (Span(0.0, 2, {"CALM": 30.0}), Span(10.0, 1, {"CALM": 40.0}), Span(590.0, 1, {"CALM": 80.0})),
    )


def test_the_timelines_steps_are_doubled_when_there_would_be_too_many() -> None:
    total = counted(calm(0.0, 1.0), calm(10.0, 2.0), calm(20.0, 4.0), calm(600.0, 8.0))

    assert (total.span_s, total.timeline) == (
        20.0,
        (Span(0.0, 2, {"CALM": 3.0}), Span(20.0, 1, {"CALM": 4.0}), Span(600.0, 1, {"CALM": 8.0})),
    )


@given(
    times=st.lists(st.integers(0, 172_800).map(float), min_size=1, max_size=40, unique=True), data=st.data()
)
def test_the_timeline_does_not_depend_on_the_order(times: list[float], data: st.DataObject) -> None:
    frames = [calm(at_s, confidence=float(place)) for place, at_s in enumerate(times)]
    clean, shuffled = counted(*frames), counted(*data.draw(st.permutations(frames)))

    assert (shuffled.span_s, shuffled.timeline) == (clean.span_s, clean.timeline)


@given(times=st.lists(st.integers(0, 172_800).map(float), min_size=1, max_size=100, unique=True))
def test_the_timeline_loses_no_frame_and_has_at_most_60_steps(times: list[float]) -> None:
    total = counted(*map(calm, times))

    assert sum(span.frames for span in total.timeline) == len(times)
    assert len(total.timeline) <= tallies.SPANS
    assert [span.start_s for span in total.timeline] == sorted(
        {at // total.span_s * total.span_s for at in times}
    )


@pytest.mark.parametrize(
    ("times", "gaps"),
    [
        ((1.0, 31.0), Gaps()),
        ((1.0, 31.001), Gaps(1, 30.001, 30.001)),
        ((40.0,), Gaps(1, 40.0, 40.0)),
        ((0.0, 100.0, 150.0, 151.0), Gaps(2, 150.0, 100.0)),
        ((100.0, 90.0, 125.0), Gaps(1, 100.0, 100.0)),
    ],
)
def test_a_gap_is_a_silence_longer_than_the_policy_says(times: tuple[float, ...], gaps: Gaps) -> None:
    total = advanced(*(seen(number, at_s=at_s) for number, at_s in enumerate(times, start=1)))

    assert total.gaps.count == gaps.count
    assert total.gaps.seconds == pytest.approx(gaps.seconds)
    assert total.gaps.longest_s == pytest.approx(gaps.longest_s)


def test_in_sequence_the_last_frame_is_remembered() -> None:
    total = advanced(seen(3, at_s=5.0), seen(9, at_s=4.0))

    assert (total.first_seq, total.last_seq, total.last_s) == (3, 9, 5.0)


def test_unanalysed_frames_are_no_gap() -> None:
    assert advanced(*(outage(number) for number in range(1, 100))).gaps == Gaps()


def test_alerts_are_those_closed_and_those_open() -> None:
    streak = Streak(first_seq=1, first_s=1.0, held_s=1.0, frames=1, sign=Held(99.0))
    total = Progress(
        closed={"blurred": Tally(episodes=2), "low_light": Tally(episodes=1)},
        streaks={"no_face_detected": streak, "looking_away": replace(streak, opened_s=1.0)},
    )

    assert tallies.alert_count(total) == 4
