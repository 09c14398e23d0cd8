"""Attempts at exams: one for each candidate of each exam, from the assignment to the outcome.

    assigned -> started -> submitted
             |          |
             +----------+> over     (the time is up, or the session was ended, and nothing was submitted)

All is computed from the exam as it is now: one whose close is put off gives more time to those who sit in it.
Only the policy of a session is that of its start.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.errors import (
    AttemptNotStarted,
    AttemptOver,
    AttemptStarted,
    DeadlinePassed,
    ExamNotOpen,
    ExamOver,
    Kept,
    OutdatedAnswers,
)
from chalicelib.domain.exams import NO_ACCOMMODATION, Accommodation, Exam
from chalicelib.domain.model import EndedBy
from chalicelib.domain.report import Level, Report, rfc3339


class AttemptState(StrEnum):
    """How far a candidate is."""

    ASSIGNED = "assigned"
    STARTED = "started"
    SUBMITTED = "submitted"
    OVER = "over"
    """Nothing was submitted, and no more can be begun: too late, or the session was ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the report of the session says, in a line."""

    integrity_score: float | None
    level: Level | None
    alert_count: int
    ended_at: float
    ended_by: EndedBy


@dataclass(frozen=True, slots=True)
class Attempt:
    """A candidate of an exam, and how far they are."""

    tenant_id: str
    exam_id: str
    candidate_id: str
    email: str
    name: str
    session_id: str
    """Chosen at the assignment, so that however often it is started there is one session."""
    assigned_at: float
    accommodation: Accommodation = NO_ACCOMMODATION
    started_at: float | None = None
    """When the session started."""
    revision: int = 0
    """Of the answers that are kept; 0 if there are none."""
    answered_at: float | None = None
    """When these answers came."""
    submitted_at: float | None = None
    """When answers first came that were meant to be the last."""
    outcome: Outcome | None = None
    version: int = 0
    """Counts the writes, for optimistic locking."""

    @property
    def answered_unwatched(self) -> bool:
        """Whether the answers that are kept came after the session had ended."""
        return bool(self.outcome and self.answered_at and self.answered_at > self.outcome.ended_at)


def deadline(exam: Exam, attempt: Attempt) -> float | None:
    """When the time is up; None before the start.

    Extra time comes on top of the exam's close, too: who needs it and starts late has it nevertheless.
    """
    if attempt.started_at is None:
        return None
    regular = min(attempt.started_at + exam.duration_s, exam.ends_at)
    return regular + attempt.accommodation.extra_s(exam.duration_s)


def taken_until(exam: Exam, attempt: Attempt) -> float | None:
    """Until when answers are taken: the deadline and the grace; None before the start."""
    at = deadline(exam, attempt)
    return None if at is None else at + exam.grace_s


def state(exam: Exam, attempt: Attempt, now: float) -> AttemptState:
    """How far the candidate is."""
    if attempt.submitted_at is not None:
        return AttemptState.SUBMITTED
    until = taken_until(exam, attempt)
    if attempt.outcome or now > (exam.ends_at if until is None else until):
        return AttemptState.OVER
    return AttemptState.ASSIGNED if until is None else AttemptState.STARTED


def check_start(exam: Exam, attempt: Attempt, now: float) -> None:
    """Raise ExamNotOpen, ExamOver or AttemptOver where nothing may be started, or gone on with."""
    if attempt.submitted_at is not None:
        raise AttemptOver("The answers were submitted; the exam cannot be started again.")
    if attempt.outcome:
        raise AttemptOver("The session of this attempt has ended; it cannot be started again.")
    until = taken_until(exam, attempt)
    if until is not None:
        if now > until:
            raise AttemptOver("The time for this exam is up; it cannot be started again.")
        return
    check_open(exam, now)
    if now < exam.opens_at:
        raise ExamNotOpen(f"The exam opens at {rfc3339(exam.opens_at)}; start it then.")


def check_open(exam: Exam, now: float) -> None:
    """Raise ExamOver if it has closed."""
    if now > exam.ends_at:
        raise ExamOver(f"The exam closed at {rfc3339(exam.ends_at)}.")


def begun(attempt: Attempt, at: float) -> Attempt:
    """The attempt, started; again it changes nothing."""
    return attempt if attempt.started_at is not None else replace(attempt, started_at=at)


def answered(exam: Exam, attempt: Attempt, revision: int | None, now: float, *, final: bool) -> Attempt:
    """The attempt with these answers, or as it is if it keeps newer ones.

    The last write wins. Where revisions are given, the highest does, and it may come again. A draft that
    comes late does not replace what was submitted. Raises AttemptNotStarted, DeadlinePassed, and
    OutdatedAnswers rather than to leave somebody in the belief of having submitted.
    """
    until, due = taken_until(exam, attempt), deadline(exam, attempt)
    if until is None or due is None:
        raise AttemptNotStarted("The exam was not started; start it first.")
    if now > until:
        raise _too_late(due, attempt)
    outdated = revision is not None and revision < attempt.revision
    if outdated and final and attempt.submitted_at is None:
        raise OutdatedAnswers(
            f"A draft with revision {attempt.revision} is kept; send the answers with a higher one.",
            _kept(attempt),
        )
    if outdated or (attempt.submitted_at is not None and not final):
        return attempt
    return replace(
        attempt,
        revision=attempt.revision + 1 if revision is None else revision,
        answered_at=now,
        submitted_at=now if final and attempt.submitted_at is None else attempt.submitted_at,
    )


def accommodated(attempt: Attempt, accommodation: Accommodation) -> Attempt:
    """The attempt with another accommodation. Raises AttemptOver once answers were submitted."""
    if attempt.submitted_at is not None:
        raise AttemptOver("The answers were submitted; nothing can be accommodated any more.")
    return replace(attempt, accommodation=accommodation)


def check_removable(attempt: Attempt) -> None:
    """Raise AttemptStarted for one that has begun."""
    if attempt.started_at is not None or attempt.outcome:
        raise AttemptStarted("The candidate has started the exam, so the assignment stays.")


def tied(attempt: Attempt, session_id: str, started_at: float, outcome: Outcome) -> Attempt:
    """The attempt with what became of its session; again, or of another session, it changes nothing."""
    if attempt.outcome or attempt.session_id != session_id:
        return attempt
    return replace(begun(attempt, started_at), outcome=outcome)


def outcome_of(report: Report) -> Outcome:
    """The report in a line."""
    return Outcome(
        integrity_score=report.integrity.score,
        level=report.integrity.level,
        alert_count=report.alert_count,
        ended_at=seconds(report.end_time),
        ended_by=report.ended_by,
    )


def seconds(text: str) -> float:
    """RFC 3339 as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def _too_late(due: float, attempt: Attempt) -> DeadlinePassed:
    at, kept = rfc3339(due), _kept(attempt)
    words = f"revision {kept.revision} of {kept.answered_at} is kept" if kept else "none are kept"
    return DeadlinePassed(f"The answers were due at {at}, so these are not taken; {words}.", at, kept)


def _kept(attempt: Attempt) -> Kept | None:
    if attempt.answered_at is None:
        return None
    return Kept(attempt.revision, rfc3339(attempt.answered_at), attempt.submitted_at is not None)
