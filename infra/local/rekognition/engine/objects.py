"""Objects, found by an ONNX model that the operator names.

Supported is what YOLOv8 and its kin export: one input of 1 x 3 x S x S floats (RGB, 0..1, the picture
letterboxed in grey), one output of 1 x (4 + classes) x N floats: centre x, centre y, width and height in
pixels of the input, then a probability for each class. The classes' names are the model's metadata `names`, a
dictionary from number to name as Python writes it; a model without them is refused.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.local.rekognition.engine import EngineMissing
from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Box, Label
from infra.local.rekognition.taxonomy import named

try:
    import onnxruntime
except ImportError as exc:
    raise EngineMissing("--labels-model needs onnxruntime") from exc

LEAST_SCORE = 0.25
_SAME_OVERLAP = 0.5
_GREY = (114, 114, 114)
_DEFAULT_SIDE = 640


@dataclass(frozen=True, slots=True)
class _Frame:
    """How a picture was fitted into the model's square."""

    scale: float
    left: int
    top: int
    width: int
    height: int

    def box(self, x: float, y: float, width: float, height: float) -> Box:
        """Go back from centre and size in the square to a box as ratios of the picture."""
        return Box(
            left=(x - width / 2 - self.left) / self.scale / self.width,
            top=(y - height / 2 - self.top) / self.scale / self.height,
            width=width / self.scale / self.width,
            height=height / self.scale / self.height,
        )


class OnnxObjects:
    """Finds the objects that a model knows. onnxruntime's sessions may be shared by threads."""

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise EngineMissing(f"there is no model at {model}")
        self.name = model.name
        self._session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        self._classes = _classes(self._session.get_modelmeta().custom_metadata_map.get("names", ""))
        self._input = self._session.get_inputs()[0]
        side = self._input.shape[-1]
        self._side = side if isinstance(side, int) else _DEFAULT_SIDE

    def objects(self, pixels: Pixels) -> tuple[Label, ...]:
        """Find objects: one label for each class, with a box for each instance."""
        square, frame = _letterboxed(pixels, self._side)
        tensor = square[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 255
        output = self._session.run(None, {self._input.name: np.ascontiguousarray(tensor)})[0]
        return _labels(np.asarray(output)[0].T, self._classes, frame)


def _labels(rows: NDArray[np.float32], classes: dict[int, str], frame: _Frame) -> tuple[Label, ...]:
    scores, kinds = rows[:, 4:].max(axis=1), rows[:, 4:].argmax(axis=1)
    labels = []
    for kind in np.unique(kinds[scores >= LEAST_SCORE]):
        own = (kinds == kind) & (scores >= LEAST_SCORE)
        kept = _distinct(rows[own, :4], scores[own])
        boxes = tuple(frame.box(*(float(side) for side in rows[own][at, :4])) for at in kept)
        labels.append(named(classes.get(int(kind), f"class {kind}"), 100 * float(scores[own].max()), boxes))
    return tuple(labels)


def _distinct(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    corners = np.column_stack(
        [boxes[:, 0] - boxes[:, 2] / 2, boxes[:, 1] - boxes[:, 3] / 2, boxes[:, 2], boxes[:, 3]]
    )
    kept = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), LEAST_SCORE, _SAME_OVERLAP)
    return [int(at) for at in np.ravel(np.asarray(kept))]


def _letterboxed(pixels: Pixels, side: int) -> tuple[Pixels, _Frame]:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    wide, high = round(width * scale), round(height * scale)
    left, top = (side - wide) // 2, (side - high) // 2
    fitted = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.full((side, side, 3), _GREY, np.uint8)
    square[top : top + high, left : left + wide] = fitted
    return square, _Frame(scale, left, top, width, height)


def _classes(names: str) -> dict[int, str]:
    try:
        told = ast.literal_eval(names)
        return {int(number): str(name) for number, name in told.items()}
    except (ValueError, SyntaxError, AttributeError) as exc:
        raise EngineMissing("the model's metadata `names` must be a dictionary from number to name") from exc
