"""Enrolments of many pictures, which the queue works on: how far one is, and what comes next.

Times are seconds since 1970. A job is worked on in steps, each of which stores how far it came; so a step
that is done twice, or that a process dies in, changes nothing twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.enrolment import Outcome

KEPT_S = 86_400.0
"""So long a job can be asked for, and its pictures are kept if nobody works on them."""
LEASE_S = 90.0
"""Longer than a step takes: who finds a lease leaves the job to its holder."""
MOST_FAILURES = 9
"""Steps in a row that come no further, at ever longer intervals: about an hour in all."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30, 900


class JobStatus(StrEnum):
    """The states of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


FINISHED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED})


@dataclass(frozen=True, slots=True)
class EnrolmentJob:
    """An enrolment, and how far it is."""

    tenant_id: str
    job_id: str
    username: str
    total: int
    """Pictures."""
    created_at: float
    generation: int = 0
    """Of the username when it was handed over: a deletion since then ends the job."""
    names: tuple[str, ...] = ()
    """Of the files; empty where they have none."""
    outcomes: tuple[Outcome, ...] = ()
    """Of the pictures that are done, from the first on."""
    status: JobStatus = JobStatus.QUEUED
    error: str = ""
    """Why it failed."""
    failures: int = 0
    """Steps in a row that came no further."""
    leased_until: float = 0.0
    version: int = 0
    """Counts the writes, for optimistic locking."""

    @property
    def done(self) -> int:
        """Pictures that are learned from or rejected."""
        return len(self.outcomes)

    @property
    def accepted(self) -> int:
        """Pictures that are learned from."""
        return sum(outcome.reason is None for outcome in self.outcomes)

    @property
    def rejected(self) -> tuple[Outcome, ...]:
        """Pictures that are not."""
        return tuple(outcome for outcome in self.outcomes if outcome.reason is not None)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status in FINISHED


def job_id_of(tenant_id: str, username: str, generation: int, pictures: Sequence[str]) -> str:
    """The job of these pictures, by their names: the same request finds what it made."""
    told = "#".join((tenant_id, username, str(generation), *pictures))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def leased(job: EnrolmentJob, now: float) -> EnrolmentJob | None:
    """The job as its next step holds it; None if it is finished, or somebody else holds it."""
    if job.is_finished or job.leased_until > now:
        return None
    return replace(job, status=JobStatus.RUNNING, leased_until=now + LEASE_S)


def advanced(job: EnrolmentJob, outcomes: Sequence[Outcome], now: float) -> EnrolmentJob:
    """The job once these pictures, which come next, are done."""
    moved = replace(
        job, outcomes=(*job.outcomes, *outcomes), failures=0, leased_until=now + LEASE_S, error=""
    )
    return replace(moved, status=JobStatus.COMPLETED) if moved.done >= job.total else moved


def paused(job: EnrolmentJob) -> EnrolmentJob:
    """The job as it waits for its next step."""
    return replace(job, leased_until=0.0)


def stumbled(job: EnrolmentJob, error: str) -> EnrolmentJob:
    """The job after a step that came no further: to be tried again, or failed in the end."""
    failures = job.failures + 1
    if failures >= MOST_FAILURES:
        return failed(job, error)
    return replace(job, failures=failures, error=error, leased_until=0.0)


def failed(job: EnrolmentJob, error: str) -> EnrolmentJob:
    """The job, given up."""
    return replace(job, status=JobStatus.FAILED, error=error, leased_until=0.0)


def pause_s(job: EnrolmentJob) -> int:
    """How long to wait before the next step."""
    if not job.failures:
        return 0
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S << (job.failures - 1))
