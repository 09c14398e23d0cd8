"""The two mediapipe graphs that are used: the full-range face detector, and the mesh fitted into a region.

mediapipe's own `FaceMesh` looks for the face again with its short-range detector and misses small ones. Its
inner graph takes the region from us: 2.5 ms a face instead of 4, and every face that was detected gets a try.
Neither object may be used by two threads at once.
"""

import math
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infra.local.rekognition.engine import EngineMissing
from infra.local.rekognition.picture import Pixels

# Its C++ side reports every start on stderr.
os.environ.setdefault("GLOG_minloglevel", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
try:
    from google.protobuf import text_format  # type: ignore[import-untyped]
    from mediapipe.framework import calculator_pb2
    from mediapipe.framework.formats import rect_pb2
    from mediapipe.modules.face_detection import face_detection_pb2  # noqa: F401 - registers the options below
    from mediapipe.python.solution_base import SolutionBase
except ImportError as exc:
    raise EngineMissing(f"mediapipe is not installed: {exc}") from exc

Points = NDArray[np.float64]
"""478 x 3: x and y in pixels of the picture, z on the same scale."""

LEAST_SCORE = 0.6
_REGION_SCALE = 1.5
"""How much larger than the detected face the region is that the mesh is fitted into."""
_PATCH_SCALE = 2.2
"""How much larger the patch is that is cut out for it: room for the region however it is turned."""

_DETECTOR = f"""
input_stream: "image"
output_stream: "detections"
node {{
  calculator: "FaceDetectionFullRange"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
  options {{ [mediapipe.FaceDetectionOptions.ext] {{
    min_score_thresh: {LEAST_SCORE}
    delegate {{ xnnpack {{}} }}
  }} }}
}}
"""

_MESH = """
input_stream: "image"
input_stream: "region"
input_side_packet: "with_attention"
output_stream: "landmarks"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


@dataclass(frozen=True, slots=True)
class Square:
    """A detected face: the detector's square in pixels, its score, and how far the eyes' line is turned."""

    left: float
    top: float
    side: float
    score: float
    roll_rad: float

    def moved(self, dx: float, dy: float) -> "Square":
        """Shift it, from a part of the picture into the whole."""
        return Square(self.left + dx, self.top + dy, self.side, self.score, self.roll_rad)


class Detector:
    """Finds faces in a picture or in a part of one."""

    def __init__(self) -> None:
        self._graph = SolutionBase(graph_config=_parsed(_DETECTOR), outputs=["detections"])

    def find(self, rgb: Pixels) -> list[Square]:
        """Find the faces that score at least `LEAST_SCORE`."""
        height, width = rgb.shape[:2]
        found = self._graph.process({"image": np.ascontiguousarray(rgb)}).detections or []
        return [_square(detection, width, height) for detection in found]


class Mesh:
    """Fits 478 points to a face that was detected."""

    def __init__(self) -> None:
        self._graph = SolutionBase(
            graph_config=_parsed(_MESH), side_inputs={"with_attention": True}, outputs=["landmarks"]
        )

    def fit(self, rgb: Pixels, face: Square) -> Points | None:
        """Fit the points, or None where the mesh sees no face there."""
        # The graph turns points in units of the picture's sides, which is only right where these are equal.
        patch, left, top = _patch(rgb, face)
        scale = _REGION_SCALE / _PATCH_SCALE
        region = rect_pb2.NormalizedRect(
            x_center=0.5, y_center=0.5, width=scale, height=scale, rotation=face.roll_rad
        )
        fitted = self._graph.process({"image": patch, "region": region}).landmarks
        if fitted is None:
            return None
        side = patch.shape[0]
        points = np.array([(point.x, point.y, point.z) for point in fitted.landmark], np.float64)
        return points * side + (left, top, 0)


def _patch(rgb: Pixels, face: Square) -> tuple[Pixels, int, int]:
    """Cut a square around the face, black where it reaches beyond the picture."""
    height, width = rgb.shape[:2]
    side = max(8, round(face.side * _PATCH_SCALE))
    left, top = round(face.left + (face.side - side) / 2), round(face.top + (face.side - side) / 2)
    inner = rgb[max(0, top) : max(0, min(height, top + side)), max(0, left) : max(0, min(width, left + side))]
    above, before = max(0, -top), max(0, -left)
    patch = np.zeros((side, side, 3), np.uint8)
    patch[above : above + inner.shape[0], before : before + inner.shape[1]] = inner
    return patch, left, top


def _parsed(graph: str) -> object:
    return text_format.Parse(graph, calculator_pb2.CalculatorGraphConfig())


def _square(detection: object, width: int, height: int) -> Square:
    place = detection.location_data  # type: ignore[attr-defined]  # a protobuf message without types
    box, (right_eye, left_eye, *_) = place.relative_bounding_box, place.relative_keypoints
    return Square(
        left=box.xmin * width,
        top=box.ymin * height,
        side=max(box.width * width, box.height * height),
        score=detection.score[0],  # type: ignore[attr-defined]
        roll_rad=math.atan2((left_eye.y - right_eye.y) * height, (left_eye.x - right_eye.x) * width),
    )
