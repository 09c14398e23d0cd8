"""Sessions: start, list, erase."""

import json
from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import AfterValidator, Field, field_validator

from chalicelib import wiring
from chalicelib.api.auth import session_token
from chalicelib.api.bodies import Answer, Body, Id, ListQuery, PolicyOverrides
from chalicelib.api.endpoint import Call, endpoint, ticket
from chalicelib.domain.errors import BadInput, Conflict, NotFound, SessionExists, StaleSession, UpstreamDown
from chalicelib.domain.model import SessionRow
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import rfc3339
from chalicelib.telemetry import know

sessions = Blueprint(__name__)

_MOST_CHARACTERS = 8_192


def stays_small(free: dict[str, Any]) -> dict[str, Any]:
    """What somebody says freely. Raises ValueError where it is too long for what travels with every frame."""
    # Numbers that JSON does not have (NaN) raise ValueError here.
    if len(json.dumps(free, allow_nan=False)) > _MOST_CHARACTERS:
        raise ValueError(f"may have at most {_MOST_CHARACTERS} characters of JSON")
    return free


Free = Annotated[dict[str, Any], AfterValidator(stays_small)]


class StartRequest(Body):
    """Who is interviewed for what, and how it shall be watched. All of it is optional."""

    session_id: Id | None = None
    """Your own id for it; else one is made."""
    job_data: Free = Field(default_factory=dict)
    """Anything about the job or exam; given back in the report."""
    candidate: Free = Field(default_factory=dict)
    """Anything about the candidate; given back in the report."""
    policy: PolicyOverrides = Field(default_factory=dict)
    """Switches and thresholds; what is left out has its default."""
    consent: Free = Field(default_factory=dict)
    """What the candidate agreed to, and when; given back in the report."""

    @field_validator("session_id")
    @classmethod
    def _is_no_path(cls, session_id: str | None) -> str | None:
        if session_id == "start":
            raise ValueError("is the path of this call; choose another id")
        return session_id


class StartAnswer(Answer):
    """The session, with the token for the candidate's browser."""

    session_id: str
    status: str
    start_time: str
    """RFC 3339, UTC."""
    session_token: str
    api_endpoints: dict[str, str]
    policy: Policy


class SessionList(Answer):
    """A page of sessions, newest first."""

    total_sessions: int
    """All of them, when the first page was read."""
    sessions: list[SessionRow]
    next_cursor: str | None
    """Where the next page begins; null on the last one."""


class EraseAnswer(Answer):
    """What was erased."""

    session_id: str
    erased: dict[str, int]
    """Frames, alerts, reports, sessions and pictures."""


@endpoint(
    sessions,
    "POST",
    "/api/sessions/start",
    body=StartRequest,
    answer=StartAnswer,
    idempotency_key=True,
    errors=(BadInput, SessionExists, Conflict, UpstreamDown),
)
def start_session(call: Call) -> StartAnswer:
    """Start a session.

    Hand the session token to the candidate's browser; keep the API key on your server. The same request again
    with the same Idempotency-Key answers the same session.
    """
    wanted: StartRequest = call.body
    session = wiring.open_session()(
        call.tenant_id,
        session_id=wanted.session_id,
        policy=wanted.policy,
        job=wanted.job_data,
        candidate=wanted.candidate,
        consent=wanted.consent,
        ticket=ticket(call),
    )
    know(session_id=session.session_id)
    here = f"/api/sessions/{session.session_id}"
    return StartAnswer(
        session_id=session.session_id,
        status=session.status.value,
        start_time=rfc3339(session.started_at),
        session_token=session_token(session),
        api_endpoints={
            name: f"{here}/{name}"
            for name in ("frame", "frames", "metrics", "alerts", "emotions", "identity", "end", "report")
        },
        policy=session.policy,
    )


@endpoint(sessions, "GET", "/api/sessions", query=ListQuery, answer=SessionList, errors=(BadInput,))
def list_sessions(call: Call) -> SessionList:
    """List your sessions, newest first."""
    page = wiring.read_session().rows(call.tenant_id, call.query.limit, call.query.cursor)
    return SessionList(total_sessions=page.total, sessions=list(page.items), next_cursor=page.cursor)


@endpoint(
    sessions,
    "DELETE",
    "/api/sessions/{session_id}",
    answer=EraseAnswer,
    errors=(NotFound, StaleSession, UpstreamDown),
)
def erase_session(call: Call, session_id: str) -> EraseAnswer:
    """Erase a session with its frames, alerts, pictures and report. It cannot be undone."""
    erased = wiring.erase_session()(call.tenant_id, session_id)
    return EraseAnswer(session_id=session_id, erased=erased)
