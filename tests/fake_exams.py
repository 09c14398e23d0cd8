"""In-memory stand-ins for the stores of exams and attempts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.errors import BadInput, NotFound, StaleExam, UpstreamDown
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import Page, Ticket

Place = tuple[str, str, str]
"""An attempt: its tenant, its exam, its candidate."""


@dataclass
class FakeExams:
    """Exams in a dictionary."""

    stored: dict[tuple[str, str], Exam] = field(default_factory=dict)
    _questions: dict[tuple[str, str], str] = field(default_factory=dict)
    _tickets: dict[tuple[str, str], tuple[Ticket, str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def create(self, exam: Exam, questions: str, ticket: Ticket | None) -> None:
        """Store a new exam. Raises StaleExam if the ticket was used before."""
        self.before_write()
        with self._lock:
            place = (exam.tenant_id, exam.exam_id)
            if place in self.stored or (ticket and (exam.tenant_id, ticket.key) in self._tickets):
                raise StaleExam("The exam was changed at the same time.")
            self.stored[place], self._questions[place] = exam, questions
            if ticket:
                self._tickets[exam.tenant_id, ticket.key] = (ticket, exam.exam_id)

    def before_write(self) -> None:
        """What happens just before: for tests of races."""

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the exam that was made with it."""
        return self._tickets.get((tenant_id, key))

    def load(self, tenant_id: str, exam_id: str) -> Exam:
        """The exam. Raises NotFound."""
        try:
            return self.stored[tenant_id, exam_id]
        except KeyError as exc:
            raise NotFound("There is no such exam; check its id.") from exc

    def questions(self, tenant_id: str, exam_id: str) -> str:
        """The exam's questions; `null` if there are none."""
        return self._questions.get((tenant_id, exam_id), "null")

    def save(self, exam: Exam, questions: str | None = None) -> Exam:
        """Store the exam's next version, with other questions if any are given. Raises StaleExam."""
        self.before_write()
        with self._lock:
            place = (exam.tenant_id, exam.exam_id)
            stored = self.stored.get(place)
            if stored is None or stored.version != exam.version:
                raise StaleExam("The exam was changed at the same time.")
            self.stored[place] = replace(exam, version=exam.version + 1)
            if questions is not None:
                self._questions[place] = questions
            return self.stored[place]

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Exam]:
        """The tenant's exams, newest first. Raises BadInput for a foreign cursor."""
        mine = [exam for (tenant, _), exam in self.stored.items() if tenant == tenant_id]
        listed = sorted(mine, key=lambda exam: exam.exam_id, reverse=True)
        places = [exam.exam_id for exam in listed]
        chosen, cursor = _page(places, limit, after)
        return Page(tuple(self.stored[tenant_id, exam_id] for exam_id in chosen), cursor)

    def several(self, tenant_id: str, exam_ids: Sequence[str]) -> list[Exam]:
        """Up to 100 exams, those that there are, in this order."""
        found = (self.stored.get((tenant_id, exam_id)) for exam_id in exam_ids)
        return [exam for exam in found if exam]

    def remove(self, tenant_id: str, exam_id: str) -> None:
        """Delete the exam with its questions, if there is one."""
        with self._lock:
            self._questions.pop((tenant_id, exam_id), None)
            self.stored.pop((tenant_id, exam_id), None)


@dataclass
class FakeAttempts:
    """Attempts in a dictionary. `down` names candidates of whom nothing can be stored."""

    down: set[str] = field(default_factory=set)
    writes: int = 0
    stored: dict[Place, Attempt] = field(default_factory=dict)
    _answers: dict[Place, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def create(self, attempt: Attempt) -> bool:
        """Store a new attempt; False, and nothing changes, if the candidate has one at this exam."""
        self._write(attempt)
        with self._lock:
            return self.stored.setdefault(_place(attempt), attempt) is attempt

    def load(self, tenant_id: str, exam_id: str, candidate_id: str) -> Attempt:
        """The attempt. Raises NotFound."""
        try:
            return self.stored[tenant_id, exam_id, candidate_id]
        except KeyError as exc:
            raise NotFound("There is no such candidate; check the id.") from exc

    def save(self, attempt: Attempt, answers: str | None = None) -> Attempt:
        """Store the attempt's next version, with answers if any are given, or nothing. Raises StaleExam."""
        self._write(attempt)
        with self._lock:
            self._check_unchanged(attempt)
            place = _place(attempt)
            self.stored[place] = replace(attempt, version=attempt.version + 1)
            if answers is not None:
                self._answers[place] = answers
            return self.stored[place]

    def before_write(self, attempt: Attempt) -> None:
        """What happens just before: for tests of races and crashes."""

    def remove(self, attempt: Attempt) -> None:
        """Delete the attempt if it is so still. Raises StaleExam."""
        self._write(attempt)
        with self._lock:
            self._check_unchanged(attempt)
            del self.stored[_place(attempt)]

    def answers(self, tenant_id: str, exam_id: str, candidate_id: str) -> str | None:
        """The answers that are kept, JSON as text."""
        return self._answers.get((tenant_id, exam_id, candidate_id))

    def page(self, tenant_id: str, exam_id: str, limit: int, after: str | None) -> Page[Attempt]:
        """The exam's attempts, by candidate. Raises BadInput for a foreign cursor."""
        ids = sorted(whose for tenant, exam, whose in self.stored if (tenant, exam) == (tenant_id, exam_id))
        chosen, cursor = _page(ids, limit, after)
        return Page(tuple(self.stored[tenant_id, exam_id, whose] for whose in chosen), cursor)

    def of_candidate(self, tenant_id: str, candidate_id: str, limit: int, after: str | None) -> Page[Attempt]:
        """The candidate's attempts, that at the newest exam first. Raises BadInput for a foreign cursor."""
        ids = [exam for tenant, exam, whose in self.stored if (tenant, whose) == (tenant_id, candidate_id)]
        chosen, cursor = _page(sorted(ids, reverse=True), limit, after)
        return Page(tuple(self.stored[tenant_id, exam_id, candidate_id] for exam_id in chosen), cursor)

    def clear(self, tenant_id: str, exam_id: str) -> int:
        """Delete all attempts at an exam with their answers; how many attempts there were."""
        with self._lock:
            places = [
                place for place in {**self.stored, **self._answers} if place[:2] == (tenant_id, exam_id)
            ]
            for place in places:
                self._answers.pop(place, None)
            return sum(self.stored.pop(place, None) is not None for place in places)

    def _write(self, attempt: Attempt) -> None:
        self.before_write(attempt)
        if attempt.candidate_id in self.down:
            raise UpstreamDown("The service's storage did not answer; try again (ClientError).")
        self.writes += 1

    def _check_unchanged(self, attempt: Attempt) -> None:
        stored = self.stored.get(_place(attempt))
        if stored is None or stored.version != attempt.version:
            raise StaleExam("The attempt was changed at the same time.")


def _place(attempt: Attempt) -> Place:
    return attempt.tenant_id, attempt.exam_id, attempt.candidate_id


def _page(places: list[str], limit: int, after: str | None) -> tuple[list[str], str | None]:
    if after is not None and after not in places:
        raise BadInput("The cursor is not one that this list gave; start again without it.")
    start = 0 if after is None else places.index(after) + 1
    end = start + limit
    return places[start:end], places[end - 1] if end < len(places) else None
