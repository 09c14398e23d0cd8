"""What an incident adds to the pictures of a synthetic interview."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.scenery import cutouts, seats
from benchmarks.scenery.camera import Camera, Moment, Shot, arm
from benchmarks.scenery.cutouts import HEIGHT, WIDTH, Prop
from benchmarks.scenery.seats import Seat

TORSOS = (
    "face_recognition/obama.jpg",
    "hysts/image00.jpg",
    "azure/detection2.jpg",
    "face_recognition/biden.jpg",
)
CLOSE = (*TORSOS, "azure/detection1.jpg", "face_recognition/biden2.jpg", "face_recognition/obama_small.jpg")
"""Guests of whom enough is seen for standing anywhere, and for coming close."""
PHONES = (
    ("dark", "chest"),
    ("pale", "wall"),
    ("lit", "low"),
    ("dark", "ear"),
    ("pale", "chest"),
    ("lit", "wall"),
)
ENTERS = ("full", "half", "behind", "large")
COVERS = ("finger", "lid", "sticker")
Act = Callable[[Shot, float, int], Shot]
"""What an incident adds to a shot, how far it has come in (0..1), in its n-th picture."""


def act(camera: Camera, other: Seat | None, kind: str, number: int) -> Act:
    """The `number`-th incident of a kind: each differs from the one before it."""
    return _ACTS[kind](camera, other, number)


def _second_face(camera: Camera, _other: Seat | None, number: int) -> Act:
    chance, seat = camera.chance, camera.seat
    enters = ENTERS[number % len(ENTERS)]
    if enters == "behind" and seat.room is None:
        enters = "full"
    names = {"half": tuple(cutouts.GUESTS), "large": CLOSE}.get(enters, TORSOS)
    name = names[int(chance.integers(len(names)))]
    low, high = {"full": (62, 105), "half": (100, 150), "behind": (66, 95), "large": (115, 160)}[enters]
    face_px = float(chance.uniform(low, high))
    side = int(chance.choice([-1, 1]))
    cutout = cutouts.guest(camera.media, name, face_px=face_px)
    if side < 0:
        cutout = np.ascontiguousarray(cutout[:, ::-1])
    cutout = cutouts.in_light_of(seats.background(seat), cutout)
    left, top, wide, tall = seat.face
    wide_px = 0.7 * face_px
    inside = {"half": 0.28 * wide_px, "behind": 0.0}.get(enters, float(chance.uniform(0.75, 1.1)) * wide_px)
    x = WIDTH - inside if side > 0 else inside
    y = float(chance.uniform(150, 250))
    if enters == "behind":
        x = left + wide / 2 + side * (0.95 * wide + 0.75 * wide_px)
        y = top + float(chance.uniform(0.5, 0.7)) * tall
    y = max(y, HEIGHT + 4 - cutout.shape[0] / 2)  # nobody floats
    outside = x + side * (wide_px + abs(WIDTH / 2 + side * (WIDTH / 2) - x))

    def added(shot: Shot, entered: float, take: int) -> Shot:
        sway = (3 * np.sin(1.7 * take + number), 2 * np.sin(2.3 * take))
        at_x = outside + (x - outside) * entered + sway[0]
        prop = Prop(cutout, at_x, y + sway[1], 2 * np.sin(1.1 * take), behind=enters == "behind")
        return replace(shot, props=(prop,))

    return added


def _phone(camera: Camera, _other: Seat | None, number: int) -> Act:
    chance, (left, top, wide, high) = camera.chance, camera.seat.face
    style, place = PHONES[number % len(PHONES)]
    side = int(chance.choice([-1, 1]))
    middle = left + wide / 2
    size_px = float(np.clip(high * chance.uniform(0.65, 0.9), 72, 160))
    x, y, angle_deg = {
        "chest": (
            middle + chance.uniform(-0.4, 0.4) * wide,
            min(410, top + 1.75 * high),
            chance.uniform(-10, 10),
        ),
        "wall": (
            middle + side * (0.7 * wide + 60 + chance.uniform(0.5, 0.9) * size_px),
            top + 0.7 * high,
            6 * side,
        ),
        "low": (middle + side * (0.5 * wide + 0.5 * size_px), 415.0, 12 * side),
        "ear": (middle + side * (0.6 * wide + 0.2 * size_px), top + 0.5 * high, -12 * side),
    }[place]
    elbow_deg = {"chest": 24 * side, "wall": -24 * side, "low": 10 * side, "ear": 16 * side}[place]
    skin = seats.skin_of(camera.seat)
    phone = cutouts.phone(high_px=size_px, style=style, skin=skin)
    raised = arm(camera, hand_px=1.15 * size_px, side=side)

    def added(shot: Shot, entered: float, take: int) -> Shot:
        up = y + (1 - entered) * (HEIGHT - y) * 0.9
        sway_x, sway_y = 2.5 * np.sin(1.9 * take), 2 * np.sin(1.3 * take + number)
        hand = Prop(raised, x + sway_x, up + 0.34 * size_px + sway_y, elbow_deg)
        turned = angle_deg + 2 * np.sin(take)
        held = Prop(phone, x + sway_x, up + sway_y, turned)
        return replace(shot, props=(hand, held))

    return added


def _text(camera: Camera, _other: Seat | None, number: int) -> Act:
    chance, (left, top, wide, high) = camera.chance, camera.seat.face
    name = cutouts.PAGES[number % len(cutouts.PAGES)]
    wide_px = float(chance.uniform(*{"skimage/page.png": (250, 340)}.get(name, (220, 300))))
    sheet = cutouts.in_light_of(
        seats.background(camera.seat), cutouts.page(camera.media, name, wide_px=wide_px)
    )
    x = left + wide / 2 + float(chance.uniform(-90, 90))
    half = sheet.shape[0] / 2
    y = max(float(chance.uniform(280, 380)), top + high + half - 4)
    angle_deg = float(chance.uniform(-4, 4))

    def added(shot: Shot, entered: float, take: int) -> Shot:
        up = y + (1 - entered) * (HEIGHT - y + half)
        sway = (2 * np.sin(1.7 * take), 2 * np.sin(1.1 * take + number))
        return replace(shot, props=(Prop(sheet, x + sway[0], up + sway[1], angle_deg + np.sin(take)),))

    return added


def _no_face(camera: Camera, _other: Seat | None, number: int) -> Act:
    """An empty room; every other time the person bends down, and the hair is left."""
    _, top, _, high = camera.seat.face
    down = Moment(dy=HEIGHT - top - 0.2 * high)
    if camera.seat.room is None:  # the phone is lowered: it sees the chest
        return lambda shot, _entered, _take: replace(shot, moment=shot.moment + Moment(dy=-top - 0.97 * high))
    if number % 2:
        return lambda shot, _entered, _take: replace(shot, moment=shot.moment + down)
    return lambda shot, _entered, _take: replace(shot, frame=None)


def _another_person(camera: Camera, other: Seat | None, number: int) -> Act:
    """The same room, somebody else: the other person of this camera, or a photograph."""
    seat = camera.seat
    if other is not None:
        first = int(camera.chance.integers(len(other.frames)))

        def swapped(shot: Shot, _entered: float, take: int) -> Shot:
            frame = other.frames[back_and_forth(first + take, len(other.frames))]
            return replace(shot, sitter=seats.person(other, frame))

        return swapped
    left, top, wide, high = seat.face
    name = ("face_recognition/obama.jpg", "hysts/image00.jpg")[number % 2]
    cutout = cutouts.in_light_of(
        seats.background(seat), cutouts.guest(camera.media, name, face_px=0.95 * high)
    )

    def replaced(shot: Shot, _entered: float, take: int) -> Shot:
        x, y = left + wide / 2 + shot.moment.dx, top + high / 2 + shot.moment.dy
        prop = Prop(cutout, x + 5 * np.sin(1.3 * take), y + 2 * np.sin(0.9 * take), 2 * np.sin(0.7 * take))
        return replace(shot, frame=None, props=(prop,))

    return replaced


def _looking_away(camera: Camera, _other: Seat | None, _number: int) -> Act:
    away = camera.seat.away
    first = int(camera.chance.integers(len(away)))
    return lambda shot, _entered, take: replace(shot, frame=away[back_and_forth(first + take, len(away))])


def _camera_blocked(_camera: Camera, _other: Seat | None, number: int) -> Act:
    style = COVERS[number % len(COVERS)]
    return lambda shot, _entered, _take: replace(shot, cover=style)


def back_and_forth(number: int, count: int) -> int:
    """Counted to and fro: 0, 1, … count - 1, count - 2, … 1, 0, 1, …."""
    return (count - 1) - abs(number % (2 * count - 2) - (count - 1))


_ACTS: dict[str, Callable[[Camera, Seat | None, int], Act]] = {
    "second_face": _second_face,
    "phone": _phone,
    "text": _text,
    "no_face": _no_face,
    "looking_away": _looking_away,
    "camera_blocked": _camera_blocked,
    "another_person": _another_person,
}
