"""Somebody else takes the seat, in every two clips of different people; and nobody, where both are of one.

A few frames of one clip and then of another are played at a frame a second. The reference is a frame of
another clip of who sat there first, where there is one, else one of the same clip. Where both are of one
person, and before the swap, nobody may be accused.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from benchmarks.hours import Film
from benchmarks.identity import PEOPLE
from benchmarks.known import SOON, SWAP, Known, known
from benchmarks.labels import Incident
from benchmarks.recorded import Emulators, Recorded
from benchmarks.replay import views
from infra.local.sources import open_clip

FRAMES, A_SECOND = 8, 4.0
"""Of each clip, and how many of them a second of it gives: heads move more between them than they did."""
_REFERENCE = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """The beginning of a clip."""

    name: str
    person: str
    pictures: tuple[bytes, ...]


def scenes(folder: Path) -> list[Scene]:
    """All clips of people that there are in the folder."""
    people = {
        name.partition("@")[0]: person
        for person, occasions in PEOPLE.items()
        for names in occasions
        for name in names
        if "@" in name
    }
    return [
        Scene(name, person, _beginning(folder / name))
        for name, person in people.items()
        if (folder / name).exists()
    ]


def measure(folder: Path) -> dict[str, Any]:
    """Watch every two. Raises StartError."""
    logging.getLogger("proctoring").setLevel(logging.ERROR)
    clips = scenes(folder)
    pictures = tuple(dict.fromkeys(picture for each in clips for picture in each.pictures))
    seen = views(Film("all", pictures, ()))
    with Emulators() as emulators:
        recorded = Recorded(emulators)
        recorded.record(pictures)
        watched = {
            film.name: known(film, seen, recorded, reference=reference) for film, reference in films(clips)
        }
    return figures({name: each for name, each in watched.items() if each})


def films(clips: list[Scene]) -> Iterator[tuple[Film, bytes]]:
    """Every two clips as one film, with the picture of who is there first."""
    for one, other in permutations(clips, 2):
        numbers = {each: number for number, each in enumerate(dict.fromkeys(one.pictures + other.pictures))}
        order = tuple(numbers[each] for each in one.pictures + other.pictures)
        first = len(one.pictures)
        swap = [Incident(SWAP, first, len(order))] if one.person != other.person else []
        again = [each for each in clips if each.person == one.person and each not in (one, other)]
        yield (
            Film(f"{one.name}, {other.name}", tuple(numbers), order, tuple(swap)),
            (again or [one])[0].pictures[_REFERENCE],
        )


def figures(watched: Mapping[str, Known]) -> dict[str, Any]:
    """What they add up to."""
    told = {name: (each.frames[0], each.shown[0]) for name, each in watched.items() if each.frames}
    never = [name for name, each in watched.items() if each.untold]
    return {
        "films": len(watched),
        "swaps": len(told) + len(never),
        "soon": sum(frames <= SOON for frames, _ in told.values()),
        "soon_once_shown": sum(shown <= SOON for _, shown in told.values()),
        "late": {name: list(frames) for name, frames in told.items() if frames[0] > SOON},
        "never": never,
        "false": [name for name, each in watched.items() if each.false],
    }


def _beginning(path: Path) -> tuple[bytes, ...]:
    return tuple(frame.picture for frame in islice(open_clip(path, A_SECOND).frames, FRAMES))
