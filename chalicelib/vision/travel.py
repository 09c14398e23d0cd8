"""Pictures on their way to the provider: no larger than it makes use of."""

import io

import cv2
import imagesize
import numpy as np

LONGEST = 1920
"""Beyond 1920 x 1080 the smallest face that Rekognition finds grows with the picture: more tells no more."""
_QUALITY = 90


def fitted(encoded: bytes) -> bytes:
    """The picture, made smaller if it is larger than the provider makes use of."""
    longest = max(imagesize.get(io.BytesIO(encoded)))
    if longest <= LONGEST:
        return encoded
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None  # it was decoded before
    scale = LONGEST / longest
    smaller = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
