"""Creating, changing, closing and reading exams."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.errors import BadInput, Conflict, NotFound, StaleExam
from chalicelib.domain.exams import Accommodation, Exam
from chalicelib.domain.model import Ticket
from chalicelib.flows.keep_exam import ChangeExam, CreateExam, ReadExams
from tests.fake_exams import FakeAttempts, FakeExams
from tests.fakes import FakeClock
from tests.observations import STARTED_AT
from tests.unit.flows.world import SESSION_S, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = STARTED_AT
FIELDS: dict[str, Any] = {
    "title": "Algebra",
    "opens_at": NOON + 60,
    "closes_at": NOON + 7200,
    "duration_s": 3600,
}
TICKET = Ticket("a-1", "f" * 64)


@dataclass
class Office:
    exams: FakeExams = field(default_factory=FakeExams)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: list[str] = field(default_factory=lambda: ["e-3", "e-2", "e-1"])

    def create(self, ticket: Ticket | None = None, **other: Any) -> Exam:  # noqa: ANN401 - any field
        flow = CreateExam(self.exams, self.clock, self.ids.pop, SESSION_S)
        return flow(TENANT, {**FIELDS, **other}, '["?"]', ticket)

    @property
    def change(self) -> ChangeExam:
        return ChangeExam(self.exams, self.attempts, self.clock, SESSION_S)

    def assign(self, candidate_id: str, exam_id: str = "e-1", **other: Any) -> Attempt:  # noqa: ANN401
        attempt = Attempt(TENANT, exam_id, candidate_id, "x@example.org", "", "s", NOON, **other)
        self.attempts.create(attempt)
        return attempt


def test_an_exam_is_created_with_its_questions() -> None:
    office = Office()

    made = office.create()

    assert made == Exam(tenant_id=TENANT, exam_id="e-1", created_at=NOON, **FIELDS)
    assert office.exams.load(TENANT, "e-1") == made
    assert ReadExams(office.exams, office.attempts).questions(made) == '["?"]'


def test_an_exam_that_nobody_could_take_is_not_created() -> None:
    office = Office()

    with pytest.raises(BadInput):
        office.create(duration_s=1)
    assert office.exams.stored == {}


def test_the_same_request_again_answers_the_exam_that_the_first_made() -> None:
    office = Office()

    made = office.create(TICKET)

    assert office.create(TICKET) == made
    with pytest.raises(Conflict):
        office.create(replace(TICKET, fingerprint="0" * 64))
    assert len(office.exams.stored) == 1


def test_two_of_the_same_request_at_once_make_one_exam() -> None:
    class Racing(FakeExams):
        raced: bool = False

        def before_write(self) -> None:
            if not self.raced:
                self.raced = True
                made.append(office.create(TICKET))

    made: list[Exam] = []
    office = Office(exams=Racing())

    made.append(office.create(TICKET))

    assert made[0] == made[1]
    assert len(office.exams.stored) == 1


def test_a_change_leaves_what_it_does_not_name() -> None:
    office = Office()
    made = office.create(policy={"text": False})

    changed = office.change(TENANT, "e-1", {"title": "Geometry"})

    assert changed == replace(made, title="Geometry", version=1)
    assert office.exams.questions(TENANT, "e-1") == '["?"]'
    office.change(TENANT, "e-1", {}, "null")
    assert office.exams.questions(TENANT, "e-1") == "null"


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    office = Office()
    made = office.create()

    assert office.change(TENANT, "e-1", {"title": "Algebra"}) == made


def test_changes_at_once_are_both_kept() -> None:
    class Racing(FakeExams):
        raced: bool = True

        def before_write(self) -> None:
            if not self.raced:
                self.raced = True
                office.change(TENANT, "e-1", {"grace_s": 60})

    office = Office(exams=(racing := Racing()))
    office.create()
    racing.raced = False

    changed = office.change(TENANT, "e-1", {"title": "Geometry"})

    assert (changed.title, changed.grace_s, changed.version) == ("Geometry", 60, 2)


def test_where_others_are_always_quicker_the_caller_is_told_to_try_again() -> None:
    class Losing(FakeExams):
        def save(self, exam: Exam, questions: str | None = None) -> Exam:  # noqa: ARG002
            raise StaleExam("The exam was changed at the same time.")

    office = Office(exams=Losing())
    office.create()

    with pytest.raises(StaleExam):
        office.change(TENANT, "e-1", {"title": "Geometry"})


@pytest.mark.parametrize(
    ("accommodation", "fields", "named"),
    [
        (Accommodation(extra_time_percent=100.0), {"duration_s": 7 * 3600}, "duration_s"),
        (Accommodation(policy={"yaw_deg": 60.0}), {"duration_s": 7 * 3600}, None),
        (Accommodation(extra_time_percent=100.0), {"duration_s": 1800}, None),
    ],
)
def test_an_exam_is_not_made_longer_than_was_promised_to_a_candidate(
    accommodation: Accommodation, fields: dict[str, Any], named: str | None
) -> None:
    office = Office()
    office.create()
    for number in range(150):
        office.assign(f"c-{number:03}", accommodation=accommodation if number == 149 else Accommodation())

    if named is None:
        assert office.change(TENANT, "e-1", fields).duration_s == fields["duration_s"]
    else:
        with pytest.raises(BadInput, match=named):
            office.change(TENANT, "e-1", fields)
        assert office.exams.load(TENANT, "e-1").duration_s == 3600


def test_an_exam_closes_once() -> None:
    office = Office()
    office.create()
    office.clock.at += 100
    closed = office.change.close(TENANT, "e-1")
    office.clock.at += 100

    again = office.change.close(TENANT, "e-1")

    assert (closed.closed_at, again) == (NOON + 100, closed)


def test_exams_of_another_tenant_are_not_found() -> None:
    office = Office()
    office.create()

    calls: tuple[Callable[[], object], ...] = (
        lambda: office.change("other", "e-1", {"title": "Mine"}),
        lambda: office.change.close("other", "e-1"),
        lambda: ReadExams(office.exams, office.attempts).one("other", "e-1"),
    )
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_a_candidate_reads_their_own_exams_newest_first_and_no_others() -> None:
    office = Office()
    exams = [office.create() for _ in range(3)]
    mine = [office.assign("c-1", "e-1"), office.assign("c-1", "e-3")]
    office.assign("c-2", "e-2")
    read = ReadExams(office.exams, office.attempts)

    page = read.own_page(TENANT, "c-1", 9, None)

    assert page.items == ((exams[2], mine[1]), (exams[0], mine[0]))
    assert read.own(TENANT, "e-1", "c-1") == (exams[0], mine[0])
    with pytest.raises(NotFound) as foreign:
        read.own(TENANT, "e-2", "c-1")
    with pytest.raises(NotFound) as absent:
        read.own(TENANT, "e-9", "c-1")
    assert str(foreign.value) == str(absent.value)
