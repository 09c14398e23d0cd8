"""The folder of an interview's results: report.json, frames.jsonl, and the pictures that alerts cite.

Each appears under its name when it is complete; until then it has `.part` behind it.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from infra.local.player import Api, Played
from infra.local.sources import Source

Json = Mapping[str, Any]


@dataclass(slots=True)
class FrameLog:
    """frames.jsonl: a line for each frame, as the API answered it."""

    lines: TextIO

    def began(self, source: Source, session_id: str) -> None:
        """Nothing to keep."""

    def saw(self, played: Played) -> None:
        """Keep what the API answered."""
        self.lines.write(json.dumps(played.answered.said, ensure_ascii=False) + "\n")

    def ended(self) -> None:
        """Nothing to keep."""


@contextmanager
def frame_log(folder: Path) -> Iterator[FrameLog]:
    """Open frames.jsonl, in a folder that is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "frames.jsonl.part"
    with part.open("w", encoding="utf-8") as lines:
        yield FrameLog(lines)
    part.replace(folder / "frames.jsonl")


def write_report(folder: Path, report: Json) -> None:
    """Write report.json."""
    part = folder / "report.json.part"
    part.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.replace(folder / "report.json")


def write_evidence(folder: Path, api: Api, alerts: Iterable[Json]) -> int:
    """Write evidence/<alert id>-<frame number>.jpg; how many. Raises PlayError."""
    part = folder / "evidence.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    count = 0
    for alert in alerts:
        for cited in alert["evidence"]:
            if cited.get("url"):
                (part / f"{alert['id']}-{cited['frame_number']}.jpg").write_bytes(api.picture(cited["url"]))
                count += 1
    shutil.rmtree(folder / "evidence", ignore_errors=True)
    part.rename(folder / "evidence")
    return count
