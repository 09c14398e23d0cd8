"""Enrolments of many pictures, which the queue works on: how far one is, and what comes next.

Times are seconds since 1970. A job is worked on in steps, each of which stores how far it came
(`chalicelib.domain.queued`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.enrolment import Outcome
from chalicelib.domain.queued import LEASE_S, JobStatus, QueuedJob

KEPT_S = 86_400.0
"""So long a job can be asked for, and its pictures are kept if nobody works on them."""


@dataclass(frozen=True, slots=True)
class EnrolmentJob(QueuedJob):
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


def job_id_of(tenant_id: str, username: str, generation: int, pictures: Sequence[str]) -> str:
    """The job of these pictures, by their names: the same request finds what it made."""
    told = "#".join((tenant_id, username, str(generation), *pictures))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def advanced(job: EnrolmentJob, outcomes: Sequence[Outcome], now: float) -> EnrolmentJob:
    """The job once these pictures, which come next, are done."""
    moved = replace(
        job, outcomes=(*job.outcomes, *outcomes), failures=0, leased_until=now + LEASE_S, error=""
    )
    return replace(moved, status=JobStatus.COMPLETED) if moved.done >= job.total else moved
