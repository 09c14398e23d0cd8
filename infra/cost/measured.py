"""What `make bench` measured and the prediction needs: `measured.json`, written by `benchmarks.keep`."""

import json
import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "measured.json"
KINDS = ("first", "quiet", "asking", "audit")
"""How a frame is watched: a session's first; without a call; with some; with one that looks at several."""


@dataclass(frozen=True, slots=True)
class FrameUse:
    """What a frame of one kind uses on average. Bytes are those that stay in the table."""

    per_hour: float = 0.0
    """Such frames in an hour at one frame a second."""
    calls: float = 0.0
    write_units: float = 0.0
    read_units: float = 0.0
    ledger_units: float = 0.0
    stored_bytes: float = 0.0
    pictures: float = 0.0
    """That went to S3 because an alert may come to cite them."""


@dataclass(frozen=True, slots=True)
class Way:
    """An activity, with a session's frames in one process (`together`) or each in another (`spread`)."""

    calls_per_hour: dict[str, float]
    """By operation, without those for a session's first frame."""
    frames: dict[str, FrameUse]
    doubted: dict[str, dict[str, float]] = field(default_factory=dict)
    """In the first minute (`settling`) and after (`settled`): kinds, joined by +, that a frame is asked for
    otherwise than by the clock, to the share of frames."""


@dataclass(frozen=True, slots=True)
class Group:
    """An activity: calm, dense, hard."""

    ways: dict[str, Way]
    elasticity: float
    """Calls grow with the frames a second to this power: found at one and at half a frame a second."""
    opened_per_hour: float
    """Frames with which an alert opened."""
    cited_per_hour: float
    """Pictures that alerts cite in the end."""
    picture_bytes: float


@dataclass(frozen=True, slots=True)
class Measured:
    """All of it. `start`, `end` and `job`: what each uses, by name; `work_ms`: our own work for a frame."""

    as_of: str
    basis: str
    quiet_work_ms: float
    asking_work_ms: float
    answer_bytes: float
    start: dict[str, float]
    end: dict[str, float]
    job: dict[str, float]
    groups: dict[str, Group]


@cache
def measured() -> Measured:
    """The committed figures."""
    return from_table(json.loads(TABLE.read_text()))


def from_table(table: dict[str, Any]) -> Measured:
    """The figures of a table as it is written."""
    groups = {
        name: Group(**{**told, "ways": {way: _way(each) for way, each in told["ways"].items()}})
        for name, told in table["groups"].items()
    }
    return Measured(**{**table, "groups": groups})


def elasticity(calls: float, calls_at_half: float) -> float:
    """The power of the frames a second that these calls grow with; never below 0, nor above 1."""
    if not calls or not calls_at_half:
        return 1.0
    return min(1.0, max(0.0, math.log2(calls / calls_at_half)))


def _way(told: dict[str, Any]) -> Way:
    return Way(**{**told, "frames": {kind: FrameUse(**each) for kind, each in told["frames"].items()}})
