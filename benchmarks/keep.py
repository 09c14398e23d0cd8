"""Keep what the prediction of cost needs of the figures: `python -m benchmarks.keep`, or `make bench KEEP=1`.

`out.json` is not committed; `infra/cost/measured.json` is, and docs/cost.md rests on it: `make docs` after.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.slow_cloud import DYNAMODB_MS, PROVIDER_MS
from infra.cost.measured import KINDS, TABLE, elasticity
from infra.local.program import ROOT

OUT = Path(__file__).parent / "out.json"
NEEDED = ("units", "latency", "load")
"""Parts that the prediction rests on."""
_HOUR_S = 3600
_WAITS = 2
"""For DynamoDB, of a frame that asks, in the latency part."""
_CALLS_AT_FIRST = 3


class Unmeasured(Exception):
    """Parts are missing; the text names them."""


def kept(out: Mapping[str, Any], as_of: str) -> dict[str, Any]:
    """What is kept of the figures. Raises Unmeasured."""
    if missing := [part for part in NEEDED if part not in out]:
        raise Unmeasured(f"measure {', '.join(missing)} first: make bench ONLY={','.join(missing)}")
    session = out["units"]["session"]
    return {
        "as_of": as_of,
        "basis": (
            f"counts of requests, units and bytes; milliseconds of a machine with {os.cpu_count()} cores, "
            "which our work for a frame takes beside the waits: in a process under load, and beside a call"
        ),
        "quiet_work_ms": out["load"]["p50_overhead_ms"],
        "asking_work_ms": round((out["latency"]["ratio"] - 1) * PROVIDER_MS - _WAITS * DYNAMODB_MS, 1),
        "answer_bytes": session["frame"]["bytes_out"],
        **{name: session[name] for name in ("start", "end", "job")},
        "groups": {name: _group(ways) for name, ways in out["units"]["groups"].items()},
    }


def write(out: Mapping[str, Any], table: Path = TABLE) -> None:
    """Write the table. Raises Unmeasured."""
    as_of = datetime.now(UTC).date().isoformat()
    table.write_text(json.dumps(kept(out, as_of), indent=1) + "\n")


def _group(ways: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    together, hours = ways["together"], ways["together"]["seconds"] / _HOUR_S
    frames = sum(each["frames"] for each in together["frames"].values())
    later = {
        way: sum(told["calls"].values()) - _CALLS_AT_FIRST * told["sessions"] for way, told in ways.items()
    }
    return {
        "ways": {way: _way(ways[way]) for way in ("together", "spread")},
        "elasticity": round(elasticity(later["spread"], later["half"]), 3),
        "opened_per_hour": round(together["opened"] / hours, 2),
        "cited_per_hour": round(together["cited"] / hours, 2),
        "picture_bytes": round(together["frame_bytes"] / frames),
    }


def _way(told: Mapping[str, Any]) -> dict[str, Any]:
    hours, sessions = told["seconds"] / _HOUR_S, told["sessions"]
    settled = sum(each["frames"] for each in told["frames"].values()) - told["settling_frames"] - sessions
    of = {"settling": told["settling_frames"], "settled": settled}
    return {
        "calls_per_hour": {
            name: round((calls - sessions) / hours, 2) for name, calls in told["calls"].items()
        },
        "frames": {kind: _frame(told["frames"].get(kind), hours) for kind in KINDS},
        "doubted": {
            when: {kinds: round(frames / of[when], 6) for kinds, frames in sorted(each.items())}
            for when, each in told["doubted"].items()
        },
    }


def _frame(of_a_kind: Mapping[str, Any] | None, hours: float) -> dict[str, float]:
    if of_a_kind is None:
        return {}
    frames, used = of_a_kind["frames"], of_a_kind["used"]
    names = {
        "write_units": "sessions write units",
        "read_units": "sessions read units",
        "ledger_units": "ledger write units",
        "stored_bytes": "sessions stored bytes",
        "pictures": "pictures",
    }
    means = {name: round(used.get(counted, 0) / frames, 4) for name, counted in names.items()}
    return {"per_hour": round(frames / hours, 2), "calls": round(of_a_kind["calls"] / frames, 4), **means}


def main() -> None:
    """Keep what `make bench` measured."""
    try:
        write(json.loads(OUT.read_text()))
    except (FileNotFoundError, Unmeasured) as exc:
        sys.exit(f"benchmarks: {exc}")
    print(f"Kept in {TABLE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
