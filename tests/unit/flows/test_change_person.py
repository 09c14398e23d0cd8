"""Changing and removing people."""

import pytest

from chalicelib.domain.credentials import EVERYTHING, Scope
from chalicelib.domain.errors import Conflict, Forbidden, NotFound, Unauthorized, UpstreamDown
from chalicelib.domain.people import Person, PersonRole
from tests.unit.flows.people_world import ADA, PASSWORD, RIVAL, TENANT, World

ADMIN, PROCTOR = PersonRole.ADMIN, PersonRole.PROCTOR


@pytest.fixture
def world() -> World:
    return World()


def change(world: World, person: Person, tenant_id: str = TENANT, **wanted: object) -> Person:
    options: dict[str, object] = {"by": None, "may_hand_on": EVERYTHING, **wanted}
    return world.change(tenant_id, person.person_id, **options)  # type: ignore[arg-type]


def remove(world: World, person: Person, tenant_id: str = TENANT, **wanted: object) -> None:
    options: dict[str, object] = {"by": None, "may_hand_on": EVERYTHING, **wanted}
    world.remove(tenant_id, person.person_id, **options)  # type: ignore[arg-type]


def test_another_role_and_name_are_stored_and_the_pools_group_says_the_role(world: World) -> None:
    person = world.confirmed()

    changed = change(world, person, role=PROCTOR, name="Ada")

    assert world.of(ADA) == changed
    assert (changed.role, changed.name) == (PROCTOR, "Ada")
    assert world.accounts.accounts[person.person_id].groups == {PROCTOR}


def test_another_role_holds_for_a_token_that_is_in_use(world: World) -> None:
    world.confirmed()
    person, login = world.log_in(ADA, PASSWORD)
    token = world.holding_token(login, person)
    world.check_token(token)

    change(world, person, role=PROCTOR)

    assert world.check_token(token).role is PROCTOR


def test_the_same_change_again_changes_nothing(world: World) -> None:
    person = change(world, world.confirmed(), role=PROCTOR)
    world.accounts.calls.clear()

    assert change(world, person, role=PROCTOR) == person
    assert change(world, person) == person
    assert world.accounts.calls == []


def test_a_change_that_broke_off_is_mended_by_the_same_request(world: World) -> None:
    person = world.confirmed()
    world.accounts.breaks.append("put_in_group")
    with pytest.raises(UpstreamDown):
        change(world, person, role=PROCTOR)

    change(world, person, role=PROCTOR)

    assert world.of(ADA).role is PROCTOR
    assert world.accounts.accounts[person.person_id].groups == {PROCTOR}


def test_who_is_invited_may_become_something_else_before_there_is_an_account(world: World) -> None:
    world.invited()

    assert change(world, world.of(ADA), role=PROCTOR).role is PROCTOR
    assert world.accounts.calls == []


def test_another_tenants_person_and_nobody_are_absent_in_the_same_words(world: World) -> None:
    theirs = world.confirmed(tenant_id=RIVAL)
    said = set()
    for act in (change, remove):
        for person in (theirs, Person("0" * 32, TENANT, ADA, PROCTOR, 1)):
            with pytest.raises(NotFound) as refused:
                act(world, person)
            said.add(str(refused.value))

    assert said == {"There is no such person; check its id."}
    assert world.of(ADA, RIVAL) == theirs


def test_a_key_without_every_scope_touches_no_admin(world: World) -> None:
    admin, other = world.confirmed(role=ADMIN), world.confirmed("eve@example.com")

    for person, wanted in ((admin, {"role": PROCTOR}), (admin, {"name": "x"}), (other, {"role": ADMIN})):
        with pytest.raises(Forbidden):
            change(world, person, may_hand_on=EVERYTHING - {Scope.KEYS}, **wanted)
    with pytest.raises(Forbidden):
        remove(world, admin, may_hand_on=EVERYTHING - {Scope.KEYS})

    assert world.of(ADA) == admin
    assert change(world, other, may_hand_on=EVERYTHING - {Scope.KEYS}, role=PROCTOR).role is PROCTOR


def test_nobody_ends_their_own_role_or_removes_themselves(world: World) -> None:
    admin = world.confirmed(role=ADMIN)

    with pytest.raises(Conflict):
        change(world, admin, role=PROCTOR, by=admin.person_id)
    with pytest.raises(Conflict):
        remove(world, admin, by=admin.person_id)

    assert change(world, admin, name="Ada", by=admin.person_id).name == "Ada"
    assert world.of(ADA).role is ADMIN


def test_a_removed_person_is_gone_everywhere(world: World) -> None:
    world.confirmed()
    person, login = world.log_in(ADA, PASSWORD)
    token = world.holding_token(login, person)
    world.check_token(token)

    remove(world, person)

    assert (world.people.people, world.accounts.accounts) == ({}, {})
    with pytest.raises(Unauthorized):
        world.check_token(token)
    with pytest.raises(NotFound):
        remove(world, person)


def test_a_removal_that_broke_off_is_finished_by_the_same_request(world: World) -> None:
    person = world.confirmed()
    world.accounts.breaks.append("delete")
    with pytest.raises(UpstreamDown):
        remove(world, person)
    assert world.of(ADA) == person

    remove(world, person)

    assert (world.people.people, world.accounts.accounts) == ({}, {})


def test_who_was_removed_may_be_invited_again_as_somebody_new(world: World) -> None:
    person = world.confirmed()
    remove(world, person)

    assert world.confirmed().person_id != person.person_id
