"""A face that was seen before, found again near its place, and how like it still is.

A face patch tells a turned or missing head, a patch around each eye tells a gaze that moved: both by
normalised correlation, which light does not change. Measured on clips of people who look at the camera and
away: patches of looks that the provider found alike correlate above 0.7, of heads turned beyond 30 degrees
below 0.65; of eyes, above 0.75 and below 0.6 (a strip over both eyes tells less than each eye by itself).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.seen import BoundingBox, Face

Grey = NDArray[np.uint8]

PATCH = (24, 24)
"""Width and height of a face's patch in pixels."""
EYE = (24, 12)
EYES = ("eyeLeft", "eyeRight")
_EYE_WIDTH, _EYE_HEIGHT = 0.30, 0.12
"""An eye's patch, as shares of the face's box."""
_LEAST_FACE = 24.0
"""Pixels of width in the small copy below which eyes are a blur."""
_AROUND = 0.35
"""How far a face may have moved, as a share of its size."""
_SCALES = (1.0, 0.9, 1.11)
_PLAY = 4
"""Pixels by which patches of one place may be shifted against each other."""
_FOUND = 0.9
"""No other scale is tried for a face that is found as surely as this."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle in pixels of the small copy."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceLook:
    """How a face looked when the provider was asked about it."""

    box: BoundingBox
    patch: Grey
    eyes: tuple[tuple[float, float, Grey], ...] = ()
    """Centre, as ratios of the box, and pixels of each eye."""
    accused: bool = False
    """Whether it looked away, or was another's than the candidate's."""


def look_of(grey: Grey, face: Face, *, accused: bool) -> FaceLook:
    """How this face looks in a picture's small copy."""
    box = face.box
    place = _place(box, grey)
    eyes: dict[str, tuple[float, float, Grey]] = {}
    for mark in face.landmarks:
        if mark.type in EYES and place.width >= _LEAST_FACE and box.width > 0 and box.height > 0:
            x, y = (mark.x - box.left) / box.width, (mark.y - box.top) / box.height
            eyes.setdefault(mark.type, (x, y, _cut(grey, _eye_place(place, x, y), EYE)))
    return FaceLook(box, _cut(grey, place, PATCH), tuple(eyes.values()), accused)


def find(grey: Grey, look: FaceLook) -> tuple[float, Place]:
    """Where a face that looked like this is now, and how surely: -1..1."""
    place = _place(look.box, grey)
    best, found = -1.0, place
    for scale in _SCALES:
        reach = 1 + 2 * _AROUND
        around = _scaled(place, scale * reach)
        size = (round(PATCH[0] * reach), round(PATCH[1] * reach))
        fits = cv2.matchTemplate(_cut(grey, around, size), look.patch, cv2.TM_CCOEFF_NORMED)
        _, fit, _, (column, row) = cv2.minMaxLoc(fits)
        if fit > best:
            best = fit
            found = Place(
                around.x + column * around.width / size[0],
                around.y + row * around.height / size[1],
                place.width * scale,
                place.height * scale,
            )
        if best >= _FOUND:
            break
    return best, found


def likeness(grey: Grey, place: Place, look: FaceLook) -> tuple[float, float]:
    """How like this look the face at this place is, and the less alike of its eyes (1 without eyes)."""
    face = _fit(grey, place, look.patch, PATCH)
    eyes = (_fit(grey, _eye_place(place, x, y), patch, EYE) for x, y, patch in look.eyes)
    return face, min(eyes, default=1.0)


def _fit(grey: Grey, place: Place, patch: Grey, size: tuple[int, int]) -> float:
    wide, high = (each + 2 * _PLAY for each in size)
    around = Place(
        place.x - place.width * _PLAY / size[0],
        place.y - place.height * _PLAY / size[1],
        place.width * wide / size[0],
        place.height * high / size[1],
    )
    fits = cv2.matchTemplate(_cut(grey, around, (wide, high)), patch, cv2.TM_CCOEFF_NORMED)
    return float(cv2.minMaxLoc(fits)[1])


def _place(box: BoundingBox, grey: Grey) -> Place:
    height, width = grey.shape
    return Place(
        box.left * width, box.top * height, max(1.0, box.width * width), max(1.0, box.height * height)
    )


def _eye_place(face: Place, x: float, y: float) -> Place:
    width, height = _EYE_WIDTH * face.width, _EYE_HEIGHT * face.height
    return Place(face.x + x * face.width - width / 2, face.y + y * face.height - height / 2, width, height)


def _scaled(place: Place, by: float) -> Place:
    width, height = place.width * by, place.height * by
    return Place(place.x - (width - place.width) / 2, place.y - (height - place.height) / 2, width, height)


def _cut(grey: Grey, place: Place, size: tuple[int, int]) -> Grey:
    """The pixels at this place, scaled to this size; beyond the picture its edge goes on."""
    matrix = np.array(
        [[place.width / size[0], 0, place.x], [0, place.height / size[1], place.y]], dtype=np.float32
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
