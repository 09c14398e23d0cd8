"""The camera of a synthetic interview: a moment, what is added to it, and the JPEG that is made of it."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from benchmarks.scenery import cutouts, seats
from benchmarks.scenery.cutouts import HEIGHT, WIDTH, Prop, Shade
from benchmarks.scenery.seats import Seat
from infra.local.sources import Pixels, encode


@dataclass(frozen=True, slots=True)
class Moment:
    """How the person sits, how the camera stands and how the light falls."""

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    gain: float = 1.0
    warmth: float = 0.0
    door: float = 0.0
    """How far something in the background has moved, 0..1."""
    hand: float = 0.0
    """Above 0: before the face."""
    shake: tuple[float, float] = (0.0, 0.0)

    def __add__(self, other: "Moment") -> "Moment":
        return Moment(
            self.scale * other.scale,
            self.dx + other.dx,
            self.dy + other.dy,
            self.gain * other.gain,
            self.warmth + other.warmth,
            max(self.door, other.door),
            max(self.hand, other.hand),
            self.shake,
        )


@dataclass(frozen=True, slots=True)
class Shot:
    """What is to be photographed."""

    moment: Moment
    frame: bytes | None
    """Of the person; without one the seat is empty."""
    sitter: Pixels | None = None
    """Somebody else in the seat, cut out, of the picture's own size."""
    props: tuple[Prop, ...] = ()
    cover: str = ""


@dataclass(slots=True)
class Camera:
    """One camera before one seat."""

    media: Path
    seat: Seat
    chance: Generator
    noise: float = field(init=False)

    def __post_init__(self) -> None:
        self.noise = float(self.chance.uniform(2, 4))

    def take(self, shot: Shot) -> bytes:
        """A JPEG of 640x480."""
        moment = shot.moment
        scene = cutouts.cover(shot.cover) if shot.cover else self._scene(shot)
        if self.seat.room is not None:  # the selfie's view has moved with the hand that holds it
            shift = np.array([[1.02, 0, -0.01 * WIDTH], [0, 1.02, -0.01 * HEIGHT]], np.float32)
            shift[:, 2] += moment.shake
            scene = np.asarray(
                cv2.warpAffine(scene, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.float32
            )
        tint = np.array([1 - moment.warmth, 1, 1 + moment.warmth], np.float32)
        return encode(np.clip(scene * (moment.gain * tint) + self._grain(), 0, 255).astype(np.uint8))

    def _scene(self, shot: Shot) -> Shade:
        moment, room = shot.moment, self.seat.room
        if room is not None:
            scene = room.astype(np.float32)
        else:
            assert shot.frame is not None
            dx, dy = moment.dx + moment.shake[0], moment.dy + moment.shake[1]
            scene = seats.whole(shot.frame, scale=moment.scale, dx=dx, dy=dy).astype(np.float32)
        if moment.door:
            _darken(scene, moment.door)
        for prop in shot.props:
            if prop.behind:
                cutouts.lay(scene, prop)
        if shot.sitter is not None:
            cutouts.blend(scene, _moved(shot.sitter, moment, self.seat))
        elif room is not None and shot.frame is not None:
            cutouts.blend(scene, _moved(seats.person(self.seat, shot.frame), moment, self.seat))
        for prop in (*shot.props, *self._hand(moment)):
            if not prop.behind:
                cutouts.lay(scene, prop)
        return scene

    def _hand(self, moment: Moment) -> tuple[Prop, ...]:
        if not moment.hand:
            return ()
        left, top, wide, high = self.seat.face
        side = -1 if moment.hand < 1 else 1
        x = left + (0.5 + side * 0.2) * wide + moment.dx
        return (
            Prop(
                arm(self, hand_px=0.75 * high, side=side),
                x,
                top + 1.1 * high + moment.dy,
                angle_deg=side * 24,
            ),
        )

    def _grain(self) -> Shade:
        bank = _noise()
        y, x = self.chance.integers(0, (bank.shape[0] - HEIGHT, bank.shape[1] - WIDTH))
        return bank[y : y + HEIGHT, x : x + WIDTH] * np.float32(self.noise)


def arm(camera: Camera, *, hand_px: float, side: int) -> Pixels:
    """The arm of who sits there, on one side of them (-1 or 1)."""
    seat = camera.seat
    skin, sleeve = seats.skin_of(seat), np.array(seat.sleeve, np.float32)
    return cutouts.arm(camera.media, hand_px=hand_px, skin=skin, sleeve=sleeve, mirrored=side < 0)


def _moved(cut: Pixels, moment: Moment, seat: Seat) -> cv2.typing.MatLike:
    """The person leans and shifts; the seat stays where it is, so the lower end moves less."""
    scale, middle = moment.scale, seat.face[0] + seat.face[2] / 2
    lean = 0.25 * moment.dx / HEIGHT
    place = np.array(
        [
            [scale, -lean, middle - scale * middle + moment.dx + lean * seat.face[1]],
            [0, scale, HEIGHT - scale * HEIGHT + moment.dy],
        ],
        np.float32,
    )
    return cv2.warpAffine(cut, place, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def _darken(scene: Shade, door: float) -> None:
    """A door or a curtain at the border opens on something darker."""
    columns = np.arange(WIDTH, dtype=np.float32)
    shade = 1 - 0.45 * np.clip((columns - (WIDTH - 70 * door)) / 6, 0, 1)
    scene *= shade[None, :, None]


@cache
def _noise() -> Shade:
    """The grain of a sensor: a little coarser than a pixel."""
    fine = np.random.default_rng(1961).standard_normal((HEIGHT + 160, WIDTH + 160, 3), np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 0.6)
    return np.asarray(soft / soft.std(), np.float32)
