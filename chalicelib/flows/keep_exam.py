"""Create, change, close and read exams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.errors import BadInput, StaleExam
from chalicelib.domain.exams import Exam, check_exam, wrong_with_accommodation
from chalicelib.domain.model import Page, Ticket
from chalicelib.flows.change_attempt import own
from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Attempts, Clock, Exams
from chalicelib.flows.tickets import check_ticket

_PAGE = 100

Fields = Mapping[str, Any]
"""Some of an exam's fields."""


@dataclass(frozen=True, slots=True)
class CreateExam:
    """A new exam; with a ticket, the same request again answers the exam that the first one made."""

    exams: Exams
    clock: Clock
    new_id: Callable[[], str]
    session_s: float

    def __call__(self, tenant_id: str, fields: Fields, questions: str, ticket: Ticket | None) -> Exam:
        """The exam with these fields. Raises BadInput, or Conflict for a ticket of another request."""
        exam = Exam(tenant_id=tenant_id, exam_id=self.new_id(), created_at=round(self.clock(), 3), **fields)
        check_exam(exam, session_s=self.session_s)
        if ticket and (made := self._made_with(tenant_id, ticket)):
            return made
        try:
            self.exams.create(exam, questions, ticket)
        except StaleExam:
            # The same request may have won the race a moment ago.
            if ticket and (made := self._made_with(tenant_id, ticket)):
                return made
            raise
        return exam

    def _made_with(self, tenant_id: str, ticket: Ticket) -> Exam | None:
        known = self.exams.ticket(tenant_id, ticket.key)
        if known is None:
            return None
        check_ticket(ticket, known[0].fingerprint)
        return self.exams.load(tenant_id, known[1])


@dataclass(frozen=True, slots=True)
class ChangeExam:
    """What is changed holds for those who sit in the exam, too; for the policy of sessions it is too late."""

    exams: Exams
    attempts: Attempts
    clock: Clock
    session_s: float

    def __call__(self, tenant_id: str, exam_id: str, fields: Fields, questions: str | None = None) -> Exam:
        """The exam with these fields. Raises NotFound, BadInput, StaleExam."""
        return self._changed(tenant_id, exam_id, lambda exam: self._checked(exam, fields), questions)

    def close(self, tenant_id: str, exam_id: str) -> Exam:
        """The exam, closed now if it was not. Raises NotFound, StaleExam."""
        now = round(self.clock(), 3)
        return self._changed(
            tenant_id,
            exam_id,
            lambda exam: exam if exam.closed_at is not None else replace(exam, closed_at=now),
        )

    def _checked(self, exam: Exam, fields: Fields) -> Exam:
        after = replace(exam, **fields)
        check_exam(after, session_s=self.session_s)
        if after.duration_s > exam.duration_s or after.policy != exam.policy:
            self._check_accommodations(after)
        return after

    def _check_accommodations(self, exam: Exam) -> None:
        """Raise BadInput if the exam no longer fits what was promised to a candidate."""
        for attempt in every(self.attempts, exam.tenant_id, exam.exam_id):
            wrong = wrong_with_accommodation(exam, attempt.accommodation, session_s=self.session_s)
            for name, why in wrong:
                where = "policy" if name == "policy" else "duration_s"
                raise BadInput(f"{where}: with a candidate's accommodation, {name} {why}.")

    def _changed(
        self, tenant_id: str, exam_id: str, step: Callable[[Exam], Exam], questions: str | None = None
    ) -> Exam:
        def once() -> Exam:
            exam = self.exams.load(tenant_id, exam_id)
            after = step(exam)
            return exam if after == exam and questions is None else self.exams.save(after, questions)

        return settled(once)


@dataclass(frozen=True, slots=True)
class ReadExams:
    """What exams there are."""

    exams: Exams
    attempts: Attempts

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Exam]:
        """The tenant's exams, newest first. Raises BadInput."""
        return self.exams.page(tenant_id, limit, after)

    def one(self, tenant_id: str, exam_id: str) -> Exam:
        """An exam. Raises NotFound."""
        return self.exams.load(tenant_id, exam_id)

    def questions(self, exam: Exam) -> str:
        """Its questions, JSON as text."""
        return self.exams.questions(exam.tenant_id, exam.exam_id)

    def own_page(
        self, tenant_id: str, candidate_id: str, limit: int, after: str | None
    ) -> Page[tuple[Exam, Attempt]]:
        """A candidate's exams, newest first. Raises BadInput."""
        page = self.attempts.of_candidate(tenant_id, candidate_id, limit, after)
        attempts = {attempt.exam_id: attempt for attempt in page.items}
        exams = self.exams.several(tenant_id, list(attempts))
        return Page(tuple((exam, attempts[exam.exam_id]) for exam in exams), page.cursor)

    def own(self, tenant_id: str, exam_id: str, candidate_id: str) -> tuple[Exam, Attempt]:
        """A candidate's exam. Raises NotFound if it is not theirs, as if there were none."""
        return own(self.exams, self.attempts, (tenant_id, exam_id, candidate_id))


def every(attempts: Attempts, tenant_id: str, exam_id: str) -> list[Attempt]:
    """All attempts at an exam."""
    found: list[Attempt] = []
    after: str | None = None
    while True:
        page = attempts.page(tenant_id, exam_id, _PAGE, after)
        found += page.items
        if page.cursor is None:
            return found
        after = page.cursor
