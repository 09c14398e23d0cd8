"""What is played to count money: labelled clips as they are, and calm hours that are made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import cv2
import numpy as np
from numpy.random import Generator

from benchmarks.interviews import Interview
from benchmarks.labels import Clip, Incident
from benchmarks.scenery.cutouts import decoded
from infra.local.sources import Pixels, encode, open_clip

HOUR_S, EVERY_S = 3600, 600
"""An hour of calm, with an incident in every ten minutes."""
FEWEST_QUIET, SHORTEST_TAPE, LONGEST_TAPE = 8, 60, 160
"""Quiet frames that a clip needs; and how many pictures are made of them."""
LONGEST_S = 40
"""Of an incident in a calm hour."""
_SETTLED_S, _DUE_S = 30, 300
"""In each ten minutes an incident is due after so long; it begins when the walk has come to its place."""
_TURNS = 0.03
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Film:
    """What a camera showed, frame by frame, and what happened."""

    name: str
    pictures: tuple[bytes, ...]
    """The distinct ones."""
    order: tuple[int, ...]
    """For each frame, which of them is shown."""
    incidents: tuple[Incident, ...] = ()
    phones: frozenset[int] = frozenset()
    """Pictures that show a phone."""
    undecided: frozenset[str] = frozenset()
    """Alert types that are neither right nor wrong."""
    fps: float = 1.0

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.order) / self.fps

    def frames_of(self, incident: Incident, margin: int = 0) -> range:
        """The frames that are shown during an incident, and so many on either side."""
        first, end = (
            int(np.ceil(at_s * self.fps - _ROUNDING)) for at_s in (incident.start_s, incident.end_s)
        )
        return range(max(0, first - margin), min(len(self.order), end + margin))


def clip_of(clip: Clip) -> Film:
    """A labelled clip or session as it is."""
    numbers: dict[bytes, int] = {}
    order = tuple(
        numbers.setdefault(frame.picture, len(numbers)) for frame in open_clip(clip.path, clip.fps).frames
    )
    film = Film(clip.name, tuple(numbers), order, clip.incidents, undecided=clip.undecided, fps=clip.fps)
    return _with_phones(film)


def interview_of(made: Interview) -> Film:
    """A synthetic interview."""
    undecided = frozenset({"text_detected"} if made.name.endswith("badge_a") else ())  # on the shirt
    return Film(made.name, made.pictures, made.order, made.incidents, made.phones, undecided)


def calm_hour(film: Film, seed: int) -> Film | None:
    """An hour at one frame a second of a clip's quiet frames, with its incidents in turn.

    A tape of quiet frames, each a little varied, is walked through back and forth. Where an incident is due
    the walk goes to where it happened in the clip, shows it, and goes on from there. None for a clip with too
    few quiet frames.
    """
    quiet = quiet_frames(film)
    if len(quiet) < FEWEST_QUIET:
        return None
    chance = np.random.default_rng([seed, crc32(film.name.encode())])
    tape = tape_of(quiet)
    shown, incidents = schedule(film, tape, chance)
    noise = float(chance.uniform(2, 3))
    numbers = {key: number for number, key in enumerate(dict.fromkeys(shown))}
    hour = Film(
        f"hour of {film.name}",
        tuple(varied(film.pictures[film.order[frame]], noise, chance) for _, frame in numbers),
        tuple(numbers[key] for key in shown),
        incidents,
        undecided=film.undecided,
    )
    return _with_phones(hour)


def quiet_frames(film: Film) -> list[int]:
    """The frames in which nothing happens, and not in the one before or after."""
    taken = {number for each in film.incidents for number in film.frames_of(each, margin=1)}
    return [number for number in range(len(film.order)) if number not in taken]


def tape_of(quiet: Sequence[int]) -> list[int]:
    """Quiet frames in their order: of many some, evenly spread; few again and again, back and forth."""
    if len(quiet) > LONGEST_TAPE:
        return [quiet[int(place)] for place in np.linspace(0, len(quiet) - 1, LONGEST_TAPE)]
    forth, back = list(quiet), list(quiet)[-2:0:-1]
    tape = forth
    while len(tape) < SHORTEST_TAPE:
        tape = [*tape, *back, *forth]
    return tape[: max(len(quiet), SHORTEST_TAPE)]


def schedule(
    film: Film, tape: Sequence[int], chance: Generator
) -> tuple[list[tuple[str, int]], tuple[Incident, ...]]:
    """For each second a key of its picture and the clip's frame it shows; and the incidents."""
    shown: list[tuple[str, int]] = []
    incidents: list[Incident] = []
    walk = _Walk(len(tape), chance)
    for number, happens in enumerate(_in_turn(film.incidents, chance)):
        due_s = number * EVERY_S + int(chance.integers(_SETTLED_S, _DUE_S))
        frames = film.frames_of(happens)[:LONGEST_S] if happens else range(0)
        place = min(range(len(tape)), key=lambda at: abs(tape[at] - frames[0])) if frames else -1
        while len(shown) < (number + 1) * EVERY_S:
            due = bool(frames) and len(shown) >= due_s
            if due and happens and walk.at == place:
                incidents.append(Incident(happens.kind, len(shown), len(shown) + len(frames)))
                shown += [(f"incident {number}", frame) for frame in frames]
                frames = range(0)
                walk.step()
            shown.append((f"tape {walk.at}", tape[walk.at]))
            walk.step(place if due and frames else None)
    return shown, tuple(incidents)


def varied(jpeg: bytes, noise: float, chance: Generator) -> bytes:
    """The picture a little lighter or darker, moved, and with the noise of a sensor."""
    pixels = decoded(jpeg)
    high, wide = pixels.shape[:2]
    x, y = chance.uniform(-2, 2, 2)
    moved = cv2.warpAffine(
        pixels, np.array([[1, 0, x], [0, 1, y]], np.float32), (wide, high), borderMode=cv2.BORDER_REPLICATE
    )
    lit = np.asarray(moved, np.float32) * np.float32(chance.uniform(0.96, 1.04))
    lit += np.float32(noise) * chance.standard_normal(lit.shape, np.float32)
    varied_pixels: Pixels = np.clip(lit, 0, 255).astype(np.uint8)
    return encode(varied_pixels)


@dataclass(slots=True)
class _Walk:
    """A way through 0..count - 1, a step at a time, that now and then turns."""

    count: int
    chance: Generator
    at: int = field(init=False)
    _step: int = 1

    def __post_init__(self) -> None:
        self.at = int(self.chance.integers(self.count))

    def step(self, toward: int | None = None) -> None:
        """Go on, or towards a place. It never stands still."""
        if toward is not None and toward != self.at:
            self._step = 1 if toward > self.at else -1
        elif self.chance.random() < _TURNS:
            self._step = -self._step
        if not 0 <= self.at + self._step < self.count:
            self._step = -self._step
        self.at += self._step


def _in_turn(incidents: Sequence[Incident], chance: Generator) -> list[Incident | None]:
    """One for each stretch of the hour, all before any comes again; None for clips without incidents."""
    stretches = HOUR_S // EVERY_S
    turns: list[Incident | None] = []
    while incidents and len(turns) < stretches:
        turns += [incidents[number] for number in chance.permutation(len(incidents))]
    return turns[:stretches] or [None] * stretches


def _with_phones(film: Film) -> Film:
    phones = {
        film.order[number]
        for each in film.incidents
        if each.kind == "phone"
        for number in film.frames_of(each)
    }
    return replace(film, phones=frozenset(phones))
