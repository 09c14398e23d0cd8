"""How a large picture is divided, so that the smallest faces that Rekognition documents are found in it.

Those are 40 x 40 pixels in a picture of 1920 x 1080, and more in proportion in a larger one. The detector
sees a small copy of what it is given, so a large picture is given to it in windows of at most twelve such
faces. Each window overlaps the next by half: a face that the border of one cuts is whole in another, or so
large that it is found in the whole picture.
"""

import math
from dataclasses import dataclass

import numpy as np

from infra.local.rekognition.picture import Pixels

_LARGE_PX = 1000
_SMALLEST_PX, _OF_LONGER_SIDE, _OF_SHORTER_SIDE = 40, 1920, 1080
_WINDOW_IN_FACES = 12
_SEAM_CONTRAST, _SEAM_LEAST = 2.0, 4.0
"""At a seam the grey levels jump by at least this much more than they do beside it, and by so many."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, pixels: Pixels) -> Pixels:
        """Look through it."""
        return pixels[self.top : self.bottom, self.left : self.right]


def is_large(pixels: Pixels) -> bool:
    """Whether one look would miss faces that Rekognition finds."""
    return max(pixels.shape[:2]) > _LARGE_PX


def smallest_face_px(pixels: Pixels) -> float:
    """How wide a face must be to be found, by Rekognition's guidelines for input images."""
    shorter, longer = sorted(pixels.shape[:2])
    return _SMALLEST_PX * max(1.0, longer / _OF_LONGER_SIDE, shorter / _OF_SHORTER_SIDE)


def windows(pixels: Pixels) -> list[Window]:
    """Divide a picture into windows that overlap by half, row by row."""
    return _grid(pixels, steps_per_window=2)


def panes(pixels: Pixels) -> list[Window]:
    """Divide a picture into windows of the same size, side by side."""
    return _grid(pixels, steps_per_window=1)


def ends_at(pixels: Pixels, pane: Window, x: int) -> bool:
    """Whether what the pane shows ends at its left or right border: there the picture ends, or is joined."""
    if x in (0, pixels.shape[1]):
        return True
    columns = pixels[pane.top : pane.bottom, x - 2 : x + 2].astype(np.int16)
    before, jump, after = np.abs(np.diff(columns, axis=1)).mean(axis=(0, 2))
    return bool(jump > max(_SEAM_LEAST, _SEAM_CONTRAST * before, _SEAM_CONTRAST * after))


def _grid(pixels: Pixels, *, steps_per_window: int) -> list[Window]:
    most = _WINDOW_IN_FACES * smallest_face_px(pixels)
    rows, columns = (_spans(side, most, steps_per_window) for side in pixels.shape[:2])
    return [Window(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _spans(side: int, most: float, steps_per_window: int) -> list[tuple[int, int]]:
    count = math.ceil(side / most)
    length = side / count
    starts = [length * step / steps_per_window for step in range((count - 1) * steps_per_window + 1)]
    return [(round(start), round(start + length)) for start in starts]
