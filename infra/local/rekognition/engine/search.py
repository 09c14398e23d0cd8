"""Where to look for faces in a picture, and which finds to believe.

The detector sees 192 x 192 pixels, so the whole picture, four overlapping tiles and the mirrored edges are
looked at in turn, and where nothing was found a step is taken back. A face that the frame cuts in half is no
face to the detector; mirrored at the frame's edge it is whole again. What only a second look shows must also
fit the mesh: that keeps hands, shirts and hair out. The thresholds are those that gave the best count of 0, 1
or 2 faces on the labelled clips, see docs/rekognition-offline.md.

A large picture is looked at in windows instead of tiles. One that is joined of several, as an audit's mosaic
is, has edges in its midst: these are mirrored too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from infra.local.rekognition.engine.graphs import Detector, Mesh, Points, Square
from infra.local.rekognition.engine.windows import Window, ends_at, is_large, panes, smallest_face_px, windows
from infra.local.rekognition.picture import Pixels

BELIEVED_SCORE = 0.85
"""From here on a face in the whole picture needs no mesh."""

_TILE_SHARE, _TILE_SCORE, _TILE_LEAST_SIDE, _TILE_INSIDE = 0.6, 0.7, 0.03, 0.95
_ONLY_FACE_SCORE, _ONLY_FACE_LEAST_SIDE = 0.65, 0.05
_EDGE_SHARE, _EDGE_INSIDE, _EDGE_LEAST_SIDE = 0.25, (0.4, 0.9), 0.06
_CLOSE_LEAST_SIDE = 0.7
_WINDOW_LEAST_SIDE = 0.7
"""In smallest faces."""
_SAME_OVERLAP, _SAME_COVER = 0.3, 0.6


@dataclass(frozen=True, slots=True)
class Find:
    """A face and, where it could be fitted, its mesh."""

    square: Square
    points: Points | None = None
    cut: bool = False
    """The frame cuts it: the mesh fitted its mirrored half, and half of those points would be invented."""
    between: tuple[float, float] | None = None
    """From where to where, along X, it can be seen at all; None where nothing but the picture's edge cuts."""


