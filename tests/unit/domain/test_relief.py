"""A head that turns and a picture that is turned are told apart by five landmarks."""

import math
from dataclasses import replace

import pytest

from chalicelib.domain.policy import Policy
from chalicelib.domain.relief import LOOKS, Relief, moved_across, moved_up, relief_of, turning
from chalicelib.domain.rules import signs_of_turning
from chalicelib.domain.seen import Face
from tests.observations import head

WIDE, HIGH = 640, 480


def relief(face: Face) -> Relief:
    told = relief_of(face, WIDE, HIGH)
    assert told is not None
    return told


def looks(most_deg: float, *, is_picture: bool) -> list[Relief]:
    return [relief(head(yaw=most_deg * math.sin(number), is_picture=is_picture)) for number in range(LOOKS)]


def test_a_relief_depends_neither_on_place_nor_on_size_nor_on_tilt() -> None:
    upright = head(yaw=20.0, pitch=5.0)
    tilt, middle = math.radians(17), complex(0.2 * WIDE, 0.7 * HIGH)
    elsewhere = []
    for mark in upright.landmarks:
        point = middle + 0.6 * complex(mark.x * WIDE, mark.y * HIGH) * complex(math.cos(tilt), math.sin(tilt))
        elsewhere.append(replace(mark, x=point.real / WIDE, y=point.imag / HIGH))
    moved = relief(replace(upright, landmarks=tuple(elsewhere)))

    assert moved.shape == pytest.approx(relief(upright).shape, abs=0.002)
    assert moved.nose == pytest.approx(relief(upright).nose, abs=0.002)


@pytest.mark.parametrize("missing", ["eyeLeft", "mouthRight", "nose"])
def test_without_a_landmark_there_is_none(missing: str) -> None:
    face = head()
    known = tuple(mark for mark in face.landmarks if mark.type != missing)

    assert relief_of(replace(face, landmarks=known), WIDE, HIGH) is None


def test_of_a_face_that_is_too_small_there_is_none() -> None:
    assert relief_of(head(), WIDE // 8, HIGH // 8) is None


def test_landmarks_in_one_point_have_none() -> None:
    face = head()
    heap = tuple(replace(mark, x=0.5, y=0.5) for mark in face.landmarks)

    assert relief_of(replace(face, landmarks=heap), WIDE, HIGH) is None


@pytest.mark.parametrize("yaw", [-40.0, -25.0, 25.0, 40.0])
def test_the_nose_moves_where_the_head_turns_and_not_where_a_picture_is_turned(yaw: float) -> None:
    def moved(*, is_picture: bool) -> float:
        straight, turned = head(), head(yaw=yaw, is_picture=is_picture)
        assert straight.pose
        assert turned.pose
        return moved_across(relief(straight), relief(turned), (straight.pose, turned.pose))

    assert moved(is_picture=False) > 0.5
    assert abs(moved(is_picture=True)) < 0.01


def test_the_nose_moves_up_with_a_head_that_looks_up() -> None:
    def moved(*, is_picture: bool) -> float:
        straight, turned = head(), head(pitch=20.0, is_picture=is_picture)
        assert straight.pose
        assert turned.pose
        return moved_up(relief(straight), relief(turned), (straight.pose, turned.pose))

    assert moved(is_picture=False) > 0.4
    assert abs(moved(is_picture=True)) < 0.01


def test_from_too_small_a_turn_nothing_is_told() -> None:
    straight, turned = head(), head(yaw=3.0)
    assert straight.pose
    assert turned.pose

    assert moved_across(relief(straight), relief(turned), (straight.pose, turned.pose)) == 0.0


def test_a_picture_that_is_turned_is_flat_and_a_head_is_not() -> None:
    def told(most_deg: float, *, is_picture: bool) -> list[str]:
        several = turning(looks(most_deg, is_picture=is_picture))
        assert several is not None
        return list(signs_of_turning(several, Policy()))

    assert told(55.0, is_picture=True) == ["flat_face"]
    assert told(55.0, is_picture=False) == []
    # What hardly turns tells nothing.
    assert told(15.0, is_picture=True) == []


def test_of_few_looks_and_of_equal_ones_nothing_is_told() -> None:
    assert turning(looks(55.0, is_picture=True)[1:]) is None
    assert turning([relief(head())] * LOOKS) is None
