"""Faces that a tenant knows: enrol, recognise, list, delete."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from chalice.app import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chalicelib import wiring
from chalicelib.api.archives import MOST_PICTURES
from chalicelib.api.bodies import (
    MOST_BYTES,
    Answer,
    Body,
    ListQuery,
    is_multipart,
    is_none,
    read_fields,
    read_form,
)
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.pictures import decoded, from_files, from_texts
from chalicelib.domain.enrolment import USERNAME, Enrolment, Outcome, Reason, Recognised
from chalicelib.domain.enrolment_jobs import EnrolmentJob, JobStatus
from chalicelib.domain.errors import (
    BadInput,
    BadPicture,
    BodyTooLarge,
    Busy,
    Conflict,
    NotAPicture,
    NotFound,
    PictureTooLarge,
    UpstreamDown,
)
from chalicelib.domain.report import rfc3339
from chalicelib.flows.enrol_faces import AT_ONCE
from chalicelib.flows.learn_faces import Sent

faces = Blueprint(__name__)

_PATHS = {"train", "recognize", "jobs"}
_MOST_PARTS = MOST_PICTURES + 10
_FILE = {"type": "string", "contentMediaType": "image/jpeg"}


def _is_no_path(username: str) -> str:
    if username in _PATHS:
        raise ValueError("is the path of a call; choose another username")
    return username


Username = Annotated[str, StringConstraints(pattern=f"^{USERNAME}$"), AfterValidator(_is_no_path)]
"""Letters, digits and `._~@+-`, an e-mail for example."""


class Whose(Body):
    """Whose face it is."""

    username: Username


class TrainRequest(Whose):
    """Pictures of one person."""

    most_bytes = MOST_BYTES
    form: ClassVar[Mapping[str, Any] | None] = {
        "username": {"type": "string"},
        "images": {"type": "array", "items": _FILE, "description": "Pictures, or ZIP archives of them."},
    }

    images: list[str] = Field(min_length=1, max_length=MOST_PICTURES)
    """JPEG or PNG: data URLs, or bare base64."""


class RecognizeRequest(Body):
    """A picture of somebody."""

    most_bytes = MOST_BYTES
    form: ClassVar[Mapping[str, Any] | None] = {"image": _FILE}

    image: str
    """JPEG or PNG: a data URL, or bare base64."""


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


@endpoint(
    faces,
    "POST",
    "/api/faces/train",
    body=TrainRequest,
    multipart=True,
    answer=TrainAnswer,
    accepted=FaceJobAnswer,
    errors=(BadInput, BodyTooLarge, Busy, Conflict),
)
def train_faces(call: Call) -> TrainAnswer | FaceJobAnswer:
    """Enrol a face by 1 to 100 pictures of one person.

    As JSON, or as multipart/form-data with the field `username` and files, which may be ZIP archives. Each
    picture must show exactly one face that can be told from others; one good picture is enough. Up to 10 are
    answered at once; more go on through the queue, which is answered 202: ask its `status_url`. The same
    pictures again change nothing. A request has at most 6 MB, as a form 4.5 MB.
    """
    username, sent = _pictures(call)
    if len(sent) > AT_ONCE:
        return _job(wiring.hand_over_enrolment()(call.tenant_id, username, sent))
    learned = wiring.enrol_faces()(call.tenant_id, username, sent)
    rejected = [each for each in learned.outcomes if each.reason]
    return TrainAnswer(
        trainingSuccess=1 if len(rejected) < len(sent) else 0,
        username=username,
        accepted=len(sent) - len(rejected),
        rejected=_rejected(rejected),
        faces=len(learned.enrolment.faces),
    )


@endpoint(faces, "GET", "/api/faces/jobs/{job_id}", answer=FaceJobAnswer, errors=(NotFound,))
def get_face_job(call: Call, job_id: str) -> FaceJobAnswer:
    """See how far an enrolment is. It is forgotten after a day."""
    return _job(wiring.hand_over_enrolment().job(call.tenant_id, job_id))


@endpoint(
    faces,
    "POST",
    "/api/faces/recognize",
    body=RecognizeRequest,
    multipart=True,
    answer=RecognizeAnswer,
    errors=(BadInput, BadPicture, BodyTooLarge, Busy, NotAPicture, PictureTooLarge, UpstreamDown),
)
def recognize_face(call: Call) -> RecognizeAnswer:
    """Recognise a face among those that are enrolled.

    As JSON, or as multipart/form-data with the file `image`. Of several faces the largest counts. A picture
    without a face, or with one that is not known, is no error: `foundFlag` is 0, and `reason` says why.
    """
    return _recognised(wiring.recognise_face()(call.tenant_id, _picture(call)))


@endpoint(faces, "GET", "/api/faces", query=ListQuery, answer=FaceList, errors=(BadInput,))
def list_faces(call: Call) -> FaceList:
    """List the usernames whose faces are known, in an order of no meaning."""
    page = wiring.enrolments().page(call.tenant_id, call.query.limit, call.query.cursor)
    return FaceList(faces=[_known(each) for each in page.items], next_cursor=page.cursor)


@endpoint(
    faces, "DELETE", "/api/faces/{username}", answer=DeleteFacesAnswer, errors=(Busy, NotFound, UpstreamDown)
)
def delete_faces(call: Call, username: str) -> DeleteFacesAnswer:
    """Delete what is known of a face.

    From now on nothing is recognised by it, and an enrolment of the username that is under way is stopped.
    """
    deleted = wiring.delete_faces()(call.tenant_id, username)
    return DeleteFacesAnswer(username=username, faces=deleted)


def _pictures(call: Call) -> tuple[str, list[Sent]]:
    if call.body:
        return call.body.username, from_texts(call.body.images)
    fields, files = read_form(call.raw, _content_type(call), most_parts=_MOST_PARTS)
    username = read_fields(Whose, fields).username
    sent = from_files(files)
    if not sent:
        raise BadInput("The form has no pictures.", ({"loc": ["images"], "msg": "Field required"},))
    return username, sent


def _picture(call: Call) -> bytes:
    if call.body:
        picture = decoded(call.body.image)
        if isinstance(picture, BadPicture):
            raise picture
        return picture
    _, files = read_form(call.raw, _content_type(call))
    if not files:
        raise BadInput("The form has no file `image`.", ({"loc": ["image"], "msg": "Field required"},))
    return files[0].content


def _content_type(call: Call) -> str:
    content_type: str = call.request.headers.get("content-type", "")
    assert is_multipart(content_type)
    return content_type


def _rejected(outcomes: Sequence[Outcome]) -> list[RejectedPicture]:
    return [
        RejectedPicture(index=each.index, name=each.name or None, reason=each.reason, detail=each.detail)
        for each in outcomes
        if each.reason
    ]


def _job(job: EnrolmentJob) -> FaceJobAnswer:
    return FaceJobAnswer(
        job_id=job.job_id,
        status=job.status,
        status_url=f"/api/faces/jobs/{job.job_id}",
        username=job.username,
        total=job.total,
        done=job.done,
        accepted=job.accepted,
        rejected=_rejected(job.rejected),
        trainingSuccess=1 if job.accepted else 0,
        error=job.error or None,
    )


def _recognised(found: Recognised) -> RecognizeAnswer:
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


def _known(enrolment: Enrolment) -> KnownUsername:
    return KnownUsername(
        username=enrolment.username,
        faces=len(enrolment.faces),
        enrolled_at=rfc3339(enrolment.enrolled_at),
        updated_at=rfc3339(enrolment.updated_at),
    )
