"""A face found again near its place, and how like it is."""

from dataclasses import replace

import numpy as np
import pytest

from chalicelib.domain.seen import BoundingBox, Landmark
from chalicelib.vision.faces import Grey, find, likeness, look_of
from chalicelib.vision.small import Small
from tests.unit.vision import scenes
from tests.unit.vision.pictures import Pixels, flat, portrait
from tests.unit.vision.scenes import FACE

ALIKE = 0.75
UNLIKE = 0.65


def grey(pixels: Pixels) -> Grey:
    small = scenes.picture(pixels).small
    assert isinstance(small, Small)
    return small.grey


LOOK = look_of(grey(portrait()), FACE, accused=False)


@pytest.mark.parametrize(("down", "right"), [(0, 0), (20, 0), (0, -25), (-15, 15)])
def test_a_face_that_moved_a_little_is_found_where_it_is(down: int, right: int) -> None:
    sure, place = find(grey(scenes.shifted(down, right)), LOOK)

    assert sure > 0.9
    assert (place.x, place.y) == pytest.approx(
        (FACE.box.left * 320 + right / 2, FACE.box.top * 240 + down / 2), abs=2.5
    )


def test_a_face_that_is_gone_is_found_nowhere() -> None:
    assert find(grey(scenes.empty_seat()), LOOK)[0] < 0.5
    assert find(grey(flat(128)), LOOK)[0] < 0.5


@pytest.mark.parametrize(
    "view", [portrait(), scenes.noisy(portrait()), scenes.lit(0.5), scenes.shifted(4, 4)]
)
def test_the_same_face_in_another_light_is_alike_eyes_and_all(view: Pixels) -> None:
    _, place = find(grey(view), LOOK)

    assert min(likeness(grey(view), place, LOOK)) > ALIKE


def test_a_turned_head_is_unlike() -> None:
    _, place = find(grey(scenes.turned_head()), LOOK)

    assert min(likeness(grey(scenes.turned_head()), place, LOOK)) < UNLIKE


def test_eyes_that_moved_are_unlike_in_a_face_that_is_alike() -> None:
    _, place = find(grey(scenes.other_gaze()), LOOK)

    face, eyes = likeness(grey(scenes.other_gaze()), place, LOOK)
    assert face > ALIKE
    assert eyes < UNLIKE


def test_eyes_count_where_the_provider_showed_them_and_the_face_is_large_enough() -> None:
    picture = grey(portrait())
    others = replace(FACE, landmarks=(*FACE.landmarks, Landmark("nose", 0.45, 0.3)))
    far = replace(FACE, box=replace(FACE.box, width=0.07))

    counts = [
        len(look_of(picture, face, accused=False).eyes) for face in (others, replace(FACE, landmarks=()), far)
    ]

    assert counts == [2, 0, 0]


def test_without_eyes_only_the_face_is_compared() -> None:
    look = look_of(grey(portrait()), replace(FACE, landmarks=()), accused=False)
    _, place = find(grey(scenes.other_gaze()), look)

    assert likeness(grey(scenes.other_gaze()), place, look)[1] == 1.0


@pytest.mark.parametrize(
    "box",
    [
        BoundingBox(-0.2, -0.3, 0.4, 0.6),
        BoundingBox(0.9, 0.9, 0.5, 0.5),
        BoundingBox(1.5, 1.5, 0.1, 0.1),
        BoundingBox(0.5, 0.5, 0.0, 0.0),
    ],
    ids=["beyond the corner", "half outside", "outside", "a point"],
)
def test_a_box_that_reaches_beyond_the_picture_is_compared_all_the_same(box: BoundingBox) -> None:
    look = look_of(grey(portrait()), replace(FACE, box=box), accused=False)

    sure, place = find(grey(portrait()), look)

    assert np.isfinite([sure, *likeness(grey(portrait()), place, look)]).all()
