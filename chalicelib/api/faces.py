"""Faces that a tenant knows: enrol, recognise, list, delete."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from chalice.app import Blueprint
from pydantic import AfterValidator, Field, StringConstraints

from chalicelib import wiring
from chalicelib.api.archives import MOST_PICTURES
from chalicelib.api.bodies import (
    MOST_BYTES,
    Body,
    ListQuery,
    is_multipart,
    read_fields,
    read_form,
)
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.face_answers import (
    DeleteFacesAnswer,
    FaceJobAnswer,
    FaceList,
    RecognizeAnswer,
    TrainAnswer,
    job_answer,
    known_username,
    recognised,
    rejected_pictures,
)
from chalicelib.api.pictures import from_files, from_texts, sent_picture
from chalicelib.domain.enrolment import USERNAME
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
        return job_answer(wiring.hand_over_enrolment()(call.tenant_id, username, sent))
    learned = wiring.enrol_faces()(call.tenant_id, username, sent)
    rejected = [each for each in learned.outcomes if each.reason]
    return TrainAnswer(
        trainingSuccess=1 if len(rejected) < len(sent) else 0,
        username=username,
        accepted=len(sent) - len(rejected),
        rejected=rejected_pictures(rejected),
        faces=len(learned.enrolment.faces),
    )


@endpoint(faces, "GET", "/api/faces/jobs/{job_id}", answer=FaceJobAnswer, errors=(NotFound,))
def get_face_job(call: Call, job_id: str) -> FaceJobAnswer:
    """See how far an enrolment is. It is forgotten after a day."""
    return job_answer(wiring.hand_over_enrolment().job(call.tenant_id, job_id))


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
    return recognised(wiring.recognise_face()(call.tenant_id, sent_picture(call)[0]))


@endpoint(faces, "GET", "/api/faces", query=ListQuery, answer=FaceList, errors=(BadInput,))
def list_faces(call: Call) -> FaceList:
    """List the usernames whose faces are known, in an order of no meaning."""
    page = wiring.enrolments().page(call.tenant_id, call.query.limit, call.query.cursor)
    return FaceList(faces=[known_username(each) for each in page.items], next_cursor=page.cursor)


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


def _content_type(call: Call) -> str:
    content_type: str = call.request.headers.get("content-type", "")
    assert is_multipart(content_type)
    return content_type
