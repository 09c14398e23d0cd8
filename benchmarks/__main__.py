"""Measure, print, and write `benchmarks/out.json`: `python -m benchmarks [--only latency,cpu]`.

A part that is not measured keeps the figures of the run before. Parts run one after the other, each in
processes of its own: a busy machine hurts them, and the ratios least.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from benchmarks import (
    accuracy,
    cold_start,
    cpu,
    growth,
    identity,
    keep,
    labels,
    latency,
    load,
    money,
    swaps,
    units,
)
from benchmarks.running import api_key
from benchmarks.table import clips, table, thresholds, total
from infra.local.cloud import OfflineCloud
from infra.local.player import Api
from infra.local.program import ROOT

OUT = Path(__file__).parent / "out.json"
_WIDTH = 120
"""Of a table that goes into a file."""

Part = Callable[[argparse.Namespace, Console], dict[str, Any]]


def main() -> None:
    """Run the chosen parts."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    measured: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        options.recorded = options.recorded or Path(folder)  # parts that show the same films ask once
        for name in options.only:
            began = time.monotonic()
            measured[name] = PARTS[name](options, console)
            console.print(f"{name}: measured in {time.monotonic() - began:.0f} s.")
            write(measured)
    console.print(table(measured))
    console.print(f"Written to {OUT.relative_to(ROOT)}.")
    if options.keep:
        keep.main()


def write(measured: dict[str, Any], out: Path = OUT) -> None:
    """Put these parts in place of their former figures, in the order of the parts."""
    known: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
    known |= measured
    ordered = {name: known[name] for name in PARTS if name in known}
    out.write_text(json.dumps(ordered, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=parts, default=list(PARTS), help=f"parts, with commas between: {', '.join(PARTS)}"
    )
    parser.add_argument("--clips", type=Path, default=labels.media(), help="a folder of clips")
    parser.add_argument("--labels", type=Path, help="what they show; default: labels.json in that folder")
    parser.add_argument("--recorded", type=Path, help="a folder that keeps the emulator's answers")
    parser.add_argument("--keep", action="store_true", help="keep what the prediction of cost needs")
    options = parser.parse_args()
    options.labels = options.labels or options.clips / "labels.json"
    if {"money", "units", "accuracy", "identity"} & set(options.only) and not options.labels.exists():
        sys.exit(f"benchmarks: {options.labels} does not exist; name labelled clips by CLIPS= and LABELS=.")
    return options


def parts(text: str) -> list[str]:
    """The parts that are named, in their order. Raises ArgumentTypeError for others."""
    named = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := sorted(named - set(PARTS)):
        raise argparse.ArgumentTypeError(
            f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}"
        )
    return [name for name in PARTS if name in named]


def _accuracy(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    known = labels.read(options.clips, options.labels)
    os.environ["REKOGNITION_TPS"] = "0"  # clips are played faster than any camera
    with OfflineCloud() as cloud:
        console.print(f"Engine: {cloud.engine}. {len(known)} labelled clips, sessions and stills.")
        api = Api(cloud.url, api_key(cloud.environment))
        outcomes = accuracy.measure(cloud, api, known)
        engine = cloud.engine
    console.print(clips(outcomes))
    overall = total("all", outcomes)
    return {
        "engine": engine,
        "frames": overall.frames,
        "right_face_count": overall.right,
        "incidents": overall.incidents,
        "found": overall.found,
        "missed": overall.incidents - overall.found,
        "false": len(overall.wrong),
        "clips": [asdict(each) for each in outcomes],
    }


def _identity(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    figures = identity.measure(options.clips)
    console.print(thresholds(figures))
    return {**figures, "swapped": swaps.measure(options.clips)}


PARTS: dict[str, Part] = {
    "money": lambda options, console: money.measure(options, console, money.Chosen(folder=options.recorded)),
    "units": lambda options, console: units.measure(options, console, money.Chosen(folder=options.recorded)),
    "accuracy": _accuracy,
    "identity": _identity,
    "latency": lambda _, __: asdict(latency.measure()),
    "cpu": lambda _, __: asdict(cpu.measure()),
    "growth": lambda _, __: asdict(growth.measure()),
    "cold_start": lambda _, __: asdict(cold_start.measure()),
    "load": lambda _, __: asdict(load.measure()),
}
"""Name to what measures it. A part's figures stand under its name in out.json."""


if __name__ == "__main__":
    main()
