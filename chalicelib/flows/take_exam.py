"""Take an exam: start it, go on after a lost connection, hand in answers."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.attempts import Attempt, answered, begun, check_start
from chalicelib.domain.errors import (
    AttemptNotStarted,
    AttemptOver,
    DeadlinePassed,
    NotFound,
    SessionExists,
)
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import AttemptOf, EndedBy, Session, Status
from chalicelib.flows.change_attempt import NO_EXAM, Place, changed, own
from chalicelib.flows.end_session import EndSession
from chalicelib.flows.open_session import OpenSession
from chalicelib.flows.ports import Attempts, Clock, Exams, Sessions


@dataclass(frozen=True, slots=True)
class Started:
    """A session in which the exam is taken."""

    exam: Exam
    attempt: Attempt
    session: Session
    resumed: bool
    """Whether it had been started before."""


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """However often, and from wherever it is called: one session, which begins when it is first opened.

    The session comes first, under the id that the assignment chose, then the attempt says that it is started:
    a call that died between is finished by the next one.
    """

    exams: Exams
    attempts: Attempts
    sessions: Sessions
    open: OpenSession
    clock: Clock

    def __call__(
        self, tenant_id: str, exam_id: str, candidate_id: str, consent: Mapping[str, Any]
    ) -> Started:
        """The session. Raises NotFound, ExamNotOpen, ExamOver, AttemptOver, UpstreamDown."""
        place = (tenant_id, exam_id, candidate_id)
        exam, attempt = own(self.exams, self.attempts, place)
        check_start(exam, attempt, self.clock())
        session, resumed = self._session(exam, attempt, consent)
        if session.status is Status.ENDED:
            raise AttemptOver("The session of this attempt has ended; it cannot be started again.")
        try:
            attempt, _ = changed(self.attempts, place, lambda each: begun(each, session.started_at))
        except NotFound as exc:
            raise NotFound(NO_EXAM) from exc
        return Started(exam, attempt, session, resumed)

    def _session(self, exam: Exam, attempt: Attempt, consent: Mapping[str, Any]) -> tuple[Session, bool]:
        with suppress(NotFound):
            return self.sessions.load(exam.tenant_id, attempt.session_id), True
        if attempt.started_at is not None:
            raise AttemptOver("The session of this attempt was erased; it cannot be started again.")
        try:
            return self._opened(exam, attempt, consent), False
        except SessionExists:
            # Another call was a moment quicker.
            return self.sessions.load(exam.tenant_id, attempt.session_id), True

    def _opened(self, exam: Exam, attempt: Attempt, consent: Mapping[str, Any]) -> Session:
        return self.open(
            exam.tenant_id,
            session_id=attempt.session_id,
            policy=exam.policy,
            accommodation=attempt.accommodation.policy,
            attempt=AttemptOf(exam.exam_id, attempt.candidate_id),
            job={"exam_id": exam.exam_id, "title": exam.title},
            candidate={"candidate_id": attempt.candidate_id},
            consent=consent,
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """What is kept after answers came."""

    exam: Exam
    attempt: Attempt
    stored: bool
    """False: newer answers are kept, and nothing changed."""


@dataclass(frozen=True, slots=True)
class SubmitAnswers:
    """The answers are stored first, then the session ends: whatever is lost on the way, they are not."""

    exams: Exams
    attempts: Attempts
    end: EndSession
    clock: Clock

    def __call__(self, place: Place, answers: str, revision: int | None, *, final: bool) -> Submission:
        """What is kept. Raises NotFound, AttemptNotStarted, DeadlinePassed, UpstreamDown.

        Who comes too late has their session ended.
        """
        exam, attempt = own(self.exams, self.attempts, place)
        now = round(self.clock(), 3)
        try:
            attempt, stored = changed(
                self.attempts,
                place,
                lambda each: answered(exam, each, revision, now, final=final),
                answers,
            )
        except DeadlinePassed:
            self._end(attempt, EndedBy.SERVICE)
            raise
        if final and attempt.submitted_at is not None:
            self._end(attempt, EndedBy.CALLER)
        return Submission(exam, attempt, stored)

    def _end(self, attempt: Attempt, by: EndedBy) -> None:
        with suppress(NotFound):  # erased: the answers count nevertheless
            self.end(attempt.tenant_id, attempt.session_id, by)


@dataclass(frozen=True, slots=True)
class FindAttempt:
    """From a session to its attempt, and back."""

    exams: Exams
    attempts: Attempts
    sessions: Sessions

    def place_of(self, tenant_id: str, session_id: str, exam_id: str | None) -> Place:
        """The attempt that the session is. Raises NotFound if it is none, or none at this exam."""
        attempt = self.sessions.load(tenant_id, session_id).attempt
        if attempt is None or exam_id not in {None, attempt.exam_id}:
            raise NotFound(NO_EXAM)
        return tenant_id, attempt.exam_id, attempt.candidate_id

    def session_of(self, place: Place) -> str:
        """The id of the session in which the exam is taken. Raises NotFound, AttemptNotStarted."""
        _, attempt = own(self.exams, self.attempts, place)
        if attempt.started_at is None:
            raise AttemptNotStarted("The exam was not started; start it first.")
        return attempt.session_id
