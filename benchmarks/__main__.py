"""Measure, print, and write `benchmarks/out.json`: `python -m benchmarks [--clips FOLDER --labels FILE]`."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import accuracy, growth, labels
from benchmarks.accuracy import Outcome
from infra.local.cloud import OfflineCloud
from infra.local.player import Api
from infra.local.program import ROOT

OUT = Path(__file__).parent / "out.json"
_WIDTH = 120
"""Of a table that goes into a file."""


def main() -> None:
    """Run every benchmark."""
    options = _options()
    if not options.labels.exists():
        sys.exit(f"benchmarks: {options.labels} does not exist; name labelled clips by CLIPS= and LABELS=.")
    clips = labels.read(options.clips, options.labels)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    with OfflineCloud() as cloud:
        console.print(
            f"Engine: {cloud.engine}. {len(clips)} labelled clips, sessions and stills.", highlight=False
        )
        api = Api(cloud.url, _api_key(cloud))
        grown = growth.measure(cloud, api)
        outcomes = accuracy.measure(cloud, api, clips)
        engine = cloud.engine
    console.print(_table(outcomes))
    console.print(
        f"After {grown.frames} frames: the session's state has {grown.state_bytes} bytes; a frame takes "
        f"{grown.frame} x, the report {grown.report} x what they take after {growth.EARLY}.",
        highlight=False,
    )
    OUT.write_text(
        json.dumps({"accuracy": _summary(engine, outcomes), "growth": asdict(grown)}, indent=1) + "\n"
    )
    console.print(f"Written to {OUT.relative_to(ROOT)}.", highlight=False)


def _options() -> argparse.Namespace:
    media = Path(os.environ.get("PROCTORING_MEDIA", ROOT.parent / "shared" / "media"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--clips", type=Path, default=media, help="a folder of clips")
    parser.add_argument("--labels", type=Path, help="what they show; default: labels.json in that folder")
    options = parser.parse_args()
    options.labels = options.labels or options.clips / "labels.json"
    return options


def _api_key(cloud: OfflineCloud) -> str:
    os.environ.update(cloud.environment)
    from infra.tenants import open_tenant  # noqa: PLC0415 - it reads the environment

    return open_tenant("Benchmarks")


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(
        "clip", "right number of faces", "incidents found", "latest after s", "false alerts", box=None
    )
    stills = [each for each in outcomes if not each.incidents and each.frames == 1]
    moving = [each for each in outcomes if each not in stills]
    for each in [*moving, total("stills", stills), total("all", outcomes)]:
        table.add_row(
            each.name,
            f"{each.right} of {each.frames}",
            f"{each.found} of {each.incidents}" if each.incidents else "",
            f"{max(each.late_s):.1f}" if each.late_s else "",
            " ".join(each.wrong) or "0",
        )
    return table


def total(name: str, outcomes: list[Outcome]) -> Outcome:
    """The sum of several."""
    return Outcome(
        name,
        frames=sum(each.frames for each in outcomes),
        right=sum(each.right for each in outcomes),
        incidents=sum(each.incidents for each in outcomes),
        found=sum(each.found for each in outcomes),
        late_s=tuple(delay for each in outcomes for delay in each.late_s),
        wrong=tuple(wrong for each in outcomes for wrong in each.wrong),
    )


def _summary(engine: str, outcomes: list[Outcome]) -> dict[str, object]:
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


if __name__ == "__main__":
    main()
