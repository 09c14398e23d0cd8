"""Who sits before a synthetic interview's camera, and in which room."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.scenery.cutouts import HEIGHT, WIDTH, Box, Shade, decoded, found, largest, soft
from infra.local.sources import Pixels, open_clip

FOCUS, TURNING = "proctoring-ai/center_focus.mp4", "proctoring-ai/center_left_center.mp4"
FRAMES_PER_S = 6.0
"""How densely the selfie is sampled: its steps are small, as somebody who holds still makes them."""
LOOKS_AWAY_S, RESTS_S = (5.9, 10.2), ((0.0, 5.1), (11.0, 15.2))
"""Seconds of center_left_center.mp4: eyes to the side, and eyes to the camera."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One person before one camera, as JPEGs in order of time."""

    name: str
    frames: tuple[bytes, ...]
    face: Box
    sleeve: tuple[int, int, int]
    """The colour of the clothes: blue, green, red."""
    shake_px: float
    room: Pixels | None = None
    """The same view without the person, where it is known."""
    gestures: bool = False
    printed_shirt: bool = False
    """Its print is taken off: text, and a skull that is now and then taken for a face."""
    away: tuple[bytes, ...] = ()
    """Frames in which the eyes look to the side."""


def smiling(media: Path) -> Seat:
    """Somebody who sits still before a wall."""
    return _session(media, "smiling", face=(278, 68, 104, 182), sleeve=(84, 60, 51))


def badge_a(media: Path) -> Seat:
    """Somebody else who gestures all the time, before the same camera."""
    return _session(media, "badge_a", face=(290, 80, 67, 92), sleeve=(50, 50, 44))


def badge_c(media: Path) -> Seat:
    """Somebody who gestures all the time."""
    return _session(media, "badge_c", face=(275, 95, 57, 76), sleeve=(20, 112, 172))


def selfie(media: Path) -> Seat:
    """The man of `proctoring-ai/`, held in the hand. Raises FileNotFoundError."""
    first = [frame.picture for frame in open_clip(found(media / FOCUS), FRAMES_PER_S).frames]
    turning = list(open_clip(found(media / TURNING), FRAMES_PER_S).frames)
    second = [frame.picture for frame in turning if any(at <= frame.at_s <= to for at, to in RESTS_S)]
    # Each clip back and forth for a while: there is but one cut between them.
    calm = [*first, *first[::-1], *first, *second, *second[::-1], *second, *second[::-1]]
    away = tuple(frame.picture for frame in turning if LOOKS_AWAY_S[0] <= frame.at_s <= LOOKS_AWAY_S[1])
    return Seat("selfie", tuple(calm), (230, 74, 179, 262), (42, 15, 168), shake_px=5.0, away=away)


def person(seat: Seat, frame: bytes) -> Pixels:
    """The person of a frame, cut out by their difference from the empty room."""
    assert seat.room is not None
    pixels = decoded(frame)
    change = cv2.absdiff(cv2.GaussianBlur(pixels, (5, 5), 0), cv2.GaussianBlur(seat.room, (5, 5), 0)).max(2)
    mask = (change > 22).astype(np.uint8)  # noqa: PLR2004 - above the noise of the wall
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    if seat.printed_shirt:
        pixels = _plain(pixels, below=int(seat.face[1] + 1.2 * seat.face[3]))
    return np.dstack([pixels, soft(largest(mask))])


