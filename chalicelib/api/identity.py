"""Who the candidate of a session is meant to be."""

from chalice.app import Blueprint
from pydantic import Field

from chalicelib import wiring
from chalicelib.api.access import Role
from chalicelib.api.bodies import MOST_BYTES, Answer, Body, is_multipart, read_fields, read_multipart
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.pictures import decoded
from chalicelib.domain.discretion import verdict
from chalicelib.domain.errors import (
    BadInput,
    BadPicture,
    BodyTooLarge,
    Busy,
    Conflict,
    Forbidden,
    NotAPicture,
    NotEnrolled,
    NotFound,
    PictureTooLarge,
    SessionEnded,
    StaleSession,
    TooManyRequests,
    UpstreamDown,
    VisionUnavailable,
)
from chalicelib.domain.identity import Decision, GivenAs, GivenBy
from chalicelib.domain.identity_given import Given
from chalicelib.domain.model import Session

identity = Blueprint(__name__)

_PICTURES = ("reference", "document", "live")


class UsernameFields(Body):
    """The text fields of the form."""

    username: str | None = Field(default=None, min_length=1, max_length=128)


class IdentityRequest(Body):
    """One of these: reference; username, perhaps with live; document with live; live alone."""

    most_bytes = MOST_BYTES

    reference: str | None = None
    """A picture of the candidate, JPEG or PNG: a data URL, or bare base64."""
    username: str | None = Field(default=None, min_length=1, max_length=128)
    """Who is enrolled under this name."""
    document: str | None = None
    """An identity document, as the reference."""
    live: str | None = None
    """A picture of who sits before the camera now, as the reference."""


class IdentityAnswer(Answer):
    """What was decided. The words of `reasons` are those of docs/identity.md."""

    session_id: str
    accepted: bool
    """Whether this is what frames are held against from now on."""
    verified: bool | None
    """Whether the live picture shows the person; null where nothing was to be compared."""
    kind: GivenAs
    threshold: float
    """The similarity from which on it is the same person."""
    similarity: float | None
    """0..100; null where nothing was compared, or it is less than can be told, and for session tokens."""
    reasons: list[str]
    """Why it is not verified, or not accepted."""


@endpoint(
    identity,
    "POST",
    "/api/sessions/{session_id}/identity",
    body=IdentityRequest,
    multipart=True,
    answer=IdentityAnswer,
    errors=(
        BadInput,
        BadPicture,
        BodyTooLarge,
        Busy,
        Conflict,
        Forbidden,
        NotAPicture,
        NotEnrolled,
        NotFound,
        PictureTooLarge,
        SessionEnded,
        StaleSession,
        TooManyRequests,
        UpstreamDown,
        VisionUnavailable,
    ),
)
def identify_candidate(call: Call, session_id: str) -> IdentityAnswer:
    """Say who the candidate is, or let the candidate prove it.

    As JSON, or as multipart/form-data with the files `reference`, `document` and `live` and the field
    `username`. A session token may send `live` alone, or `document` with `live` where no identity was given;
    ten times. From the first accepted one on, frames are held against it.
    """
    given = _from_json(call.body) if call.body else _from_form(call)
    by = GivenBy.CANDIDATE if call.role is Role.SESSION else GivenBy.PLATFORM
    session, decision = wiring.identify()(call.tenant_id, session_id, given, by)
    return _answer(session, decision, by)


def _answer(session: Session, decision: Decision, by: GivenBy) -> IdentityAnswer:
    told = by is GivenBy.PLATFORM
    verified, reasons = decision.verified, decision.reasons
    if not told:
        verified, reasons = verdict(decision)
    return IdentityAnswer(
        session_id=session.session_id,
        accepted=decision.given is not None,
        verified=verified,
        kind=decision.kind,
        threshold=decision.threshold,
        similarity=decision.similarity if told else None,
        reasons=list(reasons),
    )


def _from_json(body: IdentityRequest) -> Given:
    pictures: dict[str, bytes] = {}
    for name in _PICTURES:
        sent = getattr(body, name)
        if sent is None:
            continue
        picture = decoded(sent, name)
        if isinstance(picture, BadInput):
            raise picture
        pictures[name] = picture
    return Given(username=body.username or "", **pictures)


def _from_form(call: Call) -> Given:
    content_type = call.request.headers.get("content-type", "")
    if not is_multipart(content_type):
        raise BadInput("Send JSON, or a form with files.")
    fields, files = read_multipart(call.raw, content_type)
    named = read_fields(UsernameFields, {name: each for name, each in fields.items() if each})
    return Given(username=named.username or "", **{name: files[name] for name in _PICTURES if name in files})
