"""The fallback: OpenCV's Haar cascade, where mediapipe cannot be installed.

It finds frontal faces and nothing else: no landmarks, pose, gaze, emotions, likeness or text.
"""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.local.rekognition.engine import EngineMissing
from infra.local.rekognition.engine.pool import Pool
from infra.local.rekognition.engine.quality import quality
from infra.local.rekognition.engine.windows import is_large, smallest_face_px
from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Box, Face, Line, Vector

_LONG_SIDE = 640
_MIN_FACE_SHARE = 0.05
_LARGE_FACE_PX, _MIN_FACES = 54.0, 1.1
"""A large picture is scaled down until its smallest face is so wide; the cascade's square is wider still."""
_MIN_NEIGHBOURS = 4
_LEVEL_HALF = 3.0
"""The cascade's margin that is called 50 % sure."""


class HaarEngine:
    """Boxes of frontal faces."""

    name = "haar"

    def __init__(self, because: str = "") -> None:
        self._because = because
        path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"
        if not hasattr(cv2, "CascadeClassifier") or not path.is_file():
            raise EngineMissing("OpenCV 5 has no Haar cascades: install a 4.x")
        self._cascades = Pool(lambda: cv2.CascadeClassifier(str(path)))

    @property
    def costs(self) -> str:
        """Say what is missing, and why this engine was chosen."""
        reason = f" ({self._because})" if self._because else ""
        return (
            "boxes of frontal faces only (about two thirds are found): no landmarks, pose, gaze, emotions, "
            f"likeness or text{reason}"
        )

    @property
    def versions(self) -> Mapping[str, str]:
        """OpenCV's."""
        return {"opencv": cv2.__version__}

    def faces(self, pixels: Pixels) -> tuple[Face, ...]:
        """Find frontal faces."""
        scale, least = _scale_and_least(pixels)
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
        with self._cascades.one() as cascade:
            boxes, _, margins = cascade.detectMultiScale3(
                grey,
                scaleFactor=1.1,
                minNeighbors=_MIN_NEIGHBOURS,
                minSize=(least, least),
                outputRejectLevels=True,
            )
        found = zip(np.reshape(boxes, (-1, 4)), np.ravel(margins), strict=True)
        return tuple(_face(pixels, box / scale, float(margin)) for box, margin in found)

    def text(self, _pixels: Pixels) -> tuple[Line, ...]:
        """Read nothing: there is no reader."""
        return ()

    def likeness(self, _pixels: Pixels, _face: Face) -> Vector | None:
        """Know nobody: there is no embedding."""
        return None


def _scale_and_least(pixels: Pixels) -> tuple[float, int]:
    """How far to scale a picture down, and how wide a face must be then."""
    longer = max(pixels.shape[:2])
    if not is_large(pixels):
        scale = min(1.0, _LONG_SIDE / longer)
        return scale, round(_MIN_FACE_SHARE * round(longer * scale))
    scale = min(1.0, _LARGE_FACE_PX / smallest_face_px(pixels))
    return scale, round(_MIN_FACES * smallest_face_px(pixels) * scale)


def _face(pixels: Pixels, square: NDArray[np.float64], margin: float) -> Face:
    left, top, width, height = (float(side) for side in square)
    # The cascade's square is wider than Rekognition's box, which spans jaw to jaw and forehead to chin.
    box = Box(
        left=(left + 0.11 * width) / pixels.shape[1],
        top=(top + 0.05 * height) / pixels.shape[0],
        width=0.78 * width / pixels.shape[1],
        height=1.02 * height / pixels.shape[0],
    )
    confidence = min(99.9, 50 + 50 * max(0.0, margin) / (max(0.0, margin) + _LEVEL_HALF))
    return Face(box=box, confidence=confidence, quality=quality(pixels, box))
