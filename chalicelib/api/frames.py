"""Frames: one at a time, or a batch from a client that was offline."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from chalice.app import Blueprint
from pydantic import AwareDatetime, Field

from chalicelib import wiring
from chalicelib.api.bodies import MOST_BYTES, Answer, Body, Id, is_multipart, read_fields, read_multipart
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.pictures import decoded
from chalicelib.api.presence import ChallengeResult, challenge_of
from chalicelib.api.problems import STATUSES
from chalicelib.api.results import FrameResult, result_of
from chalicelib.domain.errors import (
    AttemptNotStarted,
    BadInput,
    BadPicture,
    BodyTooLarge,
    NotAPicture,
    NotFound,
    PictureTooLarge,
    SessionEnded,
    StaleSession,
    UpstreamDown,
)
from chalicelib.domain.model import FrameRecord, Session
from chalicelib.flows.analyze_frame import FrameIn, Watched
from chalicelib.telemetry import know

frames = Blueprint(__name__)

MOST_FRAMES = 20
_ERRORS = (
    BadInput,
    BadPicture,
    BodyTooLarge,
    NotAPicture,
    NotFound,
    PictureTooLarge,
    SessionEnded,
    StaleSession,
    UpstreamDown,
)


class FrameFacts(Body):
    """When a frame was captured and which one it is.

    With `seq` or `captured_at` a frame that is sent twice is counted once, and frames may come in any order.
    """

    seq: int | None = Field(default=None, ge=0, le=999_999_999)
    """Counts the client's frames: 1, 2, 3 …"""
    captured_at: AwareDatetime | None = None
    """RFC 3339 with a time zone, by the client's clock."""


class FrameRequest(FrameFacts):
    """A frame as JSON."""

    most_bytes = MOST_BYTES

    frame: str
    """The picture, JPEG or PNG: a data URL, or bare base64."""


class UploadFacts(FrameFacts):
    """The same, and in which exam."""

    exam_id: Id | None = None
    """Needed with a user token; a session token knows it."""


class UploadRequest(UploadFacts):
    """A frame of an exam as JSON."""

    most_bytes = MOST_BYTES

    frame: str
    """The picture, JPEG or PNG: a data URL, or bare base64."""


class FramesRequest(Body):
    """Frames that a client kept while it was offline."""

    most_bytes = MOST_BYTES

    frames: list[FrameRequest] = Field(min_length=1, max_length=MOST_FRAMES)


class FrameAnswer(Answer):
    """What was seen in the frame."""

    session_id: str
    result: FrameResult
    challenge: ChallengeResult | None = None
    """What has become of a challenge, while this is not final: tell the candidate its instruction."""


class FrameOutcome(Answer):
    """What became of one frame of a batch: a result, or a problem's status and detail."""

    seq: int | None = None
    result: FrameResult | None = None
    status: int = 200
    error: str | None = None


class FramesAnswer(Answer):
    """What became of each frame, in the order of the request. `success` says that all were taken."""

    session_id: str
    results: list[FrameOutcome]
    challenge: ChallengeResult | None = None
    """As in the answer to a frame."""


Facts = TypeVar("Facts", bound=FrameFacts)


@endpoint(
    frames,
    "POST",
    "/api/sessions/{session_id}/frame",
    body=FrameRequest,
    multipart=True,
    answer=FrameAnswer,
    errors=_ERRORS,
)
def post_frame(call: Call, session_id: str) -> FrameAnswer:
    """Send a frame.

    As JSON, or as multipart/form-data with the file `frame` and, if you like, the fields `seq` and
    `captured_at`. If the provider does not answer, the frame is counted as `unanalysed` and raises no alert.
    """
    frame = _from_json(call.body) if call.body else _from_form(call, FrameFacts)[0]
    return _watched(call, session_id, frame)


@endpoint(
    frames,
    "POST",
    "/api/upload-frame",
    also="/upload-frame",
    body=UploadRequest,
    multipart=True,
    answer=FrameAnswer,
    errors=(*_ERRORS, AttemptNotStarted),
)
def upload_frame(call: Call) -> FrameAnswer:
    """Send a frame of an exam.

    The same as sending it to its session: as JSON, or as multipart/form-data with the file `frame` and the
    fields `exam_id`, `seq` and `captured_at`. With a candidate's user token, `exam_id` says which exam it is.
    """
    if call.body:
        frame, facts = _from_json(call.body), call.body
    else:
        frame, facts = _from_form(call, UploadFacts)
    return _watched(call, _session_of(call, facts.exam_id), frame)


