"""Long synthetic interviews with incidents at known times, made from the labelled media folder.

One frame a second of one person before one camera. A few hundred pictures stand for an hour: they are a tape
of quiet moments through which the interview wanders back and forth, small scenes of ordinary life that leave
the tape and come back to it, and the incidents. What moves between two seconds is the person, the camera, the
light and the noise of the sensor, so no second shows the picture of the second before it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from benchmarks.labels import Incident
from benchmarks.scenery import seats
from benchmarks.scenery.camera import Camera, Moment, Shot
from benchmarks.scenery.cutouts import WIDTH
from benchmarks.scenery.incidents import Act, act, back_and_forth
from benchmarks.scenery.seats import Seat

COMMON = ("second_face", "phone", "text", "no_face", "camera_blocked")
SLIDING = {"second_face", "phone", "text"}
MOST_TAKES = 12
"""Pictures of one incident."""
SHORTEST_S, LONGEST_S = 5, 20
VARIANTS = 12
BETWEEN_SCENES_S = 25
SCENES_OF_A_KIND = 3


@dataclass(frozen=True, slots=True)
class Interview:
    """What a camera showed, second by second, and what happened."""

    name: str
    pictures: tuple[bytes, ...]
    """The distinct JPEGs, 640x480."""
    order: tuple[int, ...]
    """For each second, which of them is shown."""
    incidents: tuple[Incident, ...]
    """Each begins when something comes into view: what slides in is whole one or two seconds later."""
    phones: frozenset[int]
    """Pictures that show a phone: their label must be staged, the emulator has no model for one."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An incident before it is filmed: with how many pictures of coming in, and whether it leaves so too."""

    incident: Incident
    entry: int
    leaves: bool


def calm(media: Path, *, seconds: int = 3600, every_s: int = 600, seed: int) -> list[Interview]:
    """Hours in which little happens: one sits still, one gestures all the time, one holds the camera.

    Raises FileNotFoundError where the media folder lacks a file.
    """
    colleague = seats.badge_a(media)
    casts: tuple[tuple[Seat, Seat | None, tuple[str, ...]], ...] = (
        (seats.smiling(media), None, (*COMMON, "another_person")),
        (seats.badge_c(media), colleague, (*COMMON, "another_person")),
        (seats.selfie(media), None, (*COMMON, "looking_away")),
    )
    interviews = []
    for number, (seat, other, kinds) in enumerate(casts):
        chance = np.random.default_rng([seed, number])
        planned = plan(kinds, seconds=seconds, every_s=every_s, chance=chance)
        camera = Camera(media, seat, chance)
        interviews.append(
            _filmed(
                f"calm-{seat.name}", camera, other, planned, seconds=seconds, nodes=400, scenes_at_most=99
            )
        )
    return interviews


def dense(media: Path, *, seconds: int = 1800, every_s: int = 30, seed: int) -> list[Interview]:
    """Half an hour in which something happens all the time, for the variety of incidents.

    Raises FileNotFoundError where the media folder lacks a file.
    """
    kinds = (*COMMON, "another_person")
    seat, other = seats.badge_a(media), seats.badge_c(media)
    chance = np.random.default_rng([seed, 9])
    planned = plan(kinds, seconds=seconds, every_s=every_s, chance=chance)
    camera = Camera(media, seat, chance)
    name = f"dense-{seat.name}"
    return [_filmed(name, camera, other, planned, seconds=seconds, nodes=120, scenes_at_most=8)]


