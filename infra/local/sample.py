"""The built-in interview: 72 seconds before a webcam, composed of photographs that scikit-image ships.

The portrait (Eileen Collins, NASA, public domain), the scanned page, the brick wall and the rocket (NASA)
come with its wheel: nothing is downloaded. The same call gives the same bytes.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from infra.local.sources import Frame, Pixels, Source, encode

Shade = NDArray[np.float32]
"""Pixels, or one value per pixel, as fractions."""

WIDTH, HEIGHT = 640, 480
SEED = 1961

# fmt: off
OUTLINE = (
    (28, 511), (22, 420), (26, 385), (33, 340), (44, 290), (60, 256), (78, 234), (108, 212),
    (119, 198), (124, 180), (134, 167), (151, 155), (170, 151), (183, 151), (182, 133), (174, 122),
    (162, 108), (156, 90), (155, 72), (162, 53), (179, 40), (193, 34), (206, 24), (232, 18),
    (261, 26), (283, 43), (295, 62), (299, 90), (293, 108), (284, 121), (274, 133), (266, 140),
    (258, 165), (256, 175), (274, 187), (290, 206), (301, 228), (304, 240), (325, 254), (339, 271),
    (349, 300), (357, 330), (361, 349), (330, 366), (310, 382), (297, 402), (284, 440), (279, 511),
)
# fmt: on
"""The person in the portrait, without the helmet: x, y."""
LEFT, RIGHT = 10, 376
"""The columns that she fills."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What is before the camera for a while."""

    shows: str
    seconds: int


SEGMENTS = (
    Segment("present", 14),
    Segment("left the seat", 7),
    Segment("present", 7),
    Segment("a second person", 6),
    Segment("present", 5),
    Segment("a page of text", 6),
    Segment("present", 4),
    Segment("dark", 6),
    Segment("present", 3),
    Segment("frozen", 9),
    Segment("present", 5),
)
SECONDS = sum(segment.seconds for segment in SEGMENTS)


def open_sample(fps: float) -> Source:
    """The interview, sampled."""
    return Source("the built-in sample", _frames(fps), math.ceil(SECONDS * fps))


def shown_at(at_s: float) -> tuple[Segment, int]:
    """The segment at this time, and when it began."""
    began_s = 0
    for segment in SEGMENTS:
        if at_s < began_s + segment.seconds:
            return segment, began_s
        began_s += segment.seconds
    raise ValueError(f"The sample ends after {SECONDS} s.")


def _frames(fps: float) -> Generator[Frame, None, None]:
    for number in range(math.ceil(SECONDS * fps)):
        at_s = number / fps
        yield Frame(at_s, encode(picture_at(at_s)))


def picture_at(at_s: float) -> Pixels:
    """What the camera sees."""
    segment, began_s = shown_at(at_s)
    if segment.shows == "frozen":
        at_s = began_s  # the very same picture all the time
    chance = np.random.default_rng([SEED, round(at_s * 1000)])
    scene = _room().copy()
    if segment.shows == "a second person":
        _place(scene, _person(mirrored=True), x=515, y=120, scale=0.8, at_s=at_s * 0.7)
    if segment.shows != "left the seat":
        _place(scene, _person(mirrored=False), x=285, y=75, scale=1.15, at_s=at_s)
    if segment.shows == "a page of text":
        _place(scene, _page(), x=310, y=296, scale=1.0, at_s=at_s)
    light = 0.02 if segment.shows == "dark" else 1 + 0.03 * math.sin(at_s / 5) + chance.normal(0, 0.005)
    noise = 0.008 * chance.standard_normal(scene.shape, np.float32)
    return _bytes(scene * np.float32(light) + noise)


def _place(scene: Shade, cutout: Shade, *, x: float, y: float, scale: float, at_s: float) -> None:
    """Lay a cutout (blue, green, red, opacity) over the scene; it sways a little, as people do."""
    sway = 6 * math.sin(at_s * 1.3) + 3 * math.sin(at_s * 2.9)
    nod = 3 * math.sin(at_s * 1.7)
    lean = scale * (1 + 0.015 * math.sin(at_s * 0.9))
    left = x + sway - lean * cutout.shape[1] / 2
    place = np.array([[lean, 0, left], [0, lean, y + nod]], np.float32)
    laid = cv2.warpAffine(cutout, place, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    opacity = laid[:, :, 3:]
    scene[:] = scene * (1 - opacity) + laid[:, :, :3] * opacity


@cache
def _room() -> Shade:
    """A painted brick wall in soft light, with a picture on it."""
    bricks = cv2.resize(_photograph("brick.png"), (WIDTH, WIDTH))[:HEIGHT]
    soft = cv2.GaussianBlur(bricks, (0, 0), sigmaX=1.5)
    light = np.linspace(1.0, 0.75, WIDTH, dtype=np.float32)[None, :, None]
    wall = (0.55 + 0.35 * (soft - soft.mean())) * light * np.array([0.86, 0.95, 1.0], np.float32)
    framed = cv2.resize(_photograph("rocket.jpg"), (150, 100), interpolation=cv2.INTER_AREA)
    wall[40:152, 20:182] = 0.12
    wall[46:146, 26:176] = framed * 0.6
    return np.asarray(np.clip(wall, 0, 1), np.float32)


@cache
def _person(*, mirrored: bool) -> Shade:
    """The portrait without its background; mirrored, and in other light, it stands for somebody else."""
    portrait = _photograph("astronaut.png")
    inside = np.zeros(portrait.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.array(OUTLINE)], 255, cv2.LINE_AA)
    opacity = cv2.GaussianBlur(inside, (0, 0), sigmaX=1.5) / 255
    cutout = np.dstack([portrait, opacity]).astype(np.float32)[:, LEFT:RIGHT]
    if mirrored:
        cutout = cutout[:, ::-1] * np.array([0.75, 0.8, 0.92, 1.0], np.float32)
    return np.ascontiguousarray(cutout)


@cache
def _page() -> Shade:
    """A printed page, held up not quite straight."""
    print_ = cv2.resize(_photograph("page.png"), None, fx=1.15, fy=1.15, interpolation=cv2.INTER_CUBIC)
    paper = cv2.copyMakeBorder(print_, 14, 14, 18, 18, cv2.BORDER_REPLICATE)
    sheet = np.dstack([np.clip(paper, 0, 1), np.ones(paper.shape[:2])]).astype(np.float32)
    height, width = sheet.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle=2.0, scale=1.0)
    return np.asarray(cv2.warpAffine(sheet, turn, (width, height), flags=cv2.INTER_CUBIC), np.float32)


def _photograph(name: str) -> Shade:
    with Image.open(Path(skimage.__file__).parent / "data" / name) as photograph:
        pixels = np.asarray(photograph.convert("RGB"))[:, :, ::-1]
    return np.asarray(pixels / 255, np.float32)


def _bytes(shade: Shade) -> Pixels:
    return np.clip(shade * 255, 0, 255).astype(np.uint8)
