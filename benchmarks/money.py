"""What an hour of interview costs in calls, against asking three calls a frame, and what each finds.

Every film is watched by the service's own flows as the policy has it by default, and the naive way, with the
gate off and no budget; and once more with a candidate who is known (`benchmarks.known`). What the naive way
does not find is no fault of asking sparingly. `dense` are the labelled sessions and `clips` the short clips
(where there are no sessions, `dense` are the clips), `calm` hours with an incident every ten minutes, `hard`
half an hour in which something happens all the time.

    python -m benchmarks.money --groups dense,calm --films smiling,calm-selfie --recorded recorded

measures some films, and keeps the emulator's answers (but for audits) and the synthetic interviews for the
next time: empty that folder when the emulator or the interviews have changed.
"""

import argparse
import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from threading import Lock

from rich.console import Console

from benchmarks import interviews, labels
from benchmarks.hours import Film, calm_hour, clip_of, interview_of
from benchmarks.interviews import Interview
from benchmarks.known import SOON, known
from benchmarks.outcomes import Json, Outcome, compare, figures
from benchmarks.recorded import Emulators, Recorded
from benchmarks.replay import replay, views
from chalicelib.domain.policy import Policy

GROUPS = ("dense", "clips", "calm", "hard")
SEED = 20
_DETAILS = ("missed", "late", "false", "naive_missed", "naive_false")
NAIVE = Policy(gate=False, usd_per_hour=0)

