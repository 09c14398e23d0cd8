"""What is answered about faces that a tenant knows."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.api.bodies import Answer, is_none
from chalicelib.domain.enrolment import Enrolment, Outcome, Reason, Recognised
from chalicelib.domain.enrolment_jobs import EnrolmentJob
from chalicelib.domain.queued import JobStatus
from chalicelib.domain.report import rfc3339


class RejectedPicture(BaseModel):
    """A picture that was not learned from."""

    model_config = ConfigDict(defer_build=True)

    index: int
    """From 0, in the order in which they were sent."""
    name: str | None = Field(default=None, exclude_if=is_none)
    """Of the file, if it has one."""
    reason: Reason
    detail: str
    """What to do about it."""


class TrainAnswer(Answer):
    """What became of the pictures."""

    trainingSuccess: Literal[0, 1]  # noqa: N815 - as clients know it
    """1 if the username's face is known by at least one of them."""
    username: str
    accepted: int
    """Pictures that were learned from, now or before."""
    rejected: list[RejectedPicture]
    faces: int
    """That are known of the username by now."""


class FaceJobAnswer(Answer):
    """How far an enrolment is that goes through the queue."""

    job_id: str
    status: JobStatus
    status_url: str
    """Ask here how far it is."""
    username: str
    total: int
    """Pictures."""
    done: int
    accepted: int
    rejected: list[RejectedPicture]
    trainingSuccess: Literal[0, 1]  # noqa: N815 - as clients know it
    """1 as soon as one picture is learned from."""
    error: str | None
    """Why it failed, or what it was held up by last."""


class RecognizeAnswer(Answer):
    """Whose face it is."""

    foundFlag: Literal[0, 1]  # noqa: N815 - as clients know it
    foundFace: str | None  # noqa: N815 - as clients know it
    """The username."""
    similarity: float | None
    """0..100."""
    threshold: float
    """From this similarity on it counts as the same person: the policy's `match_similarity`."""
    engine: str
    """Who compared, with its version."""
    reason: Literal["no_face", "not_known"] | None
    """Why nobody was found."""


class KnownUsername(BaseModel):
    """A username whose face is known. Times are RFC 3339 in UTC."""

    model_config = ConfigDict(defer_build=True)

    username: str
    faces: int
    enrolled_at: str
    updated_at: str


class FaceList(Answer):
    """A page of usernames; it may be short, and not the last."""

    faces: list[KnownUsername]
    next_cursor: str | None


class DeleteFacesAnswer(Answer):
    """What was deleted."""

    username: str
    faces: int


def rejected_pictures(outcomes: Sequence[Outcome]) -> list[RejectedPicture]:
    """Those of these pictures that were rejected."""
    return [
        RejectedPicture(index=each.index, name=each.name or None, reason=each.reason, detail=each.detail)
        for each in outcomes
        if each.reason
    ]


def job_answer(job: EnrolmentJob) -> FaceJobAnswer:
    """How far a job is."""
    return FaceJobAnswer(
        job_id=job.job_id,
        status=job.status,
        status_url=f"/api/faces/jobs/{job.job_id}",
        username=job.username,
        total=job.total,
        done=job.done,
        accepted=job.accepted,
        rejected=rejected_pictures(job.rejected),
        trainingSuccess=1 if job.accepted else 0,
        error=job.error or None,
    )


def recognised(found: Recognised) -> RecognizeAnswer:
    """Whose face it is."""
    reason: Literal["no_face", "not_known"] | None = None
    if found.username is None:
        reason = "not_known" if found.has_face else "no_face"
    return RecognizeAnswer(
        foundFlag=0 if found.username is None else 1,
        foundFace=found.username,
        similarity=found.similarity,
        threshold=found.threshold,
        engine=found.engine,
        reason=reason,
    )


def known_username(enrolment: Enrolment) -> KnownUsername:
    """An enrolment in a list."""
    return KnownUsername(
        username=enrolment.username,
        faces=len(enrolment.faces),
        enrolled_at=rfc3339(enrolment.enrolled_at),
        updated_at=rfc3339(enrolment.updated_at),
    )
