"""Who takes an exam: assign, list, accommodate, take back."""

from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from chalicelib import wiring
from chalicelib.api.access import Role
from chalicelib.api.bodies import Answer, Body, ListQuery, PolicyOverrides, is_csv, is_none
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.exams import at
from chalicelib.api.roster import MOST_ROWS, read_roster
from chalicelib.domain.attempts import Attempt, AttemptState, deadline, state
from chalicelib.domain.errors import (
    AttemptOver,
    AttemptStarted,
    BadInput,
    BodyTooLarge,
    ExamOver,
    NotFound,
    StaleExam,
)
from chalicelib.domain.exams import Accommodation, Exam, plain
from chalicelib.domain.report import rfc3339
from chalicelib.flows.assign_candidates import Wanted

candidates = Blueprint(__name__)


class AccommodationIn(Body):
    """What is other for one candidate. It is recorded, and not shown to proctors."""

    extra_time_s: int = Field(default=0, ge=0, le=172_800)
    """Seconds."""
    extra_time_percent: float = Field(default=0.0, ge=0, le=300)
    """Of the exam's duration, in addition to `extra_time_s`."""
    policy: PolicyOverrides = Field(default_factory=dict)
    """Thresholds relaxed, detectors off: over the exam's own policy. It counts from the candidate's start."""
    note: str = Field(default="", max_length=1000)


class CandidateIn(Body):
    """A candidate to be assigned."""

    email: str = Field(max_length=254)
    name: str = Field(default="", max_length=200)
    accommodation: AccommodationIn | None = None


class AssignRequest(Body):
    """Who shall take the exam."""

    candidates: list[CandidateIn] = Field(min_length=1, max_length=MOST_ROWS)


class AccommodationRequest(Body):
    """What shall be other for the candidate, in place of what was."""

    accommodation: AccommodationIn


class CandidateOutcome(BaseModel):
    """What became of one candidate of the request."""

    model_config = ConfigDict(defer_build=True, from_attributes=True)

    candidate_id: str | None
    email: str
    status: Literal["invited", "assigned", "unchanged", "failed"]
    """`unchanged`: was assigned before. `failed`: storage did not answer; send the same request again."""
    invitation: str | None
    """What a new candidate registers with: shown only here."""


class AssignAnswer(Answer):
    """What became of each candidate; an e-mail that came twice is told once. `success`: none failed."""

    exam_id: str
    candidates: list[CandidateOutcome]


class AccommodationView(BaseModel):
    """What is other for one candidate."""

    model_config = ConfigDict(defer_build=True, from_attributes=True)

    extra_time_s: int
    extra_time_percent: float
    policy: dict[str, object]
    note: str


class CandidateView(BaseModel):
    """A candidate of an exam."""

    model_config = ConfigDict(defer_build=True)

    candidate_id: str
    email: str
    name: str
    state: AttemptState
    assigned_at: str
    started_at: str | None
    submitted_at: str | None
    session_id: str | None
    """Once started."""
    deadline: str | None = Field(default=None, exclude_if=is_none)
    """Once started; not for proctors."""
    accommodation: AccommodationView | None = Field(default=None, exclude_if=is_none)
    """Not for proctors."""


class CandidateAnswer(Answer):
    """A candidate of an exam."""

    exam_id: str
    candidate: CandidateView


class CandidateList(Answer):
    """A page of an exam's candidates."""

    exam_id: str
    candidates: list[CandidateView]
    next_cursor: str | None


class UnassignAnswer(Answer):
    """The candidate no longer takes the exam."""

    exam_id: str
    candidate_id: str


@endpoint(
    candidates,
    "POST",
    "/api/exams/{exam_id}/candidates",
    body=AssignRequest,
    csv=True,
    answer=AssignAnswer,
    errors=(BadInput, BodyTooLarge, NotFound, ExamOver),
)
def assign_candidates(call: Call, exam_id: str) -> AssignAnswer:
    """Assign up to 500 candidates to an exam; invite those who are not known yet.

    As JSON, or as text/csv with a header row: email, and any of name, extra_time_minutes, extra_time_percent,
    note. If a row is at fault, nobody is assigned. Again: nothing changes, and no invitation is shown again.
    """
    done = wiring.assign_candidates()(call.tenant_id, exam_id, _wanted(call))
    return AssignAnswer(
        success=all(each.status != "failed" for each in done),
        exam_id=exam_id,
        candidates=[CandidateOutcome.model_validate(each) for each in done],
    )


