"""Jobs that the queue works on: what the states of all kinds of them share, and what comes next.

Times are seconds since 1970. Whoever works on a job holds it by a lease that ends by itself, and stores what
it came to; so a message that comes twice, or that a process dies with, changes nothing twice.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

LEASE_S = 90.0
"""Longer than a step takes: who finds a lease leaves the job to its holder."""
MOST_TRIES = 4
"""Times that a message is worked on. The next time its job is given up, and it becomes a dead letter:
`maxReceiveCount` of the queue is one more."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """How far a job is."""

    status: JobStatus = JobStatus.QUEUED
    error: str = ""
    """Why it failed, or what it was held up by last."""
    failures: int = 0
    """Steps in a row that came no further."""
    leased_until: float = 0.0
    version: int = 0
    """Counts the writes, for optimistic locking."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status in FINISHED


Job = TypeVar("Job", bound=QueuedJob)


def leased(job: Job, now: float) -> Job | None:
    """The job as its next step holds it; None if it is finished, or somebody else holds it."""
    if job.is_finished or job.leased_until > now:
        return None
    return replace(job, status=JobStatus.RUNNING, leased_until=now + LEASE_S)


def paused(job: Job) -> Job:
    """The job as it waits for its next step."""
    return replace(job, leased_until=0.0)


def stumbled(job: Job, error: str) -> Job:
    """The job after a step that came no further: to be tried again, or failed in the end."""
    failures = job.failures + 1
    if failures >= MOST_FAILURES:
        return failed(job, error)
    return replace(job, failures=failures, error=error, leased_until=0.0)


def failed(job: Job, error: str) -> Job:
    """The job, given up."""
    return replace(job, status=JobStatus.FAILED, error=error, leased_until=0.0)


def pause_s(job: QueuedJob) -> int:
    """How long to wait before the next step."""
    if not job.failures:
        return 0
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S << (job.failures - 1))
