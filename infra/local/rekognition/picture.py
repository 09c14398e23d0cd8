"""Pictures as they arrive: looked at by their headers first, decoded only when an engine must see them.

A PNG of 9 KB can hold 81 megapixels, so nothing is decoded before its header has said how large it is. A file
that ends too early is refused although decoders would fill the rest with grey.
"""

import hashlib
import zlib
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.script import Script
from infra.local.rekognition.staged import staged

Pixels = NDArray[np.uint8]
"""Height x width x 3, in OpenCV's order: blue, green, red."""

MAX_BYTES = 5 * 1024 * 1024
MAX_S3_BYTES = 15 * 1024 * 1024
MIN_SIDE = 80
# AWS names no such limit. This one keeps a decoded picture under 150 MB.
MAX_PIXELS = 50_000_000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_SOS = 0xDA
_IHDR_END = 33
_CHUNK_OVERHEAD = 12


@dataclass(frozen=True)
class Picture:
    """A whole JPEG or PNG of acceptable size. Width and height are the file's, before any rotation."""

    blob: bytes
    width: int
    height: int

    @cached_property
    def sha256(self) -> str:
        """What the answers file calls it."""
        return hashlib.sha256(self.blob).hexdigest()

    @cached_property
    def script(self) -> Script | None:
        """What it is staged to be answered with."""
        try:
            return staged(self.blob) if self.blob.startswith(_JPEG) else None
        except ValueError as exc:
            raise Refused(Code.INVALID_PARAMETER, f"The staged script is broken: {exc}") from exc

    def decode(self) -> Pixels:
        """Decode it as Rekognition does: a JPEG is turned as its Exif orientation says, a PNG never."""
        how = cv2.IMREAD_COLOR
        if self.blob.startswith(_PNG):
            how |= cv2.IMREAD_IGNORE_ORIENTATION
        try:
            pixels = cv2.imdecode(np.frombuffer(self.blob, np.uint8), how)
        except cv2.error as exc:
            raise _bad_format() from exc
        if pixels is None:
            raise _bad_format()
        return pixels.astype(np.uint8, copy=False)


def open_picture(blob: bytes, *, max_bytes: int = MAX_BYTES) -> Picture:
    """Check a picture by its headers. Raises `Refused` as Rekognition would."""
    if len(blob) > max_bytes:
        raise Refused(Code.IMAGE_TOO_LARGE, f"Image is larger than {max_bytes} bytes.")
    width, height = _size(blob)
    if width * height > MAX_PIXELS:
        raise Refused(Code.IMAGE_TOO_LARGE, f"Image has more than {MAX_PIXELS} pixels.")
    if min(width, height) < MIN_SIDE:
        raise Refused(
            Code.INVALID_PARAMETER,
            f"Request has invalid parameters: image sides must be {MIN_SIDE} pixels or more.",
        )
    if not _whole(blob):
        raise _bad_format()
    return Picture(blob, width, height)


def _bad_format() -> Refused:
    return Refused(Code.INVALID_IMAGE_FORMAT, "Request has invalid image format")


def _size(blob: bytes) -> tuple[int, int]:
    if blob.startswith(_PNG) and blob[12:16] == b"IHDR" and len(blob) >= _IHDR_END:
        return int.from_bytes(blob[16:20], "big"), int.from_bytes(blob[20:24], "big")
    if blob.startswith(_JPEG):
        return _jpeg_frame(blob)
    raise _bad_format()


def _jpeg_frame(blob: bytes) -> tuple[int, int]:
    at, size = 2, None
    while at + 9 <= len(blob) and blob[at] == 0xFF:  # noqa: PLR2004 - every marker starts with this byte
        marker = blob[at + 1]
        if marker in _STANDALONE:
            at += 2
        elif marker == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
        elif marker == _SOS and size:
            return size
        else:
            if marker in _FRAMES:
                size = (
                    int.from_bytes(blob[at + 7 : at + 9], "big"),
                    int.from_bytes(blob[at + 5 : at + 7], "big"),
                )
            at += 2 + int.from_bytes(blob[at + 2 : at + 4], "big")
    raise _bad_format()


def _whole(blob: bytes) -> bool:
    if blob.startswith(_PNG):
        return _whole_png(blob)
    # Thumbnails end like pictures do, but they lie before the scan.
    return blob.rfind(b"\xff\xd9") > blob.rfind(b"\xff\xda")


def _whole_png(blob: bytes) -> bool:
    at, pixels = len(_PNG), False
    while at + _CHUNK_OVERHEAD <= len(blob):
        end = at + _CHUNK_OVERHEAD + int.from_bytes(blob[at : at + 4], "big")
        kind, chunk = blob[at + 4 : at + 8], blob[at + 4 : end - 4]
        if end > len(blob) or zlib.crc32(chunk) != int.from_bytes(blob[end - 4 : end], "big"):
            return False
        if kind == b"IEND":
            return pixels
        pixels = pixels or kind == b"IDAT"
        at = end
    return False