def plan(kinds: Sequence[str], *, seconds: int, every_s: int, chance: Generator) -> list[Planned]:
    """An incident in each stretch of `every_s`, the kinds in turn."""
    planned = []
    for number in range(seconds // every_s):
        if number % len(kinds) == 0:
            turn = list(chance.permutation(list(kinds)))
        kind = str(turn[number % len(kinds)])
        longest = min(LONGEST_S, every_s // 2)
        shortest = min(longest, 8 if kind == "looking_away" else SHORTEST_S)
        lasts_s = int(chance.integers(shortest, longest + 1))
        first_s, last_s = every_s // 8, every_s - lasts_s - 4
        start_s = number * every_s + int(chance.integers(first_s, max(first_s + 1, last_s)))
        slides = kind in SLIDING and lasts_s >= SHORTEST_S and chance.random() < 0.5  # noqa: PLR2004
        entry = int(chance.integers(1, 3)) if slides else 0
        leaves = bool(slides and lasts_s > 2 * entry + 3 and chance.random() < 0.5)  # noqa: PLR2004
        planned.append(Planned(Incident(kind, start_s, start_s + lasts_s), entry, leaves))
    return planned


def wander(count: int, chance: Generator) -> Iterator[int]:
    """A walk through 0..count - 1 in small steps, back and forth; it never stands still."""
    at, ahead = int(chance.integers(count)), True
    while True:
        yield at
        if chance.random() < 0.03:  # noqa: PLR2004
            ahead = not ahead
        step = int(chance.choice([1, 2, 3], p=[0.7, 0.25, 0.05]))
        at, ahead = _stepped(at, step, ahead=ahead, count=count)


def takes_shown(planned: Planned, chance: Generator) -> list[int]:
    """For each second of an incident, which of its pictures is shown: never the same twice in a row."""
    seconds = int(planned.incident.end_s - planned.incident.start_s)
    leaving = list(range(planned.entry - 1, -1, -1)) if planned.leaves else []
    settled = seconds - planned.entry - len(leaving)
    count = min(MOST_TAKES - planned.entry, settled)
    walk, at, ahead = [0], 0, True
    while len(walk) < settled:
        if chance.random() < 0.06:  # noqa: PLR2004
            ahead = not ahead
        at, ahead = _stepped(at, 1, ahead=ahead, count=count)
        walk.append(at)
    return [*range(planned.entry), *(planned.entry + take for take in walk), *leaving]


def _stepped(at: int, step: int, *, ahead: bool, count: int) -> tuple[int, bool]:
    """The next place and direction: small steps near the end of the way, and back where it ends."""
    if not 0 <= at + (step if ahead else -step) < count:
        step = 1
    if not 0 <= at + (step if ahead else -step) < count:
        ahead = not ahead
    return at + (step if ahead else -step), ahead


def scenes(chance: Generator) -> list[list[Moment]]:
    """Small life that is no incident, each scene a few seconds of it."""
    there = [0.3, 0.7, 1.0, 1.0, 0.97, 1.0, 0.6, 0.25]
    found: list[list[Moment]] = []
    for _ in range(SCENES_OF_A_KIND):
        lean, back = chance.uniform(0.08, 0.15), chance.uniform(0.05, 0.1)
        aside = chance.uniform(0.06, 0.12) * WIDTH
        found += [
            [Moment(scale=1 + lean * part) for part in there],
            [Moment(scale=1 - back * part) for part in there],
            [Moment(dx=aside * part) for part in there],
            [Moment(dx=-aside * part) for part in there],
            [Moment(hand=float(chance.choice([0.5, 1.0])))] * int(chance.integers(1, 3)),
            [Moment(gain=0.75, warmth=-0.02)] * 8,
            [Moment(gain=1 + 0.05 * (-1) ** number) for number in range(6)],
            [Moment(door=part) for part in (0.15, 0.35, 0.6, 0.8, 1.0, 0.9, 0.6, 0.3, 0.1)],
            [Moment(gain=gain) for gain in (1.1, 0.93, 1.06, 0.97, 1.02)],
        ]
    return found


@dataclass(slots=True)
class _Film:
    """One interview as it is made. A picture is taken when it is first shown."""

    camera: Camera
    tape: Sequence[Moment]
    pictures: list[bytes] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    phones: set[int] = field(default_factory=set)
    known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def moment(self, node: int) -> Shot:
        """A quiet moment of the tape, which goes back where it ends."""
        frames = self.camera.seat.frames
        node = back_and_forth(node, len(self.tape))
        return Shot(self.tape[node], frames[back_and_forth(node, len(frames))])

    def show(self, key: tuple[object, ...], shot: Shot) -> int:
        """Show a picture for a second; which one it is."""
        if key not in self.known:
            self.known[key] = len(self.pictures)
            self.pictures.append(self.camera.take(shot))
        self.order.append(self.known[key])
        return self.known[key]

    def show_scene(self, node: int, scene: Sequence[Moment]) -> None:
        """It leaves the tape at a node, goes on beside it, and comes back to it."""
        for number, change in enumerate(scene):
            shot = self.moment(node + number)
            self.show(("scene", node, number), replace(shot, moment=shot.moment + change))

    def show_incident(self, node: int, planned: Planned, added: Act) -> None:
        """It befalls the moments that follow a node."""
        for take in takes_shown(planned, self.camera.chance):
            entered = min(1.0, (take + 1) / (planned.entry + 1))
            shot = added(self.moment(node + take), entered, take)
            shown = self.show(("incident", planned.incident.start_s, take), shot)
            if planned.incident.kind == "phone":
                self.phones.add(shown)


def _filmed(
    name: str,
    camera: Camera,
    other: Seat | None,
    planned: Sequence[Planned],
    *,
    seconds: int,
    nodes: int,
    scenes_at_most: int,
) -> Interview:
    chance, seat = camera.chance, camera.seat
    film = _Film(camera, _tape(seat.shake_px, nodes, chance))
    # Who gestures has the hands before the face anyway.
    life = [scene for scene in scenes(chance) if not (scene[0].hand and seat.gestures)][:scenes_at_most]
    places = {int(node): scene for node, scene in zip(chance.permutation(nodes), life, strict=False)}
    turns = {each.incident.kind: int(chance.integers(VARIANTS)) for each in planned}
    walk, calm_since_s, coming = wander(nodes, chance), 0, list(planned)
    while len(film.order) < seconds:
        node, now_s = next(walk), len(film.order)
        until_s = coming[0].incident.start_s if coming else seconds
        scene = places.get(node, [])
        if now_s == until_s:
            kind = coming[0].incident.kind
            film.show_incident(node, coming.pop(0), act(camera, other, kind, turns[kind]))
            turns[kind] += 1
            calm_since_s = len(film.order)
        elif scene and now_s - calm_since_s >= BETWEEN_SCENES_S and now_s + len(scene) + 2 < until_s:
            film.show_scene(node, scene)
            calm_since_s = len(film.order)
        else:
            film.show(("node", node), film.moment(node))
    incidents = tuple(each.incident for each in planned)
    return Interview(name, tuple(film.pictures), tuple(film.order), incidents, frozenset(film.phones))


def _tape(shake_px: float, nodes: int, chance: Generator) -> list[Moment]:
    """Quiet moments in their order: a slow drift of the light, the seat and the camera."""
    node = np.arange(nodes)

    def drift(most: float, *lengths: float) -> list[float]:
        starts = chance.uniform(0, 2 * math.pi, len(lengths))
        waves = [np.sin(2 * math.pi * node / length + at) for length, at in zip(lengths, starts, strict=True)]
        return [float(value) for value in most * np.mean(waves, axis=0)]

    gain, warmth = drift(0.06, 170, 61), drift(0.03, 230, 90)
    scale, dx, dy = drift(0.03, 80, 23), drift(16, 70, 19), drift(4, 50, 13)
    sways, shakes = chance.normal(0, 2.0, (nodes, 2)), chance.uniform(-shake_px, shake_px, (nodes, 2))
    return [
        Moment(
            scale=1 + scale[at],
            dx=dx[at] + float(sways[at, 0]),
            dy=4 + dy[at] + 0.3 * abs(float(sways[at, 1])),  # never up: the chest has to reach the border
            gain=1 + gain[at],
            warmth=warmth[at],
            shake=(float(shakes[at, 0]), float(shakes[at, 1])),
        )
        for at in range(nodes)
    ]
