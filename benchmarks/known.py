"""What it adds to know who sits there: a film once more, of a session whose candidate was given a reference.

The reference is the film's first picture of one face that can be told, or another that is given. Faces are
compared by the emulator. Somebody else takes the seat where the labels say so (`another_person`), and nowhere
else.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.hours import HOUR_S, Film
from benchmarks.labels import Incident
from benchmarks.recorded import Recorded
from benchmarks.replay import USD_PER_CALL, replay
from chalicelib.domain.identity import unusable
from chalicelib.domain.model import Alert
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Picture

SWAP = "another_person"
"""The kind of incident in which somebody else takes the seat."""
SOON = 5
"""Frames within which a swap shall be told."""
_ALERT = "identity_mismatch"
_AFTERWARDS_S = 6.0
"""An episode may go on for so long when the candidate is back: so long may a look be reused."""


@dataclass(frozen=True, slots=True)
class Known:
    """A film, watched by who knows the candidate. Swaps and alerts are written as kind@second."""

    seconds: float
    calls: Mapping[str, int]
    others: int
    """Calls where nobody is known."""
    frames: tuple[int, ...] = ()
    """For each swap that was told, its frames up to the one that told it."""
    shown: tuple[int, ...] = ()
    """The same from the first frame on in which somebody can be told by a face."""
    untold: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    """Mismatches that opened while nobody else was there."""


def known(
    film: Film,
    seen: Mapping[bytes, Picture],
    recorded: Recorded,
    *,
    others: int = 0,
    reference: bytes | None = None,
) -> Known | None:
    """What comes of it; None where no picture can stand for the candidate.

    `others` are the calls where nobody is known; `reference` is another picture of the candidate.
    """
    reference = reference or _reference(film, seen, recorded)
    if reference is None:
        return None
    replayed = replay(film, seen, recorded, Policy(), reference=reference)
    opened = [each for each in replayed.alerts if each.type == _ALERT]
    swaps = [each for each in film.incidents if each.kind == SWAP]
    told = [(swap, _told(film, swap, opened)) for swap in swaps]
    found = [(swap, at) for swap, at in told if at is not None]
    return Known(
        seconds=film.seconds,
        calls=replayed.calls,
        others=others,
        frames=tuple(at - film.frames_of(swap).start + 1 for swap, at in found),
        shown=tuple(at - _first_shown(film, swap, seen, recorded) + 1 for swap, at in found),
        untold=tuple(f"{SWAP}@{swap.start_s:.0f}s" for swap, at in told if at is None),
        false=tuple(
            f"{_ALERT}@{each.opened_at:.0f}s"
            for each in opened
            if not any(_is_of(each.opened_at, swap) for swap in swaps)
        ),
    )


def added(watched: Sequence[Known]) -> dict[str, Any]:
    """What several films add up to."""
    hours = sum(each.seconds for each in watched) / HOUR_S
    calls = sum((Counter(each.calls) for each in watched), Counter[str]())
    frames = [number for each in watched for number in each.frames]
    more = calls.total() - sum(each.others for each in watched)
    return {
        "films": len(watched),
        "looks": calls["IdentityLooks"],
        "calls_per_hour": round(more / hours, 1) if hours else None,
        "usd_per_hour": round(more * USD_PER_CALL / hours, 3) if hours else None,
        "swaps": len(frames) + sum(len(each.untold) for each in watched),
        "told": len(frames),
        "told_soon": sum(number <= SOON for number in frames),
        "frames_most": max(frames, default=None),
        "shown_most": max((number for each in watched for number in each.shown), default=None),
        "false": sum(len(each.false) for each in watched),
    }


def _told(film: Film, swap: Incident, opened: Sequence[Alert]) -> int | None:
    """The frame that told of it."""
    return min(
        (round(each.opened_at * film.fps) for each in opened if _is_of(each.opened_at, swap)), default=None
    )


def _first_shown(film: Film, swap: Incident, seen: Mapping[bytes, Picture], recorded: Recorded) -> int:
    """The first frame of it in which somebody can be told by a face."""
    frames = film.frames_of(swap)
    return next(
        (number for number in frames if _faces(film.pictures[film.order[number]], seen, recorded)),
        frames.start,
    )


def _reference(film: Film, seen: Mapping[bytes, Picture], recorded: Recorded) -> bytes | None:
    distinct = (film.pictures[number] for number in dict.fromkeys(film.order))
    return next((encoded for encoded in distinct if _faces(encoded, seen, recorded) == 1), None)


def _faces(encoded: bytes, seen: Mapping[bytes, Picture], recorded: Recorded) -> int:
    """How many faces a picture shows; 0 where one of them is such that nobody can be told by it."""
    if encoded not in seen:
        return 0
    faces = recorded.answers[seen[encoded].name].faces or ()
    poor = any(unusable(face, seen[encoded].view, Policy()) for face in faces)
    return 0 if poor else len(faces)


def _is_of(opened_s: float, swap: Incident) -> bool:
    return swap.start_s <= opened_s <= swap.end_s + _AFTERWARDS_S
