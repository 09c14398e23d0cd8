"""Pictures on their way to the provider: no larger than it makes use of."""

import io

import cv2
import imagesize

from chalicelib.vision.decoding import decoded
from chalicelib.vision.small import one_at_a_time

MOST_BYTES = 5_242_880
"""Rekognition's own limit for a picture sent with the call."""
LONGEST = 1920
"""Beyond 1920 x 1080 the smallest face that Rekognition finds grows with the picture: more tells no more."""
_QUALITIES = (90, 70, 40)


def fitted(encoded: bytes) -> bytes:
    """The picture, made smaller if it is larger than the provider makes use of, or takes."""
    longest = max(imagesize.get(io.BytesIO(encoded)))
    if longest <= LONGEST and len(encoded) <= MOST_BYTES:
        return encoded
    return _smaller(encoded, min(1.0, LONGEST / longest))


@one_at_a_time
def _smaller(encoded: bytes, scale: float) -> bytes:
    # One at a time: a picture of 25 megapixels takes 75 MB.
    pixels = decoded(encoded, cv2.IMREAD_COLOR)
    smaller = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for quality in _QUALITIES:
        made = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(made) <= MOST_BYTES:
            break
    return made
