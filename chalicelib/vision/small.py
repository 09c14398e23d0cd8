"""The small copy of a picture on which everything is measured, so that no figure depends on the camera."""

from collections.abc import Callable
from functools import cached_property, wraps
from threading import Lock
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.vision.cells import Cells, Mask, cells_of, strokes_of

# What follows is too small to be shared among threads.
cv2.setNumThreads(1)

Params = ParamSpec("Params")
Made = TypeVar("Made")

_turn = Lock()

WIDTH = 320
"""Pixels; the height follows."""


def one_at_a_time(work: Callable[Params, Made]) -> Callable[Params, Made]:
    """Have one thread of a process look at pixels at a time.

    OpenCV lets go of the interpreter's lock in each of its many short calls: threads that meet there keep
    each other waiting for longer than a second processor saves.
    """

    @wraps(work)
    def alone(*args: Params.args, **kwargs: Params.kwargs) -> Made:
        with _turn:
            return work(*args, **kwargs)

    return alone


class Small:
    """Its colours, its grey levels, its cells and strokes."""

    def __init__(self, bgr: NDArray[np.uint8]) -> None:
        self._bgr = bgr
        self.grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def strokes(self) -> Mask:
        """The cells that are full of fine strokes."""
        return strokes_of(self.grey)

    @cached_property
    def cells(self) -> Cells:
        """See `chalicelib.vision.cells`."""
        return cells_of(self._bgr)
