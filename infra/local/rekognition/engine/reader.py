"""Text, read by rapidocr. Strings of one or two characters are noise more often than text and are dropped."""

import numpy as np

from infra.local.rekognition.engine import EngineMissing
from infra.local.rekognition.engine.pool import Pool
from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Line, Point

try:
    from rapidocr_onnxruntime import RapidOCR
except ImportError as exc:
    raise EngineMissing(f"rapidocr is not installed: {exc}") from exc

_LONG_SIDE = 640
_LEAST_LENGTH = 3


class Reader:
    """Reads lines of text. May be used by several threads."""

    def __init__(self) -> None:
        # More threads inside a reader wait for each other, and calls already run side by side.
        self._readers = Pool(
            lambda: RapidOCR(det_limit_side_len=_LONG_SIDE, det_limit_type="max", intra_op_num_threads=1)
        )

    def read(self, pixels: Pixels) -> tuple[Line, ...]:
        """Read from top to bottom."""
        height, width = pixels.shape[:2]
        with self._readers.one() as reader:
            # The classifier between finding and reading only turns lines that stand on their heads.
            found, _ = reader(pixels, use_cls=False)
        return tuple(
            Line(text, 100 * float(score), _corners(corners, width, height))
            for corners, text, score in found or []
            if len(text.strip()) >= _LEAST_LENGTH
        )


def _corners(corners: object, width: int, height: int) -> tuple[Point, Point, Point, Point]:
    scaled = np.asarray(corners, dtype=np.float64) / (width, height)
    a, b, c, d = ((float(x), float(y)) for x, y in scaled)
    return a, b, c, d
