"""Head pose by solvePnP on fifteen points of the mesh.

The model head is the mean of 394 meshes of people who look into the camera, its depth scaled by .85, where
the re-projection of turned heads was best, and tilted so that they look straight on the average. The camera
is put right before the face, so the angles are those between the face and the line to the camera: 0 is a face
that looks into the lens wherever it is in the picture. Signs are those of Rekognition's recorded answers:
yaw > 0 turns to the picture's right, pitch > 0 up, roll > 0 clockwise.
"""

import math

import cv2
import numpy as np

from infra.local.rekognition.engine.graphs import Points
from infra.local.rekognition.seen import Pose

_HEAD = {
    33: (-0.329, -0.182, -0.317),
    133: (-0.132, -0.180, -0.352),
    362: (0.132, -0.180, -0.352),
    263: (0.329, -0.182, -0.317),
    1: (0.0, 0.052, -0.618),
    6: (0.0, -0.189, -0.483),
    168: (0.0, -0.238, -0.449),
    98: (-0.126, 0.104, -0.480),
    327: (0.126, 0.104, -0.480),
    234: (-0.5, 0.0, 0.0),
    454: (0.5, 0.0, 0.0),
    10: (0.0, -0.585, -0.369),
    152: (0.0, 0.613, -0.474),
    61: (-0.182, 0.278, -0.434),
    291: (0.182, 0.278, -0.434),
}
"""Point of the mesh to its place: x right, y down, z away from the camera; temple to temple is 1."""

_INDEX = list(_HEAD)
_MODEL = np.array(list(_HEAD.values()))
_FOCAL = 2.0
"""In units of the picture's longer side. Faces on webcams are too small for it to matter."""

_LEFT_TEMPLE, _RIGHT_TEMPLE = 234, 454


def head_pose(points: Points, longer_side: int) -> Pose:
    """Measure how the head is turned from the line to the camera."""
    seen = np.ascontiguousarray(points[_INDEX, :2])
    seen -= seen.mean(axis=0)
    focal = _FOCAL * longer_side
    camera = np.array([[focal, 0, 0], [0, focal, 0], [0, 0, 1.0]])
    across = max(1.0, float(np.linalg.norm(points[_RIGHT_TEMPLE, :2] - points[_LEFT_TEMPLE, :2])))
    # A head before the camera, about as far as it is: from elsewhere the solver may end behind the lens.
    _, turn, _ = cv2.solvePnP(
        _MODEL,
        seen,
        camera,
        None,
        np.zeros((3, 1)),
        np.array([[0.0], [0.0], [focal / across]]),
        useExtrinsicGuess=True,
        flags=cv2.SOLVEPNP_ITERATIVE,
    )
    rotation, _ = cv2.Rodrigues(turn)
    ahead, aside = rotation @ np.array([0, 0, -1.0]), rotation @ np.array([1.0, 0, 0])
    return Pose(
        yaw_deg=math.degrees(math.atan2(ahead[0], -ahead[2])),
        pitch_deg=math.degrees(math.asin(max(-1.0, min(1.0, -ahead[1])))),
        roll_deg=math.degrees(math.atan2(aside[1], aside[0])),
    )
