"""Pictures by themselves: faces found at once, or by the queue, which calls back."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from chalice.app import Blueprint, Request, Response
from pydantic import Field, StringConstraints

from chalicelib import wiring
from chalicelib.api.bodies import MOST_BYTES, Answer, Body, read_fields
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.image_answers import (
    DetectAnswer,
    ImageAccepted,
    ImageAnswer,
    UploadAnswer,
    accepted,
    detected,
    image_answer,
    to_upload,
)
from chalicelib.api.pictures import sent_picture
from chalicelib.domain.errors import (
    BadInput,
    BadPicture,
    BodyTooLarge,
    Busy,
    Conflict,
    NotAPicture,
    NotFound,
    PictureTooLarge,
    TooManyRequests,
    UpstreamDown,
)
from chalicelib.domain.queued import JobStatus
from chalicelib.flows.detect_faces import Engine
from chalicelib.flows.hand_over_image import Asked

images = Blueprint(__name__)

_JPEG = "image/jpeg"
_FILE = {"type": "string", "contentMediaType": _JPEG}
_PICTURE_ERRORS = (BadInput, BadPicture, BodyTooLarge, Conflict, NotAPicture, PictureTooLarge, UpstreamDown)

Format = Literal["strings", "numbers"]
RequestId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
CallbackUrl = Annotated[str, StringConstraints(max_length=2048)]


class DetectQuery(Body):
    """How to look. The same may stand in the body, or in the form, which count more."""

    annotate: bool = False
    """Draw the faces: the JPEG itself for who accepts `image/jpeg` first, else as `annotated_image`."""
    engine: Engine = "rekognition"
    """`opencv`: by OpenCV's own cascades, which cost no call and find boxes of frontal faces only."""
    landmarks: Literal["five", "all"] = "five"
    """`all`: every landmark that the provider knows. It tells them only where emotions may be asked for."""


class DetectRequest(Body):
    """A picture, and how to look at it if not as the query says."""

    most_bytes = MOST_BYTES
    form: ClassVar[Mapping[str, Any] | None] = {"image": _FILE}

    image: str
    """JPEG or PNG: a data URL, or bare base64."""
    annotate: bool | None = None
    engine: Engine | None = None
    landmarks: Literal["five", "all"] | None = None


class ImageFields(Body):
    """What is to become of a picture."""

    request_id: RequestId
    """Yours, of up to 100 characters: the same one again finds the same job."""
    callback_url: CallbackUrl | None = None
    """Where to post the result; https."""
    format: Format = "strings"
    """Of the callback's figures."""


class ImageRequest(ImageFields):
    """A picture to be looked at by the queue."""

    most_bytes = MOST_BYTES
    form: ClassVar[Mapping[str, Any] | None] = {
        "image": _FILE,
        "request_id": {"type": "string", "maxLength": 100},
    }

    image: str
    """JPEG or PNG: a data URL, or bare base64."""


class AnnotatedImageQuery(Body):
    """Which picture."""

    image_id: str = Field(pattern="^[0-9a-f]{32}$")


class ImageQuery(Body):
    """How to tell."""

    format: Format = "numbers"
    """Of the faces' figures."""


@endpoint(
    images,
    "POST",
    "/api/detect",
    body=DetectRequest,
    query=DetectQuery,
    multipart=True,
    answer=DetectAnswer,
    also_media_type=_JPEG,
    errors=(*_PICTURE_ERRORS, Busy, TooManyRequests),
)
def detect_faces(call: Call) -> DetectAnswer | Response:
    """Find the faces in a picture, at once.

    As JSON, or as multipart/form-data with the file `image`. Where the provider does not answer, OpenCV does:
    `fallback` says so, and for a JPEG the header `Detection-Fallback`. Nothing is kept.
    """
    encoded, fields = sent_picture(call)
    given = call.body.model_dump(exclude={"image"}, exclude_none=True) if call.body else fields
    asked = read_fields(DetectQuery, call.query.model_dump() | given)
    every = asked.landmarks == "all"
    found = wiring.detect_faces()(call.tenant_id, encoded, asked.engine, all_landmarks=every)
    if not asked.annotate:
        return detected(found, all_landmarks=every)
    drawn = wiring.draw_faces()(encoded, found.faces)
    if not _wants_jpeg(call.request):
        told = f"data:{_JPEG};base64,{base64.b64encode(drawn).decode()}"
        return detected(found, all_landmarks=every, annotated_image=told)
    said = {"Detection-Engine": found.engine, "Detection-Fallback": str(found.fallback).lower()}
    return Response(drawn, headers={"Content-Type": _JPEG, **said})


