"""Frames as a webcam gives them, in JPEG: somebody before a wall, and the sensor's noise."""

from collections.abc import Iterator

import cv2
import numpy as np
from skimage.data import astronaut

from infra.local.sources import Pixels, encode

NOISE = 2.5
"""Standard deviation of the sensor's noise, grey levels."""
_STEP = 2
"""How far somebody moves from frame to frame, in pixels."""


def sitting(width: int, height: int, count: int, *, seed: int = 0) -> Iterator[bytes]:
    """Frames of one scene: from one to the next a pixel or two of movement, and noise."""
    rng = np.random.default_rng(seed)
    wall, person = _wall(width, height, rng), _person(height)
    at = np.array([(width - person.shape[1]) // 2, height - person.shape[0]])
    for _ in range(count):
        at += rng.integers(-_STEP, _STEP, size=2, endpoint=True)
        yield encode(_noisy(_pasted(wall, person, *at.tolist()), rng))


def cuts(width: int, height: int, count: int, *, seed: int = 0) -> Iterator[bytes]:
    """Frames that have nothing in common: each of another wall, with the person elsewhere, or mirrored."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        person = _person(int(height * rng.uniform(0.6, 1.0)))
        if number % 2:
            person = np.ascontiguousarray(person[:, ::-1])
        left, top = (int(rng.uniform(0, 1) * side) // 2 for side in (width, height))
        yield encode(_noisy(_pasted(_wall(width, height, rng), person, left, top), rng))


def _wall(width: int, height: int, rng: np.random.Generator) -> Pixels:
    patches = rng.integers(60, 200, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _person(height: int) -> Pixels:
    photograph = np.asarray(astronaut()[:, :400, ::-1], np.uint8)  # type: ignore[no-untyped-call]
    size = (height * photograph.shape[1] // photograph.shape[0], height)
    return np.asarray(cv2.resize(photograph, size, interpolation=cv2.INTER_AREA), np.uint8)


def _pasted(wall: Pixels, person: Pixels, left: int, top: int) -> Pixels:
    scene = wall.copy()
    left, top = max(0, left), max(0, top)
    part = scene[top : top + person.shape[0], left : left + person.shape[1]]
    part[:] = person[: part.shape[0], : part.shape[1]]
    return scene


def _noisy(scene: Pixels, rng: np.random.Generator) -> Pixels:
    noise = rng.normal(0, NOISE, scene.shape)
    return np.asarray(np.clip(scene + noise, 0, 255), np.uint8)
