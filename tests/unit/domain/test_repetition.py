"""A loop is found, a camera is not taken for one, however the frames are told apart."""

import random
from collections.abc import Iterable, Iterator

import pytest

from chalicelib.domain import repetition

BELOW = 0.5
CELLS = 192


def restless(seed: int = 1) -> Iterator[bytes]:
    """A picture in which every cell goes its own way, a little with each frame."""
    drawn = random.Random(seed)
    cells = [drawn.uniform(60, 180) for _ in range(CELLS)]
    while True:
        yield bytes(round(each) for each in cells)
        cells = [min(255.0, max(0.0, each + drawn.gauss(0, 1))) for each in cells]


def taken(frames: Iterator[bytes], count: int) -> list[bytes]:
    return [next(frames) for _ in range(count)]


def noisy(frame: bytes, seed: int) -> bytes:
    """The frame coded anew: some cells are off by a level."""
    drawn = random.Random(seed)
    return bytes(min(255, max(0, each + (drawn.random() < 0.05))) for each in frame)


def longest(frames: Iterable[bytes]) -> int:
    """How many frames at the most follow on at one lag."""
    trail, lag, run, best = b"", 0, 0, 0
    for number, frame in enumerate(frames):
        trail = repetition.lengthened(trail, frame)
        change = repetition.change(trail, lag)
        if change is not None and change < BELOW:
            run += 1
            best = max(best, run)
            continue
        run = 0
        lag = repetition.lag_of(trail, BELOW) if repetition.is_due(number) else 0
    return best


@pytest.mark.parametrize("length", [3, 5, 12, 40, 88])
def test_a_loop_is_followed_for_as_long_as_it_lasts(length: int) -> None:
    recording = taken(restless(), length)
    frames = [noisy(recording[number % length], number) for number in range(length + 150)]

    assert longest(frames) >= 100


def test_a_loop_longer_than_what_is_kept_is_not_found() -> None:
    recording = taken(restless(), 89)

    assert longest(recording * 3) == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_camera_is_no_loop(seed: int) -> None:
    assert longest(taken(restless(seed), 400)) < 3


def test_a_gesture_that_somebody_makes_twice_is_no_loop() -> None:
    frames = restless()
    gesture = taken(frames, 15)
    shown = [*gesture, *taken(frames, 20), *gesture, *taken(frames, 60)]

    assert longest(shown) <= 15


def test_a_picture_that_stands_still_is_no_loop() -> None:
    assert longest([bytes(CELLS)] * 200) == 0


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_light_that_grows_evenly_is_no_loop(step: int) -> None:
    assert longest(bytes([level]) * CELLS for level in range(0, 256, step)) == 0


def test_what_is_remembered_does_not_grow() -> None:
    trail = b""
    for frame in taken(restless(), 300):
        trail = repetition.lengthened(trail, frame)

    assert len(trail) == 768
