"""Registering and confirming, and what becomes of a request that breaks off."""

from dataclasses import replace

import pytest

from chalicelib.domain.credentials import EVERYTHING
from chalicelib.domain.errors import BadCode, BadInput, PersonExists, Unauthorized, UpstreamDown
from chalicelib.domain.people import INVITATION_S, PersonRole, PersonStatus
from tests.fake_people import CODE
from tests.unit.flows.people_world import ADA, OTHER, PASSWORD, RIVAL, TENANT, World


@pytest.fixture
def world() -> World:
    return World()


def refusal(world: World, invitation: str, email: str = ADA) -> str:
    with pytest.raises(BadCode) as refused:
        world.register(invitation, email, PASSWORD)
    return str(refused.value)


def test_an_invited_person_registers_and_gets_a_code(world: World) -> None:
    person = world.register(world.invited(role=PersonRole.PROCTOR), "ADA@example.com", PASSWORD, "Ada")

    assert world.of(ADA) == person
    assert (person.status, person.name) == (PersonStatus.REGISTERED, "Ada")
    assert world.accounts.mails == [ADA]
    assert world.accounts.accounts[person.person_id].groups == {PersonRole.PROCTOR}


def test_a_wrong_an_old_a_replaced_and_anothers_invitation_are_refused_in_the_same_words(
    world: World,
) -> None:
    replaced, good = world.invited(), world.invited()
    anothers = world.invited("eve@example.com")
    said = {refusal(world, text) for text in ("", "inv_x", good[:-1], replaced, anothers)}
    said.add(refusal(world, good, email="eve@example.com"))
    world.clock.at += INVITATION_S
    said.add(refusal(world, good))

    assert len(said) == 1
    assert world.accounts.accounts == {}


def test_an_invitation_is_good_to_its_last_second(world: World) -> None:
    good = world.invited()
    world.clock.at = int(world.clock.at) + INVITATION_S - 0.001

    assert world.register(good, ADA, PASSWORD).status is PersonStatus.REGISTERED


def test_the_holder_of_a_used_invitation_is_told_and_a_stranger_is_not(world: World) -> None:
    used = world.invited()
    world.register(used, ADA, PASSWORD)

    with pytest.raises(PersonExists):
        world.register(used, ADA, OTHER)
    refusal(world, used, email="eve@example.com")
    assert world.accounts.accounts[world.of(ADA).person_id].password == PASSWORD


def test_a_weak_password_costs_no_invitation(world: World) -> None:
    good = world.invited()

    with pytest.raises(BadInput):
        world.register(good, ADA, "weak")

    assert world.register(good, ADA, PASSWORD).status is PersonStatus.REGISTERED


@pytest.mark.parametrize("broken", ["sign_up", "put_in_group", "delete"])
def test_a_request_that_broke_off_is_repaired_by_the_same_request(world: World, broken: str) -> None:
    good = world.invited()
    if broken == "delete":  # it is only called when there is an account
        world.accounts.sign_up(world.of(ADA).person_id, ADA, OTHER)
    world.accounts.breaks.append(broken)
    with pytest.raises(UpstreamDown):
        world.register(good, ADA, PASSWORD)
    assert world.of(ADA).status is PersonStatus.INVITED

    world.register(good, ADA, PASSWORD)

    world.confirm(ADA, CODE)
    assert world.log_in(ADA, PASSWORD)[0].person_id == world.of(ADA).person_id


def test_an_account_that_somebody_made_without_an_invitation_is_nobodys(world: World) -> None:
    good = world.invited(role=PersonRole.ADMIN)
    person_id = world.of(ADA).person_id
    world.accounts.sign_up(person_id, "eve@example.com", OTHER)
    world.accounts.confirm(person_id, CODE)
    with pytest.raises(Unauthorized):
        world.log_in(ADA, OTHER)

    world.register(good, ADA, PASSWORD)

    assert world.accounts.accounts[person_id].email == ADA
    assert not world.accounts.accounts[person_id].confirmed


def test_a_request_that_is_doubled_registers_once(world: World) -> None:
    good = world.invited()

    def twin() -> None:
        world.register(good, ADA, PASSWORD)

    world.people.races.append(twin)
    with pytest.raises(PersonExists):
        world.register(good, ADA, PASSWORD)

    world.confirm(ADA, CODE)
    assert world.log_in(ADA, PASSWORD)[0].status is PersonStatus.CONFIRMED


def test_who_becomes_something_else_while_registering_is_in_the_group_of_that(world: World) -> None:
    good = world.invited()

    def promote() -> None:
        world.change(
            TENANT, world.of(ADA).person_id, role=PersonRole.PROCTOR, by=None, may_hand_on=EVERYTHING
        )

    world.people.races.append(promote)
    person = world.register(good, ADA, PASSWORD)

    assert person.role is PersonRole.PROCTOR
    assert world.accounts.accounts[person.person_id].groups == {PersonRole.PROCTOR}


def test_a_code_confirms(world: World) -> None:
    assert world.confirmed().status is PersonStatus.CONFIRMED


def test_a_bad_code_a_used_one_and_anybodys_are_refused_in_the_same_words_by_one_question_each(
    world: World,
) -> None:
    world.registered()
    said = []
    for email, code in ((ADA, "000000"), ("eve@example.com", CODE)):
        world.accounts.calls.clear()
        with pytest.raises(BadCode) as refused:
            world.confirm(email, code)
        said.append((str(refused.value), list(world.accounts.calls)))
    world.confirm(ADA.upper(), CODE)
    world.accounts.calls.clear()
    with pytest.raises(BadCode) as refused:
        world.confirm(ADA, CODE)
    said.append((str(refused.value), list(world.accounts.calls)))

    assert said == [said[0]] * 3
    assert said[0][1] == ["confirm"]


def test_the_code_of_one_tenant_confirms_there_alone(world: World) -> None:
    world.registered()
    world.registered(tenant_id=RIVAL)
    world.accounts.accounts[world.of(ADA, TENANT).person_id].code = "another"

    world.confirm(ADA, CODE)

    assert world.of(ADA, TENANT).status is PersonStatus.REGISTERED
    assert world.of(ADA, RIVAL).status is PersonStatus.CONFIRMED
    with pytest.raises(BadCode):
        world.confirm(ADA, "another", RIVAL)


def test_a_confirmation_that_broke_off_is_noted_by_the_first_log_in(world: World) -> None:
    world.registered()
    world.accounts.breaks.append("confirm")
    with pytest.raises(UpstreamDown):
        world.confirm(ADA, CODE)

    person, _ = world.log_in(ADA, PASSWORD)

    assert person == world.of(ADA)
    assert person.status is PersonStatus.CONFIRMED


def test_who_is_changed_while_confirming_is_confirmed_all_the_same(world: World) -> None:
    person = world.registered()

    def rename() -> None:
        stored = world.of(ADA)
        world.people.people[person.person_id] = replace(stored, name="Ada L.", version=stored.version + 1)

    world.people.races.append(rename)
    world.confirm(ADA, CODE)

    assert (world.of(ADA).status, world.of(ADA).name) == (PersonStatus.CONFIRMED, "Ada L.")
