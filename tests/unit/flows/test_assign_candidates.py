"""Saying who takes an exam: all or none, once, and nobody loses an invitation."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.credentials import EVERYTHING, Scope
from chalicelib.domain.errors import AttemptOver, AttemptStarted, BadInput, ExamOver, NotFound, UpstreamDown
from chalicelib.domain.exams import Accommodation, Exam
from chalicelib.domain.people import PersonRole, PersonStatus, read_invitation
from chalicelib.flows.assign_candidates import AssignCandidates, Assigned, Wanted
from chalicelib.flows.invite_person import InvitePerson
from tests.fake_exams import FakeAttempts, FakeExams
from tests.fake_people import FakePeople
from tests.fakes import FakeClock, Inline
from tests.observations import STARTED_AT
from tests.unit.flows.world import SESSION_S, TENANT

NOON = STARTED_AT
EXAM = Exam(TENANT, "e-1", "Algebra", NOON, NOON + 7200, 3600, NOON - 60)
EASED = Accommodation(600, note="by letter")


def _ids() -> Iterator[str]:
    return (f"{number:032x}" for number in count(1))


@dataclass
class Office:
    exams: FakeExams = field(default_factory=FakeExams)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)
    people: FakePeople = field(default_factory=FakePeople)
    clock: FakeClock = field(default_factory=FakeClock)
    person_ids: Iterator[str] = field(default_factory=_ids)
    session_ids: Iterator[str] = field(default_factory=_ids)

    def __post_init__(self) -> None:
        self.exams.create(EXAM, "null", None)

    @property
    def invite(self) -> InvitePerson:
        return InvitePerson(self.people, self.clock, lambda: next(self.person_ids), random.Random(1).choice)

    @property
    def flow(self) -> AssignCandidates:
        return AssignCandidates(
            self.exams,
            self.attempts,
            self.people,
            self.invite,
            self.clock,
            lambda: next(self.session_ids),
            Inline(),
            SESSION_S,
        )

    def assign(self, *wanted: Wanted) -> list[Assigned]:
        return self.flow(TENANT, "e-1", wanted)

    @property
    def state(self) -> tuple[object, object]:
        return dict(self.people.people), dict(self.attempts.stored)

    def only(self) -> Attempt:
        (attempt,) = self.attempts.stored.values()
        return attempt


def named(name: str, accommodation: Accommodation | None = None, line: int = 2, **other: str) -> Wanted:
    return Wanted(("line", line), other.get("email", f"{name}@example.org"), name, accommodation)


def test_a_candidate_who_is_not_known_is_invited_and_assigned() -> None:
    office = Office()

    (done,) = office.assign(named("ann", EASED, email=" Ann@Example.org "))

    person = next(iter(office.people.people.values()))
    invitation = read_invitation(done.invitation or "")
    assert (done.email, done.status, done.candidate_id) == ("ann@example.org", "invited", person.person_id)
    assert (person.email, person.name, person.role) == ("ann@example.org", "ann", PersonRole.CANDIDATE)
    assert invitation is not None
    assert person.holds(invitation)
    assert office.only() == Attempt(
        TENANT, "e-1", person.person_id, "ann@example.org", "ann", f"{1:032x}", NOON, EASED
    )


def test_who_is_known_is_assigned_without_another_invitation() -> None:
    office = Office()
    person, invitation = office.invite(
        TENANT, "ann@example.org", PersonRole.CANDIDATE, "Ann", may_hand_on=EVERYTHING - {Scope.KEYS}
    )

    assert office.assign(named("ann")) == [Assigned("ann@example.org", "assigned", person.person_id)]
    assert office.people.people[person.person_id].holds(invitation)


def test_the_same_import_again_changes_nothing_and_shows_no_invitation() -> None:
    office = Office()
    rows = [named("ann", EASED), named("bob", line=3)]
    first = office.assign(*rows)
    before = office.state

    again = office.assign(*rows)

    assert office.state == before
    assert [(each.candidate_id, each.status, each.invitation) for each in again] == [
        (each.candidate_id, "unchanged", None) for each in first
    ]


def test_an_email_that_comes_twice_with_the_same_words_is_one_candidate() -> None:
    office = Office()

    done = office.assign(named("ann", EASED), named("ann", EASED, line=3, email="ANN@example.org"))

    assert [each.status for each in done] == ["invited"]


@pytest.mark.parametrize(
    ("fault", "loc"),
    [
        (named("bob", line=9, email="no e-mail"), ["line", 9, "email"]),
        (named("bob", line=9, email=""), ["line", 9, "email"]),
        (named("bob", line=9, email="b@" + "x" * 260 + ".org"), ["line", 9, "email"]),
        (named("bob", Accommodation(int(SESSION_S)), 9), ["line", 9, "extra_time_s"]),
        (named("bob", Accommodation(extra_time_percent=400.0), 9), ["line", 9, "extra_time_percent"]),
        (named("ann", line=9), ["line", 9]),
        (named("pat", line=9), ["line", 9, "email"]),
        (named("cat", EASED, 9), ["line", 9]),
    ],
    ids=["no e-mail", "none", "too long", "too much time", "too many percent", "twice", "a proctor", "other"],
)
def test_one_row_at_fault_is_named_and_nobody_is_assigned(fault: Wanted, loc: list[object]) -> None:
    office = Office()
    office.invite(TENANT, "pat@example.org", PersonRole.PROCTOR, "Pat", may_hand_on=EVERYTHING - {Scope.KEYS})
    office.assign(named("cat", Accommodation(300)))
    before = office.state

    with pytest.raises(BadInput) as refused:
        office.assign(named("ann", EASED), fault)

    assert [each["loc"] for each in refused.value.errors] == [loc]
    assert "@" not in str(refused.value) + str(refused.value.errors)
    assert office.state == before


def test_who_says_nothing_of_an_accommodation_leaves_it() -> None:
    office = Office()
    office.assign(named("ann", EASED))

    assert [each.status for each in office.assign(named("ann"))] == ["unchanged"]
    assert office.only().accommodation == EASED


def test_an_invitation_is_shown_though_the_assignment_failed_and_the_next_import_goes_on() -> None:
    office = Office()
    office.attempts.down.add(f"{2:032x}")
    rows = [named("ann"), named("bob", line=3)]

    done = office.assign(*rows)
    office.attempts.down.clear()

    assert [(each.status, each.invitation is not None) for each in done] == [
        ("invited", True),
        ("failed", True),
    ]
    assert [each.status for each in office.assign(*rows)] == ["unchanged", "assigned"]


def test_where_nothing_can_be_stored_and_nobody_was_invited_the_whole_import_fails() -> None:
    office = Office()
    office.invite(
        TENANT, "ann@example.org", PersonRole.CANDIDATE, "Ann", may_hand_on=EVERYTHING - {Scope.KEYS}
    )
    office.attempts.down.add(f"{1:032x}")

    with pytest.raises(UpstreamDown):
        office.assign(named("ann"))


def test_an_exam_that_is_over_takes_nobody() -> None:
    office = Office()
    office.clock.at = NOON + 7201

    with pytest.raises(ExamOver):
        office.assign(named("ann"))
    with pytest.raises(NotFound):
        office.flow(TENANT, "e-2", [named("ann")])


def test_the_people_of_another_tenant_are_strangers() -> None:
    office = Office()
    office.invite("rival", "ann@example.org", PersonRole.ADMIN, "Ann", may_hand_on=EVERYTHING)

    (done,) = office.assign(named("ann"))

    assert done.status == "invited"
    assert office.people.people[done.candidate_id or ""].status is PersonStatus.INVITED


def test_an_accommodation_is_changed_until_answers_are_submitted() -> None:
    office = Office()
    office.assign(named("ann"))
    place = (TENANT, "e-1", office.only().candidate_id)

    exam, attempt = office.flow.accommodate(*place, EASED)

    assert (exam, attempt, attempt.accommodation) == (EXAM, office.only(), EASED)
    with pytest.raises(BadInput):
        office.flow.accommodate(*place, Accommodation(policy={"alerts_off": ["no_such"]}))
    with pytest.raises(NotFound):
        office.flow.accommodate(TENANT, "e-1", "nobody", EASED)
    office.attempts.save(replace(office.only(), submitted_at=NOON))
    with pytest.raises(AttemptOver):
        office.flow.accommodate(*place, Accommodation(900))


def test_an_assignment_is_taken_back_until_the_start() -> None:
    office = Office()
    first, second = office.assign(named("ann"), named("bob", line=3))
    assert first.candidate_id
    assert second.candidate_id
    started = office.attempts.load(TENANT, "e-1", second.candidate_id)
    office.attempts.save(replace(started, started_at=NOON))

    office.flow.unassign(TENANT, "e-1", first.candidate_id)

    with pytest.raises(NotFound):
        office.flow.unassign(TENANT, "e-1", first.candidate_id)
    with pytest.raises(AttemptStarted):
        office.flow.unassign(TENANT, "e-1", second.candidate_id)
    assert office.flow.page(TENANT, "e-1", 9, None)[1].items == (office.only(),)


def test_an_assignment_is_not_taken_back_while_the_candidate_starts() -> None:
    class Racing(FakeAttempts):
        raced: bool = True

        def before_write(self, attempt: Attempt) -> None:
            if not self.raced:
                self.raced = True
                self.save(replace(attempt, started_at=NOON))

    office = Office(attempts=(racing := Racing()))
    (done,) = office.assign(named("ann"))
    racing.raced = False

    with pytest.raises(AttemptStarted):
        office.flow.unassign(TENANT, "e-1", done.candidate_id or "")


def test_who_was_unassigned_and_comes_again_has_a_session_of_their_own() -> None:
    office = Office()
    office.assign(named("ann"))
    before = office.only()
    office.flow.unassign(TENANT, "e-1", before.candidate_id)

    office.assign(named("ann"))

    assert office.only().session_id != before.session_id