class Seeker:
    """Looks for faces. One thread at a time."""

    def __init__(self) -> None:
        self._detector = Detector()
        self._mesh = Mesh()

    def find(self, pixels: Pixels) -> list[Find]:
        """Find the faces of a picture."""
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        finds = self._in_windows(rgb) if is_large(rgb) else self._at_once(rgb)
        return _distinct(finds or list(self._close(rgb)))

    def _at_once(self, rgb: Pixels) -> list[Find]:
        finds = [
            find
            for find in self._whole(rgb)
            if find.points is not None or find.square.score >= BELIEVED_SCORE
        ]
        finds += self._edges(rgb)
        finds += self._tiles(rgb, alone=not finds)
        return finds

    def _in_windows(self, rgb: Pixels) -> list[Find]:
        whole = self._detector.find(rgb)
        in_panes, others = self._through_windows(rgb)
        finds: list[Find] = []
        for square in [*_surest_first(in_panes), *_surest_first([*others, *whole])]:
            # Most faces are seen through several windows: only the best look at each is worth a mesh.
            if all(not _same(square, find.square) for find in finds):
                points = self._mesh.fit(rgb, square)
                if points is not None:
                    finds.append(Find(square, points))
        finds += [Find(square) for square in whole if square.score >= BELIEVED_SCORE]
        finds += self._edges(rgb)
        finds += self._seams(rgb)
        return finds

    def _through_windows(self, rgb: Pixels) -> tuple[list[Square], list[Square]]:
        """Look through all windows: what is whole in a pane, as it would be in a frame, and everything."""
        in_panes: list[Square] = []
        others: list[Square] = []
        side_by_side = panes(rgb)
        for window in windows(rgb):
            seen = self._through(rgb, window)
            if window in side_by_side:
                # Beside a large face the detector overlooks a small one: a second person behind the first.
                seen = sum((self._through(rgb, tile) for tile in _tiles_of(window)), seen)
                in_panes += [square for square in seen if _is_in(square, window)]
            others += seen
        return in_panes, others

    def _whole(self, rgb: Pixels) -> list[Find]:
        return [Find(square, self._mesh.fit(rgb, square)) for square in self._detector.find(rgb)]

    def _tiles(self, rgb: Pixels, *, alone: bool) -> Iterator[Find]:
        height, width = rgb.shape[:2]
        high, wide = int(height * _TILE_SHARE), int(width * _TILE_SHARE)
        least_score = _ONLY_FACE_SCORE if alone else _TILE_SCORE
        least_side = (_ONLY_FACE_LEAST_SIDE if alone else _TILE_LEAST_SIDE) * max(height, width)
        for top in (0, height - high):
            for left in (0, width - wide):
                for square in self._detector.find(rgb[top : top + high, left : left + wide]):
                    found = square.moved(left, top)
                    plausible = found.score >= least_score and found.side >= least_side
                    if plausible and _inside(found, rgb) >= _TILE_INSIDE:
                        points = self._mesh.fit(rgb, found)
                        if points is not None:
                            yield Find(found, points)

    def _through(self, rgb: Pixels, window: Window) -> list[Square]:
        least_side = _WINDOW_LEAST_SIDE * smallest_face_px(rgb)
        return [
            square.moved(window.left, window.top)
            for square in self._detector.find(window.of(rgb))
            if square.score >= _TILE_SCORE and square.side >= least_side
        ]

    def _seams(self, rgb: Pixels) -> Iterator[Find]:
        """Look at the edges of the pictures that this one is joined of."""
        width = rgb.shape[1]
        for pane in panes(rgb):
            ends = {x for x in (pane.left, pane.right) if ends_at(rgb, pane, x)}
            for find in self._edges(pane.of(rgb)) if ends else ():
                square = find.square.moved(pane.left, pane.top)
                on_the_left = square.left < pane.left
                if (pane.left if on_the_left else pane.right) in ends:
                    outside = pane.left == 0 if on_the_left else pane.right == width
                    between = None if outside else (float(pane.left), float(pane.right))
                    yield replace(find, square=square, between=between)

    def _close(self, rgb: Pixels) -> Iterator[Find]:
        """Take a step back from a face too close for the detector, by a black margin around the picture."""
        height, width = rgb.shape[:2]
        above, before = height // 2, width // 2
        smaller = cv2.copyMakeBorder(rgb, above, above, before, before, cv2.BORDER_CONSTANT)
        for square in self._detector.find(smaller.astype(np.uint8, copy=False)):
            found = square.moved(-before, -above)
            if found.score >= _TILE_SCORE and found.side >= _CLOSE_LEAST_SIDE * min(height, width):
                points = self._mesh.fit(rgb, found)
                if points is not None:
                    yield Find(found, points)

    def _edges(self, rgb: Pixels) -> Iterator[Find]:
        """Look at both edges at once: each strip beside its mirror image, side by side in one picture."""
        width = rgb.shape[1]
        wide = int(width * _EDGE_SHARE)
        both = np.ascontiguousarray(
            np.hstack(
                [
                    rgb[:, :wide][:, ::-1],
                    rgb[:, :wide],
                    rgb[:, width - wide :],
                    rgb[:, width - wide :][:, ::-1],
                ]
            )
        )
        low, high = _EDGE_INSIDE
        for square in self._detector.find(both):
            on_the_left = square.left + square.side / 2 < 2 * wide
            found = square.moved(-wide if on_the_left else width - 3 * wide, 0)
            plausible = (
                found.side >= _EDGE_LEAST_SIDE * max(rgb.shape[:2]) and low <= _inside(found, rgb) <= high
            )
            if plausible and self._mesh.fit(both, square) is not None:
                yield Find(found, cut=True)


def _tiles_of(window: Window) -> Iterator[Window]:
    high = int((window.bottom - window.top) * _TILE_SHARE)
    wide = int((window.right - window.left) * _TILE_SHARE)
    for top in (window.top, window.bottom - high):
        for left in (window.left, window.right - wide):
            yield Window(left, top, left + wide, top + high)


def _surest_first(squares: list[Square]) -> list[Square]:
    return sorted(squares, key=lambda square: -square.score)


def _distinct(finds: list[Find]) -> list[Find]:
    """Drop what was found twice; the surest stays, a find with a mesh before one without."""
    kept: list[Find] = []
    for find in sorted(finds, key=lambda find: (find.points is None, -find.square.score)):
        if all(not _same(find.square, other.square) for other in kept):
            kept.append(find)
    return kept


def _same(a: Square, b: Square) -> bool:
    shared = _overlap(a.left, a.side, b.left, b.side) * _overlap(a.top, a.side, b.top, b.side)
    union = a.side**2 + b.side**2 - shared
    return shared / union > _SAME_OVERLAP or shared / min(a.side, b.side) ** 2 > _SAME_COVER


def _is_in(square: Square, window: Window) -> bool:
    wide, high = window.right - window.left, window.bottom - window.top
    across = _overlap(square.left, square.side, window.left, wide)
    return across * _overlap(square.top, square.side, window.top, high) >= _TILE_INSIDE * square.side**2


def _inside(square: Square, rgb: Pixels) -> float:
    height, width = rgb.shape[:2]
    shared = _overlap(square.left, square.side, 0, width) * _overlap(square.top, square.side, 0, height)
    return shared / square.side**2


def _overlap(a: float, a_length: float, b: float, b_length: float) -> float:
    return max(0.0, min(a + a_length, b + b_length) - max(a, b))
