"""Who a face is like: dlib's 128 numbers.

Only two of the four models in `face_recognition_models` are loaded, the ResNet and the five-point predictor,
which are free; the 68-point one is not for commercial use. The package's own code imports pkg_resources,
which new Pythons lack, so its files are found without running it.
"""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from infra.local.rekognition.engine import EngineMissing
from infra.local.rekognition.engine.anatomy import square_of_box
from infra.local.rekognition.engine.pool import Pool
from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Box, Vector

try:
    import dlib
except ImportError as exc:
    raise EngineMissing(f"dlib is not installed: {exc}") from exc

_RESNET = "dlib_face_recognition_resnet_model_v1.dat"
_FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"
_PADDING = 0.25


class Embedder:
    """Turns faces into embeddings. May be used by several threads."""

    def __init__(self) -> None:
        folder = _model_folder()
        self._predictor = dlib.shape_predictor(str(folder / _FIVE_POINTS))
        self._networks = Pool(lambda: dlib.face_recognition_model_v1(str(folder / _RESNET)))

    def embed(self, pixels: Pixels, box: Box) -> Vector:
        """Embed the face in the box."""
        height, width = pixels.shape[:2]
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        square = square_of_box(box, width, height)
        left, top, side = round(square.left), round(square.top), round(square.side)
        with self._networks.one() as network:
            shape = self._predictor(rgb, dlib.rectangle(left, top, left + side, top + side))
            found = network.compute_face_descriptor(rgb, shape, 0, _PADDING)
        return tuple(float(number) for number in found)


def _model_folder() -> Path:
    found = find_spec("face_recognition_models")
    if found is None or not found.submodule_search_locations:
        raise EngineMissing("face_recognition_models is not installed")
    return Path(found.submodule_search_locations[0]) / "models"