@endpoint(
    images,
    "POST",
    "/api/image",
    body=ImageRequest,
    multipart=True,
    answer=ImageAccepted,
    status=202,
    errors=_PICTURE_ERRORS,
)
def hand_over_image(call: Call) -> ImageAccepted:
    """Hand a picture over: its faces are looked for by the queue, and the callback is told.

    As multipart/form-data with the file `image` and the fields `request_id`, `callback_url` and `format`, or
    as JSON. The same request again finds the same job, and begins it anew if it failed. A request has at most
    6 MB, as a form 4.5 MB: larger pictures go by POST /api/image/upload. The callback is signed as Standard
    Webhooks say, with the secret of the endpoint `callbacks`, and tried again for days.
    """
    encoded, fields = sent_picture(call)
    asked = _asked(call.body or read_fields(ImageFields, fields))
    return accepted(wiring.hand_over_image()(call.tenant_id, asked, encoded))


@endpoint(
    images,
    "POST",
    "/api/image/upload",
    body=ImageFields,
    answer=UploadAnswer,
    status=201,
    errors=(Conflict, UpstreamDown),
)
def upload_image(call: Call) -> UploadAnswer:
    """Make a job for a picture that you upload by yourself, of up to 15 MB.

    Send its `upload` form, with the picture as the last field `file`, within an hour; the job goes on by
    itself then. The same request again gives a form for the same job.
    """
    return to_upload(*wiring.hand_over_image().by_upload(call.tenant_id, _asked(call.body)))


@endpoint(
    images,
    "GET",
    "/api/image",
    query=AnnotatedImageQuery,
    media_type=_JPEG,
    redirects=True,
    errors=(Conflict, NotFound),
)
def get_annotated_image(call: Call) -> Response:
    """See a picture with its faces drawn.

    Who accepts `image/jpeg` first gets the JPEG; everybody else is led on (302) to a link where it is.
    """
    job = wiring.read_image().completed(call.tenant_id, call.query.image_id)
    if _wants_jpeg(call.request):
        return Response(wiring.read_image().annotated(job), headers={"Content-Type": _JPEG})
    link = wiring.job_pictures().link(job)
    return Response("", status_code=302, headers={"Location": link, "Content-Type": "text/plain"})


@endpoint(images, "GET", "/api/image/{image_id}", query=ImageQuery, answer=ImageAnswer, errors=(NotFound,))
def get_image(call: Call, image_id: str) -> ImageAnswer:
    """See what became of a picture that was handed over."""
    job = wiring.read_image().job(call.tenant_id, image_id)
    link = wiring.job_pictures().link(job) if job.status is JobStatus.COMPLETED else None
    return image_answer(job, link, numbers=call.query.format == "numbers")


@endpoint(images, "DELETE", "/api/image/{image_id}", answer=Answer, errors=(NotFound,))
def erase_image(call: Call, image_id: str) -> Answer:
    """Delete a job with its pictures. What was told of it stays in the history of deliveries for 30 days."""
    wiring.read_image().erase(call.tenant_id, image_id)
    return Answer()


def _asked(fields: ImageFields) -> Asked:
    return Asked(fields.request_id, fields.callback_url or "", numbers=fields.format == "numbers")


def _wants_jpeg(request: Request) -> bool:
    # The gateway sends bytes only to who names their type first; to others it would send base64 as text.
    first = request.headers.get("accept", "").split(",")[0].split(";")[0].strip()
    return bool(first == _JPEG)
