"""Which of the mesh's points are Rekognition's landmarks, and the face's box as Rekognition draws it.

Left and right are the picture's, as in Rekognition. Its box, by recorded answers, spans jaw to jaw and from
the upper forehead (the brows lie a quarter down) to just below the chin.
"""

import numpy as np

from infra.local.rekognition.engine.graphs import Points, Square
from infra.local.rekognition.seen import Box, Point

LEFT_IRIS, RIGHT_IRIS = 468, 473
_OUTLINE = slice(0, 468)

_POINTS = {
    "eyeLeft": LEFT_IRIS,
    "eyeRight": RIGHT_IRIS,
    "mouthLeft": 61,
    "mouthRight": 291,
    "nose": 1,
    "leftEyeBrowLeft": 70,
    "leftEyeBrowRight": 55,
    "leftEyeBrowUp": 105,
    "rightEyeBrowLeft": 285,
    "rightEyeBrowRight": 300,
    "rightEyeBrowUp": 334,
    "leftEyeLeft": 33,
    "leftEyeRight": 133,
    "leftEyeUp": 159,
    "leftEyeDown": 145,
    "rightEyeLeft": 362,
    "rightEyeRight": 263,
    "rightEyeUp": 386,
    "rightEyeDown": 374,
    "noseLeft": 98,
    "noseRight": 327,
    "mouthUp": 0,
    "mouthDown": 17,
    "leftPupil": LEFT_IRIS,
    "rightPupil": RIGHT_IRIS,
    "upperJawlineLeft": 127,
    "midJawlineLeft": 172,
    "chinBottom": 152,
    "midJawlineRight": 397,
    "upperJawlineRight": 356,
}
_ABOVE, _BELOW = 0.15, 0.035
"""How far Rekognition's box reaches beyond the mesh, as shares of the mesh's height."""


def landmarks(points: Points, width: int, height: int) -> dict[str, Point]:
    """Name the points, as ratios of the picture."""
    return {
        name: (float(points[at, 0]) / width, float(points[at, 1]) / height) for name, at in _POINTS.items()
    }


def box_of_mesh(points: Points, width: int, height: int) -> Box:
    """Draw the box around a fitted face, as ratios of the picture."""
    left, top = np.min(points[_OUTLINE, :2], axis=0)
    right, bottom = np.max(points[_OUTLINE, :2], axis=0)
    high = bottom - top
    return Box(
        left=float(left / width),
        top=float((top - _ABOVE * high) / height),
        width=float((right - left) / width),
        height=float(high * (1 + _ABOVE + _BELOW) / height),
    )


def box_of_square(square: Square, width: int, height: int) -> Box:
    """Draw the box around a face without a mesh, by the medians of those that have one."""
    return Box(
        left=(square.left + 0.03 * square.side) / width,
        top=(square.top - 0.23 * square.side) / height,
        width=0.9 * square.side / width,
        height=1.27 * square.side / height,
    )


def square_of_box(box: Box, width: int, height: int) -> Square:
    """Go back from a box to a detector's square, the frame that dlib's models expect."""
    side = box.height * height / 1.27
    middle = (box.left + box.width / 2) * width
    return Square(
        left=middle - side / 2, top=box.top * height + 0.23 * side, side=side, score=1.0, roll_rad=0.0
    )
