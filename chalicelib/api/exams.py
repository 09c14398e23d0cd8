"""Exams: create, list, read, change, close."""

import json
from datetime import datetime
from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib import wiring
from chalicelib.api.access import Role
from chalicelib.api.bodies import Answer, Body, ListQuery, PolicyOverrides, is_none, json_text
from chalicelib.api.endpoint import Call, endpoint, ticket
from chalicelib.domain.attempts import Attempt, AttemptState, deadline, state
from chalicelib.domain.errors import BadInput, Conflict, NotFound, StaleExam
from chalicelib.domain.exams import Exam, plain
from chalicelib.domain.report import rfc3339

exams = Blueprint(__name__)

MOST_QUESTIONS_BYTES = 200_000
_MOST_TITLE, _MOST_INSTRUCTIONS = 200, 10_000


def _checked(questions: Any) -> Any:  # noqa: ANN401 - the tenant's own
    json_text(questions, most_bytes=MOST_QUESTIONS_BYTES)
    return questions


Questions = Annotated[Any, AfterValidator(_checked)]
Title = Annotated[str, Field(min_length=1, max_length=_MOST_TITLE)]
Instructions = Annotated[str, Field(max_length=_MOST_INSTRUCTIONS)]


class ExamRequest(Body):
    """When an exam may be taken, for how long, and how it is watched. Times are RFC 3339 with a time zone."""

    title: Title
    opens_at: AwareDatetime
    """From then on it may be started."""
    closes_at: AwareDatetime
    """Until then it may be started, and all are done but those with extra time."""
    duration_s: int
    """Seconds from a candidate's start."""
    grace_s: int = 0
    """Seconds after the deadline in which answers are taken still: a line may be slow."""
    instructions: Instructions = ""
    """Shown to candidates before they start."""
    questions: Questions = None
    """Any JSON of up to 200 KB; shown to candidates while they take the exam."""
    policy: PolicyOverrides = Field(default_factory=dict)
    """Switches and thresholds; what is left out has the tenant's value."""


class ExamChange(Body):
    """What shall be other; what is left out, or null, stays.

    `policy` and `questions` are replaced as a whole; `"questions": null` takes them away.
    """

    title: Title | None = None
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    duration_s: int | None = None
    grace_s: int | None = None
    instructions: Instructions | None = None
    questions: Questions = None
    policy: PolicyOverrides | None = None


class ExamView(BaseModel):
    """An exam. What the caller may not see is left out."""

    model_config = ConfigDict(defer_build=True)

    exam_id: str
    title: str
    opens_at: str
    closes_at: str
    closed_at: str | None
    """When it was closed early."""
    duration_s: int
    """For a candidate with their extra time."""
    instructions: str
    questions: Any = Field(default=None, exclude_if=is_none)
    """Of one exam: for staff; for a candidate while their attempt is under way."""
    grace_s: int | None = Field(default=None, exclude_if=is_none)
    """For staff."""
    policy: dict[str, Any] | None = Field(default=None, exclude_if=is_none)
    """For staff."""
    created_at: str | None = Field(default=None, exclude_if=is_none)
    """For staff."""
    state: AttemptState | None = Field(default=None, exclude_if=is_none)
    """For a candidate: how far they are."""
    started_at: str | None = Field(default=None, exclude_if=is_none)
    submitted_at: str | None = Field(default=None, exclude_if=is_none)
    deadline: str | None = Field(default=None, exclude_if=is_none)
    """For a candidate who has started: when their time is up."""


class ExamAnswer(Answer):
    """An exam."""

    exam: ExamView


class ExamList(Answer):
    """A page of exams, newest first."""

    exams: list[ExamView]
    next_cursor: str | None


@endpoint(
    exams,
    "POST",
    "/api/exams",
    body=ExamRequest,
    answer=ExamAnswer,
    status=201,
    idempotency_key=True,
    errors=(BadInput, Conflict, StaleExam),
)
def create_exam(call: Call) -> ExamAnswer:
    """Create an exam.

    The same request again with the same Idempotency-Key answers the same exam.
    """
    wanted: ExamRequest = call.body
    exam = wiring.create_exam()(call.tenant_id, _fields(wanted), _text(wanted.questions), ticket(call))
    return ExamAnswer(exam=_for_staff(exam))


