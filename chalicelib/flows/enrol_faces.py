"""Enrol a username by pictures: a few at once, or many through the queue."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.domain import enrolment_jobs, queued
from chalicelib.domain.enrolment_jobs import EnrolmentJob
from chalicelib.domain.errors import Busy, Conflict, NotFound, TooManyRequests, UpstreamDown
from chalicelib.domain.policy import Policy
from chalicelib.domain.queued import JobStatus
from chalicelib.domain.seen import picture_name
from chalicelib.flows.face_ports import EnrolmentJobs, Uploads
from chalicelib.flows.learn_faces import DELETED, Learned, LearnFaces, Sent
from chalicelib.flows.ports import Clock, Jobs
from chalicelib.telemetry import logger, tell

AT_ONCE = 10
"""Pictures that the caller waits for; more go through the queue."""
STEP = 8
"""Pictures that a job learns from before it stores how far it came."""
STEPS_S = 25.0
"""After this a job begins no step, and goes on with another message: its function has 60 s."""


@dataclass(frozen=True, slots=True)
class EnrolFaces:
    """The same pictures again change nothing, and are answered alike."""

    learn: LearnFaces

    def __call__(self, tenant_id: str, username: str, sent: Sequence[Sent]) -> Learned:
        """What became of the pictures.

        Raises Conflict if the username was deleted meanwhile; TooManyRequests, Busy, UpstreamDown: what was
        learned by then stays, and the same request goes on from there.
        """
        policy = self.learn.policy(tenant_id)
        self.learn.ask.check_budget(tenant_id)
        learned = self.learn(self.learn.begin(tenant_id, username), sent, policy)
        if learned.error:
            raise learned.error
        tell(pictures=len(sent), rejected=sum(each.reason is not None for each in learned.outcomes))
        return learned


@dataclass(frozen=True, slots=True)
class HandOverEnrolment:
    """Keeps the pictures for a job. The same pictures again find the job that they made."""

    learn: LearnFaces
    store: EnrolmentJobs
    uploads: Uploads
    jobs: Jobs
    clock: Clock

    def __call__(self, tenant_id: str, username: str, sent: Sequence[Sent]) -> EnrolmentJob:
        """The job. Raises Busy, UpstreamDown."""
        begun = self.learn.begin(tenant_id, username)
        pictures = [picture_name(each.encoded) for each in sent]
        job_id = enrolment_jobs.job_id_of(tenant_id, username, begun.generation, pictures)
        known = self.store.load(tenant_id, job_id)
        if known and known.status is not JobStatus.FAILED and not self._is_late(known):
            if not known.is_finished:  # its message may never have been sent
                self._send(known)
            return known
        self.uploads.put(tenant_id, job_id, [each.encoded for each in sent])
        job = EnrolmentJob(
            tenant_id,
            job_id,
            username,
            total=len(sent),
            created_at=round(self.clock(), 3),
            generation=begun.generation,
            names=tuple(each.name for each in sent),
            version=known.version if known else 0,
        )
        try:
            job = self.store.save(job)
        except Busy:  # the same request, at the same time
            return self.store.load(tenant_id, job_id) or job
        self._send(job)
        return job

    def job(self, tenant_id: str, job_id: str) -> EnrolmentJob:
        """A job as it is now. Raises NotFound."""
        job = self.store.load(tenant_id, job_id)
        if job is None or self._is_late(job):
            raise NotFound("There is no such job; check its id. Jobs are forgotten after a day.")
        return job

    def _is_late(self, job: EnrolmentJob) -> bool:
        """Whether it has expired, though the table has it still."""
        return self.clock() >= job.created_at + enrolment_jobs.KEPT_S

    def _send(self, job: EnrolmentJob) -> None:
        self.jobs.send("enrol_faces", tenant_id=job.tenant_id, job_id=job.job_id)


@dataclass(frozen=True, slots=True)
class WorkOnEnrolment:
    """Learns a few pictures at a time, and stores how far it came.

    Who dies leaves a lease that ends, and a message that comes back; what was learned is known by then, so
    that it is not learned twice.
    """

    learn: LearnFaces
    store: EnrolmentJobs
    uploads: Uploads
    jobs: Jobs
    clock: Clock
    stopwatch: Callable[[], float] = time.monotonic

    def __call__(self, tenant_id: str, job_id: str) -> None:
        """Go on with a job. Raises UpstreamDown."""
        job = self.store.load(tenant_id, job_id)
        if job is None:
            return
        held = queued.leased(job, self.clock())
        if held is None:
            if job.is_finished:  # who finished it may have died before this
                self.uploads.drop(tenant_id, job_id)
            return
        try:
            self._leave(self._steps(self.store.save(held)))
        except Busy:
            logger.info("job_in_other_hands")

    def _steps(self, job: EnrolmentJob) -> EnrolmentJob:
        pictures = self.uploads.get(job.tenant_id, job.job_id)
        if pictures is None or len(pictures) != job.total:
            return self.store.save(queued.failed(job, "Its pictures are gone; send them again."))
        until = self.stopwatch() + STEPS_S
        policy = self.learn.policy(job.tenant_id)
        while not job.is_finished and self.stopwatch() < until:
            job = self.store.save(self._step(job, pictures, policy))
            if job.failures:
                return job
        return job

    def _step(self, job: EnrolmentJob, pictures: Sequence[bytes], policy: Policy) -> EnrolmentJob:
        begun = self.learn.enrolments.load(job.tenant_id, job.username)
        if begun is None or begun.generation != job.generation:
            return queued.failed(job, DELETED)
        part = [
            Sent(pictures[number], job.names[number], wrong="" if pictures[number] else _EMPTY)
            for number in range(job.done, min(job.total, job.done + STEP))
        ]
        try:
            self.learn.ask.check_budget(job.tenant_id)
            learned = self.learn(begun, part, policy, first=job.done)
        except Conflict as error:
            return queued.failed(job, str(error))
        except (Busy, TooManyRequests, UpstreamDown) as error:
            return queued.stumbled(job, str(error))
        moved = enrolment_jobs.advanced(job, learned.outcomes, self.clock()) if learned.outcomes else job
        return queued.stumbled(moved, str(learned.error)) if learned.error else moved

    def _leave(self, job: EnrolmentJob) -> None:
        tell(pictures=job.total, done=job.done, status=job.status.value)
        if job.is_finished:
            self.uploads.drop(job.tenant_id, job.job_id)
            return
        self.store.save(queued.paused(job))
        self.jobs.send(
            "enrol_faces",
            delay_s=queued.pause_s(job),
            tenant_id=job.tenant_id,
            job_id=job.job_id,
        )


_EMPTY = "It is empty, or no valid base64; send the whole file."
