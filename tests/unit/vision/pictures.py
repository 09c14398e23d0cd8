"""Pictures made for tests: a real portrait under bad conditions, and files with traps in them."""

import io
import struct
import zlib
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

Pixels = NDArray[np.uint8]
DeepPixels = NDArray[np.uint16]


@cache
def portrait() -> Pixels:
    """A photograph of a person, 640 x 480, in colour."""
    photo: Any = data.astronaut()  # type: ignore[no-untyped-call]
    cropped = cv2.cvtColor(photo[:384], cv2.COLOR_RGB2BGR)
    return np.asarray(cv2.resize(cropped, (640, 480)), dtype=np.uint8)


def jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """The pixels as JPEG."""
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return encoded.tobytes()


def png(pixels: Pixels | DeepPixels) -> bytes:
    """The pixels as PNG."""
    done, encoded = cv2.imencode(".png", pixels)
    assert done
    return encoded.tobytes()


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - what Pillow takes
    """A Pillow image as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def flat(grey: int, width: int = 640, height: int = 480) -> Pixels:
    """One grey."""
    return np.full((height, width, 3), grey, np.uint8)


def dimmed(factor: float) -> Pixels:
    """The portrait with less light."""
    return (portrait() * factor).astype(np.uint8)


def blurred(sigma: float) -> Pixels:
    """The portrait out of focus."""
    return np.asarray(cv2.GaussianBlur(portrait(), (0, 0), sigma), dtype=np.uint8)


def covered() -> Pixels:
    """A finger on the camera: dark, without detail, with a sensor's noise."""
    noise = np.random.default_rng(1).normal(9, 2, (480, 640, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(width: int, height: int, bits: int = 1) -> bytes:
    """The first chunk of a grey PNG."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))


def tiny_file(width: int, height: int) -> bytes:
    """A whole, black PNG of one bit a pixel: few bytes, many pixels."""
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + header(width, height) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
