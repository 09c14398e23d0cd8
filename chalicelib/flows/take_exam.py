"""Take an exam: start it, go on after a lost connection, hand in answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.attempts import Attempt, answered, begun, check_start, taken_until
from chalicelib.domain.errors import (
    AttemptNotStarted,
    AttemptOver,
    Busy,
    DeadlinePassed,
    NotFound,
    SessionExists,
    UpstreamDown,
)
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import AttemptOf, EndedBy, Session, Status
from chalicelib.flows.change_attempt import NO_EXAM, Place, changed, own
from chalicelib.flows.end_session import EndSession
from chalicelib.flows.open_session import OpenSession
from chalicelib.flows.ports import Attempts, Clock, Exams, Sessions
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class Started:
    """A session in which the exam is taken."""

    exam: Exam
    attempt: Attempt
    session: Session
    resumed: bool
    """Whether it had been started before."""
    answers: str | None = None
    """The draft that is kept, as JSON."""


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
        known = self._known(exam, attempt)
        # A start that died after it opened the session was in time, whatever the time is now.
        check_start(exam, begun(attempt, known.started_at) if known else attempt, self.clock())
        session, resumed = (known, True) if known else self._opened(exam, attempt, consent)
        if session.status is Status.ENDED:
            raise AttemptOver("The session of this attempt has ended; it cannot be started again.")
        try:
            attempt, _ = changed(self.attempts, place, lambda each: begun(each, session.started_at))
        except NotFound as exc:
            raise NotFound(NO_EXAM) from exc
        answers = self.attempts.answers(*place) if attempt.revision else None
        return Started(exam, attempt, session, resumed, answers)

    def _known(self, exam: Exam, attempt: Attempt) -> Session | None:
        try:
            return self.sessions.load(exam.tenant_id, attempt.session_id)
        except NotFound as exc:
            if attempt.started_at is None:
                return None
            erased = "The session of this attempt was erased; it cannot be started again."
            raise AttemptOver(erased) from exc

    def _opened(self, exam: Exam, attempt: Attempt, consent: Mapping[str, Any]) -> tuple[Session, bool]:
        try:
            return self._open(exam, attempt, consent), False
        except SessionExists:
            # Another call was a moment quicker.
            return self.sessions.load(exam.tenant_id, attempt.session_id), True

    def _open(self, exam: Exam, attempt: Attempt, consent: Mapping[str, Any]) -> Session:
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

        Who comes too late has their session ended, as of when the time was up.
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
            if final:
                self._end(attempt, EndedBy.SERVICE, until=taken_until(exam, attempt))
            raise
        if final and attempt.submitted_at is not None:
            self._end(attempt, EndedBy.CALLER)
        return Submission(exam, attempt, stored)

    def _end(self, attempt: Attempt, by: EndedBy, until: float | None = None) -> None:
        try:
            self.end(attempt.tenant_id, attempt.session_id, by, until=until)
        except NotFound:
            pass  # erased: the answers count nevertheless
        except (UpstreamDown, Busy) as error:
            # What is said of the answers holds. The session is ended like others that nobody ended.
            logger.warning("attempt_not_ended", session_id=attempt.session_id, error=type(error).__name__)


@dataclass(frozen=True, slots=True)
class FindAttempt:
    """From a session to its attempt, and back."""

    exams: Exams
    attempts: Attempts
    sessions: Sessions

    def place_of(self, tenant_id: str, session_id: str, exam_id: str | None) -> Place:
        """The attempt that the session is. Raises NotFound if it is none, or none at this exam."""
        # A session stays the attempt that it is: what this process knows of it will do.
        known = self.sessions.recalled(tenant_id, session_id) or self.sessions.load(tenant_id, session_id)
        attempt = known.attempt
        if attempt is None or exam_id not in {None, attempt.exam_id}:
            raise NotFound(NO_EXAM)
        return tenant_id, attempt.exam_id, attempt.candidate_id

    def session_of(self, place: Place) -> str:
        """The id of the session in which the exam is taken. Raises NotFound, AttemptNotStarted."""
        try:
            attempt = self.attempts.load(*place)
        except NotFound as exc:
            raise NotFound(NO_EXAM) from exc
        if attempt.started_at is None:
            raise AttemptNotStarted("The exam was not started; start it first.")
        return attempt.session_id
