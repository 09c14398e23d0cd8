"""What may change before a camera, drawn into a real portrait."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from skimage import data

from chalicelib.domain.seen import BoundingBox, Face, Landmark, Picture
from chalicelib.vision.checks import look
from tests.unit.vision.pictures import Pixels, jpeg, portrait

WIDTH, HEIGHT = 640, 480
HEAD = (slice(80, 235), slice(215, 350))
"""Rows and columns of the portrait's face."""
FACE = Face(
    BoundingBox(0.345, 0.17, 0.21, 0.37),
    confidence=99.9,
    landmarks=(Landmark("eyeLeft", 252 / 640, 126 / 480), Landmark("eyeRight", 312 / 640, 128 / 480)),
)
GUEST = Face(BoundingBox(470 / 640, 80 / 480, 135 / 640, 155 / 480), confidence=98.0)
PHONE = BoundingBox(390 / 640, 60 / 480, 60 / 640, 120 / 480)


def picture(pixels: Pixels) -> Picture:
    """The pixels as they would come from a camera."""
    return look(jpeg(pixels))


def noisy(pixels: Pixels, seed: int = 1) -> Pixels:
    """The same view by a camera in poor light."""
    noise = np.random.default_rng(seed).normal(0, 6, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def lit(factor: float) -> Pixels:
    """The portrait in another exposure."""
    return np.clip(portrait() * factor, 0, 255).astype(np.uint8)


def shifted(down: int, right: int) -> Pixels:
    """The portrait by a camera that was nudged."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(portrait(), matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def rolled(number: int) -> Pixels:
    """The portrait's pixels at other places: as detailed, and unlike it."""
    return np.roll(portrait(), (37 * number, 91 * number), (0, 1))


def pale_phone() -> Pixels:
    """Something before the pale wall that is as bright as the wall: only its colour differs."""
    planes = cv2.cvtColor(portrait(), cv2.COLOR_BGR2YCrCb).astype(np.int16)
    planes[60:180, 390:450] += np.array([0, -18, 18], np.int16)
    drawn = cv2.cvtColor(np.clip(planes, 0, 255).astype(np.uint8), cv2.COLOR_YCrCb2BGR)
    return np.asarray(drawn, np.uint8)


def gesture(x: int, y: int) -> Pixels:
    """A hand in mid-air."""
    drawn = portrait().copy()
    cv2.ellipse(drawn, (x, y), (25, 35), 0, 0, 360, (120, 160, 220), cv2.FILLED)
    return drawn


def card(*lines: str) -> Pixels:
    """A large white card, with or without print."""
    drawn = portrait().copy()
    cv2.rectangle(drawn, (380, 20), (630, 300), (225, 225, 225), cv2.FILLED)
    for number, line in enumerate(lines):
        place = (384, 50 + 30 * number)
        cv2.putText(drawn, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.65, (20, 20, 20), 2, cv2.LINE_AA)
    return drawn


def print_on_the_wall(*lines: str) -> Pixels:
    """Fine print that makes no part of the wall darker: what it takes is given back around it."""
    ink = np.zeros((280, 80), np.float32)
    for number, line in enumerate(lines):
        cv2.putText(ink, line, (2, 20 + 14 * number), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 70.0, 1)
    given_back = cv2.blur(ink, (9, 9))
    drawn = portrait().astype(np.float32)
    drawn[20:300, 380:460] += (given_back - ink)[:, :, None]
    return np.clip(drawn, 0, 255).astype(np.uint8)


def empty_seat() -> Pixels:
    """The wall where the person was."""
    drawn = portrait().copy()
    wall = drawn[20:300, 385:455]
    wall = np.vstack([wall, wall[::-1]])[:HEIGHT]
    drawn[:, :460] = np.tile(np.hstack([wall, wall[:, ::-1]]), (1, 4, 1))[:, :460]
    return drawn


def guest() -> Pixels:
    """A second face beside the first."""
    drawn = portrait().copy()
    drawn[80:235, 470:605] = drawn[HEAD]
    return drawn


def turned_head() -> Pixels:
    """The same head, its light and its lines from the other side."""
    drawn = portrait().copy()
    drawn[HEAD] = drawn[HEAD][:, ::-1].copy()
    return drawn


def other_gaze() -> Pixels:
    """The same head, its eyes to the side."""
    drawn = portrait().copy()
    for x, y in ((252, 126), (312, 128)):
        cv2.ellipse(drawn, (x, y), (13, 6), 0, 0, 360, (215, 220, 225), cv2.FILLED)
        cv2.circle(drawn, (x + 9, y), 6, (30, 30, 40), cv2.FILLED)
    return drawn


def other_face(number: int = 0) -> Pixels:
    """Somebody else's face on the same shoulders."""
    drawn = portrait().copy()
    face = cv2.resize(_faces()[number], (135, 155))
    drawn[HEAD] = face[:, :, None]
    return drawn


def chequered(seed: int) -> Pixels:
    """Coloured squares at random: as unlike each other as pictures can be, and as hard to pack."""
    squares = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)
    return np.asarray(cv2.resize(squares, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST), np.uint8)


@cache
def _faces() -> Any:  # noqa: ANN401 - skimage says nothing of types
    return (data.lfw_subset()[:10] * 255).astype(np.uint8)  # type: ignore[no-untyped-call]
