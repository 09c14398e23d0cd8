"""What became of an exam's attempts."""

import json
from typing import Any

from chalice.app import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from chalicelib import wiring
from chalicelib.api.bodies import Answer, ListQuery, is_none
from chalicelib.api.candidates import AccommodationView, accommodation_view
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.exams import at
from chalicelib.domain.attempts import Attempt, AttemptState, state
from chalicelib.domain.errors import BadInput, NotFound
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import EndedBy
from chalicelib.domain.report import Integrity, Level, Report, Summary, rfc3339

exam_results = Blueprint(__name__)


class OutcomeView(BaseModel):
    """The session's report in a line."""

    model_config = ConfigDict(defer_build=True)

    integrity_score: float | None
    level: Level | None
    alert_count: int
    ended_at: str
    ended_by: EndedBy


class ResultRow(BaseModel):
    """A candidate's attempt."""

    model_config = ConfigDict(defer_build=True)

    candidate_id: str
    email: str
    name: str
    state: AttemptState
    started_at: str | None
    answered_at: str | None
    """When the answers came that are kept."""
    submitted_at: str | None
    """When answers first came that were meant to be the last."""
    answered_unwatched: bool
    """These answers came after the session had ended: nobody watched how they came about."""
    session_id: str | None
    outcome: OutcomeView | None
    """Null while the session has not ended."""


class ResultReport(BaseModel):
    """Of the session's report, what a reader begins with."""

    model_config = ConfigDict(defer_build=True)

    integrity: Integrity
    summary: Summary | None
    session_duration: float
    """Seconds."""


class ResultView(ResultRow):
    """A candidate's attempt with what they answered."""

    revision: int
    """Of the answers that are kept; 0 if there are none."""
    answers: Any
    report: ResultReport | None
    """The whole of it: GET /api/sessions/{session_id}/report."""
    accommodation: AccommodationView | None = Field(default=None, exclude_if=is_none)
    """Not for proctors."""


class ResultList(Answer):
    """A page of an exam's results."""

    exam_id: str
    results: list[ResultRow]
    next_cursor: str | None


class ResultAnswer(Answer):
    """A candidate's result."""

    exam_id: str
    result: ResultView


@endpoint(
    exam_results,
    "GET",
    "/api/exams/{exam_id}/results",
    query=ListQuery,
    answer=ResultList,
    errors=(BadInput, NotFound),
)
def list_results(call: Call, exam_id: str) -> ResultList:
    """List what became of an exam's candidates. A score flags for a person; it rejects nobody."""
    exam, page = wiring.read_results().page(call.tenant_id, exam_id, call.query.limit, call.query.cursor)
    return ResultList(
        exam_id=exam_id,
        results=[ResultRow(**_row(exam, attempt)) for attempt in page.items],
        next_cursor=page.cursor,
    )


@endpoint(
    exam_results,
    "GET",
    "/api/exams/{exam_id}/results/{candidate_id}",
    answer=ResultAnswer,
    errors=(NotFound,),
)
def get_result(call: Call, exam_id: str, candidate_id: str) -> ResultAnswer:
    """Read a candidate's answers, and the report's summary."""
    found = wiring.read_results().one(call.tenant_id, exam_id, candidate_id)
    view = ResultView(
        **_row(found.exam, found.attempt),
        revision=found.attempt.revision,
        answers=None if found.answers is None else json.loads(found.answers),
        report=_report(found.report),
        accommodation=accommodation_view(call, found.attempt),
    )
    return ResultAnswer(exam_id=exam_id, result=view)


def _row(exam: Exam, attempt: Attempt) -> dict[str, Any]:
    return {
        "candidate_id": attempt.candidate_id,
        "email": attempt.email,
        "name": attempt.name,
        "state": state(exam, attempt, wiring.now()),
        "started_at": at(attempt.started_at),
        "answered_at": at(attempt.answered_at),
        "submitted_at": at(attempt.submitted_at),
        "answered_unwatched": attempt.answered_unwatched,
        "session_id": attempt.session_id if attempt.started_at is not None else None,
        "outcome": _outcome(attempt),
    }


def _outcome(attempt: Attempt) -> OutcomeView | None:
    if attempt.outcome is None:
        return None
    return OutcomeView(
        integrity_score=attempt.outcome.integrity_score,
        level=attempt.outcome.level,
        alert_count=attempt.outcome.alert_count,
        ended_at=rfc3339(attempt.outcome.ended_at),
        ended_by=attempt.outcome.ended_by,
    )


def _report(report: Report | None) -> ResultReport | None:
    if report is None:
        return None
    return ResultReport(
        integrity=report.integrity, summary=report.summary, session_duration=report.session_duration
    )
