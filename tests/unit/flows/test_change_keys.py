"""Creating, renaming, rotating and revoking keys."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from chalicelib.domain.credentials import EVERYTHING, ApiKey, Scope, StoredKey
from chalicelib.domain.errors import BadInput, Busy, Conflict, Forbidden, NotFound, Unauthorized
from chalicelib.domain.model import Ticket
from chalicelib.flows.change_key import ChangeKey
from chalicelib.flows.check_key import CheckKey
from chalicelib.flows.create_key import MOST_LIVE, CreateKey
from chalicelib.flows.read_keys import ReadKeys
from chalicelib.flows.rotate_key import RotateKey
from tests.fakes import FakeClock, FakeKeys
from tests.observations import STARTED_AT

ACME = "acme"
DAY_S = 86_400
READ = frozenset({Scope.SESSIONS_READ})
SOME = READ | {Scope.KEYS}
TICKET = Ticket("order-66", "a" * 64)


@dataclass
class Desk:
    """Where keys are made."""

    keys: FakeKeys = field(default_factory=FakeKeys)
    clock: FakeClock = field(default_factory=FakeClock)
    draw: Callable[[str], str] = field(default_factory=lambda: random.Random(1).choice)

    def create(
        self,
        *,
        name: str = "Payroll",
        scopes: frozenset[Scope] | None = None,
        expires_at: float | None = None,
        may: frozenset[Scope] = EVERYTHING,
        ticket: Ticket | None = None,
        tenant_id: str = ACME,
    ) -> tuple[ApiKey, StoredKey]:
        flow = CreateKey(self.keys, self.clock, self.draw, "dev")
        return flow(tenant_id, name=name, scopes=scopes, expires_at=expires_at, may=may, ticket=ticket)

    def rotate(
        self, key_id: str, *, grace_s: int = 0, may: frozenset[Scope] = EVERYTHING, tenant_id: str = ACME
    ) -> tuple[ApiKey, StoredKey]:
        return RotateKey(self.keys, self.clock, self.draw, "dev")(tenant_id, key_id, grace_s=grace_s, may=may)

    def opens(self, *made: ApiKey) -> list[bool]:
        """Which keys are good now."""
        check = CheckKey(self.keys, "dev", 0.0, self.clock)
        return [_opens(check, key) for key in made]

    @property
    def live(self) -> int:
        return self.keys.live(ACME, self.clock())


def _opens(check: CheckKey, key: ApiKey) -> bool:
    try:
        check(key.text)
    except Unauthorized:
        return False
    return True


def test_a_key_is_made_and_only_its_hash_is_kept() -> None:
    desk = Desk()

    key, stored = desk.create(scopes=SOME, expires_at=STARTED_AT + 60)

    assert stored == StoredKey(
        key.key_id,
        ACME,
        key.hash,
        scopes=SOME,
        name="Payroll",
        expires_at=STARTED_AT + 60,
        created_at=STARTED_AT,
    )
    assert ReadKeys(desk.keys).one(ACME, key.key_id) == stored
    assert desk.opens(key) == [True]
    assert key.text not in repr(desk.keys)


def test_a_key_may_do_what_its_maker_may_if_nothing_is_said_and_never_more() -> None:
    desk = Desk()

    assert [desk.create(may=may)[1].scopes for may in (EVERYTHING, SOME)] == [EVERYTHING, SOME]
    with pytest.raises(Forbidden, match=r"exams:read, people:read\.") as refused:
        desk.create(scopes=READ | {Scope.EXAMS_READ, Scope.PEOPLE_READ}, may=SOME)
    assert "sessions:read" not in str(refused.value)


@pytest.mark.parametrize("expires_at", [STARTED_AT, STARTED_AT - 1, 0.0])
def test_a_key_that_would_be_over_already_is_refused(expires_at: float) -> None:
    with pytest.raises(BadInput, match="future"):
        Desk().create(expires_at=expires_at)


def test_a_retried_request_makes_no_second_key_and_is_told_which_one_it_made() -> None:
    desk = Desk()
    key, _ = desk.create(ticket=TICKET)

    with pytest.raises(Conflict, match=f"pk_dev_{key.key_id} before") as refused:
        desk.create(ticket=TICKET)

    assert key.text not in str(refused.value)
    assert desk.live == 1
    with pytest.raises(Conflict, match="another request"):
        desk.create(name="Other", ticket=Ticket(TICKET.key, "b" * 64))
    assert desk.create(ticket=TICKET, tenant_id="rival")[1].tenant_id == "rival"


class Raced(FakeKeys):
    """The same request is a moment quicker."""

    def add(self, key: StoredKey) -> bool:
        super().add(key)
        return super().add(StoredKey(key.key_id, key.tenant_id, "other", fingerprint=key.fingerprint))


def test_a_request_that_lost_the_race_against_itself_is_told_the_same() -> None:
    with pytest.raises(Conflict, match="This request made the key pk_dev_"):
        Desk(Raced()).create(ticket=TICKET)


def test_a_tenant_has_at_most_a_hundred_keys_that_live() -> None:
    desk = Desk()
    made = [desk.create()[0] for _ in range(MOST_LIVE)]

    with pytest.raises(Conflict, match="100 keys"):
        desk.create()
    with pytest.raises(Conflict, match="100 keys"):
        desk.rotate(made[0].key_id, grace_s=1)
    rotated, _ = desk.rotate(made[0].key_id)
    ChangeKey(desk.keys).revoke(ACME, made[1].key_id)
    desk.create(expires_at=STARTED_AT + 10)

    assert (desk.live, desk.opens(made[0], rotated)) == (MOST_LIVE, [False, True])
    desk.clock.at += 10
    desk.create()
    assert desk.create(tenant_id="rival")


@pytest.mark.parametrize("grace_s", [1, DAY_S, 7 * DAY_S])
def test_a_rotated_key_goes_on_for_its_grace_beside_the_new_one(grace_s: int) -> None:
    desk = Desk()
    old, before = desk.create(scopes=SOME, expires_at=STARTED_AT + 30 * DAY_S)

    new, stored = desk.rotate(old.key_id, grace_s=grace_s)

    assert (new.key_id != old.key_id, stored.hash) == (True, new.hash)
    assert (stored.name, stored.scopes, stored.expires_at) == (before.name, SOME, before.expires_at)
    assert desk.opens(old, new) == [True, True]
    desk.clock.at += grace_s
    assert desk.opens(old, new) == [False, True]


def test_without_a_grace_the_old_key_is_over_at_once() -> None:
    desk = Desk()
    old, _ = desk.create()

    new, _ = desk.rotate(old.key_id)

    assert desk.opens(old, new) == [False, True]
    assert ReadKeys(desk.keys).one(ACME, old.key_id).revoked


@pytest.mark.parametrize("grace_s", [0, DAY_S])
def test_a_rotation_that_is_sent_again_makes_no_third_key_and_names_the_second(grace_s: int) -> None:
    desk = Desk()
    old, _ = desk.create()
    new, _ = desk.rotate(old.key_id, grace_s=grace_s)

    for again in (0, DAY_S):
        with pytest.raises(Conflict, match=f"rotated before, to pk_dev_{new.key_id}"):
            desk.rotate(old.key_id, grace_s=again)

    assert desk.live == (2 if grace_s else 1)


def test_a_secret_that_was_lost_is_replaced_while_the_server_goes_on_with_the_old_one() -> None:
    desk = Desk()
    old, _ = desk.create()
    lost, _ = desk.rotate(old.key_id, grace_s=DAY_S)

    new, _ = desk.rotate(lost.key_id)

    assert desk.opens(old, lost, new) == [True, False, True]
    with pytest.raises(Conflict, match=f"pk_dev_{old.key_id}, is in its grace"):
        desk.rotate(new.key_id, grace_s=DAY_S)
    desk.clock.at += DAY_S
    newest, _ = desk.rotate(new.key_id, grace_s=DAY_S)
    assert desk.opens(old, lost, new, newest) == [False, False, True, True]


def test_however_keys_are_rotated_a_line_has_at_most_two_that_live() -> None:
    desk, draw = Desk(), random.Random(7)
    line = [desk.create()[0]]

    for _ in range(200):
        desk.clock.at += draw.choice([0, 60, DAY_S])
        with suppress(Conflict):
            line.append(desk.rotate(draw.choice(line[-3:]).key_id, grace_s=draw.choice([0, DAY_S]))[0])
        assert 1 <= desk.live <= 2
        assert desk.opens(line[-1]) == [True]

    assert len(line) > 20


def test_a_key_that_is_over_is_not_rotated() -> None:
    desk = Desk()
    revoked, expired = desk.create()[0], desk.create(expires_at=STARTED_AT + 1)[0]
    ChangeKey(desk.keys).revoke(ACME, revoked.key_id)
    desk.clock.at += 1

    for key in (revoked, expired):
        with pytest.raises(Conflict, match="revoked or has expired"):
            desk.rotate(key.key_id)


def test_a_key_with_more_scopes_than_the_caller_is_not_rotated_by_it() -> None:
    desk = Desk()
    wide, narrow = desk.create()[0], desk.create(scopes=READ)[0]

    with pytest.raises(Forbidden, match="exams:read"):
        desk.rotate(wide.key_id, may=SOME)

    assert desk.rotate(narrow.key_id, may=SOME)[1].scopes == READ
    assert desk.opens(wide) == [True]


class Meeting(FakeKeys):
    """Something happens between the look at a key and its rotation."""

    meanwhile: Callable[[], object] | None = None
    times: int = 1

    def before_rotate(self) -> None:
        if self.meanwhile and self.times:
            self.times -= 1
            self.meanwhile()


def test_of_two_rotations_at_once_one_makes_a_key_and_the_other_is_told_which() -> None:
    keys = Meeting()
    desk = Desk(keys)
    old, _ = desk.create()
    won: list[ApiKey] = []
    keys.meanwhile = lambda: won.append(desk.rotate(old.key_id, grace_s=DAY_S)[0])

    with pytest.raises(Conflict, match="rotated before, to pk_dev_") as refused:
        desk.rotate(old.key_id, grace_s=DAY_S)

    assert won[0].key_id in str(refused.value)
    assert (desk.live, desk.opens(old, *won)) == (2, [True, True])


def test_a_rotation_that_meets_a_revocation_makes_no_key() -> None:
    keys = Meeting()
    desk = Desk(keys)
    old, _ = desk.create()
    keys.meanwhile = lambda: keys.revoke(ACME, old.key_id)

    with pytest.raises(Conflict, match="revoked"):
        desk.rotate(old.key_id, grace_s=DAY_S)

    assert desk.live == 0


class Contested(FakeKeys):
    """Somebody always changes the key at the same moment, and nothing is ever different."""

    def rotate(self, retired: StoredKey, new: StoredKey) -> bool:  # noqa: ARG002
        return False


def test_a_key_that_others_always_change_is_busy() -> None:
    desk = Desk(Contested())
    old, _ = desk.create()

    with pytest.raises(Busy, match="again"):
        desk.rotate(old.key_id)


def test_revoking_again_changes_nothing_and_the_name_can_still_change() -> None:
    desk = Desk()
    key, _ = desk.create()
    flow = ChangeKey(desk.keys)

    first, second = (flow.revoke(ACME, key.key_id) for _ in range(2))

    assert first == second
    assert flow.rename(ACME, key.key_id, "Old payroll").name == "Old payroll"
    assert desk.opens(key) == [False]


def test_another_tenants_key_is_not_found_in_the_same_words_as_an_absent_one() -> None:
    desk = Desk()
    key, stored = desk.create()
    said = set()

    for key_id in (key.key_id, "0000000000"):
        asked: list[Callable[[str], object]] = [
            lambda each: desk.rotate(each, tenant_id="rival"),
            lambda each: ChangeKey(desk.keys).revoke("rival", each),
            lambda each: ChangeKey(desk.keys).rename("rival", each, "Mine"),
            lambda each: ReadKeys(desk.keys).one("rival", each),
        ]
        for ask in asked:
            with pytest.raises(NotFound) as refused:
                ask(key_id)
            said.add(str(refused.value))

    assert said == {"There is no such key; check its id."}
    assert desk.keys.key(key.key_id) == stored
