"""What an exam does at each quota: simulated, and what to ask AWS for so that nothing is held back."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from chalicelib.aws.ledger import Slots
from infra.capacity.exam import Exam
from infra.capacity.executions import Executions
from infra.capacity.found import Found
from infra.capacity.looks import Looks
from infra.capacity.met import met, two_digits
from infra.capacity.partitions import Counters, Sessions, Units
from infra.capacity.quotas import QUOTAS
from infra.capacity.rate import NO_LIMIT_TPS, intervals
from infra.cost.measured import FrameUse, Measured
from infra.cost.quantities import duration_s, frames_by_kind

_PART = 10_000
"""Candidates on whom a rate is looked for; many more need as much each."""
_STEP, _STEPS = 1.1, 16
"""From one rate that is tried to the next; 1.1 to the 16th is 4.6 times the demand."""

Json = dict[str, Any]


def watch(exam: Exam, measured: Measured, tps: int) -> Found:
    """The exam on an account of this rate; 0 for one without a limit."""
    quiet, asking = (duration_s(exam.profile, measured, asking=asking) for asking in (False, True))
    write = _units(exam, measured, lambda use: use.write_units)
    read = _units(exam, measured, lambda use: use.read_units)
    slots = Slots(tps or 1)
    found = Found(
        tps,
        Looks(exam),
        Executions(exam, quiet, asking),
        Sessions(exam, write, read),
        Counters(exam, slots.per_s, slots.shards),
    )
    for interval in intervals(exam, measured, tps):
        for observer in (found.looks, found.executions, found.sessions, found.counters):
            observer.see(interval)
    return found


def enough(exam: Exam, measured: Measured, told: Callable[[str], None] = lambda _: None) -> Found:
    """The exam on the lowest rate that is enough: found on a part of the crowd, confirmed on all of it."""
    part = replace(exam, candidates=min(exam.candidates, _PART))
    default, many = QUOTAS["rekognition_tps"].default, exam.candidates / part.candidates
    tps = max(default, two_digits(_enough_tps(part, measured, told) * many))
    while True:
        found = watch(exam, measured, int(tps))
        told(f"{exam.candidates:,} candidates on {tps:,.0f} calls/s: {_judged(found.looks)}")
        if found.looks.is_good:
            return found
        tps = two_digits(tps * _STEP)


def _enough_tps(exam: Exam, measured: Measured, told: Callable[[str], None]) -> int:
    """In steps of a tenth from what the busiest second has."""
    default = int(QUOTAS["rekognition_tps"].default)
    least = max(default, int(looked(exam, measured, NO_LIMIT_TPS).per_second.max()))
    low, high = 0, _STEPS
    while low < high:
        tried = (low + high) // 2
        tps = two_digits(least * _STEP**tried)
        looks = looked(exam, measured, tps)
        told(f"{exam.candidates:,} candidates on {tps:,} calls/s: {_judged(looks)}")
        low, high = (low, tried) if looks.is_good else (tried + 1, high)
    return two_digits(least * _STEP**low)


def _judged(looks: Looks) -> str:
    return "enough" if looks.is_good else "too few"


def looked(exam: Exam, measured: Measured, tps: int) -> Looks:
    """What candidates have of the exam on an account of this rate, and nothing else."""
    looks = Looks(exam)
    for interval in intervals(exam, measured, tps):
        looks.see(interval)
    return looks


def simulated(exam: Exam, measured: Measured, tps: int, told: Callable[[str], None] = lambda _: None) -> Json:
    """All that is found: on an account of this rate, and what to ask for."""
    at, needed = looked(exam, measured, tps), enough(exam, measured, told)
    return {
        "candidates": exam.candidates,
        "fps": exam.profile.fps,
        "joining_s": exam.joining_s,
        "seconds": exam.seconds,
        "seed": exam.seed,
        "at": {"rekognition_tps": tps, **_looks(at)},
        "needed": {"rekognition_tps": needed.tps, **_looks(needed.looks)},
        "quotas": met(at, needed),
    }


def _looks(looks: Looks) -> Json:
    return {
        "wished": looks.wished,
        "granted": looks.granted,
        "granted_share": round(looks.granted / max(1, looks.wished), 4),
        "unanalysed_share": round(looks.unanalysed / looks.frames, 4),
        "partial_share": round(looks.partial / looks.frames, 4),
        "unseen_s": looks.unseen_s,
        "objects_wait_s": looks.objects_wait_s,
    }


def _units(exam: Exam, measured: Measured, of: Callable[[FrameUse], float]) -> Units:
    """Means over the activities of the profile, of frames without and with calls."""
    frames = frames_by_kind(exam.profile, measured)

    def mean(kinds: Collection[str]) -> float:
        counted = [(count, of(use)) for (_, kind), (count, use) in frames.items() if kind in kinds]
        return sum(count * units for count, units in counted) / max(1e-9, sum(count for count, _ in counted))

    return Units(quiet=mean({"quiet"}), asking=mean({"asking", "audit", "first"}))
