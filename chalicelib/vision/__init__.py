"""Pixels to facts."""

import os

# Before OpenCV is imported: its own limit, for a picture whose header says one size to us and another to it.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(25_000_000))
