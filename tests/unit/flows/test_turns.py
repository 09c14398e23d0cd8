"""Frames of one session follow one another within a process."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from chalicelib.flows.turns import Turns

PLACE = ("acme", "s-1")
LONG_S = 60.0


def test_one_frame_of_a_session_has_its_turn_at_a_time() -> None:
    turns, at_once, most = Turns(LONG_S), [0], [0]

    def take(_: int) -> None:
        with turns.of(PLACE):
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            at_once[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, range(200)))

    assert most == [1]


def test_another_session_does_not_wait() -> None:
    turns = Turns(LONG_S)

    with turns.of(PLACE), turns.of(("acme", "s-2")), turns.of(("rival", "s-1")):
        passed = True

    assert passed


def test_who_has_waited_long_enough_goes_on_and_leaves_the_others_turn_alone() -> None:
    turns, patient = Turns(patience_s=0.0), Event()

    def passes() -> bool:
        with turns.of(PLACE):
            patient.set()
        return patient.is_set()

    with turns.of(PLACE), ThreadPoolExecutor(1) as pool:
        assert pool.submit(passes).result()
        assert pool.submit(passes).result()


def test_nothing_is_kept_of_a_session_whose_frames_are_through() -> None:
    turns = Turns(LONG_S)

    with turns.of(PLACE):
        pass

    assert not turns._locks  # noqa: SLF001
