"""Faces that were found in one picture by itself, as callers of detection see them: in pixels.

Pixels count from the upper left corner of the picture as it is shown, an Exif orientation applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.seen import BoundingBox, Face, Landmark, Pose

REKOGNITION = "Amazon Rekognition"

KEYPOINTS = {
    "left_eye": "eyeLeft",
    "right_eye": "eyeRight",
    "nose": "nose",
    "mouth_left": "mouthLeft",
    "mouth_right": "mouthRight",
}
"""The five keypoints, each with Rekognition's name for the landmark. Left is the left of the picture."""

Point = tuple[int, int]
"""x and y."""


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """One face. What its engine does not say is None or empty."""

    box: BoundingBox
    confidence: float | None = None
    pose: Pose | None = None
    landmarks: tuple[Landmark, ...] = ()
    brightness: float | None = None
    sharpness: float | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in a picture, and by whom."""

    faces: tuple[DetectedFace, ...]
    """The largest first."""
    engine: str
    """Who looked, with its version where it tells one."""
    width: int
    height: int
    fallback: bool = False
    """Whether another engine was to look, and did not answer."""


def as_detected(face: Face) -> DetectedFace:
    """A face of the provider's, without what is not told of it here."""
    return DetectedFace(face.box, face.confidence, face.pose, face.landmarks, face.brightness, face.sharpness)


def largest_first(faces: Sequence[DetectedFace]) -> tuple[DetectedFace, ...]:
    """The faces by what they cover of the picture."""
    return tuple(sorted(faces, key=lambda face: -face.box.area))


def pixel_box(box: BoundingBox, width: int, height: int) -> tuple[int, int, int, int]:
    """x, y, width and height in pixels, as much of it as lies within the picture."""
    left, top = _within(box.left, width), _within(box.top, height)
    right, bottom = _within(box.left + box.width, width), _within(box.top + box.height, height)
    return left, top, right - left, bottom - top


def pixel_point(landmark: Landmark, width: int, height: int) -> Point:
    """X and y in pixels; a landmark may lie beyond the picture's edge."""
    return round(landmark.x * width), round(landmark.y * height)


def keypoints(face: DetectedFace, width: int, height: int) -> Mapping[str, Point]:
    """The five keypoints in pixels; those that are not known are not there."""
    by_type = {landmark.type: landmark for landmark in face.landmarks}
    return {
        name: pixel_point(by_type[landmark], width, height)
        for name, landmark in KEYPOINTS.items()
        if landmark in by_type
    }


def _within(ratio: float, side: int) -> int:
    return min(max(round(ratio * side), 0), side)
