"""Say who takes an exam: assign, accommodate, take back."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.domain.attempts import Attempt, accommodated, check_open, check_removable
from chalicelib.domain.errors import BadInput, Busy, NotFound, PersonExists, UpstreamDown
from chalicelib.domain.exams import (
    NO_ACCOMMODATION,
    Accommodation,
    Exam,
    check_accommodation,
    wrong_with_accommodation,
)
from chalicelib.domain.model import Page
from chalicelib.domain.people import Person, PersonRole
from chalicelib.flows.change_attempt import changed
from chalicelib.flows.contention import settled
from chalicelib.flows.invite_person import InvitePerson
from chalicelib.flows.ports import Attempts, Clock, Exams, People

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_LONGEST = 254
_MOST_FAULTS = 20

Where = tuple[int | str, ...]
"""The place of a candidate in the request: ("candidates", 3), or ("line", 4)."""
Status = Literal["invited", "assigned", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A candidate to be assigned."""

    where: Where
    email: str
    name: str = ""
    accommodation: Accommodation | None = None
    """None: nothing is said of it."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What became of it. `failed`: the storage did not answer; the same request again goes on."""

    email: str
    status: Status
    candidate_id: str | None = None
    invitation: str | None = None
    """What a new candidate registers with: seen only here."""


@dataclass(frozen=True, slots=True)
class AssignCandidates:
    """All that are wanted, or, if one of them is at fault, none. Again it changes nothing."""

    exams: Exams
    attempts: Attempts
    people: People
    invite: InvitePerson
    clock: Clock
    new_id: Callable[[], str]
    pool: Executor
    session_s: float

    def __call__(self, tenant_id: str, exam_id: str, wanted: Sequence[Wanted]) -> list[Assigned]:
        """What became of each, without repetitions. Raises NotFound, BadInput, ExamOver, UpstreamDown."""
        exam = self.exams.load(tenant_id, exam_id)
        check_open(exam, self.clock())
        asked = [replace(each, email=each.email.strip().lower()) for each in wanted]
        _refuse(fault for each in asked for fault in self._faults(exam, each))
        once = list(_without_repetitions(asked))
        _refuse(each for each in self.pool.map(lambda each: self._clash(exam, each), once) if each)
        done = list(self.pool.map(lambda each: self._assigned(exam, each), once))
        if done and all(each.status == "failed" for each in done):
            raise UpstreamDown("The service's storage did not answer; try again.")
        return done

    def accommodate(
        self, tenant_id: str, exam_id: str, candidate_id: str, accommodation: Accommodation
    ) -> tuple[Exam, Attempt]:
        """Change what is other for a candidate. Raises NotFound, BadInput, AttemptOver."""
        exam = self.exams.load(tenant_id, exam_id)
        check_accommodation(exam, accommodation, session_s=self.session_s)
        place = (tenant_id, exam_id, candidate_id)
        attempt, _ = changed(self.attempts, place, lambda each: accommodated(each, accommodation))
        return exam, attempt

    def unassign(self, tenant_id: str, exam_id: str, candidate_id: str) -> None:
        """Take an assignment back. Raises NotFound, AttemptStarted."""
        self.exams.load(tenant_id, exam_id)
        place = (tenant_id, exam_id, candidate_id)

        def once() -> None:
            attempt = self.attempts.load(*place)
            check_removable(attempt)
            self.attempts.remove(attempt)

        settled(once)

    def page(self, tenant_id: str, exam_id: str, limit: int, after: str | None) -> tuple[Exam, Page[Attempt]]:
        """Who takes the exam. Raises NotFound, BadInput."""
        return self.exams.load(tenant_id, exam_id), self.attempts.page(tenant_id, exam_id, limit, after)

    def _faults(self, exam: Exam, each: Wanted) -> Iterator[tuple[Where, str]]:
        if len(each.email) > _LONGEST or not _EMAIL.fullmatch(each.email):
            yield (*each.where, "email"), "is no e-mail address"
        if each.accommodation:
            for name, why in wrong_with_accommodation(exam, each.accommodation, session_s=self.session_s):
                yield (*each.where, name), why

    def _clash(self, exam: Exam, each: Wanted) -> tuple[Where, str] | None:
        person = self._known(exam, each)
        if person is None:
            return None
        if person.role is not PersonRole.CANDIDATE:
            return (*each.where, "email"), "belongs to somebody of this tenant who takes no exams"
        try:
            attempt = self.attempts.load(exam.tenant_id, exam.exam_id, person.person_id)
        except NotFound:
            return None
        if each.accommodation is None or each.accommodation == attempt.accommodation:
            return None
        return each.where, "is assigned with another accommodation; change that by PUT"

    def _assigned(self, exam: Exam, each: Wanted) -> Assigned:
        candidate_id, invitation = None, None
        try:
            person = self._known(exam, each)
            if person is None:
                person, invited = self.invite(
                    exam.tenant_id, each.email, PersonRole.CANDIDATE, each.name, may_hand_on=frozenset()
                )
                invitation = invited.text
            candidate_id = person.person_id
            is_new = self.attempts.create(self._attempt(exam, each, candidate_id))
        except (UpstreamDown, Busy, PersonExists):
            # Whoever was invited must not lose the code that is shown only now.
            return Assigned(each.email, "failed", candidate_id, invitation)
        status: Status = "invited" if invitation else "assigned" if is_new else "unchanged"
        return Assigned(each.email, status, candidate_id, invitation)

    def _known(self, exam: Exam, each: Wanted) -> Person | None:
        person_id = self.people.with_email(each.email).get(exam.tenant_id)
        return self.people.person(person_id) if person_id else None

    def _attempt(self, exam: Exam, each: Wanted, candidate_id: str) -> Attempt:
        return Attempt(
            tenant_id=exam.tenant_id,
            exam_id=exam.exam_id,
            candidate_id=candidate_id,
            email=each.email,
            name=each.name,
            session_id=self.new_id(),
            assigned_at=round(self.clock(), 3),
            accommodation=each.accommodation or NO_ACCOMMODATION,
        )


def _without_repetitions(asked: Sequence[Wanted]) -> Iterator[Wanted]:
    """Each e-mail once. Raises BadInput where two rows of one say different things."""
    seen: dict[str, Wanted] = {}
    for each in asked:
        first = seen.setdefault(each.email, each)
        if first is each:
            yield each
        elif (first.name, first.accommodation) != (each.name, each.accommodation):
            place = " ".join(map(str, first.where))
            _refuse(iter([(each.where, f"says something else of the e-mail than {place}")]))


def _refuse(faults: Iterator[tuple[Where, str]]) -> None:
    found = list(faults)
    if not found:
        return
    errors: tuple[dict[str, object], ...] = tuple(
        {"loc": list(where), "msg": why} for where, why in found[:_MOST_FAULTS]
    )
    where, why = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    raise BadInput(f"Nobody was assigned. {' '.join(map(str, where))}: {why}{more}.", errors)
