"""The small copy of a picture on which everything is measured, so that no figure depends on the camera."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.vision.cells import Cells, cells_of

# What follows is too small to be shared among threads.
cv2.setNumThreads(1)

WIDTH = 320
"""Pixels; the height follows."""


class Small:
    """Its colours, its grey levels, and its cells."""

    def __init__(self, bgr: NDArray[np.uint8]) -> None:
        self._bgr = bgr
        self.grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def cells(self) -> Cells:
        """See `chalicelib.vision.cells`."""
        return cells_of(self._bgr)
