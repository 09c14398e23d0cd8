"""Inviting people."""

from dataclasses import replace

import pytest

from chalicelib.domain.credentials import EVERYTHING, Scope
from chalicelib.domain.errors import Busy, Forbidden, PersonExists
from chalicelib.domain.people import INVITATION_S, PersonRole, PersonStatus, read_invitation
from tests.unit.flows.people_world import ADA, RIVAL, TENANT, World


@pytest.fixture
def world() -> World:
    return World()


def test_an_invited_person_is_stored_with_the_invitation_only_as_a_hash(world: World) -> None:
    person, invitation = world.invite(
        TENANT, "Ada@Example.com", PersonRole.PROCTOR, "Ada", may_hand_on=EVERYTHING - {Scope.KEYS}
    )

    assert world.of(ADA) == person
    assert (person.email, person.role, person.name) == (ADA, PersonRole.PROCTOR, "Ada")
    assert person.status is PersonStatus.INVITED
    assert person.invitation_expires_at == int(world.clock.at) + INVITATION_S
    assert invitation.text not in repr(world.people)
    assert read_invitation(invitation.text) == invitation


def test_who_is_invited_again_is_the_same_person_with_another_invitation(world: World) -> None:
    first, old = world.invite(TENANT, ADA, PersonRole.CANDIDATE, "Ada", may_hand_on=EVERYTHING)

    second, new = world.invite(TENANT, ADA.upper(), PersonRole.PROCTOR, may_hand_on=EVERYTHING)

    assert second.person_id == first.person_id
    assert (second.role, second.name) == (PersonRole.PROCTOR, "Ada")
    assert (world.of(ADA).holds(old), world.of(ADA).holds(new)) == (False, True)


def test_who_is_registered_is_not_invited_again(world: World) -> None:
    world.registered()

    with pytest.raises(PersonExists):
        world.invited()


def test_two_tenants_may_invite_one_e_mail(world: World) -> None:
    mine, theirs = world.invited(), world.invited(tenant_id=RIVAL)

    assert world.of(ADA).person_id != world.of(ADA, RIVAL).person_id
    assert mine != theirs


def test_a_key_without_every_scope_neither_makes_an_admin_nor_takes_ones_invitation(world: World) -> None:
    with pytest.raises(Forbidden):
        world.invite(TENANT, "eve@example.com", PersonRole.ADMIN, may_hand_on=EVERYTHING - {Scope.KEYS})
    world.invited(role=PersonRole.ADMIN)
    before = world.of(ADA)
    with pytest.raises(Forbidden):
        world.invite(TENANT, ADA, PersonRole.CANDIDATE, may_hand_on=EVERYTHING - {Scope.KEYS})

    assert world.people.with_email("eve@example.com") == {}
    assert world.of(ADA) == before


def test_two_first_invitations_at_once_make_one_person(world: World) -> None:
    world.people.races.append(world.invited)

    person, invitation = world.invite(TENANT, ADA, PersonRole.PROCTOR, may_hand_on=EVERYTHING)

    assert list(world.people.people) == [person.person_id]
    assert world.of(ADA).holds(invitation)


def test_who_is_changed_by_others_all_the_time_is_busy(world: World) -> None:
    world.invited()

    def touch() -> None:
        world.people.people[world.of(ADA).person_id] = replace(
            world.of(ADA), version=world.of(ADA).version + 1
        )

    world.people.races += [touch] * 9
    with pytest.raises(Busy):
        world.invited()
