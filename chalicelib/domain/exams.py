"""Exams: when they may be taken, for how long, and under which policy; and what is other for one candidate.

Times are seconds since 1970. Questions and answers are the tenant's own JSON, kept as text beside all this.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain import rules
from chalicelib.domain.errors import BadInput
from chalicelib.domain.policy import Overrides, layered

LEAST_DURATION_S = 60
MOST_GRACE_S = 3600
MOST_PERCENT = 300
EARLIEST_S, LATEST_S = 946_684_800.0, 7_258_118_400.0
"""The years 2000 to 2200: an exam outside of them is a slip."""


@dataclass(frozen=True, slots=True)
class Exam:
    """What candidates agree on, and how they are watched."""

    tenant_id: str
    exam_id: str
    """Sorts by time of creation."""
    title: str
    opens_at: float
    closes_at: float
    duration_s: int
    """From a candidate's start."""
    created_at: float
    grace_s: int = 0
    """Answers are taken this much longer than the deadline says: a line may be slow."""
    instructions: str = ""
    policy: Overrides = field(default_factory=dict)
    closed_at: float | None = None
    """When somebody closed it early."""
    version: int = 0
    """Counts the writes, for optimistic locking."""

    @property
    def ends_at(self) -> float:
        """When it closes: as planned, or when it was closed."""
        return self.closes_at if self.closed_at is None else min(self.closes_at, self.closed_at)


@dataclass(frozen=True, slots=True)
class Accommodation:
    """What is other for one candidate. It is recorded, and not shown to who scores."""

    extra_time_s: int = 0
    extra_time_percent: float = 0.0
    """Of the exam's duration, in addition to `extra_time_s`: one of them may be given, or both."""
    policy: Overrides = field(default_factory=dict)
    """Thresholds relaxed, detectors off: over the exam's own policy."""
    note: str = ""

    def extra_s(self, duration_s: int) -> float:
        """How much longer than so long."""
        return self.extra_time_s + duration_s * self.extra_time_percent / 100


NO_ACCOMMODATION = Accommodation()


def plain(overrides: Overrides) -> Mapping[str, Any]:
    """The overrides as JSON has them, so that what was stored equals what was given."""
    return {name: list(each) if isinstance(each, tuple) else each for name, each in overrides.items()}


def check_exam(exam: Exam, *, session_s: float) -> None:
    """Raise BadInput for an exam that nobody could take; `session_s`: how long a session may last."""
    _refuse(_wrong_with(exam, session_s))


def check_accommodation(exam: Exam, accommodation: Accommodation, *, session_s: float) -> None:
    """Raise BadInput for one that this exam cannot give."""
    _refuse(wrong_with_accommodation(exam, accommodation, session_s=session_s))


def wrong_with_accommodation(
    exam: Exam, accommodation: Accommodation, *, session_s: float
) -> Iterator[tuple[str, str]]:
    """Each field that is at fault, and why."""
    if accommodation.extra_time_s < 0:
        yield "extra_time_s", "must not be negative"
    if not 0 <= accommodation.extra_time_percent <= MOST_PERCENT:
        yield "extra_time_percent", f"must be from 0 to {MOST_PERCENT}"
    elif exam.duration_s + accommodation.extra_s(exam.duration_s) > session_s:
        yield "extra_time_s", f"makes the exam longer than a session, {session_s / 3600:g} hours"
    yield from _wrong_with_policy(exam.policy, accommodation.policy)


def _wrong_with(exam: Exam, session_s: float) -> Iterator[tuple[str, str]]:
    if not EARLIEST_S <= exam.opens_at <= exam.closes_at <= LATEST_S:
        yield "closes_at", "must be after opens_at, in the years 2000 to 2200"
    elif exam.opens_at == exam.closes_at:
        yield "closes_at", "must be after opens_at"
    if not LEAST_DURATION_S <= exam.duration_s <= session_s:
        yield "duration_s", f"must be from {LEAST_DURATION_S} to {session_s:.0f}, what a session may last"
    if not 0 <= exam.grace_s <= MOST_GRACE_S:
        yield "grace_s", f"must be from 0 to {MOST_GRACE_S}"
    yield from _wrong_with_policy(exam.policy)


def _wrong_with_policy(*layers: Overrides) -> Iterator[tuple[str, str]]:
    try:
        rules.check_names(layered(*layers))
    except (BadInput, ValueError, TypeError) as error:
        yield "policy", str(error)


def _refuse(wrong: Iterator[tuple[str, str]]) -> None:
    found = tuple(wrong)
    if found:
        errors: tuple[dict[str, object], ...] = tuple({"loc": [name], "msg": why} for name, why in found)
        raise BadInput(f"The request is not valid. {found[0][0]}: {found[0][1]}", errors)