_SIDE_BY_SIDE = 2


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is measured: groups, and of them the films whose name has one of these words in it, or all."""

    groups: Sequence[str] = GROUPS
    words: Sequence[str] = ()
    folder: Path | None = None
    """Keeps answers and interviews for other runs, where it is given."""

    def has(self, name: str) -> bool:
        """Whether a film of this name is measured."""
        return not self.words or any(word in name for word in self.words)

    def may_have(self, beginning: str) -> bool:
        """Whether a film may be measured whose name begins so."""
        return not self.words or any(word.startswith(beginning) for word in self.words)

    def kept(self, name: str, make: Callable[[], list[Interview]]) -> list[Interview]:
        """What was made by an earlier run, or is made now."""
        path = self.folder / f"{name}.films" if self.folder else None
        if path and path.exists():
            found: list[Interview] = pickle.loads(path.read_bytes())  # noqa: S301 - of our own
            return found
        made = make()
        if path:
            path.write_bytes(pickle.dumps(made))
        return made


ALL = Chosen()


def measure(options: argparse.Namespace, console: Console, chosen: Chosen = ALL) -> Json:
    """Watch the films. Raises StartError, SourceError."""
    logging.getLogger("proctoring").setLevel(logging.ERROR)
    watching = _Watching(films(options, console, chosen), console)
    with Emulators() as emulators:
        watching.all(Recorded(emulators, chosen.folder))
    found = {group: [each for of, each in watching.outcomes if of == group] for group in chosen.groups}
    measured = {group: _group(each) for group, each in found.items() if each}
    for group, each in measured.items():
        console.print(f"{group:5} in all: {_money(each)}, {_found(each)}")
    return measured


def watched(film: Film, recorded: Recorded) -> Outcome:
    """A film, watched both ways, and once more with a candidate who is known."""
    seen = views(film)
    recorded.record(seen, {film.pictures[number] for number in film.phones})
    ours, naive = (replay(film, seen, recorded, policy) for policy in (Policy(), NAIVE))
    calls = sum(ours.calls.values())
    return replace(compare(film, ours, naive), known=known(film, seen, recorded, others=calls))


def line(outcome: Outcome) -> str:
    """A film in a line, and what went wrong in it in others."""
    told = figures([outcome])
    wrong = {"missed": outcome.missed, "late": outcome.late, "false": outcome.false}
    if outcome.known:
        wrong |= {"swap not told": outcome.known.untold, "mismatch without a swap": outcome.known.false}
    details = "".join(f"\n      {what}: {', '.join(each)}" for what, each in wrong.items() if each)
    return f"{outcome.name:45} {_money(told)}, {_found(told)}{details}"


@dataclass(slots=True)
class _Watching:
    """Films, watched by a few threads, each of which takes the next one."""

    films: Iterator[tuple[str, Film]]
    console: Console
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    """With their groups, in the order of the films."""
    _lock: Lock = field(default_factory=Lock)

    def all(self, recorded: Recorded) -> None:
        """Watch them all."""
        places: dict[int, tuple[str, Outcome]] = {}
        numbers = count()

        def some() -> None:
            while taken := self._take(numbers):
                number, group, film = taken
                places[number] = group, watched(film, recorded)
                self.console.print(f"{group:5} {line(places[number][1])}")

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            for each in [pool.submit(some) for _ in range(_SIDE_BY_SIDE)]:
                each.result()
        self.outcomes = [places[number] for number in sorted(places)]

    def _take(self, numbers: Iterator[int]) -> tuple[int, str, Film] | None:
        with self._lock:
            group, film = next(self.films, ("", None))
            return (next(numbers), group, film) if film else None


def films(options: argparse.Namespace, console: Console, chosen: Chosen) -> Iterator[tuple[str, Film]]:
    """The films that are watched, with their groups. Raises SourceError."""
    known = [clip for clip in labels.read(options.clips, options.labels) if chosen.has(clip.name)]
    filmed = [(clip.path.is_dir(), clip_of(clip)) for clip in known]
    films = [(is_session, film) for is_session, film in filmed if len(film.order) > 1]  # no stills
    sessions = any(is_session for is_session, _ in films)
    for is_session, film in films:
        group = "dense" if is_session or not sessions else "clips"
        if group in chosen.groups:
            yield group, film
    if "calm" in chosen.groups:
        yield from (("calm", hour) for _, film in films if (hour := calm_hour(film, SEED)))
    for group, name, make in (("calm", "calm", interviews.calm), ("hard", "dense", interviews.dense)):
        if group in chosen.groups and chosen.may_have(f"{name}-"):
            try:
                made = chosen.kept(f"{name}-{SEED}", partial(make, options.clips, seed=SEED))
            except FileNotFoundError as exc:
                console.print(f"{group:5} without synthetic interviews: {exc}")
                continue
            yield from ((group, interview_of(each)) for each in made if chosen.has(each.name))


def _group(outcomes: Sequence[Outcome]) -> Json:
    sessions = [
        {
            "name": each.name,
            **figures([each]),
            "details": {name: list(getattr(each, name)) for name in _DETAILS},
        }
        for each in outcomes
    ]
    return {**figures(outcomes), "sessions": sessions}


def _money(told: Json) -> str:
    return f"{told['usd_per_hour']:6.2f} $/h of {told['naive_usd_per_hour']:5.2f}"


def _found(told: Json) -> str:
    said = f"{told['found']} of {told['incidents']} found, {told['missed']} missed, {told['late']} late"
    swaps = f", {told['swaps_seen']} of {told['swaps']} swaps" if told["swaps"] else ""
    audits = f"{told['contradicted']} of {told['audited']} audited contradicted"
    return f"{said}, {told['false']} false{swaps}, {audits}{_known(told['known'])}"


def _known(told: Json) -> str:
    if not told["films"]:
        return ""
    swaps = f", {told['told']} of {told['swaps']} swaps told, {told['told_soon']} within {SOON} frames"
    return f"; known: {told['calls_per_hour']:.0f} calls/h more{swaps}, {told['false']} false"


def choice(program: str, described: str) -> tuple[argparse.Namespace, Chosen]:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog=program, description=described, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--groups", default=",".join(GROUPS), help="with commas between")
    parser.add_argument("--films", default="", help="words in the names of the films, with commas between")
    parser.add_argument("--recorded", type=Path, help="a folder that keeps the emulator's answers")
    parser.add_argument("--clips", type=Path, default=labels.media())
    parser.add_argument("--labels", type=Path)
    options = parser.parse_args()
    options.labels = options.labels or options.clips / "labels.json"
    if options.recorded:
        options.recorded.mkdir(parents=True, exist_ok=True)
    groups = [group for group in GROUPS if group in options.groups.split(",")]
    return options, Chosen(groups, tuple(filter(None, options.films.split(","))), options.recorded)


def main() -> None:
    """Measure some films."""
    options, chosen = choice("python -m benchmarks.money", __doc__ or "")
    measure(options, Console(highlight=False, width=160), chosen)


if __name__ == "__main__":
    main()
