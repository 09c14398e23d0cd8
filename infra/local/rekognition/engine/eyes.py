"""The eyes: how far they are open and where they look.

Between the corners of an eye the iris stands at about .50 of the way (mean of both eyes) for someone who
looks straight out of the head, and moves by .0058 for each degree: 17 degrees to the side are a tenth. Head
and eyes together give the line of sight. What a webcam shows of a glance off the screen is small, 15 to 20
degrees, so the yaw is stretched: see `STRETCH`.
"""

from dataclasses import dataclass

import numpy as np

from infra.local.rekognition.engine.anatomy import LEFT_IRIS, RIGHT_IRIS
from infra.local.rekognition.engine.graphs import Points
from infra.local.rekognition.seen import Gaze, Pose

STRETCH = 2.15
"""A line of sight 14 degrees beside the camera is answered as 30, the usual threshold for looking away. Who
looked at the screen stayed below, mostly far below; who looked beside it was above 15."""

_MOST_YAW_DEG = 90.0
_STRAIGHT, _PER_DEGREE = 0.505, 0.0058
_LEVEL = -0.06
_EYES = ((33, 133, LEFT_IRIS, 159, 145), (362, 263, RIGHT_IRIS, 386, 374))
"""Left and right corner, iris, upper and lower lid."""

# Where the reading of an iris begins to be worth something, and where it is as good as it gets.
_WIDTH_PX = (6.0, 12.0)
_OPENNESS = (0.12, 0.2)
_WIDE = (0.65, 0.5)
_TURN_DEG = (60.0, 40.0)
_DISAGREEMENT = (0.3, 0.22)
_USUAL_DISAGREEMENT = 0.08
_SUREST = 99.0


@dataclass(frozen=True, slots=True)
class Eyes:
    """Both eyes: the means of what was measured on each, but for their disagreement."""

    along: float
    """Where the iris stands between the corners, 0..1 from the picture's left."""
    below: float
    """How far it lies below the line of the corners, in widths of the eye."""
    openness: float
    """Lid to lid, in widths of the eye."""
    width_px: float
    disagreement: float


def look_at_eyes(points: Points) -> Eyes:
    """Measure both eyes."""
    measured = np.array([_eye(points, at) for at in _EYES])
    along, below, openness, width_px = measured.mean(axis=0)
    return Eyes(
        along=float(along),
        below=float(below),
        openness=float(openness),
        width_px=float(width_px),
        disagreement=float(measured[1, 0] - measured[0, 0]),
    )


def gaze(eyes: Eyes, head: Pose) -> Gaze:
    """Add the eyes to the head."""
    yaw_deg = head.yaw_deg + (eyes.along - _STRAIGHT) / _PER_DEGREE
    pitch_deg = head.pitch_deg - (eyes.below - _LEVEL) / _PER_DEGREE
    return Gaze(
        yaw_deg=max(-_MOST_YAW_DEG, min(_MOST_YAW_DEG, yaw_deg * STRETCH)),
        pitch_deg=max(-_MOST_YAW_DEG, min(_MOST_YAW_DEG, pitch_deg)),
        confidence=_confidence(eyes, head),
    )


def _eye(points: Points, at: tuple[int, int, int, int, int]) -> tuple[float, ...]:
    left, right, iris, upper, lower = at
    across = points[right, :2] - points[left, :2]
    to_iris = points[iris, :2] - points[left, :2]
    width = max(1e-6, float(np.hypot(*across)))
    along = float(across @ to_iris) / width**2
    below = float(across[0] * to_iris[1] - across[1] * to_iris[0]) / width**2
    openness = float(np.hypot(*(points[upper, :2] - points[lower, :2]))) / width
    return along, below, openness, width


def _confidence(eyes: Eyes, head: Pose) -> float:
    """Trust small, closed, turned-away or disagreeing eyes less."""
    return _SUREST * (
        _ramp(eyes.width_px, *_WIDTH_PX)
        * _ramp(eyes.openness, *_OPENNESS)
        * _ramp(eyes.openness, *_WIDE)
        * _ramp(abs(head.yaw_deg), *_TURN_DEG)
        * _ramp(abs(eyes.disagreement - _USUAL_DISAGREEMENT), *_DISAGREEMENT)
    )


def _ramp(measure: float, worthless: float, best: float) -> float:
    return max(0.0, min(1.0, (measure - worthless) / (best - worthless)))
