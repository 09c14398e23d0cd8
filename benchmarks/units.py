"""What a session uses that AWS bills, by how each of its frames was watched.

The films of `money` are watched by the service's own flows, on tables that count units
(`benchmarks.metered`), three times: by one process; `spread`, each frame by a process that knows nothing of
the session, as happens where many environments of a function serve many sessions; and so at half the
rate, every second frame. What a request weighs on the wire, and what the start and the end of a session use,
`benchmarks.traffic` measures.

    python -m benchmarks.units --groups dense --recorded recorded

measures some films, and keeps the emulator's answers as `benchmarks.money` does.
"""

import argparse
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from rich.console import Console

from benchmarks import money, traffic
from benchmarks.hours import HOUR_S, Film
from benchmarks.money import Chosen
from benchmarks.outcomes import Json
from benchmarks.recorded import Emulators, Recorded
from benchmarks.replay import Frame, Replayed, replay, views
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Kind, Look, Observation, Why

WAYS = ("together", "spread", "half")
"""All frames in one process; each in another; every second frame, each in another."""
SETTLING_S = 60.0
"""A session's first minute asks more: the gate knows few views yet."""
_TIMED_S = 14.0
"""A look that is only old, and older than this, was due by the clock; younger ones follow a sign."""
_ASKED = {Look.ASKED, Look.FAILED}


@dataclass(slots=True)
class Sum:
    """Frames that were watched alike, and what they used together."""

    frames: int = 0
    calls: int = 0
    used: dict[str, float] = field(default_factory=dict)

    def add(self, frame: Frame, calls: int) -> None:
        """One more."""
        self.frames += 1
        self.calls += calls
        for name, units in frame.used.items():
            self.used[name] = self.used.get(name, 0.0) + units


@dataclass(slots=True)
class Watching:
    """What films of one group add up to, watched in one way."""

    seconds: float = 0.0
    sessions: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    frames: dict[str, Sum] = field(default_factory=dict)
    """By how they were watched: first, quiet, asking, audit."""
    doubted: dict[str, Counter[str]] = field(default_factory=dict)
    """`settling` or `settled` to the kinds that were asked for otherwise than by the clock to frames."""
    settling_frames: int = 0
    opened: int = 0
    """Frames with which an alert opened: their pictures are kept even by `keep_frames: none`."""
    cited: int = 0
    """Pictures that alerts cite: they stay when the session has ended."""
    frame_bytes: int = 0

    def add(self, film: Film, replayed: Replayed) -> None:
        """One more film."""
        self.seconds += film.seconds
        self.sessions += 1
        self.calls.update(replayed.calls)
        self.cited += len({each.picture for alert in replayed.alerts for each in alert.evidence})
        self.frame_bytes += sum(len(film.pictures[shown]) for shown in film.order)
        asked_s: dict[Kind, float] = {}
        for frame in replayed.frames:
            self._add_frame(frame, asked_s)

    def _add_frame(self, frame: Frame, asked_s: dict[Kind, float]) -> None:
        if frame.record is None:
            return
        seen = frame.record.observation
        asked = [kind for kind in SIGHTS if seen.looks.get(kind) in _ASKED]
        kind = "first" if seen.seq == 1 else _watched_as(seen, asked)
        self.frames.setdefault(kind, Sum()).add(frame, len(asked) + seen.repeated)
        self.opened += bool(frame.record.opened)
        if seen.seq > 1:
            when = "settling" if seen.at_s < SETTLING_S else "settled"
            self.settling_frames += when == "settling"
            if doubted := [each for each in asked if not _is_timed(seen, each, asked_s)]:
                self.doubted.setdefault(when, Counter())["+".join(doubted)] += 1
        asked_s.update(dict.fromkeys(asked, seen.at_s))

    @property
    def figures(self) -> Json:
        """As it goes into a file."""
        return {
            "seconds": self.seconds,
            "sessions": self.sessions,
            "calls_per_hour": round(self.calls.total() / self.seconds * HOUR_S, 1),
            "calls": dict(self.calls),
            "frames": {kind: asdict(each) for kind, each in self.frames.items()},
            "doubted": {when: dict(each) for when, each in self.doubted.items()},
            "settling_frames": self.settling_frames,
            "opened": self.opened,
            "cited": self.cited,
            "frame_bytes": self.frame_bytes,
        }


def measure(options: argparse.Namespace, console: Console, chosen: Chosen = money.ALL) -> Json:
    """Watch the films and play a session. Raises StartError, SourceError."""
    logging.getLogger("proctoring").setLevel(logging.ERROR)
    groups: dict[str, dict[str, Watching]] = {}
    with Emulators() as emulators:
        recorded = Recorded(emulators, chosen.folder)
        for group, film in money.films(options, console, chosen):
            if group == "clips":
                continue
            told = groups.setdefault(group, {way: Watching() for way in WAYS})
            _watch(film, recorded, told)
            console.print(f"{group:5} {film.name:45} {_line(told)}")
    measured = {group: {way: each.figures for way, each in ways.items()} for group, ways in groups.items()}
    return {"groups": measured, "session": traffic.measure()}


def _watch(film: Film, recorded: Recorded, told: Mapping[str, Watching]) -> None:
    seen = views(film)
    recorded.record(seen, {film.pictures[number] for number in film.phones})
    half = replace(film, order=film.order[::2], fps=film.fps / 2)
    for way, shown in zip(WAYS, (film, film, half), strict=True):
        told[way].add(shown, replay(shown, seen, recorded, Policy(), spread=way != "together"))


def _watched_as(seen: Observation, asked: Sequence[Kind]) -> str:
    if not asked:
        return "quiet"
    return "audit" if seen.audited else "asking"


def _is_timed(seen: Observation, kind: Kind, asked_s: Mapping[Kind, float]) -> bool:
    """Whether the kind was asked for because its last answer was old, and nothing else."""
    return seen.why.get(kind) is Why.STALE and seen.at_s - asked_s.get(kind, -HOUR_S) > _TIMED_S


def _line(told: Mapping[str, Watching]) -> str:
    per_hour = (f"{way} {each.figures['calls_per_hour']:.0f}" for way, each in told.items())
    return f"calls an hour so far: {', '.join(per_hour)}"


def main() -> None:
    """Measure some films and print the figures."""
    options, chosen = money.choice("python -m benchmarks.units", __doc__ or "")
    print(json.dumps(measure(options, Console(highlight=False, width=160, stderr=True), chosen), indent=1))


if __name__ == "__main__":
    main()