@endpoint(
    frames,
    "POST",
    "/api/sessions/{session_id}/frames",
    body=FramesRequest,
    answer=FramesAnswer,
    errors=(BadInput, BodyTooLarge, NotFound, SessionEnded, StaleSession, UpstreamDown),
)
def post_frames(call: Call, session_id: str) -> FramesAnswer:
    """Send up to 20 frames that could not be sent in time.

    Number them, or say when they were captured. A frame that is refused does not keep the others out.
    """
    if call.body is None:
        raise BadInput('Send the frames as JSON: {"frames": [{"frame": …, "seq": …}, …]}.')
    wanted: list[FrameRequest] = call.body.frames
    pictures = [decoded(each.frame, "frame") for each in wanted]
    readable = [
        FrameIn(picture, each.seq, _seconds(each.captured_at))
        for each, picture in zip(wanted, pictures, strict=True)
        if isinstance(picture, bytes)
    ]
    session, watched = wiring.analyze_frame().batch(call.tenant_id, session_id, readable)
    outcomes = iter(watched)
    results = []
    for each, picture in zip(wanted, pictures, strict=True):
        outcome = next(outcomes) if isinstance(picture, bytes) else Watched(error=picture)
        results.append(_outcome(call, each.seq, outcome, session))
    return FramesAnswer(
        success=all(each.success for each in results),
        session_id=session_id,
        results=results,
        challenge=_challenge(session),
    )


def _watched(call: Call, session_id: str, frame: FrameIn) -> FrameAnswer:
    session, record = wiring.analyze_frame().one(call.tenant_id, session_id, frame)
    return FrameAnswer(
        session_id=session_id, result=_result(call, record, session), challenge=_challenge(session)
    )


def _challenge(session: Session) -> ChallengeResult | None:
    is_open = any(each.is_open for each in session.challenges[-1:])
    return challenge_of(session) if is_open else None


def _session_of(call: Call, exam_id: str | None) -> str:
    assert call.caller is not None
    session_id = call.caller.session_id
    if session_id is None:
        if exam_id is None:
            raise BadInput(
                "Say in which exam: send exam_id.", ({"loc": ["exam_id"], "msg": "Field required"},)
            )
        session_id = wiring.find_attempt().session_of((call.tenant_id, exam_id, call.person_id))
    elif exam_id is not None:
        wiring.find_attempt().place_of(call.tenant_id, session_id, exam_id)
    know(session_id=session_id)
    return session_id


def _result(call: Call, record: FrameRecord, session: Session) -> FrameResult:
    return result_of(record, session.policy, to_candidate=not call.sees_evidence)


def _outcome(call: Call, seq: int | None, watched: Watched, session: Session) -> FrameOutcome:
    if watched.record:
        return FrameOutcome(seq=seq, result=_result(call, watched.record, session))
    assert watched.error is not None
    return FrameOutcome(
        success=False, seq=seq, status=STATUSES[type(watched.error)], error=str(watched.error)
    )


def _from_json(body: FrameRequest | UploadRequest) -> FrameIn:
    picture = decoded(body.frame, "frame")
    if isinstance(picture, BadInput):
        raise picture
    return FrameIn(picture, body.seq, _seconds(body.captured_at))


def _from_form(call: Call, model: type[Facts]) -> tuple[FrameIn, Facts]:
    content_type = call.request.headers.get("content-type", "")
    if not is_multipart(content_type):
        raise BadInput('The request has no frame; send JSON {"frame": …} or a form with the file `frame`.')
    fields, files = read_multipart(call.raw, content_type)
    if "frame" not in files:
        raise BadInput("The form has no file `frame`.", ({"loc": ["frame"], "msg": "Field required"},))
    facts = read_fields(model, _filled(fields))
    return FrameIn(files["frame"], facts.seq, _seconds(facts.captured_at)), facts


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _seconds(captured_at: datetime | None) -> float | None:
    return captured_at.timestamp() if captured_at else None
