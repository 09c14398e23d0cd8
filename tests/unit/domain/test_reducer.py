"""The only place where a session changes: what a clean sequence of frames becomes."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from chalicelib.aws.codec import pack
from chalicelib.domain import reducer
from chalicelib.domain.credentials import ALPHABET
from chalicelib.domain.errors import SessionEnded
from chalicelib.domain.identity import Verified
from chalicelib.domain.model import Alert, Evidence, Gaps, Severity, Status, Tally
from chalicelib.domain.policy import KeepFrames, Policy
from chalicelib.domain.reducer import close, next_seq, progress, step
from chalicelib.domain.rules import RULES
from chalicelib.domain.seen import Kind, Label, Look, Observation, Verdict
from tests import observations as show
from tests.observations import (
    STARTED_AT,
    covered,
    empty_room,
    ended,
    outage,
    phone,
    seen,
    session,
    still,
    two_people,
    watched,
)

Shown = Callable[[int], Observation]

SHOWS: dict[str, Shown] = {
    "no_face_detected": show.empty_room,
    "multiple_faces_detected": show.two_people,
    "looking_away": show.turned_away,
    "low_engagement": show.sullen,
    "suspicious_object": show.phone,
    "text_detected": show.note,
    "identity_mismatch": show.stranger,
    "camera_blocked": show.covered,
    "low_light": show.dim,
    "blurred": show.smeared,
    "frozen_feed": show.still,
    "looped_feed": show.looped,
    "flat_face": show.picture_of_a_head,
}
LEAD = {"frozen_feed": 1, "looped_feed": 13, "flat_face": 7}
"""Frames before the first one that shows what is told by those before it."""


def test_every_rule_has_its_frame_in_these_tests() -> None:
    assert list(SHOWS) == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_an_alert_opens_with_the_nth_consecutive_frame_and_not_before(name: str) -> None:
    needed = RULES[name].after_frames
    first = LEAD.get(name, 0) + 1
    count = first + needed - 1
    frames = [SHOWS[name](number) for number in range(1, count + 1)]

    before, none_yet = watched(*frames[:-1])
    after, changes = step(before, frames[-1])

    assert name not in {alert.type for alert in none_yet}
    opened = next(alert for alert in changes if alert.type == name)
    assert opened == Alert(
        id=f"{first:09d}-{name}",
        type=name,
        severity=RULES[name].severity,
        message=RULES[name].message,
        timestamp=float(first),
        opened_at=float(count),
        frames=needed,
        confidence=opened.confidence,
        evidence=(Evidence(count, float(count), f"picture-{count}"),),
        details=opened.details,
        ended_at=None,
        duration=float(count - first),
    )
    assert reducer.open_alerts(after) == (opened,) or name == "camera_blocked"


def test_the_policy_sets_after_how_many_frames_an_alert_opens() -> None:
    policy = Policy(after_frames={"no_face_detected": 5, "multiple_faces_detected": 2})

    _, four = watched(*map(empty_room, range(1, 5)), policy=policy)
    _, five = watched(*map(empty_room, range(1, 6)), policy=policy)
    _, one_guest = watched(two_people(1), policy=policy)

    assert (four, [alert.type for alert in five], one_guest) == ((), ["no_face_detected"], ())


def test_a_single_frame_without_the_condition_starts_the_count_again() -> None:
    _, alerts = watched(empty_room(1), empty_room(2), seen(3), empty_room(4), empty_room(5))

    assert alerts == ()


def test_an_open_alert_extends_while_its_condition_holds() -> None:
    before, _ = watched(*map(empty_room, range(1, 4)))

    _, (extended,) = step(before, empty_room(4))

    assert (extended.id, extended.frames, extended.duration, extended.ended_at) == (
        "000000001-no_face_detected",
        4,
        3.0,
        None,
    )


def test_an_alert_is_as_sure_as_its_surest_frame() -> None:
    unsure, sure = show.face(confidence=60.0), show.face(confidence=95.0)
    frames = [
        seen(1, faces=(show.face(), unsure)),
        seen(2, faces=(show.face(), sure, sure)),
        seen(3, faces=(show.face(), unsure)),
    ]

    _, (alert,) = watched(*frames)

    assert (alert.confidence, alert.details) == (95.0, {"face_count": 3})


def test_a_short_pause_does_not_split_an_episode() -> None:
    _, alerts = watched(phone(1), seen(2), seen(3), phone(4))

    assert [(alert.id, alert.frames, alert.duration) for alert in alerts] == [
        ("000000001-suspicious_object", 2, 3.0)
    ]


def test_a_pause_as_long_as_the_policy_allows_is_still_one_episode() -> None:
    policy = Policy(episode_gap_s=2.0)

    _, one = watched(phone(1), seen(2), phone(3), policy=policy)
    _, two = watched(phone(1), seen(2), show.later(0.001, phone(3)), policy=policy)

    assert (len(one), len(two)) == (1, 2)


def test_a_longer_pause_makes_two_episodes() -> None:
    _, alerts = ended(phone(1), *map(seen, range(2, 7)), phone(7))

    assert [(alert.timestamp, alert.ended_at, alert.duration, alert.frames) for alert in alerts] == [
        (1.0, 2.0, 1.0, 1),
        (7.0, 7.0, 0.0, 1),
    ]


def test_a_condition_that_is_back_after_a_long_pause_opens_a_new_episode_at_once() -> None:
    before, _ = watched(phone(1), seen(2))

    _, changes = step(before, show.later(9.0, phone(3)))

    assert [(alert.id, alert.ended_at) for alert in changes] == [
        ("000000001-suspicious_object", 2.0),
        ("000000003-suspicious_object", None),
    ]


def test_an_alert_closes_with_its_duration_when_it_was_first_seen_to_be_over() -> None:
    before, _ = watched(*map(empty_room, range(1, 11)), *map(seen, range(11, 14)))

    after, (closed,) = step(before, seen(14))

    assert closed == Alert(
        id="000000001-no_face_detected",
        type="no_face_detected",
        severity=Severity.WARNING,
        message="No face is visible.",
        timestamp=1.0,
        opened_at=3.0,
        frames=10,
        confidence=100.0,
        evidence=(Evidence(3, 3.0, "picture-3"), Evidence(6, 6.0, "picture-6")),
        ended_at=11.0,
        duration=10.0,
    )
    assert reducer.open_alerts(after) == ()
    assert after.settled.closed == {"no_face_detected": Tally(episodes=1, seconds=10.0, frames=10)}


def test_each_alert_type_goes_its_own_way() -> None:
    _, alerts = ended(two_people(1), empty_room(2), empty_room(3), empty_room(4), phone(5))

    assert [(alert.type, alert.timestamp, alert.ended_at) for alert in alerts] == [
        ("multiple_faces_detected", 1.0, 2.0),
        ("no_face_detected", 2.0, 5.0),
        ("suspicious_object", 5.0, 5.0),
    ]


def test_a_gap_without_frames_closes_an_episode_when_it_was_last_seen() -> None:
    before, _ = watched(*map(empty_room, range(1, 5)))

    after, changes = step(before, show.later(31.0, empty_room(5)))

    assert [(alert.id, alert.ended_at, alert.duration) for alert in changes] == [
        ("000000001-no_face_detected", 4.0, 3.0)
    ]
    assert after.settled.gaps == Gaps(count=1, seconds=32.0, longest_s=32.0)


def test_a_silence_as_long_as_the_policy_allows_is_no_gap() -> None:
    current, _ = watched(seen(1), seen(2, at_s=31.0))

    assert progress(current).gaps == Gaps()


def test_an_unanalysed_frame_accuses_nobody() -> None:
    current, alerts = watched(*map(outage, range(1, 31)))

    assert alerts == ()
    assert (progress(current).frames, progress(current).unanalysed) == (30, 30)


def test_an_unanalysed_frame_excuses_nobody() -> None:
    _, alerts = watched(empty_room(1), empty_room(2), outage(3), empty_room(4))

    assert [(alert.type, alert.frames) for alert in alerts] == [("no_face_detected", 3)]


def test_an_unanalysed_frame_neither_extends_nor_ends_an_episode() -> None:
    before, _ = watched(*map(empty_room, range(1, 4)))

    after, changes = step(before, outage(4))

    assert changes == ()
    assert progress(after).streaks == progress(before).streaks


def test_a_long_outage_ends_an_episode_when_it_was_last_seen() -> None:
    _, alerts = watched(*map(empty_room, range(1, 5)), *map(outage, range(5, 60)), seen(60))

    assert [(alert.ended_at, alert.duration, alert.frames) for alert in alerts] == [(4.0, 3.0, 4)]


def test_frames_on_both_sides_of_a_long_outage_do_not_add_up_to_an_alert() -> None:
    _, alerts = watched(empty_room(1), empty_room(2), *map(outage, range(3, 9)), empty_room(9))

    assert alerts == ()


def test_an_outage_as_short_as_a_pause_does_not_split_an_episode() -> None:
    _, alerts = watched(phone(1), outage(2), outage(3), phone(4))

    assert [(alert.frames, alert.duration) for alert in alerts] == [(2, 3.0)]


def test_sparse_frames_do_not_lengthen_an_episode_by_what_nobody_saw() -> None:
    _, alerts = watched(phone(1), seen(2, at_s=21.0))

    assert [(alert.ended_at, alert.duration) for alert in alerts] == [(4.0, 3.0)]


def test_an_outage_of_one_kind_leaves_the_other_rules_working() -> None:
    _, alerts = watched(*(seen(number, faces=(), failed=[Kind.LABELS, Kind.TEXT]) for number in (1, 2, 3)))

    assert [alert.type for alert in alerts] == ["no_face_detected"]


def test_a_covered_camera_is_noticed_while_the_provider_is_down() -> None:
    frames = [replace(outage(number), view=covered(number).view) for number in (1, 2)]

    _, alerts = watched(*frames)

    assert [alert.type for alert in alerts] == ["camera_blocked"]


def test_a_covered_camera_that_stands_still_is_not_frozen_besides() -> None:
    black = [replace(covered(number), view=show.view(mean=0.0, grey=0)) for number in range(1, 11)]

    _, alerts = watched(*black)

    assert sorted(alert.type for alert in alerts) == ["camera_blocked", "no_face_detected"]


def test_a_session_that_starts_with_a_still_picture_has_no_frame_before_it() -> None:
    current, _ = watched(still(1))

    assert progress(current).streaks == {}


def test_a_replayed_frame_changes_nothing() -> None:
    once, _ = step(session(), empty_room(1))

    assert step(once, empty_room(1)) == (once, ())


def test_replaying_a_whole_session_changes_nothing() -> None:
    frames = [*map(two_people, range(1, 4)), *map(empty_room, range(4, 12)), *map(seen, range(12, 20))]
    once, _ = watched(*frames)

    assert watched(*frames, onto=once) == (once, ())


def test_a_frame_that_waits_in_the_window_is_known_too() -> None:
    once, _ = watched(seen(1), empty_room(3))

    assert step(once, empty_room(3)) == (once, ())


def test_the_frames_of_a_batch_are_stepped_as_if_they_came_one_by_one() -> None:
    frames = [*map(empty_room, range(1, 6)), *map(seen, range(6, 12)), two_people(12)]

    batched, told = step(session(), *frames)

    one_by_one, told_one_by_one = watched(*frames)
    assert batched == one_by_one
    assert {alert.id: alert for alert in told} == {alert.id: alert for alert in told_one_by_one}


def test_nothing_is_told_twice() -> None:
    before, _ = watched(*map(empty_room, range(1, 4)))

    _, changes = step(before, seen(4))

    assert changes == ()


def test_an_ended_session_takes_no_frame() -> None:
    over, _ = close(session(), STARTED_AT + 1.0)

    with pytest.raises(SessionEnded):
        step(over, seen(1))


def test_ending_closes_what_is_open() -> None:
    over, (closed,) = close(watched(*map(empty_room, range(1, 6)))[0], STARTED_AT + 60.0)

    assert (over.status, over.ended_at, over.window) == (Status.ENDED, STARTED_AT + 60.0, ())
    assert (closed.ended_at, closed.duration) == (5.0, 4.0)
    assert over.settled.closed == {"no_face_detected": Tally(episodes=1, seconds=4.0, frames=5)}


def test_ending_ends_a_paused_episode_where_the_pause_began() -> None:
    _, (closed,) = ended(phone(1), seen(2), seen(3))

    assert (closed.ended_at, closed.duration) == (2.0, 1.0)


def test_ending_does_not_make_an_alert_of_a_short_streak() -> None:
    over, alerts = ended(empty_room(1), empty_room(2))

    assert (alerts, over.settled.closed) == ((), {})


def test_silence_before_the_end_is_a_gap_too() -> None:
    short, _ = ended(seen(1), at_s=31.0)
    long, _ = ended(seen(1), at_s=31.5)

    assert (short.settled.gaps, long.settled.gaps) == (Gaps(), Gaps(1, 30.5, 30.5))


def test_a_session_without_frames_is_one_gap() -> None:
    over, _ = ended(at_s=60.0)

    assert over.settled.gaps == Gaps(1, 60.0, 60.0)


def test_ending_twice_changes_nothing() -> None:
    over, _ = close(session(), STARTED_AT + 1.0)

    assert close(over, STARTED_AT + 9.0) == (over, ())


@pytest.mark.parametrize(
    ("keep_frames", "cited"),
    [("evidence", [3, 6, 12, 24, 48, 96]), ("all", [3, 6, 12, 24, 48, 96]), ("none", [3])],
)
def test_evidence_is_the_opening_frame_and_ever_sparser_ones(
    keep_frames: KeepFrames, cited: list[int]
) -> None:
    policy = Policy(keep_frames=keep_frames)

    _, (alert,) = ended(*map(empty_room, range(1, 401)), policy=policy)

    assert [each.frame_number for each in alert.evidence] == cited
    assert alert.evidence[0].frame_number == 3


def test_evidence_of_an_alert_that_opens_at_once_starts_with_its_first_frame() -> None:
    _, (alert,) = ended(*map(phone, range(1, 10)))

    assert [each.frame_number for each in alert.evidence] == [1, 2, 4, 8]


def test_two_alert_types_may_cite_the_same_frame() -> None:
    crowd = seen(1, faces=(show.face(), show.face()), labels=(Label("Book", 99.0),))

    _, alerts = watched(crowd)

    assert [alert.evidence for alert in alerts] == [(Evidence(1, 1.0, "picture-1"),)] * 2


@pytest.mark.parametrize(
    ("each", "keep_frames", "kept"),
    [
        (seen(2), "all", True),
        (seen(2), "evidence", False),
        (seen(2), "none", False),
        (empty_room(2), "evidence", True),
        (empty_room(2), "none", True),
        (replace(seen(2), view=seen(1).view), "evidence", True),
        (seen(3), "evidence", True),
        (seen(3), "none", True),
    ],
)
def test_a_picture_is_kept_if_an_alert_may_come_to_cite_it(
    *, each: Observation, keep_frames: KeepFrames, kept: bool
) -> None:
    current, _ = watched(seen(1), policy=Policy(keep_frames=keep_frames))

    assert reducer.worth_keeping(current, reducer.moment_of(each, current.policy)) is kept


def test_of_frames_that_repeat_others_those_are_kept_that_the_alert_cites_and_few_more() -> None:
    current, kept = session(), []
    alerts: dict[str, Alert] = {}
    for number in range(1, 135):
        each = show.looped(number)
        if reducer.worth_keeping(current, reducer.moment_of(each, current.policy)):
            kept.append(number)
        current, changes = step(current, each)
        alerts |= {alert.id: alert for alert in changes}

    (alert,) = alerts.values()
    cited = [each.frame_number for each in alert.evidence]
    assert cited == [43, 73, 133]
    assert set(cited) < set(kept)
    assert len(kept) == 14


def test_frames_without_numbers_are_numbered_by_the_session() -> None:
    empty = session()
    some, _ = watched(seen(1), seen(2))
    ahead, _ = watched(seen(1), seen(2), seen(9), seen(7))

    assert [next_seq(each) for each in (empty, some, ahead)] == [1, 3, 10]


@pytest.mark.parametrize("seq", [0, 1])
@pytest.mark.parametrize(
    ("captured_s", "offset_s"),
    [(0.0, 0.0), (100.0, 0.0), (-5.0, 0.0), (105.0, 0.0), (-5.5, -105.5), (105.5, 5.5), (3_700.0, 3_600.0)],
)
def test_the_first_frame_tells_the_clock_unless_it_can_have_been_captured_then(
    captured_s: float, offset_s: float, seq: int
) -> None:
    anchored = reducer.anchored(session(), STARTED_AT + captured_s, seq, now=STARTED_AT + 100.0)

    assert anchored == replace(session(), clock_offset_s=offset_s)


@pytest.mark.parametrize("seq", [2, 900, None])
@pytest.mark.parametrize(
    ("captured_s", "offset_s"), [(0.0, None), (100.0, None), (3_700.0, None), (-5.0, None), (-5.5, -105.5)]
)
def test_any_other_frame_tells_only_that_a_clock_is_behind(
    captured_s: float, offset_s: float | None, seq: int | None
) -> None:
    anchored = reducer.anchored(session(), STARTED_AT + captured_s, seq, now=STARTED_AT + 100.0)

    assert anchored == replace(session(), clock_offset_s=offset_s)


def test_the_clock_is_told_once() -> None:
    once = reducer.anchored(session(), STARTED_AT + 3_700.0, 1, now=STARTED_AT + 100.0)

    assert reducer.anchored(once, STARTED_AT - 900.0, 1, now=STARTED_AT + 200.0) == once


def test_a_clean_sequence_has_an_empty_window() -> None:
    current, _ = watched(*map(seen, range(1, 50)))

    assert (current.window, current.settled.frames, current.settled.last_seq) == ((), 49, 49)


def test_a_client_may_count_from_0() -> None:
    current, _ = watched(*map(seen, range(5)))

    assert (current.window, current.settled.frames, current.replay_needed) == ((), 5, False)


def test_after_a_hole_frames_wait_for_the_missing_one() -> None:
    waiting, _ = watched(seen(1), seen(3), seen(4))
    filled, _ = watched(seen(2), onto=waiting)

    assert [moment.seq for moment in waiting.window] == [3, 4]
    assert (waiting.settled.frames, progress(waiting).frames) == (1, 3)
    assert (filled.window, filled.settled.frames) == ((), 4)


def test_a_hole_is_given_up_when_the_window_is_full() -> None:
    frames = [seen(1), *map(seen, range(3, 3 + reducer.WINDOW))]
    waiting, _ = watched(*frames)

    over, _ = step(waiting, seen(3 + reducer.WINDOW))

    assert len(waiting.window) == reducer.WINDOW
    assert (over.window, over.settled.frames) == ((), 2 + reducer.WINDOW)


def test_a_frame_after_the_hole_was_given_up_is_counted_and_asks_for_a_replay() -> None:
    current, _ = watched(seen(1), *map(seen, range(3, 40)))
    late, changes = step(current, two_people(2))

    assert (current.replay_needed, late.replay_needed, changes) == (False, True, ())
    assert late.settled.frames == current.settled.frames + 1


def test_a_late_frame_that_shows_the_candidate_withdraws_the_alert() -> None:
    before, (alert,) = watched(empty_room(1), empty_room(2), empty_room(4))

    after, changes = step(before, seen(3))

    assert alert.type == "no_face_detected"
    assert changes == (replace(alert, withdrawn=True),)
    assert reducer.open_alerts(after) == ()


def test_a_late_frame_that_belongs_to_an_episode_joins_it() -> None:
    before, _ = watched(*map(empty_room, (1, 2, 3, 5)))

    _, changes = step(before, empty_room(4))

    assert [(alert.id, alert.frames) for alert in changes] == [("000000001-no_face_detected", 5)]


def test_an_episode_that_turns_out_to_have_begun_earlier_is_told_under_its_new_id() -> None:
    before, _ = watched(seen(1), phone(3))

    _, changes = step(before, phone(2))

    assert {(alert.id, alert.withdrawn) for alert in changes} == {
        ("000000002-suspicious_object", False),
        ("000000003-suspicious_object", True),
    }


def noisy(each: Observation) -> Observation:
    """The same frame as a camera gives it: no compressor makes it smaller."""
    pixels = random.Random(each.seq).randbytes(show.FINGERPRINT_BYTES)
    return replace(each, view=replace(each.view, fingerprint=pixels), picture=f"{each.seq:032x}")


def test_after_28_800_frames_the_session_is_as_small_as_ever() -> None:
    shows = [*SHOWS.values(), show.seen, show.outage]
    # Every condition comes and goes; every 40th frame is lost, so that the window is always in use.
    frames = [
        noisy(shows[number // 7 % len(shows)](number)) for number in range(1, 28_801) if number % 40 != 17
    ]
    current = session()
    for start in range(0, len(frames), 240):
        current, _ = step(current, *frames[start : start + 240])

    assert (progress(current).frames, len(current.window)) == (28_080, 23)
    assert len(pack(current)) < 16_000


def test_the_largest_session_that_a_client_can_make_is_under_100_kb() -> None:
    letters = random.Random(1)
    free = {"free": "".join(letters.choices(ALPHABET, k=8_000))}
    names = tuple("".join(letters.choices(ALPHABET, k=80)) for _ in range(100))
    policy = Policy(
        forbidden_objects=names,
        alerts_off=("blurred",) * 100,
        after_frames=dict.fromkeys(RULES, 1),
        episode_gap_s=86_400.0,
    )
    start = replace(session(policy), job=free, candidate=free, consent=free)
    every = [*RULES, "blurred", *RULES][: reducer.WINDOW]
    frames = [noisy(SHOWS[name](number)) for number, name in enumerate(every, start=2)]
    full, _ = step(start, *frames)

    assert len(full.window) == len(frames)
    assert len(pack(full)) < 60_000


def told(alerts: Iterable[Alert]) -> list[list[float | None]]:
    return [alert.details["similarities"] for alert in alerts if alert.type == "identity_mismatch"]


def test_a_mismatch_tells_the_similarity_of_each_look_that_made_it() -> None:
    similarities = [4.0, 7.5, None, 2.0]
    frames = [show.told(number, Verdict.MISMATCH, each) for number, each in enumerate(similarities, start=1)]

    _, alerts = watched(*frames)

    assert told(alerts) == [similarities]


def test_an_answer_that_is_reused_extends_a_mismatch_and_is_no_other_look() -> None:
    looked = [show.stranger(number) for number in (1, 2, 3)]
    reused = [show.told(number, Verdict.MISMATCH, 4.0, look=Look.REUSED) for number in range(4, 9)]

    _, (alert,) = watched(*looked, *reused)

    assert (alert.frames, alert.details["similarities"]) == (8, [4.0] * 3)


def test_a_long_mismatch_tells_the_first_dozen_of_its_looks() -> None:
    _, alerts = watched(*map(show.stranger, range(1, 31)))

    assert told(alerts) == [[4.0] * 12]


def test_an_unclear_look_neither_adds_to_a_mismatch_nor_ends_it() -> None:
    unclear = [show.told(number, Verdict.UNCLEAR, 60.0) for number in (2, 3)]
    short, (alert,) = watched(show.stranger(1), *unclear, show.stranger(4), show.pending(5), show.stranger(6))

    assert (alert.type, alert.opened_at, alert.frames) == ("identity_mismatch", 6.0, 3)
    assert watched(show.stranger(1), *unclear, show.stranger(4), show.pending(5))[1] == ()
    assert progress(short).verified == Verified(
        frames=6, mismatched=3, unclear=2, measured=5, similarity=132.0, lowest=4.0
    )


def against(given_s: float, *numbers: int) -> list[Observation]:
    return [show.told(number, Verdict.MISMATCH, 4.0, given_s=given_s) for number in numbers]


def test_looks_held_against_an_identity_that_was_replaced_do_not_count_towards_the_new_one() -> None:
    before, after = against(0.0, 1, 2), against(2.5, 3, 4)

    assert watched(*before, *after)[1] == ()
    _, (alert,) = watched(*before, *after, *against(2.5, 5))

    assert (alert.timestamp, alert.opened_at, alert.frames) == (3.0, 5.0, 3)
    assert (alert.details["given_at"], alert.details["similarities"]) == (2.5, [4.0] * 3)


def test_an_open_mismatch_ends_with_the_first_look_held_against_another_identity() -> None:
    frames = [*against(0.0, 1, 2, 3), show.pending(4), *against(3.5, 5, 6, 7)]
    end, (first, second) = watched(*frames)

    assert (first.details["given_at"], first.ended_at, second.details["given_at"]) == (0.0, 3.0, 3.5)
    assert (first.id, second.id) == ("000000001-identity_mismatch", "000000005-identity_mismatch")
    assert progress(end).closed["identity_mismatch"] == Tally(1, 2.0, 3)
    assert sorted(watched(*reversed(frames))[1], key=lambda alert: alert.id) == [first, second]


def test_a_match_ends_a_mismatch_that_is_no_alert_yet() -> None:
    _, alerts = watched(
        show.stranger(1), show.stranger(2), show.candidate(3), show.stranger(4), show.stranger(5)
    )

    assert alerts == ()
