"""Logging in and out, and forgetting the password."""

import pytest

from chalicelib.domain.credentials import EVERYTHING
from chalicelib.domain.errors import (
    BadCode,
    BadInput,
    NotConfirmed,
    SeveralTenants,
    TooManyRequests,
    Unauthorized,
    UpstreamDown,
)
from chalicelib.domain.people import PersonStatus
from tests.fake_people import CODE
from tests.unit.flows.people_world import ADA, OTHER, PASSWORD, RIVAL, TENANT, World


@pytest.fixture
def world() -> World:
    return World()


def test_who_logs_in_gets_what_opens_the_service(world: World) -> None:
    world.confirmed()

    person, login = world.log_in("ADA@example.com", PASSWORD)

    assert person == world.of(ADA)
    assert person.subject == login.subject
    assert login.refresh_token


def test_nobody_a_wrong_password_an_invited_and_a_removed_one_are_refused_alike_by_one_question_each(
    world: World,
) -> None:
    world.confirmed()
    world.invited("invited@example.com")
    gone = world.confirmed("gone@example.com")
    world.remove(TENANT, gone.person_id, by=None, may_hand_on=EVERYTHING)
    said = []
    for email, password in (
        ("nobody@example.com", PASSWORD),
        (ADA, OTHER),
        ("invited@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
    ):
        world.accounts.calls.clear()
        with pytest.raises(Unauthorized) as refused:
            world.log_in(email, password)
        said.append((str(refused.value), list(world.accounts.calls)))

    assert said == [("The e-mail or the password is wrong.", ["log_in"])] * 4


def test_who_has_not_confirmed_is_told_so_and_gets_another_code(world: World) -> None:
    world.registered()

    with pytest.raises(NotConfirmed):
        world.log_in(ADA, PASSWORD)

    assert world.accounts.mails == [ADA, ADA]
    with pytest.raises(Unauthorized):
        world.log_in(ADA, OTHER)


def test_who_asks_for_too_many_codes_is_told_what_is_missing_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.registered()

    def refuse(_: str) -> bool:
        raise TooManyRequests("later", 900)

    monkeypatch.setattr(world.accounts, "resend", refuse)

    with pytest.raises(NotConfirmed):
        world.log_in(ADA, PASSWORD)


def test_who_belongs_to_several_tenants_with_one_password_chooses(world: World) -> None:
    world.confirmed()
    world.confirmed(tenant_id=RIVAL)

    with pytest.raises(SeveralTenants) as refused:
        world.log_in(ADA, PASSWORD)

    assert refused.value.members == {
        "tenants": [{"tenant_id": TENANT, "name": "Acme Hiring"}, {"tenant_id": RIVAL, "name": "Rival"}]
    }
    assert world.log_in(ADA, PASSWORD, RIVAL)[0] == world.of(ADA, RIVAL)


def test_who_belongs_to_several_tenants_with_several_passwords_is_known_by_them(world: World) -> None:
    world.confirmed()
    theirs = world.confirmed(tenant_id=RIVAL)
    world.accounts.accounts[theirs.person_id].password = OTHER

    assert world.log_in(ADA, PASSWORD)[0].tenant_id == TENANT
    assert world.log_in(ADA, OTHER)[0].tenant_id == RIVAL


def test_who_logs_in_to_a_tenant_they_do_not_belong_to_is_refused_as_anybody(world: World) -> None:
    world.confirmed()

    with pytest.raises(Unauthorized, match=r"^The e-mail or the password is wrong\.$"):
        world.log_in(ADA, PASSWORD, RIVAL)


def test_an_account_that_took_the_place_of_a_persons_own_does_not_log_in(world: World) -> None:
    person = world.confirmed()
    world.log_in(ADA, PASSWORD)
    world.accounts.delete(person.person_id)
    world.accounts.sign_up(person.person_id, "eve@example.com", OTHER)
    world.accounts.confirm(person.person_id, CODE)

    with pytest.raises(Unauthorized):
        world.log_in(ADA, OTHER)


def test_who_logs_out_is_refused_everywhere_and_may_log_in_at_once(world: World) -> None:
    world.confirmed()
    person, login = world.log_in(ADA, PASSWORD)
    token = world.holding_token(login, person)
    assert world.check_token(token) == person

    world.log_out(person.person_id)

    with pytest.raises(Unauthorized):
        world.check_token(token)
    with pytest.raises(Unauthorized):
        world.accounts.refresh(login.refresh_token or "")
    person, login = world.log_in(ADA, PASSWORD)
    assert world.waited == [pytest.approx(1.1, abs=0.01)]
    world.clock.at += 1.1
    assert world.check_token(world.holding_token(login, person)) == person


def test_a_log_out_that_broke_off_refuses_access_tokens_and_is_finished_by_another(world: World) -> None:
    world.confirmed()
    person, login = world.log_in(ADA, PASSWORD)
    token = world.holding_token(login, person)
    world.accounts.breaks.append("sign_out_everywhere")

    with pytest.raises(UpstreamDown):
        world.log_out(person.person_id)

    with pytest.raises(Unauthorized):
        world.check_token(token)
    world.log_out(person.person_id)


def test_a_removed_person_logs_out_without_harm(world: World) -> None:
    person = world.confirmed()
    world.remove(TENANT, person.person_id, by=None, may_hand_on=EVERYTHING)

    world.log_out(person.person_id)

    assert world.people.people == {}


def test_a_forgotten_password_is_reset_by_a_code_and_logs_out_everywhere(world: World) -> None:
    world.confirmed()
    person, login = world.log_in(ADA, PASSWORD)
    token = world.holding_token(login, person)
    world.forget("ADA@example.com")

    world.reset(ADA, CODE, OTHER)

    with pytest.raises(Unauthorized):
        world.check_token(token)
    with pytest.raises(Unauthorized):
        world.log_in(ADA, PASSWORD)
    assert world.log_in(ADA, OTHER)[0].person_id == person.person_id
    with pytest.raises(BadCode):
        world.reset(ADA, CODE, PASSWORD)


def test_nobody_knows_from_forgetting_who_is_known(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.confirmed()
    world.registered("new@example.com")
    asked = []
    for email in (ADA, "new@example.com", "nobody@example.com"):
        world.accounts.calls.clear()
        world.forget(email)
        asked.append(len(world.accounts.calls))

    assert asked == [1, 1, 1]

    def refuse(_: str) -> None:
        raise TooManyRequests("later", 900)

    monkeypatch.setattr(world.accounts, "start_reset", refuse)
    world.forget(ADA)
    world.forget("nobody@example.com")


def test_who_has_not_confirmed_and_forgets_the_password_gets_a_code_to_confirm_with(world: World) -> None:
    world.registered()
    world.forget(ADA)

    assert world.accounts.calls[-1] == "resend"
    world.confirm(ADA, CODE)


def test_who_confirmed_without_its_being_noted_gets_a_code_to_reset_with(world: World) -> None:
    person = world.registered()
    world.accounts.confirm(person.person_id, CODE)
    world.forget(ADA)

    world.reset(ADA, CODE, OTHER)

    assert world.log_in(ADA, OTHER)[0].status is PersonStatus.CONFIRMED


def test_a_bad_code_and_nobodys_are_refused_in_the_same_words_whatever_the_password(world: World) -> None:
    world.confirmed()
    world.forget(ADA)
    said = set()
    for email, code in ((ADA, "000000"), ("nobody@example.com", CODE)):
        with pytest.raises(BadCode) as refused:
            world.reset(email, code, OTHER)
        said.add(str(refused.value))
        with pytest.raises(BadInput, match="password"):
            world.reset(email, code, "weak")

    assert len(said) == 1
    assert world.log_in(ADA, PASSWORD)


def test_a_reset_in_one_tenant_leaves_the_other_alone(world: World) -> None:
    world.confirmed()
    world.confirmed(tenant_id=RIVAL)
    world.forget(ADA, RIVAL)

    world.reset(ADA, CODE, OTHER)

    assert world.log_in(ADA, OTHER)[0].tenant_id == RIVAL
    assert world.log_in(ADA, PASSWORD)[0].tenant_id == TENANT
