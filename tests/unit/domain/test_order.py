"""Frames come late, twice and in any order, and still the result is that of the clean sequence."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import reducer
from chalicelib.domain.model import Alert, Session
from chalicelib.domain.seen import Observation
from tests import observations as show
from tests.observations import STARTED_AT, empty_room, ended, phone, seen, session

SHOWS = (
    show.seen,
    show.empty_room,
    show.two_people,
    show.turned_away,
    show.sullen,
    show.phone,
    show.covered,
    show.still,
    show.looped,
    show.picture_of_a_head,
    show.outage,
)

Sequences = st.lists(st.sampled_from(SHOWS), min_size=1, max_size=60)
FEW = reducer.WINDOW


def frames_of(shows: Sequence[object], *, first: int = 1, apart: int = 1) -> list[Observation]:
    """A frame of each, in order."""
    return [
        each(number)  # type: ignore[operator]
        for number, each in zip(range(first, first + apart * len(shows), apart), shows, strict=True)
    ]


def replayed(frames: Sequence[Observation]) -> tuple[Session, tuple[Alert, ...]]:
    """What becomes of frames that came in this order, once the session has ended."""
    over, alerts = ended(*frames)
    if not over.replay_needed:
        return over, alerts
    again, all_alerts = reducer.replayed(over, (reducer.moment_of(each, over.policy) for each in frames))
    return again, tuple(sorted(all_alerts, key=lambda alert: alert.id))


@given(shows=st.lists(st.sampled_from(SHOWS), min_size=1, max_size=FEW), data=st.data())
def test_any_order_within_the_window_makes_the_same_session_and_alerts(
    shows: list[object], data: st.DataObject
) -> None:
    frames = frames_of(shows)
    shuffled = data.draw(st.permutations(frames))

    assert ended(*shuffled) == ended(*frames)


@given(shows=Sequences, data=st.data())
def test_frames_that_are_overtaken_by_a_few_make_the_same_session_and_alerts(
    shows: list[object], data: st.DataObject
) -> None:
    frames = frames_of(shows)
    delays = data.draw(st.lists(st.integers(0, FEW - 1), min_size=len(frames), max_size=len(frames)))
    late = sorted(range(len(frames)), key=lambda place: (place + delays[place], place))

    assert ended(*(frames[place] for place in late)) == ended(*frames)


@given(shows=Sequences, first=st.integers(0, 3), apart=st.integers(1, 3), data=st.data())
def test_any_order_at_all_makes_the_same_session_and_alerts_once_replayed(
    shows: list[object], first: int, apart: int, data: st.DataObject
) -> None:
    frames = frames_of(shows, first=first, apart=apart)
    shuffled = data.draw(st.permutations(frames))

    assert replayed(shuffled) == replayed(frames)


@given(shows=Sequences, data=st.data())
def test_frames_that_come_again_while_they_are_known_change_nothing(
    shows: list[object], data: st.DataObject
) -> None:
    frames = frames_of(shows)
    again = [
        frame
        for place, each in enumerate(frames, start=1)
        for frame in (each, data.draw(st.sampled_from(frames[:place])))
    ]

    assert ended(*again) == ended(*frames)


@given(shows=Sequences, data=st.data())
def test_the_live_figures_count_every_frame_that_came(shows: list[object], data: st.DataObject) -> None:
    frames = data.draw(st.permutations(frames_of(shows)))
    current = session()
    for count, each in enumerate(frames, start=1):
        current, _ = reducer.step(current, each)

        assert reducer.progress(current).frames == count


@given(shows=Sequences, data=st.data())
def test_the_alerts_told_are_those_that_are_open_or_settled(shows: list[object], data: st.DataObject) -> None:
    """Whoever applies each change to a list of alerts has the list that the session stands for."""
    frames = data.draw(st.permutations(frames_of(shows[:FEW])))

    _, told = show.watched(*frames)

    known: dict[str, Alert] = {}
    current = session()
    for each in sorted(frames, key=lambda frame: frame.seq):
        current, changes = reducer.step(current, each)
        known |= {alert.id: alert for alert in changes if not alert.withdrawn}
    assert {alert.id: alert for alert in told} == known


def test_every_order_of_five_frames_makes_the_same_session() -> None:
    frames = [empty_room(1), empty_room(2), empty_room(3), phone(4), seen(5)]
    clean = ended(*frames)

    outcomes = [ended(*shuffled) for shuffled in permutations(frames)]

    assert [outcome for outcome in outcomes if outcome != clean] == []


@pytest.mark.parametrize("first", [0, 1, 7, 10_000])
def test_a_frame_too_late_for_the_window_is_counted_wherever_the_client_began_to_count(first: int) -> None:
    frames = [seen(number) for number in range(first, first + 40)]
    late = frames.pop(1)

    over, _ = ended(*frames, late)

    assert (over.settled.frames, over.replay_needed) == (40, True)


def test_a_very_late_frame_makes_the_clean_report_once_replayed() -> None:
    frames = [phone(1), empty_room(2), *map(seen, range(3, 40))]

    over, alerts = replayed([frames[0], *frames[2:], frames[1]])

    assert (over, alerts) == ended(*frames)


def test_replaying_needs_no_order() -> None:
    over, _ = ended(*map(empty_room, range(1, 60)))
    moments = [reducer.moment_of(empty_room(number), over.policy) for number in range(1, 60)]

    assert reducer.replayed(over, reversed(moments)) == reducer.replayed(over, moments)


def test_replaying_keeps_what_is_not_counted() -> None:
    start = replace(session(), job={"title": "Engineer"}, clock_offset_s=3.0, version=7)
    over, _ = reducer.close(start, STARTED_AT + 60.0)

    again, alerts = reducer.replayed(over, ())

    assert (again, alerts) == (over, ())


@given(shows=Sequences, data=st.data())
def test_what_is_remembered_of_a_session_is_what_its_frames_add_up_to(
    shows: list[object], data: st.DataObject
) -> None:
    current = session()
    for each in data.draw(st.permutations(frames_of(shows))):
        current, _ = reducer.step(current, each)
        stranger = replace(current, window=tuple(iter(current.window)))

        assert reducer.progress(current) == reducer.progress(stranger)
        assert reducer.open_alerts(current) == reducer.open_alerts(stranger)


def test_more_sessions_than_are_remembered_do_not_disturb_each_other() -> None:
    sessions = {number: session(session_id=f"s-{number}") for number in range(300)}
    for frame in (1, 3, 5):
        for number, each in sessions.items():
            sessions[number], _ = reducer.step(each, empty_room(frame) if number % 2 else seen(frame))

    found = {
        (number % 2, reducer.progress(each).frames, len(reducer.open_alerts(each)))
        for number, each in sessions.items()
    }

    assert found == {(0, 3, 0), (1, 3, 1)}
