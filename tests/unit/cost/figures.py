"""Measured figures that can be reckoned with by hand."""

from dataclasses import replace
from typing import Any

from infra.cost.measured import FrameUse, Group, Measured, Way

QUIET = FrameUse(per_hour=3300, write_units=6, stored_bytes=400)
ASKING = FrameUse(per_hour=240, calls=1.25, write_units=60, ledger_units=1, stored_bytes=500, pictures=0.1)
FIRST = FrameUse(per_hour=1, calls=3, write_units=60, ledger_units=1, stored_bytes=30_000)
AUDIT = FrameUse(per_hour=0)
DOUBTED = {"settling": {"faces": 0.02, "faces+labels": 0.02}, "settled": {"faces": 0.01, "labels": 0.005}}


def way(calls_per_hour: float = 300.0, **changed: Any) -> Way:  # noqa: ANN401 - the way's other fields
    calls = {"DetectFaces": calls_per_hour * 0.7, "DetectLabels": calls_per_hour * 0.2}
    frames = {"first": FIRST, "quiet": QUIET, "asking": ASKING, "audit": AUDIT}
    return replace(Way(calls | {"DetectText": calls_per_hour * 0.1}, frames, DOUBTED), **changed)


def group(calls_per_hour: float = 300.0) -> Group:
    ways = {
        "together": way(
            calls_per_hour, frames=way().frames | {"quiet": replace(QUIET, per_hour=3359), "asking": ASKING}
        ),
        "spread": way(
            calls_per_hour,
            frames={kind: replace(use, read_units=10.0) for kind, use in way().frames.items()},
        ),
    }
    return Group(ways, elasticity=0.25, opened_per_hour=4, cited_per_hour=20, picture_bytes=50_000)


def figures() -> Measured:
    """An hour of calm takes 300 calls after the first frame's three, one of dense 900."""
    around = {"requests": 2.0, "sessions write units": 10.0, "sessions read units": 2.0, "bytes_out": 2000.0}
    return Measured(
        as_of="2026-11-25",
        basis="by hand",
        quiet_work_ms=10.0,
        asking_work_ms=20.0,
        answer_bytes=2000.0,
        start=around,
        end=around,
        job={"requests": 2.0},
        groups={"calm": group(), "dense": group(900.0)},
    )
