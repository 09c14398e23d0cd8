"""The built-in interview is the same each time, and shows what it says."""

import io
from itertools import pairwise

import cv2
import pytest
from PIL import Image

from infra.local.sample import SECONDS, SEGMENTS, open_sample, picture_at, shown_at
from infra.local.sources import Pixels


def pictures_of(what: str) -> list[Pixels]:
    return [picture_at(float(second)) for second in range(SECONDS) if shown_at(second)[0].shows == what]


def test_it_is_the_same_each_time() -> None:
    one, two = ([frame.picture for frame in open_sample(0.25).frames] for _ in range(2))

    assert one == two


def test_it_has_a_frame_for_each_moment() -> None:
    source = open_sample(1.0)
    frames = list(source.frames)

    assert source.count == len(frames) == SECONDS
    assert 60 <= SECONDS <= 75
    assert [frame.at_s for frame in frames] == [float(second) for second in range(SECONDS)]
    assert {Image.open(io.BytesIO(frame.picture)).size for frame in frames} == {(640, 480)}


def test_everything_that_is_to_be_found_lasts_long_enough_to_be_found() -> None:
    assert [segment.shows for segment in SEGMENTS if segment.shows != "present"] == [
        "left the seat",
        "a second person",
        "a page of text",
        "dark",
        "frozen",
    ]
    assert all(segment.seconds >= 6 for segment in SEGMENTS if segment.shows != "present")
    assert len(pictures_of("frozen")) >= 8


def test_the_frozen_picture_is_the_very_same() -> None:
    assert len({picture.tobytes() for picture in pictures_of("frozen")}) == 1


@pytest.mark.parametrize("what", ["present", "left the seat", "a second person", "a page of text"])
def test_what_is_alive_never_stands_still(what: str) -> None:
    pictures = pictures_of(what)
    changes = [cv2.absdiff(*pair).mean() for pair in pairwise(pictures)]

    assert min(changes) > 0.5


def test_the_dark_is_dark_and_nothing_else_is() -> None:
    assert max(picture.mean() for picture in pictures_of("dark")) < 18
    assert min(picture.mean() for picture in pictures_of("left the seat")) > 60
    assert min(picture.mean() for picture in pictures_of("present")) > 60


def test_beyond_its_end_there_is_nothing() -> None:
    with pytest.raises(ValueError, match="72"):
        shown_at(SECONDS)