@endpoint(exams, "GET", "/api/exams", query=ListQuery, answer=ExamList, errors=(BadInput,))
def list_exams(call: Call) -> ExamList:
    """List exams, newest first: all of them, or those that a candidate is assigned to."""
    limit, after = call.query.limit, call.query.cursor
    read = wiring.read_exams()
    if call.role is Role.CANDIDATE:
        own = read.own_page(call.tenant_id, call.person_id, limit, after)
        return ExamList(exams=[_for_candidate(*each) for each in own.items], next_cursor=own.cursor)
    page = read.page(call.tenant_id, limit, after)
    return ExamList(exams=[_for_staff(exam) for exam in page.items], next_cursor=page.cursor)


@endpoint(exams, "GET", "/api/exams/{exam_id}", answer=ExamAnswer, errors=(NotFound,))
def get_exam(call: Call, exam_id: str) -> ExamAnswer:
    """Read an exam.

    A candidate sees the exams they are assigned to, and the questions from the start to the end of their
    attempt.
    """
    read = wiring.read_exams()
    if call.role is not Role.CANDIDATE:
        exam = read.one(call.tenant_id, exam_id)
        return ExamAnswer(exam=_with_questions(exam, _for_staff(exam)))
    exam, attempt = read.own(call.tenant_id, exam_id, call.person_id)
    view = _for_candidate(exam, attempt)
    return ExamAnswer(exam=_with_questions(exam, view) if view.state is AttemptState.STARTED else view)


@endpoint(
    exams,
    "PATCH",
    "/api/exams/{exam_id}",
    body=ExamChange,
    answer=ExamAnswer,
    errors=(BadInput, NotFound, StaleExam),
)
def change_exam(call: Call, exam_id: str) -> ExamAnswer:
    """Change an exam.

    It holds at once, also for those who take it: a later close gives them more time. The policy of sessions
    that have started stays what it was.
    """
    wanted: ExamChange = call.body
    questions = _text(wanted.questions) if "questions" in wanted.model_fields_set else None
    exam = wiring.change_exam()(call.tenant_id, exam_id, _fields(wanted), questions)
    return ExamAnswer(exam=_for_staff(exam))


@endpoint(exams, "POST", "/api/exams/{exam_id}/close", answer=ExamAnswer, errors=(NotFound, StaleExam))
def close_exam(call: Call, exam_id: str) -> ExamAnswer:
    """Close an exam now. Again: nothing changes.

    Nobody can start it any more, and the time of those who take it is up, but for what extra time they have.
    """
    return ExamAnswer(exam=_for_staff(wiring.change_exam().close(call.tenant_id, exam_id)))


def at(seconds: float | None) -> str | None:
    """A time in an answer."""
    return None if seconds is None else rfc3339(seconds)


def _text(questions: Any) -> str:  # noqa: ANN401 - the tenant's own
    return json_text(questions, most_bytes=MOST_QUESTIONS_BYTES)


def _fields(wanted: ExamRequest | ExamChange) -> dict[str, Any]:
    """What was said of an exam, as the domain has it."""
    said = {name: getattr(wanted, name) for name in type(wanted).model_fields if name != "questions"}
    fields = {name: each for name, each in said.items() if each is not None}
    if "policy" in fields:
        fields["policy"] = plain(fields["policy"])
    return {name: each.timestamp() if isinstance(each, datetime) else each for name, each in fields.items()}


def _for_staff(exam: Exam) -> ExamView:
    return ExamView(
        **_common(exam),
        duration_s=exam.duration_s,
        grace_s=exam.grace_s,
        policy=dict(exam.policy),
        created_at=rfc3339(exam.created_at),
    )


def _for_candidate(exam: Exam, attempt: Attempt) -> ExamView:
    return ExamView(
        **_common(exam),
        duration_s=round(exam.duration_s + attempt.accommodation.extra_s(exam.duration_s)),
        state=state(exam, attempt, wiring.now()),
        started_at=at(attempt.started_at),
        submitted_at=at(attempt.submitted_at),
        deadline=at(deadline(exam, attempt)),
    )


def _common(exam: Exam) -> dict[str, Any]:
    return {
        "exam_id": exam.exam_id,
        "title": exam.title,
        "opens_at": rfc3339(exam.opens_at),
        "closes_at": rfc3339(exam.closes_at),
        "closed_at": at(exam.closed_at),
        "instructions": exam.instructions,
    }


def _with_questions(exam: Exam, view: ExamView) -> ExamView:
    return view.model_copy(update={"questions": json.loads(wiring.read_exams().questions(exam))})
