"""The end of a tenant: nothing of it is left, whatever breaks off in between, and others keep all."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.credentials import StoredKey
from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import SessionPage
from chalicelib.domain.people import Person, PersonRole
from chalicelib.flows.contention import LATE_S
from chalicelib.flows.erase_session import EraseSession
from chalicelib.flows.remove_tenant import RemoveTenant
from tests.fake_people import Account, FakeAccounts, FakePeople
from tests.fake_sessions import FakeSessions
from tests.fakes import FakeKeys
from tests.unit.flows.world import TENANT, World

RIVAL = "rival"
TRUST_S = 30.0
WRITES = {"remove", "delete", "clear", "drop", "erase", "save", "send"}


@dataclass
class Fuse:
    """The connection breaks with the n-th write, after it was made or before."""

    left: int
    after_it: bool
    blown: bool = False

    def burn(self, *, before: bool) -> None:
        if before is self.after_it:
            return
        self.left -= 1
        if self.left == 0:
            self.blown = True
            raise UpstreamDown("The service's storage did not answer; try again.")


@dataclass(frozen=True)
class Wired:
    """A fake behind a connection that may break."""

    fake: Any
    fuse: Fuse | None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the fake has it
        method = getattr(self.fake, name)
        if self.fuse is None or name not in WRITES:
            return method

        def written(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            assert self.fuse
            self.fuse.burn(before=True)
            made = method(*args, **kwargs)
            self.fuse.burn(before=False)
            return made

        return written


@dataclass
class Faces:
    """How many faces each tenant has."""

    known: dict[str, int] = field(default_factory=lambda: {TENANT: 3, RIVAL: 2})

    def remove(self, tenant_id: str) -> int:
        return self.known.pop(tenant_id, 0)


@dataclass
class House:
    """Two tenants who have some of everything."""

    world: World = field(default_factory=World)
    keys: FakeKeys = field(default_factory=FakeKeys)
    people: FakePeople = field(default_factory=FakePeople)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    faces: Faces = field(default_factory=Faces)
    waits: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    """How long it waited, and what there was of the tenant then."""

    def __post_init__(self) -> None:
        for tenant_id in (TENANT, RIVAL):
            for number in range(2):
                self.furnish(tenant_id, number)

    def furnish(self, tenant_id: str, number: int) -> None:
        """Something of each kind."""
        name = f"{tenant_id}-{number}"
        self.add_key(tenant_id, number)
        self.people.add(Person(name, tenant_id, f"{name}@example.com", PersonRole.PROCTOR, created_at=0))
        self.accounts.accounts[name] = Account(f"{name}@example.com", "secret", subject=name)
        self.world.start(session_id=f"s-{number}", tenant_id=tenant_id)
        self.world.exams.create(exam(tenant_id, name), "[]", None)
        for candidate in ("c-1", "c-2"):
            made = attempt(tenant_id, name, candidate)
            self.world.attempts.create(made)
            self.world.attempts.save(made, "42" if candidate == "c-1" else None)

    def add_key(self, tenant_id: str, number: int) -> None:
        self.keys.add(StoredKey(f"{tenant_id}{number}", tenant_id, "hash"))

    def of(self, tenant_id: str) -> dict[str, int]:
        """How much there is of a tenant."""
        world = self.world
        return {
            "keys": len(self.keys.page(tenant_id, 1000, None).items),
            "people": len(self.people.page(tenant_id, 1000, None, None).items),
            "accounts": sum(name.startswith(f"{tenant_id}-") for name in self.accounts.accounts),
            "sessions": len(world.sessions.rows(tenant_id, 1000, None).items),
            "exams": len(world.exams.page(tenant_id, 1000, None).items),
            "attempts": sum(place[0] == tenant_id for place in world.attempts.stored),
            "answers": sum(
                world.attempts.answers(tenant_id, f"{tenant_id}-{number}", "c-1") is not None
                for number in range(2)
            ),
            "questions": sum(
                world.exams.questions(tenant_id, f"{tenant_id}-{number}") != "null" for number in range(2)
            ),
            "faces": self.faces.known.get(tenant_id, 0),
            "tenants": list(world.tenants.ids()).count(tenant_id),
        }

    def remove(self, tenant_id: str = TENANT, fuse: Fuse | None = None) -> dict[str, int]:
        def wired(fake: Any) -> Any:  # noqa: ANN401 - any port
            return Wired(fake, fuse)

        world, sessions = self.world, wired(self.world.sessions)
        flow = RemoveTenant(
            wired(world.tenants),
            wired(self.keys),
            wired(self.people),
            wired(self.accounts),
            sessions,
            EraseSession(sessions, wired(world.evidence), wired(world.jobs), world.clock),
            wired(world.exams),
            wired(world.attempts),
            {"face records": wired(self.faces).remove},
            TRUST_S,
            self.wait,
        )
        return flow(tenant_id)

    def wait(self, seconds: float) -> None:
        self.waits.append((seconds, self.of(TENANT)))


def exam(tenant_id: str, exam_id: str) -> Exam:
    return Exam(
        tenant_id=tenant_id,
        exam_id=exam_id,
        title="Algebra",
        opens_at=0.0,
        closes_at=7200.0,
        duration_s=3600,
        created_at=0.0,
    )


def attempt(tenant_id: str, exam_id: str, candidate_id: str) -> Attempt:
    return Attempt(
        tenant_id=tenant_id,
        exam_id=exam_id,
        candidate_id=candidate_id,
        email=f"{candidate_id}@example.com",
        name="",
        session_id=f"s-{candidate_id}",
        assigned_at=0.0,
    )


SOME = {"keys": 2, "people": 2, "accounts": 2, "sessions": 2, "exams": 2, "attempts": 4, "answers": 2}
ALL = {**SOME, "questions": 2, "faces": 3, "tenants": 1}
NOTHING = dict.fromkeys(ALL, 0)


def test_nothing_is_left_of_the_tenant_and_another_keeps_all() -> None:
    house = House()
    assert (house.of(TENANT), house.of(RIVAL)) == (ALL, {**ALL, "faces": 2})

    removed = house.remove()

    assert removed == {"keys": 2, "people": 2, "sessions": 2, "exams": 2, "attempts": 4, "face records": 3}
    assert (house.of(TENANT), house.of(RIVAL)) == (NOTHING, {**ALL, "faces": 2})


def test_while_somebody_may_be_believed_still_nothing_else_is_touched() -> None:
    house = House()

    house.remove()

    shut_out = {**ALL, "keys": 0, "people": 0, "accounts": 0}
    assert house.waits[0] == (TRUST_S, shut_out)


class Underway(House):
    """A picture comes to the faces after they were forgotten."""

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        if self.of(TENANT)["faces"] == 0:
            self.faces.known[TENANT] = 1


def test_a_face_that_was_on_its_way_is_forgotten_a_while_later() -> None:
    house = Underway()

    removed = house.remove()

    assert house.waits[-1] == (LATE_S, {**NOTHING, "tenants": 1})
    assert LATE_S > TRUST_S
    assert (removed["face records"], house.of(TENANT)) == (4, NOTHING)


class Latecomer(House):
    """Somebody is believed still, and makes a key with it."""

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        if len(self.waits) == 1:
            self.add_key(TENANT, 7)


def test_who_was_believed_for_too_long_comes_to_nothing() -> None:
    house = Latecomer()

    removed = house.remove()

    assert (removed["keys"], house.of(TENANT)) == (3, NOTHING)
    assert [(seconds, left["sessions"]) for seconds, left in house.waits[:2]] == [(TRUST_S, 2)] * 2


@pytest.mark.parametrize("after_it", [False, True], ids=["unwritten", "written"])
def test_whatever_it_dies_of_the_next_call_finishes_it(*, after_it: bool) -> None:
    died = 0
    for number in count(1):
        house, fuse = House(), Fuse(number, after_it)
        try:
            house.remove(fuse=fuse)
        except UpstreamDown:
            died += 1
            if house.of(TENANT)["tenants"]:
                house.remove()
        assert (house.of(TENANT), house.of(RIVAL)) == (NOTHING, {**ALL, "faces": 2})
        if not fuse.blown:
            break

    assert died == number - 1 >= 20


def test_all_of_many_is_removed() -> None:
    house = House()
    for number in range(2, 230):
        house.furnish(TENANT, number)

    removed = house.remove()

    several = dict.fromkeys(("keys", "people", "sessions", "exams"), 230)
    assert removed == {**several, "attempts": 460, "face records": 3}
    assert house.of(TENANT) == NOTHING


class Lagging(FakeSessions):
    """An index that shows what it showed."""

    shown: SessionPage | None = None

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        shown, self.shown = self.shown, None
        return shown or super().rows(tenant_id, limit, after)


def test_a_session_that_is_listed_still_and_gone_is_no_error() -> None:
    house = House()
    house.world.sessions = lagging = Lagging()
    for tenant_id in (TENANT, RIVAL):
        for number in range(2):
            house.world.start(session_id=f"s-{number}", tenant_id=tenant_id)
    lagging.shown = lagging.rows(TENANT, 10, None)
    lagging.erase(TENANT, "s-0")

    assert (house.remove()["sessions"], house.of(RIVAL)["sessions"]) == (1, 2)


def test_nobody_is_removed_where_there_is_no_such_tenant() -> None:
    house = House()

    with pytest.raises(NotFound, match="no such tenant"):
        house.remove("nobody")

    assert (house.waits, house.of(TENANT)) == ([], ALL)
