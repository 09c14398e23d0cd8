"""What OpenCV says of a picture by itself: is it one, how large, how dark, how sharp, how like another.

All figures are measured on a small grey copy of one width, so that they do not depend on the camera. Measured
on 339 real frames: no real frame is covered or black; sharpness is 0.12 to 0.20 for real frames, whatever
their light and noise, and below 0.071 once they are blurred with a sigma of 2 pixels at a width of 640;
fingerprints of a person's consecutive frames differ by at least 0.14, those of one frame coded twice as JPEG
of quality 75 or better by at most 0.10.
"""

import io
import struct
from typing import Any

import cv2
import imagesize
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import BadPicture, NotAPicture, PictureTooLarge
from chalicelib.domain.seen import Picture, View, picture_name
from chalicelib.vision.decoding import decoded
from chalicelib.vision.small import WIDTH, Small, one_at_a_time
from chalicelib.vision.travel import MOST_BYTES

MOST_PIXELS = 25_000_000
"""Enough for any camera; a small file can hold far more, and would fill the memory when decoded."""
LEAST_SIDE = 80
"""Rekognition refuses smaller pictures."""
MOST_ELONGATED = 20
"""No camera gives a longer picture; made as wide as the others it would fill the memory."""

_LARGE = 4_000_000
"""Pixels; pictures with more are decoded one at a time: ten at once would fill the memory."""
_CELLS = (16, 12)
_HIGHLIGHT, _GENTLE = 0.98, 0.95
"""Shares of the pixels that are darker than the highlights, and less steep than the strongest edges."""
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SCAN, _MOST_SCANS = b"\xff\xda", 64
"""Each scan of a progressive JPEG is a pass over all its pixels; encoders make about ten."""
_TAIL = 1024
"""Bytes at the end in which the end marker must stand; some cameras append a little."""

Grey = NDArray[np.uint8]


def look(encoded: bytes, *, most_bytes: int = MOST_BYTES) -> Picture:
    """The picture with what its pixels say.

    Raises NotAPicture, PictureTooLarge or BadPicture before anything large is decoded.
    """
    media_type = _media_type(encoded)
    if len(encoded) > most_bytes:
        raise PictureTooLarge(f"The picture has {len(encoded)} bytes; send at most {most_bytes}.")
    width, height = _size(encoded)
    _check_whole(encoded, media_type)
    small = _small(encoded, width, height)
    name = picture_name(encoded)
    return Picture(encoded, media_type, _view(small.grey, width, height), name, small)


def _media_type(encoded: bytes) -> str:
    if encoded.startswith(_JPEG):
        return "image/jpeg"
    if encoded.startswith(_PNG):
        return "image/png"
    if not encoded:
        raise BadPicture("The picture is empty; send a JPEG or PNG.")
    raise NotAPicture("The picture is neither JPEG nor PNG; send one of these.")


def _size(encoded: bytes) -> tuple[int, int]:
    try:
        width, height = imagesize.get(io.BytesIO(encoded))
    except (ValueError, IndexError, struct.error) as exc:
        raise BadPicture("The picture's header is broken; send the file whole.") from exc
    if width < 0 or height < 0:
        raise BadPicture("The picture's header is broken; send the file whole.")
    if width * height > MOST_PIXELS:
        raise PictureTooLarge(f"The picture is {width} x {height} pixels; send at most {MOST_PIXELS} in all.")
    if min(width, height) < LEAST_SIDE:
        raise BadPicture(f"The picture is {width} x {height} pixels; each side needs at least {LEAST_SIDE}.")
    if max(width, height) > MOST_ELONGATED * min(width, height):
        raise BadPicture(f"The picture is {width} x {height} pixels; send one that is less elongated.")
    return width, height


def _check_whole(encoded: bytes, media_type: str) -> None:
    # OpenCV paints the missing part of a truncated JPEG grey and says nothing; for a PNG's chunk it takes as
    # much memory as the chunk claims to be long, which 430 bytes can make 4 GB.
    if media_type == "image/jpeg" and encoded.count(_SCAN) > _MOST_SCANS:
        raise BadPicture("The picture has too many progressive scans; encode it again.")
    whole = b"\xff\xd9" in encoded[-_TAIL:] if media_type == "image/jpeg" else _ends_with_its_chunks(encoded)
    if not whole:
        raise BadPicture("The picture is cut off; send the file whole.")


def _ends_with_its_chunks(png: bytes) -> bool:
    place = len(_PNG)
    while place + 12 <= len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        place += 12 + length
        if kind == b"IEND":
            return bool(place <= len(png))
    return False


def _small(encoded: bytes, width: int, height: int) -> Small:
    factor, flag = _reduction(width)
    # A progressive JPEG is held whole while it is decoded, however small it is wanted.
    decode = one_at_a_time(decoded) if width * height > _LARGE else decoded
    pixels: NDArray[Any] = decode(encoded, flag)
    # An Exif orientation may have turned it. A reduced JPEG's sides are rounded up, a PNG's down.
    expected = sorted((width / factor, height / factor))
    if any(abs(side - wanted) >= 1 for side, wanted in zip(sorted(pixels.shape[:2]), expected, strict=True)):
        raise BadPicture("The picture cannot be decoded; encode it again.")
    height = max(1, round(pixels.shape[0] * WIDTH / pixels.shape[1]))
    if pixels.shape[:2] != (height, WIDTH):
        pixels = cv2.resize(pixels, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return Small(np.asarray(pixels, dtype=np.uint8))


def _reduction(width: int) -> tuple[int, int]:
    """How much smaller it may be decoded, which costs a JPEG decoder less than decoding in full."""
    for factor, flag in (
        (8, cv2.IMREAD_REDUCED_COLOR_8),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (2, cv2.IMREAD_REDUCED_COLOR_2),
    ):
        if width >= WIDTH * factor:
            return factor, flag
    return 1, cv2.IMREAD_COLOR


@one_at_a_time
def _view(grey: Grey, width: int, height: int) -> View:
    mean, deviation = (float(figure[0, 0]) for figure in cv2.meanStdDev(grey))
    return View(
        width=width,
        height=height,
        mean=round(mean, 2),
        deviation=round(deviation, 2),
        highlight=_highlight(grey),
        sharpness=round(_sharpness(grey), 4),
        fingerprint=cv2.resize(grey, _CELLS, interpolation=cv2.INTER_AREA).tobytes(),
    )


def _highlight(grey: Grey) -> float:
    levels = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum()
    return float(np.searchsorted(levels, _HIGHLIGHT * grey.size))


def _sharpness(grey: Grey) -> float:
    """How abruptly the strongest edges turn: Laplacian over gradient on the steepest 5 % of pixels.

    Blur flattens both, but the Laplacian more; contrast and darkness change both alike and cancel out.
    """
    across, down = cv2.spatialGradient(grey)
    slope = cv2.magnitude(across.astype(np.float32), down.astype(np.float32))
    some = slope[::2, ::2].ravel()  # a quarter of the pixels tells which slope is steep
    steepest = int(some.size * _GENTLE)
    steep = (slope >= np.partition(some, steepest)[steepest]).view(np.uint8)
    total = cv2.mean(slope, steep)[0]
    bend = cv2.absdiff(cv2.Laplacian(grey, cv2.CV_16S), 0.0)  # type: ignore[call-overload]
    return float(cv2.mean(bend, steep)[0] / total) if total else 0.0
