"""Pictures that the queue looks at: one job a picture, and how far it is. Times are seconds since 1970."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.domain.detection import Detection
from chalicelib.domain.queued import (
    FINISHED,
    MOST_TRIES,
    JobStatus,
    QueuedJob,
    failed,
    leased,
    pause_s,
    stumbled,
)

UPLOAD_S = 3_600.0
"""So long a picture may be uploaded after its job was made."""
DAY_S = 86_400.0

NEVER_UPLOADED = "The picture was never uploaded; make another job, and upload it within an hour."
LOST = "The service failed at this picture again and again; send it once more, or tell us the image_id."


@dataclass(frozen=True, slots=True)
class ImageJob(QueuedJob):
    """A picture in which faces are to be found, and what was found."""

    tenant_id: str
    image_id: str
    request_id: str
    created_at: float
    keep_days: int
    """So long the job and its annotated picture are kept."""
    fingerprint: str
    """Of the request that made it."""
    callback_url: str = ""
    """Where its caller wants to be told; empty: nowhere."""
    numbers: bool = False
    """Whether the callback tells numbers as numbers; else as strings."""
    by_upload: bool = False
    """Whether the caller puts the picture into the bucket, not the service."""
    tries: int = 0
    """Messages that began to work on it since it was last stored with an outcome."""
    detection: Detection | None = None
    finished_at: float | None = None
    next_at: float = 0.0
    """After a step that came no further: when the next one is due."""
    retention_days: int = 3650
    """Of the stage, which keeps nothing longer."""

    @property
    def expires_at(self) -> float:
        """From then on it is forgotten."""
        return self.created_at + min(self.keep_days, self.retention_days) * DAY_S

    @property
    def waits_as(self) -> str:
        """What its picture is called while it waits: no other request's, nor that of a job begun anew."""
        return f"{self.image_id}.{int(self.created_at * 1000):x}.{self.fingerprint[:16]}"

    @property
    def awaits_upload(self) -> bool:
        """Whether its picture has not come yet, as far as anybody was told."""
        return self.by_upload and self.status is JobStatus.QUEUED

    @property
    def gave_up(self) -> bool:
        """Whether it failed because the service did, time after time."""
        return self.status is JobStatus.FAILED and self.error == LOST


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What a browser sends, with the picture as the last field `file`, to put it into the bucket."""

    url: str
    fields: Mapping[str, str]


def image_id_of(tenant_id: str, request_id: str) -> str:
    """The id of the job of a request: the same request finds what it made."""
    return hashlib.sha256(f"{tenant_id}#{request_id}".encode()).hexdigest()[:32]


def begun(job: ImageJob, now: float) -> ImageJob | None:
    """The job as a message that works on it holds it; None if it is finished, or another one holds it."""
    held = leased(job, now)
    return held and replace(held, tries=held.tries + 1)


def held_up(job: ImageJob, error: str, now: float) -> ImageJob:
    """The job after a step that came no further, which is no message's fault."""
    late = replace(stumbled(job, error), tries=0)
    if late.is_finished:
        return replace(late, finished_at=round(now, 3))
    return replace(late, next_at=round(now + pause_s(late), 3))


def completed(job: ImageJob, detection: Detection, now: float) -> ImageJob:
    """The job with what was found."""
    return replace(
        job,
        status=JobStatus.COMPLETED,
        detection=detection,
        finished_at=round(now, 3),
        error="",
        failures=0,
        tries=0,
        leased_until=0.0,
    )


def given_up(job: ImageJob, error: str, now: float) -> ImageJob:
    """The job, failed."""
    return replace(failed(job, error), finished_at=round(now, 3), tries=0)


def revived(job: ImageJob) -> ImageJob:
    """A job that failed, to be worked on again."""
    return replace(
        job, status=JobStatus.RUNNING, error="", failures=0, tries=0, finished_at=None, next_at=0.0
    )


def as_seen(job: ImageJob, now: float) -> ImageJob:
    """The job as a caller is told of it: where nobody could say that it failed, its state says so."""
    if job.status in FINISHED:
        return job
    if job.awaits_upload and now >= job.created_at + UPLOAD_S:
        return given_up(job, NEVER_UPLOADED, job.created_at + UPLOAD_S)
    if job.tries >= MOST_TRIES and now >= job.leased_until:
        return given_up(job, LOST, job.leased_until)
    return job
