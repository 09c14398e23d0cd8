"""Nine frames as the tiles of one picture, so that one call looks at all of them.

Rekognition finds faces of 40 x 40 pixels and more in a picture of 1920 x 1080, and proportionally larger ones
in a larger picture: of 53 pixels in 1920 x 1440, where nine frames of 640 x 480 fit. The price is that of one
picture.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.seen import BoundingBox, Face, Landmark

SIDE = 3
"""Tiles in a row, and rows."""
_WIDTH = 640
_QUALITY = 90
_GREY = 128

_desk = Lock()
"""For the sheet, on which one thread works at a time."""


def mosaic(pictures: Sequence[bytes]) -> bytes:
    """Up to nine pictures, row by row, each 640 pixels wide, as one JPEG. All take the shape of the last."""
    newest = _decoded(pictures[-1])
    assert newest is not None  # it was decoded before
    height = round(newest.shape[0] * _WIDTH / newest.shape[1])
    with _desk:
        sheet = _sheet(height)
        for number in range(SIDE * SIDE):
            row, column = divmod(number, SIDE)
            tile = sheet[row * height : (row + 1) * height, column * _WIDTH : (column + 1) * _WIDTH]
            last = number == len(pictures) - 1
            pixels = newest if last else _decoded(pictures[number]) if number < len(pictures) else None
            if pixels is not None and pixels.shape != tile.shape:
                pixels = np.asarray(
                    cv2.resize(pixels, (_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8
                )
            tile[:] = _GREY if pixels is None else pixels
        return cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _decoded(picture: bytes) -> NDArray[np.uint8] | None:
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return None if pixels is None else np.asarray(pixels, np.uint8)


@lru_cache(maxsize=2)
def _sheet(height: int) -> NDArray[np.uint8]:
    # Made anew each time, it would be 8 MB of fresh memory to clear, as much work as half of the decoding.
    return np.empty((SIDE * height, SIDE * _WIDTH, 3), np.uint8)


def faces_by_tile(faces: Sequence[Face], tiles: int) -> list[tuple[Face, ...]]:
    """The faces of a mosaic, each in the tile that its middle is in, with places as in that picture."""
    found: list[list[Face]] = [[] for _ in range(tiles)]
    for face in faces:
        column = min(SIDE - 1, max(0, int((face.box.left + face.box.width / 2) * SIDE)))
        row = min(SIDE - 1, max(0, int((face.box.top + face.box.height / 2) * SIDE)))
        number = row * SIDE + column
        if number < tiles:
            found[number].append(_within(face, column, row))
    return [tuple(each) for each in found]


def _within(face: Face, column: int, row: int) -> Face:
    box = face.box
    return replace(
        face,
        box=BoundingBox(
            round(box.left * SIDE - column, 4),
            round(box.top * SIDE - row, 4),
            round(box.width * SIDE, 4),
            round(box.height * SIDE, 4),
        ),
        landmarks=tuple(
            Landmark(mark.type, round(mark.x * SIDE - column, 4), round(mark.y * SIDE - row, 4))
            for mark in face.landmarks
        ),
    )
