"""Faces in pixels: what callers of detection see."""

from dataclasses import replace

import pytest

from chalicelib.domain.detection import (
    DetectedFace,
    as_detected,
    keypoints,
    largest_first,
    pixel_box,
    pixel_point,
)
from chalicelib.domain.seen import BoundingBox, EyeDirection, Face, Landmark, Pose

BOX = BoundingBox(0.1, 0.2, 0.3, 0.4)
FIVE = tuple(
    Landmark(name, x, y)
    for name, x, y in (
        ("eyeLeft", 0.4, 0.3),
        ("eyeRight", 0.6, 0.3),
        ("nose", 0.5, 0.4),
        ("mouthLeft", 0.42, 0.5),
        ("mouthRight", 0.58, 0.5),
    )
)


@pytest.mark.parametrize(
    ("box", "pixels"),
    [
        (BOX, (64, 96, 192, 192)),
        (BoundingBox(-0.1, -0.2, 0.3, 0.4), (0, 0, 128, 96)),
        (BoundingBox(0.9, 0.8, 0.3, 0.4), (576, 384, 64, 96)),
        (BoundingBox(-1.0, -1.0, 3.0, 3.0), (0, 0, 640, 480)),
        (BoundingBox(1.2, 0.0, 0.1, 0.1), (640, 0, 0, 48)),
        (BoundingBox(-0.5, 0.0, 0.1, 0.1), (0, 0, 0, 48)),
    ],
)
def test_a_box_is_told_as_far_as_it_lies_within_the_picture(
    box: BoundingBox, pixels: tuple[int, int, int, int]
) -> None:
    assert pixel_box(box, 640, 480) == pixels


def test_boxes_side_by_side_leave_no_gap_whatever_is_rounded() -> None:
    left, _, width, _ = pixel_box(BoundingBox(0.0, 0.0, 0.333, 1.0), 101, 100)
    right_left, _, right_width, _ = pixel_box(BoundingBox(0.333, 0.0, 0.667, 1.0), 101, 100)

    assert (left, left + width, right_left + right_width) == (0, right_left, 101)


def test_a_landmark_is_a_pixel_even_beyond_the_edge() -> None:
    assert pixel_point(Landmark("nose", 0.5, 0.25), 640, 480) == (320, 120)
    assert pixel_point(Landmark("nose", -0.1, 1.1), 640, 480) == (-64, 528)


def test_the_five_keypoints_are_told_by_our_names_and_no_other_landmark_is() -> None:
    face = DetectedFace(BOX, landmarks=(*FIVE, Landmark("chinBottom", 0.5, 0.9)))

    assert keypoints(face, 100, 100) == {
        "left_eye": (40, 30),
        "right_eye": (60, 30),
        "nose": (50, 40),
        "mouth_left": (42, 50),
        "mouth_right": (58, 50),
    }


def test_keypoints_that_nobody_found_are_not_told() -> None:
    assert keypoints(DetectedFace(BOX, landmarks=FIVE[2:3]), 100, 100) == {"nose": (50, 40)}
    assert keypoints(DetectedFace(BOX), 100, 100) == {}


def test_the_largest_face_comes_first_and_equals_stay_in_order() -> None:
    faces = [
        DetectedFace(replace(BOX, width=width), confidence=float(number))
        for number, width in enumerate((0.1, 0.3, 0.2, 0.3))
    ]

    assert [face.confidence for face in largest_first(faces)] == [1.0, 3.0, 2.0, 0.0]


def test_of_the_providers_face_its_emotions_and_eyes_are_not_told() -> None:
    face = Face(
        BOX,
        99.5,
        Pose(1.0, 2.0, 3.0),
        EyeDirection(4.0, 5.0, 90.0),
        FIVE,
        emotions={"CALM": 90.0},
        face_occluded=False,
        eyes_open=True,
        brightness=60.0,
        sharpness=80.0,
    )

    assert as_detected(face) == DetectedFace(BOX, 99.5, Pose(1.0, 2.0, 3.0), FIVE, 60.0, 80.0)
