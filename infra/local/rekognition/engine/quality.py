"""Brightness and sharpness of a face or a picture, on Rekognition's scale of 0..100.

Brightness is the mean luma. Sharpness is the contrast-normalised variance of the Laplacian on a small copy
of fixed size, so that the camera's resolution and the light do not count as focus.
"""

import cv2
import numpy as np

from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Box, Quality

_SIDE = 160
_HALF_SHARP = 0.05
"""The ratio that counts as half sharp."""


def quality(pixels: Pixels, box: Box | None = None) -> Quality:
    """Measure the picture, or the part of it in the box."""
    part = pixels if box is None else crop(pixels, box)
    if part.size == 0:
        return Quality(0.0, 0.0)
    small = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float64)
    spread = float(np.var(grey)) + 1.0
    detail = float(cv2.Laplacian(grey, cv2.CV_64F).var()) / spread
    return Quality(
        brightness=float(np.mean(grey)) / 255 * 100,
        sharpness=100 * detail / (detail + _HALF_SHARP),
    )


def crop(pixels: Pixels, box: Box) -> Pixels:
    """Cut out the part of the picture that lies in the box."""
    height, width = pixels.shape[:2]
    left, top = max(0, round(box.left * width)), max(0, round(box.top * height))
    right, bottom = round((box.left + box.width) * width), round((box.top + box.height) * height)
    return pixels[top : max(top, bottom), left : max(left, right)]