@endpoint(
    candidates,
    "GET",
    "/api/exams/{exam_id}/candidates",
    query=ListQuery,
    answer=CandidateList,
    errors=(BadInput, NotFound),
)
def list_candidates(call: Call, exam_id: str) -> CandidateList:
    """List who takes an exam, and how far they are. Proctors do not see accommodations."""
    exam, page = wiring.assign_candidates().page(call.tenant_id, exam_id, call.query.limit, call.query.cursor)
    return CandidateList(
        exam_id=exam_id,
        candidates=[_view(call, exam, attempt) for attempt in page.items],
        next_cursor=page.cursor,
    )


@endpoint(
    candidates,
    "PUT",
    "/api/exams/{exam_id}/candidates/{candidate_id}",
    body=AccommodationRequest,
    answer=CandidateAnswer,
    errors=(BadInput, NotFound, AttemptOver, StaleExam),
)
def change_accommodation(call: Call, exam_id: str, candidate_id: str) -> CandidateAnswer:
    """Change what is other for a candidate, until they have submitted.

    Extra time counts at once; the policy of a session that has started stays what it was.
    """
    exam, attempt = wiring.assign_candidates().accommodate(
        call.tenant_id, exam_id, candidate_id, _accommodation(call.body.accommodation)
    )
    return CandidateAnswer(exam_id=exam_id, candidate=_view(call, exam, attempt))


@endpoint(
    candidates,
    "DELETE",
    "/api/exams/{exam_id}/candidates/{candidate_id}",
    answer=UnassignAnswer,
    errors=(NotFound, AttemptStarted, StaleExam),
)
def unassign_candidate(call: Call, exam_id: str, candidate_id: str) -> UnassignAnswer:
    """Take an assignment back, unless the candidate has started."""
    wiring.assign_candidates().unassign(call.tenant_id, exam_id, candidate_id)
    return UnassignAnswer(exam_id=exam_id, candidate_id=candidate_id)


def _wanted(call: Call) -> list[Wanted]:
    if call.body:
        asked: list[CandidateIn] = call.body.candidates
        return [
            Wanted(
                ("candidates", number),
                each.email,
                each.name,
                _accommodation(each.accommodation) if each.accommodation else None,
            )
            for number, each in enumerate(asked)
        ]
    if not is_csv(call.request.headers.get("content-type", "")):
        raise BadInput('Send JSON {"candidates": [...]}, or text/csv.')
    if len(call.raw) > AssignRequest.most_bytes:
        raise BodyTooLarge(f"The file has {len(call.raw)} bytes; send at most {AssignRequest.most_bytes}.")
    return read_roster(call.raw)


def _accommodation(said: AccommodationIn) -> Accommodation:
    return Accommodation(said.extra_time_s, said.extra_time_percent, plain(said.policy), said.note)


def accommodation_view(call: Call, attempt: Attempt) -> AccommodationView | None:
    """The attempt's accommodation; None for who scores."""
    if call.role is Role.PROCTOR:
        return None
    return AccommodationView.model_validate(attempt.accommodation)


def _view(call: Call, exam: Exam, attempt: Attempt) -> CandidateView:
    return CandidateView(
        candidate_id=attempt.candidate_id,
        email=attempt.email,
        name=attempt.name,
        state=state(exam, attempt, wiring.now()),
        assigned_at=rfc3339(attempt.assigned_at),
        started_at=at(attempt.started_at),
        submitted_at=at(attempt.submitted_at),
        session_id=attempt.session_id if attempt.started_at is not None else None,
        deadline=None if call.role is Role.PROCTOR else at(deadline(exam, attempt)),
        accommodation=accommodation_view(call, attempt),
    )
