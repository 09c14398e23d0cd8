"""A picture's pixels, as it is shown."""

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import BadPicture

_PNG = b"\x89PNG\r\n\x1a\n"


def decoded(encoded: bytes, flag: int) -> NDArray[np.uint8]:
    """The pixels as the picture is shown: a JPEG turned as its Exif orientation says, a PNG never.

    `flag` is one of OpenCV's IMREAD. Raises BadPicture.
    """
    if encoded.startswith(_PNG):
        flag |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), flag)
    except cv2.error as exc:
        raise BadPicture("The picture cannot be decoded; encode it again.") from exc
    if pixels is None:
        raise BadPicture("The picture cannot be decoded; encode it again.")
    return np.asarray(pixels, np.uint8)
