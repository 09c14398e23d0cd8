"""Whether a face stands out of the picture, told from five of its landmarks.

Eyes and mouth lie nearly in one plane, and the nose stands before it. When a head turns, that plane turns,
which changes the shape of the triangle that they make, and the nose moves within it. When a picture of a face
is turned the triangle changes alike, and the nose stays: all points move by one affine map.

So two figures of a look do: `shape`, from the middle of the eyes to that of the mouth, and `nose`, each in
terms of the line between the eyes, or of the triangle. Neither depends on where the face is, on its size, or
on how the head is tilted to a shoulder.

Measured with the offline engine on 360 windows of 8 looks at real faces: where the shape varies by 0.12 and
more, the nose varies by 0.53 to 2.0 times as much. On pictures of nine faces, turned by up to 40 degrees
before a camera: by 0.09 to 0.46 times. By the tangent of the yaw the nose of real heads moves by 0.5 to 0.9,
by that of the pitch by 0.4 to 0.7.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.seen import Face, Pose

LOOKS = 8
"""Looks at a face that are compared."""
_NAMES = ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")
_LEAST_PIXELS = 20.0
"""Between the eyes: the landmarks of smaller faces are too inexact."""
_LEAST_SPREAD = 0.001
"""Variation of the shape below which it stands still."""
_LEAST_TURN = 0.1
"""Difference of two tangents below which nothing is told from it."""


@dataclass(frozen=True, slots=True)
class Relief:
    """How the landmarks of a face lie in one look at it."""

    shape: tuple[float, float]
    """From the middle of the eyes to that of the mouth, along and across the line between the eyes."""
    nose: tuple[float, float]
    """From the middle of the eyes to the tip of the nose, in steps along the eyes and towards the mouth."""


@dataclass(frozen=True, slots=True)
class Turning:
    """What several looks at a face come to."""

    turned: float
    """How much the shape varies."""
    raised: float
    """How much the nose varies, for each 1 of that."""


def relief_of(face: Face, width: int, height: int) -> Relief | None:
    """The face's relief in a picture of so many pixels; None where its landmarks do not tell."""
    points = {mark.type: complex(mark.x * width, mark.y * height) for mark in face.landmarks}
    if not all(name in points for name in _NAMES):
        return None
    eyes = points["eyeRight"] - points["eyeLeft"]
    middle = (points["eyeLeft"] + points["eyeRight"]) / 2
    mouth = (points["mouthLeft"] + points["mouthRight"]) / 2 - middle
    nose = points["nose"] - middle
    area = _cross(eyes, mouth)
    if abs(eyes) < _LEAST_PIXELS or not area:
        return None
    shape = mouth / eyes
    return Relief(
        (round(shape.real, 3), round(shape.imag, 3)),
        (round(_cross(nose, mouth) / area, 3), round(_cross(eyes, nose) / area, 3)),
    )


def turning(reliefs: Sequence[Relief]) -> Turning | None:
    """What these looks come to; None if they are too few, or nothing turned."""
    if len(reliefs) < LOOKS:
        return None
    turned = _spread([complex(*each.shape) for each in reliefs])
    if turned < _LEAST_SPREAD:
        return None
    return Turning(turned, _spread([complex(*each.nose) for each in reliefs]) / turned)


def moved_across(before: Relief, after: Relief, turn: tuple[Pose, Pose]) -> float:
    """How far the nose moved with a turn to a side; 0 for a picture that is turned, or too small a turn."""
    return _moved(before.nose[0], after.nose[0], turn[0].yaw, turn[1].yaw)


def moved_up(before: Relief, after: Relief, turn: tuple[Pose, Pose]) -> float:
    """The same of a turn upwards."""
    return _moved(after.nose[1], before.nose[1], turn[0].pitch, turn[1].pitch)


def _moved(before: float, after: float, from_deg: float, to_deg: float) -> float:
    turn = _tangent(to_deg) - _tangent(from_deg)
    return (after - before) / turn if abs(turn) >= _LEAST_TURN else 0.0


def _tangent(degrees: float) -> float:
    # Beyond this a face is a profile, of which the tangent says nothing.
    return math.tan(math.radians(max(-60.0, min(60.0, degrees))))


def _cross(one: complex, other: complex) -> float:
    return one.real * other.imag - one.imag * other.real


def _spread(points: Sequence[complex]) -> float:
    mean = sum(points) / len(points)
    return math.sqrt(sum(abs(point - mean) ** 2 for point in points) / len(points))
