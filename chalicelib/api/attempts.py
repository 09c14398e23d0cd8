"""Taking an exam: start, submit."""

import json
from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import AfterValidator, Field

from chalicelib import wiring
from chalicelib.api.auth import session_token
from chalicelib.api.bodies import Answer, Body, Id, json_text
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.exams import at
from chalicelib.api.sessions import Free
from chalicelib.domain.attempts import AttemptState, deadline, state
from chalicelib.domain.errors import (
    AttemptNotStarted,
    AttemptOver,
    BadInput,
    DeadlinePassed,
    ExamNotOpen,
    ExamOver,
    NotFound,
    OutdatedAnswers,
    StaleExam,
    TooManyRequests,
)
from chalicelib.domain.report import rfc3339
from chalicelib.telemetry import know

attempts = Blueprint(__name__)

MOST_ANSWER_BYTES = 200_000


def _checked(answers: Any) -> Any:  # noqa: ANN401 - the candidate's own
    json_text(answers, most_bytes=MOST_ANSWER_BYTES)
    return answers


class BeginRequest(Body):
    """What a candidate says when they start."""

    consent: Free = Field(default_factory=dict)
    """What they agreed to, and when; given back in the report."""


class BeginAnswer(Answer):
    """The session in which the exam is taken."""

    exam_id: str
    session_id: str
    session_token: str
    """For frames, live figures and answers: a fresh one at every call."""
    resumed: bool
    """Whether the exam had been started before: it is the same session, and the same deadline."""
    started_at: str
    deadline: str
    """Until then answers are taken."""
    revision: int
    """Of the draft that is kept, to count on from; 0 if there is none."""
    answers: Any
    """That draft, to go on with."""
    api_endpoints: dict[str, str]


class SubmitRequest(Body):
    """A candidate's answers."""

    answers: Annotated[Any, AfterValidator(_checked)]
    """Any JSON of up to 200 KB."""
    exam_id: Id | None = None
    """Which exam, where the path does not say; a session token knows it."""
    revision: int | None = Field(default=None, ge=1, le=999_999_999)
    """Counts the client's versions of the answers: one that comes late does not replace a later one."""
    final: bool = True
    """False stores a draft, and the session goes on."""


class SubmitAnswer(Answer):
    """What is kept."""

    exam_id: str
    session_id: str
    stored: bool
    """False: later answers are kept, and nothing changed."""
    state: AttemptState
    revision: int
    """Of the answers that are kept; 0 if there are none."""
    answered_at: str | None
    submitted_at: str | None
    deadline: str | None


@endpoint(
    attempts,
    "POST",
    "/api/exams/{exam_id}/start",
    body=BeginRequest,
    answer=BeginAnswer,
    errors=(NotFound, ExamNotOpen, ExamOver, AttemptOver, StaleExam, TooManyRequests),
)
def start_attempt(call: Call, exam_id: str) -> BeginAnswer:
    """Start an exam, or go on with it after a lost connection.

    However often it is called there is one session, and the time runs from the first call on.
    """
    started = wiring.start_attempt()(call.tenant_id, exam_id, call.person_id, call.body.consent)
    session = started.session
    know(session_id=session.session_id)
    here = f"/api/sessions/{session.session_id}"
    due = deadline(started.exam, started.attempt)
    assert due is not None
    return BeginAnswer(
        exam_id=exam_id,
        session_id=session.session_id,
        session_token=session_token(session),
        resumed=started.resumed,
        started_at=rfc3339(session.started_at),
        deadline=rfc3339(due),
        revision=started.attempt.revision,
        answers=None if started.answers is None else json.loads(started.answers),
        api_endpoints={
            **{name: f"{here}/{name}" for name in ("frame", "frames", "metrics", "identity")},
            "submit": f"/api/exams/{exam_id}/submit",
        },
    )


@endpoint(
    attempts,
    "POST",
    "/api/exams/{exam_id}/submit",
    also="/submit",
    body=SubmitRequest,
    answer=SubmitAnswer,
    errors=(BadInput, NotFound, AttemptNotStarted, DeadlinePassed, OutdatedAnswers, StaleExam),
)
def submit_answers(call: Call, exam_id: str | None = None) -> SubmitAnswer:
    """Hand in answers, which ends the session; or, with `final: false`, save a draft.

    Until the deadline the last answers count, and may be replaced. Later ones are refused with 409, which
    says when they were due and which are kept. The report is not for candidates.
    """
    wanted: SubmitRequest = call.body
    place = _place(call, exam_id or wanted.exam_id)
    answers = json_text(wanted.answers, most_bytes=MOST_ANSWER_BYTES)
    kept = wiring.submit_answers()(place, answers, wanted.revision, final=wanted.final)
    exam, attempt = kept.exam, kept.attempt
    know(session_id=attempt.session_id)
    return SubmitAnswer(
        exam_id=exam.exam_id,
        session_id=attempt.session_id,
        stored=kept.stored,
        state=state(exam, attempt, wiring.now()),
        revision=attempt.revision,
        answered_at=at(attempt.answered_at),
        submitted_at=at(attempt.submitted_at),
        deadline=at(deadline(exam, attempt)),
    )


def _place(call: Call, exam_id: str | None) -> tuple[str, str, str]:
    assert call.caller is not None
    if call.caller.session_id is not None:
        return wiring.find_attempt().place_of(call.tenant_id, call.caller.session_id, exam_id)
    if exam_id is None:
        raise BadInput("Say which exam: send exam_id.", ({"loc": ["exam_id"], "msg": "Field required"},))
    return call.tenant_id, exam_id, call.person_id
