"""The picture as 80 x 60 coloured cells, and which of them show what no remembered view shows.

Grey alone misses a pale phone before a pale wall; luma with chroma does not. A cell is unlike a view when it
lies outside of what the view shows there and in the eight cells around, so that a camera that trembles or a
head that nods changes nothing. Exposure and white balance are taken out before.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 80, 60
SHAPE = (3, HEIGHT, WIDTH)

Cells = NDArray[np.uint8]
"""3 x 60 x 80: luma, red and blue difference (YCrCb)."""
Mask = NDArray[np.uint8]
"""60 x 80, 1 or 0."""
Bounds = tuple[Cells, Cells]
"""The darkest and the brightest that is still like a view; n x 3 x 60 x 80 for n views."""

_TOLERANCE = np.array([16, 7, 7], np.uint8).reshape(3, 1, 1)
"""Levels beyond what the view shows."""
_AROUND, _FAR_AROUND = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_CROWD, _MAJORITY = (5, 5), 13
"""Cells of a neighbourhood, and how many of its 25 are the most part."""
_LEAST_GAIN, _MOST_GAIN, _MOST_TINT = 0.6, 1.6, 12.0
_STROKE_LEVELS, _BRUSH = 25, np.ones((5, 5), np.uint8)
"""Grey levels by which a stroke stands out, and pixels of the small copy that it is narrower than."""
_STROKES = 0.2 * 255
"""Share of a cell that strokes fill where there is print."""
_FLOOR = 8.0
"""Added to luma before gains are taken, so that black cells say little."""


def cells_of(bgr: NDArray[np.uint8]) -> Cells:
    """The cells of a picture's small copy."""
    return planes_of(np.asarray(cv2.resize(bgr, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8))


def planes_of(bgr: NDArray[np.uint8]) -> Cells:
    """Blue, green, red of 80 x 60 pixels as cells."""
    return np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb).transpose(2, 0, 1), dtype=np.uint8)


