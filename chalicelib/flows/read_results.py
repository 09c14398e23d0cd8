"""Read what became of an exam's attempts."""

from concurrent.futures import Executor
from dataclasses import dataclass, replace

from chalicelib.domain.attempts import Attempt, outcome_of
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import Page
from chalicelib.domain.report import Report
from chalicelib.flows.ports import Attempts, Exams, Sessions


@dataclass(frozen=True, slots=True)
class Result:
    """One candidate's attempt, with what they answered and the report on the session."""

    exam: Exam
    attempt: Attempt
    answers: str | None
    """JSON as text; None if none came."""
    report: Report | None
    """None while the session is under way."""


@dataclass(frozen=True, slots=True)
class ReadResults:
    """Where a report was written and the attempt does not know it yet, the report tells."""

    exams: Exams
    attempts: Attempts
    sessions: Sessions
    pool: Executor

    def page(self, tenant_id: str, exam_id: str, limit: int, after: str | None) -> tuple[Exam, Page[Attempt]]:
        """The exam's attempts, each with its outcome if its session has ended. Raises NotFound, BadInput."""
        exam = self.exams.load(tenant_id, exam_id)
        page = self.attempts.page(tenant_id, exam_id, limit, after)
        return exam, Page(tuple(self.pool.map(self._complete, page.items)), page.cursor)

    def one(self, tenant_id: str, exam_id: str, candidate_id: str) -> Result:
        """One candidate's result. Raises NotFound."""
        exam = self.exams.load(tenant_id, exam_id)
        attempt = self.attempts.load(tenant_id, exam_id, candidate_id)
        answers = self.attempts.answers(tenant_id, exam_id, candidate_id) if attempt.revision else None
        report = self.sessions.report(tenant_id, attempt.session_id)
        return Result(exam, _with_outcome(attempt, report), answers, report)

    def _complete(self, attempt: Attempt) -> Attempt:
        if attempt.outcome or attempt.started_at is None:
            return attempt
        return _with_outcome(attempt, self.sessions.report(attempt.tenant_id, attempt.session_id))


def _with_outcome(attempt: Attempt, report: Report | None) -> Attempt:
    if attempt.outcome or report is None:
        return attempt
    return replace(attempt, outcome=outcome_of(report))
