"""An interview in the terminal while it is played: a moving picture for people, short lines for logs."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from infra.local.player import Played, Watcher
from infra.local.sources import Source

Json = Mapping[str, Any]

SEVERITIES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
METRICS = ("eye_contact", "engagement", "facial_expression", "posture", "confidence")
RECENT_ALERTS = 6
ERRORS_SHOWN = 5
"""Refused frames that are shown one by one; all of them are counted."""
STEPS = 10
"""Lines of progress in a log."""
FRAMES_PER_STEP = 10
"""The same for an interview whose length is not known."""


@contextmanager
def display(console: Console) -> Iterator[Watcher]:
    """What fits the console: something that moves, or lines."""
    if not console.is_terminal:
        yield Lines(console)
        return
    moving = Moving()
    with Live(moving, console=console, refresh_per_second=8):
        yield moving


@dataclass(slots=True)
class Seen:
    """What has been seen of the interview so far."""

    name: str = ""
    count: int | None = None
    live: bool = False
    began: float = field(default_factory=time.monotonic)
    frames: int = 0
    at_s: float = 0.0
    latest: Json = field(default_factory=dict)
    alerts: dict[str, Json] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    def start(self, source: Source) -> None:
        """Begin."""
        self.name, self.count, self.live = source.name, source.count, source.live
        self.began = time.monotonic()

    def add(self, played: Played) -> tuple[list[Json], str]:
        """Take a frame in; the alerts that are new, and the error if it was refused."""
        self.frames, self.at_s = played.seq, played.frame.at_s
        said = played.answered.said
        if not played.answered.fine:
            error = f"{played.answered.status or 'no answer'}: {said.get('error') or 'no reason given'}"
            self.errors[error] += 1
            return [], error
        self.latest = said["result"]
        new = [alert for alert in self.latest["alerts"] if alert["id"] not in self.alerts]
        self.alerts |= {alert["id"]: alert for alert in new}
        return new, ""

    def pace(self) -> str:
        """How far, how long, how fast."""
        took_s = max(time.monotonic() - self.began, 1e-9)
        of = f" of {max(self.count, self.frames)}" if self.count else ""
        clip = "" if self.live else f"{clock(self.at_s)} of clip, "
        return f"frame {self.frames}{of}, {clip}{clock(took_s)} played, {self.frames / took_s:.1f} frames/s"


class Lines:
    """A line every now and then, for what is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen = Seen()
        self._step = 0

    def began(self, source: Source, session_id: str) -> None:
        """Say what is played."""
        self._seen.start(source)
        self._say(f"playing {source.name} as session {session_id}")

    def saw(self, played: Played) -> None:
        """Say what is new."""
        new, error = self._seen.add(played)
        for alert in new:
            self._say(f"{clock(alert['timestamp'])} {alert['severity']} {alert['type']}: {alert['message']}")
        if error and self._seen.errors.total() <= ERRORS_SHOWN:
            self._say(f"frame {played.seq} refused: {error}")
        count = self._seen.count
        step = played.seq * STEPS // count if count else played.seq // FRAMES_PER_STEP
        if step > self._step:
            self._step = step
            self._say(f"{self._seen.pace()}, {_numbers(self._seen.latest)}")

    def ended(self) -> None:
        """Say how it went."""
        self._say(f"played: {self._seen.pace()}, {_refused(self._seen)}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Moving:
    """A progress bar with the metrics and alerts of the moment."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._alerts: deque[Json] = deque(maxlen=RECENT_ALERTS)
        self._error = ""
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=None), TextColumn("{task.fields[pace]}")
        )
        self._task = self._bar.add_task("starting", total=None, pace="")

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = [self._bar, self._metrics()]
        parts += [_alert_line(alert) for alert in self._alerts]
        if self._error:
            parts.append(Text(f"{_refused(self._seen)}; the last: {self._error}", style="red"))
        return Group(*parts)

    def began(self, source: Source, session_id: str) -> None:  # noqa: ARG002 - lines say it, a bar does not
        """Show the bar."""
        self._seen.start(source)
        self._bar.update(self._task, description=source.name, total=source.count)

    def saw(self, played: Played) -> None:
        """Move on."""
        new, error = self._seen.add(played)
        self._alerts.extend(new)
        self._error = error or self._error
        self._bar.update(self._task, completed=played.seq, pace=self._seen.pace())

    def ended(self) -> None:
        """Fill the bar."""
        self._bar.update(self._task, total=self._seen.frames or 1, completed=self._seen.frames or 1)

    def _metrics(self) -> Table:
        table = Table(*("faces", *METRICS, "emotion", "alerts"), box=None, pad_edge=False, expand=True)
        latest = self._seen.latest
        metrics = latest.get("metrics") or {}
        table.add_row(
            str(latest.get("face_count", "-")),
            *(number(metrics.get(name)) for name in METRICS),
            latest.get("dominant_emotion") or "-",
            str(len(self._seen.alerts)),
        )
        return table


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def number(value: float | None) -> str:
    """A number for a person; a dash for none."""
    return "-" if value is None else f"{value:.0f}"


def _alert_line(alert: Json) -> Text:
    style = SEVERITIES.get(alert["severity"], "")
    return Text.assemble(f"{clock(alert['timestamp'])} ", (alert["type"], style), f" {alert['message']}")


def _numbers(latest: Json) -> str:
    metrics = latest.get("metrics") or {}
    shown = ", ".join(f"{name.replace('_', ' ')} {number(metrics.get(name))}" for name in METRICS[:2])
    return f"faces {latest.get('face_count', '-')}, {shown}"


def _refused(seen: Seen) -> str:
    return f"refused: {seen.errors.total()}"