def whole(frame: bytes, *, scale: float, dx: float, dy: float) -> Pixels:
    """A frame of the selfie as a landscape picture: the wall and the shoulders go on beyond its borders."""
    pixels = decoded(frame)
    high, wide = pixels.shape[:2]
    zoom = 0.62 * scale
    column, row = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    x = (column - WIDTH / 2 - dx) / zoom + wide / 2
    y = (row - 205 - dy) / zoom + 378
    beyond = np.maximum(0, np.maximum(6 - x, x - (wide - 7)))
    slope = 0.55 * np.clip((y / high - 0.62) / 0.1, 0, 1)
    x, y = np.clip(x, 6, wide - 7), y - slope * beyond
    y = np.where(y > high - 8, high - 8 - 0.3 * (y - high + 8), y)
    shown = cv2.remap(
        pixels, x.astype(np.float32), y.astype(np.float32), cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    smooth = cv2.blur(shown, (9, 9))
    edge = np.clip(beyond / 20, 0, 1)[:, :, None]
    return np.asarray(shown * (1 - edge) + smooth * edge, np.uint8)


def view(seat: Seat, frame: bytes) -> Pixels:
    """A frame as this seat's camera shows it when nothing moves."""
    return decoded(frame) if seat.room is not None else whole(frame, scale=1, dx=0, dy=0)


def background(seat: Seat) -> Pixels:
    """The light and the colours of the room."""
    return seat.room if seat.room is not None else view(seat, seat.frames[0])


def skin_of(seat: Seat) -> Shade:
    """The colour of the person's cheeks."""
    left, top, wide, high = (int(value) for value in seat.face)
    cheeks = view(seat, seat.frames[0])[
        top + high // 2 : top + 3 * high // 4, left + wide // 5 : left + 4 * wide // 5
    ]
    return np.asarray(np.median(cheeks.reshape(-1, 3), axis=0), np.float32)


def _session(media: Path, name: str, *, face: Box, sleeve: tuple[int, int, int]) -> Seat:
    """A folder of `sessions/` without its incidents. Raises FileNotFoundError."""
    folder = media / "sessions" / name
    taken = {*range(30, 38), *range(60, 68), *range(90, 98), *range(120, 126), *range(150, 156)}
    taken |= {*range(180, 185), *range(210, 215), *range(240, 244), *range(270, 276)}
    quiet = [number for number in range(300) if number not in taken]
    frames = tuple(found(folder / f"{number:04d}.jpg").read_bytes() for number in quiet)
    empty = [decoded(found(folder / f"{number:04d}.jpg").read_bytes()) for number in range(121, 125)]
    room = _without_person(np.median(empty, axis=0).astype(np.uint8), [decoded(each) for each in frames[::8]])
    return Seat(
        name,
        frames,
        face,
        sleeve,
        shake_px=1.5,
        room=room,
        gestures=name.startswith("badge"),
        printed_shirt=name == "badge_a",
    )


def _plain(pixels: Pixels, *, below: int) -> Pixels:
    """Clothes without what is printed in white on the chest; skin is redder than that."""
    shown = pixels.astype(np.float32)
    blue, red = shown[:, :, 0], shown[:, :, 2]
    white = ((red - blue < 0.15 * red) & (shown.mean(2) > 80)).astype(np.uint8)  # noqa: PLR2004
    chest = np.zeros_like(white)
    chest[below : below + 170, 170:430] = 1
    skin = cv2.dilate((red - blue > 0.2 * red).astype(np.uint8), np.ones((3, 3), np.uint8))
    inked = cv2.morphologyEx(white * chest, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) * (1 - skin)
    wider = cv2.dilate(np.asarray(inked, np.uint8), np.ones((3, 3), np.uint8))
    part = cv2.GaussianBlur(wider.astype(np.float32), (0, 0), 1.2)
    lit = np.interp(np.arange(shown.shape[0]), (below - 20, below + 90), (1.0, 0.62))[:, None, None]
    cloth = lit * np.array([80, 79, 70]) + 0.06 * (shown - 120)
    return np.asarray(shown * (1 - part[:, :, None]) + cloth * part[:, :, None], np.uint8)


def _without_person(empty: Pixels, frames: Sequence[Pixels]) -> Pixels:
    """The empty room: where the person nearly always stands, each row goes on evenly from side to side."""
    covered = np.mean([cv2.absdiff(frame, empty).max(2) > 28 for frame in frames], axis=0)  # noqa: PLR2004
    often = (covered > 0.35).astype(np.uint8)  # noqa: PLR2004
    always = cv2.morphologyEx(often, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    hidden = cv2.dilate(largest(always), np.ones((13, 13), np.uint8)) > 0
    room = np.median(frames, axis=0).astype(np.float32)
    evened = cv2.blur(room, (25, 5))
    for y, row in enumerate(hidden):
        if row.any():
            first, last = np.flatnonzero(row)[[0, -1]]
            first, last = max(int(first) - 14, 13), min(int(last) + 14, WIDTH - 14)
            part = np.linspace(0, 1, last - first, dtype=np.float32)[:, None]
            room[y, first:last] = (1 - part) * evened[y, first] + part * evened[y, last - 1]
    soft = cv2.GaussianBlur(cv2.dilate(hidden.astype(np.float32), np.ones((15, 15))), (0, 0), 6)[:, :, None]
    return np.asarray(room * (1 - soft) + cv2.GaussianBlur(room, (0, 0), 2) * soft, np.uint8)