def bgr_of(views: Sequence[Cells]) -> NDArray[np.uint8]:
    """Cells as blue, green, red: n x 60 x 80 x 3."""
    planes = np.stack(views, axis=1)  # 3 x n x 60 x 80: one call converts them all
    tall = cv2.merge(list(planes.reshape(3, -1, WIDTH)))
    return np.asarray(cv2.cvtColor(tall, cv2.COLOR_YCrCb2BGR), np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def fine(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels of a small copy are part of a fine stroke, as in print and handwriting."""
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, _BRUSH)
    bright = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, _BRUSH)
    return np.asarray(cv2.max(dark, bright) > _STROKE_LEVELS, np.bool_)


def strokes_of(grey: NDArray[np.uint8]) -> Mask:
    """The cells that are full of fine strokes."""
    filled = cv2.resize(fine(grey).view(np.uint8) * 255, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(filled >= _STROKES, np.bool_).view(np.uint8)


def strokes_around(views: Sequence[Mask]) -> NDArray[np.uint8]:
    """For each of n views, the cells in which its strokes are nothing new: n x 60 x 80."""
    return np.stack([cv2.dilate(strokes, _FAR_AROUND) for strokes in views]).astype(np.uint8, copy=False)


def levelled(cells: Cells, to: Cells) -> Cells:
    """The cells in the exposure and white balance of others, as far as most of both agree on them."""
    some, others = (each[:, ::2, ::2].reshape(3, -1).astype(np.float32) for each in (cells, to))
    gain = median((some[0] + _FLOOR) / (others[0] + _FLOOR))
    gain = min(max(gain, _LEAST_GAIN), _MOST_GAIN)
    tint = [min(max(median(each), -_MOST_TINT), _MOST_TINT) for each in some[1:] - others[1:]]
    level = np.empty(SHAPE, np.uint8)
    # cv2 rounds and saturates; what falls below zero is mirrored, by less than the tolerance.
    level[0] = cv2.convertScaleAbs(cells[0], alpha=1 / gain, beta=_FLOOR / gain - _FLOOR)
    for plane in (1, 2):
        level[plane] = cv2.convertScaleAbs(cells[plane], alpha=1.0, beta=-tint[plane - 1])
    return level


def median(figures: NDArray[np.float32]) -> float:
    """The median; numpy's own takes several times as long for so few."""
    middle = figures.size // 2
    ordered = np.partition(figures, middle if figures.size % 2 else (middle - 1, middle))
    return float(ordered[middle] if figures.size % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def bounds_of(views: Sequence[Cells]) -> Bounds:
    """What is like each of these views."""
    darkest, brightest = _spread(views, cv2.erode, edge=255), _spread(views, cv2.dilate, edge=0)
    low = np.maximum(darkest, _TOLERANCE) - _TOLERANCE
    high = np.minimum(brightest, 255 - _TOLERANCE) + _TOLERANCE
    return np.asarray(low, np.uint8), np.asarray(high, np.uint8)


def _spread(views: Sequence[Cells], spread: Callable[..., object], *, edge: int) -> NDArray[np.uint8]:
    # All planes below each other, with a row between them that changes nothing: one call does for all.
    tall = np.full((len(views) * SHAPE[0], HEIGHT + 1, WIDTH), edge, np.uint8)
    tall[:, :HEIGHT] = np.reshape(views, (-1, HEIGHT, WIDTH))
    done = np.reshape(np.asarray(spread(tall.reshape(-1, WIDTH), _AROUND)), tall.shape)
    return np.asarray(done[:, :HEIGHT].reshape(-1, *SHAPE), np.uint8)


def unlike(cells: Cells, bounds: Bounds) -> NDArray[np.bool_]:
    """Where (n x 60 x 80) the cells are unlike each of n views."""
    low, high = bounds
    out = (cells < low) | (cells > high)
    return np.asarray(out[:, 0] | out[:, 1] | out[:, 2])


def crowds(differences: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many of the 5 x 5 cells around each are unlike each of n views: n x 60 x 80."""
    # All views below each other, each with its edges mirrored, so that one call does for all.
    tall = np.concatenate((differences[:, 2:0:-1], differences, differences[:, -2:-4:-1]), axis=1)
    counted = cv2.boxFilter(
        tall.reshape(-1, WIDTH).view(np.uint8),
        -1,
        _CROWD,
        normalize=False,
        borderType=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(counted, np.uint8).reshape(tall.shape)[:, 2:-2]


def unlike_all(counted: NDArray[np.uint8], views: Sequence[int]) -> Mask:
    """Where the cells, for the most part of a neighbourhood, are unlike every one of these views.

    One view must explain a neighbourhood by itself: cell by cell, ten views explain nearly everything. Thin
    edges, which whatever moves leaves behind, are no majority.
    """
    if not views:
        return everything()
    fewest = np.minimum.reduce(counted[list(views)])
    return np.asarray(fewest >= _MAJORITY).view(np.uint8)


def widened(mask: Mask) -> Mask:
    """The mask with the cells around it."""
    return np.asarray(cv2.dilate(mask, _AROUND), np.uint8)


def largest_patch(mask: Mask) -> int:
    """How many cells its largest connected patch has."""
    if not mask.any():
        return 0
    areas = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:, cv2.CC_STAT_AREA]
    return int(areas.max())


def nothing() -> Mask:
    """No cell."""
    return np.zeros((HEIGHT, WIDTH), np.uint8)


def everything() -> Mask:
    """Every cell."""
    return np.ones((HEIGHT, WIDTH), np.uint8)


def rectangle(left: float, top: float, right: float, bottom: float) -> Mask:
    """The cells between these ratios of the picture's sides."""
    mask = nothing()
    rows = slice(max(0, int(top * HEIGHT)), max(0, int(np.ceil(bottom * HEIGHT))))
    columns = slice(max(0, int(left * WIDTH)), max(0, int(np.ceil(right * WIDTH))))
    mask[rows, columns] = 1
    return mask
