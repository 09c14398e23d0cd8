"""What is kept of `make bench` is what the prediction needs, and it is there."""

from dataclasses import asdict
from typing import Any

import pytest

from benchmarks.keep import Unmeasured, kept
from infra.cost.measured import KINDS, elasticity, from_table, measured
from infra.cost.profile import GROUPS


def watched(calls: int, frames: int) -> dict[str, Any]:
    """An hour, as `benchmarks.units` writes it."""
    used = {"sessions write units": 20.0, "sessions read units": 5.0, "sessions stored bytes": 1000.0}
    return {
        "seconds": 3600,
        "sessions": 1,
        "calls_per_hour": calls,
        "calls": {"DetectFaces": calls - 2, "DetectLabels": 1, "DetectText": 1},
        "frames": {
            "first": {"frames": 1, "calls": 3, "used": {"pictures": 1.0}},
            "quiet": {"frames": frames - 11, "calls": 0, "used": used},
            "asking": {"frames": 10, "calls": calls - 3, "used": used},
        },
        "doubted": {"settling": {"faces": 3}, "settled": {"faces+labels": 7}},
        "settling_frames": 59,
        "opened": 2,
        "cited": 5,
        "frame_bytes": frames * 50_000,
    }


OUT = {
    "units": {
        "groups": {
            "calm": {"together": watched(43, 3600), "spread": watched(83, 3600), "half": watched(43, 1800)}
        },
        "session": {
            "start": {"bytes_out": 1},
            "frame": {"bytes_out": 1800},
            "end": {"bytes_out": 2},
            "job": {"requests": 2},
        },
    },
    "latency": {"ratio": 1.15},
    "load": {"p50_overhead_ms": 9.0},
}


def test_the_figures_of_a_bench_become_rates() -> None:
    told = from_table(kept(OUT, "2026-11-25"))
    calm = told.groups["calm"]

    assert (told.quiet_work_ms, told.asking_work_ms, told.answer_bytes) == (9.0, 21.5, 1800)
    assert (calm.elasticity, calm.opened_per_hour, calm.cited_per_hour) == (1.0, 2, 5)
    assert calm.picture_bytes == 50_000
    assert calm.ways["spread"].calls_per_hour == {"DetectFaces": 80, "DetectLabels": 0, "DetectText": 0}
    assert asdict(calm.ways["spread"].frames["asking"]) == {
        "per_hour": 10,
        "calls": 8,
        "write_units": 2,
        "read_units": 0.5,
        "ledger_units": 0,
        "stored_bytes": 100,
        "pictures": 0,
    }
    assert calm.ways["spread"].doubted == {
        "settling": {"faces": pytest.approx(3 / 59, abs=1e-6)},
        "settled": {"faces+labels": pytest.approx(7 / 3540, abs=1e-6)},
    }


def test_parts_that_are_missing_are_named() -> None:
    with pytest.raises(Unmeasured, match="measure units, load first: make bench ONLY=units,load"):
        kept({"latency": {}}, "")


@pytest.mark.parametrize(
    ("calls", "at_half", "expected"),
    [(300, 300, 0.0), (300, 150, 1.0), (400, 200 * 2**0.5, 0.5), (10, 99, 0)],
)
def test_calls_grow_with_a_power_of_the_rate(calls: float, at_half: float, expected: float) -> None:
    assert elasticity(calls, at_half) == pytest.approx(expected)


def test_the_committed_figures_have_all_that_the_prediction_needs() -> None:
    told = measured()

    assert set(told.groups) == set(GROUPS)
    assert {"requests", "sessions write units", "bytes_out"} <= told.start.keys() & told.end.keys()
    assert told.quiet_work_ms > 0
    assert told.asking_work_ms > 0
    for group in told.groups.values():
        assert set(group.ways) == {"together", "spread"}
        for way in group.ways.values():
            assert set(way.calls_per_hour) == {"DetectFaces", "DetectLabels", "DetectText"}
            assert set(way.frames) == set(KINDS)
            assert way.frames["quiet"].write_units > 0
            assert way.frames["asking"].ledger_units >= 1
            assert set(way.doubted) == {"settling", "settled"}
        spread, together = group.ways["spread"], group.ways["together"]
        assert spread.frames["quiet"].read_units > together.frames["quiet"].read_units
