"""What every store of people promises: the one in memory and the one in DynamoDB."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.aws.people import People as DynamoPeople
from chalicelib.domain.errors import BadInput, Busy
from chalicelib.domain.people import Person, PersonRole, PersonStatus
from chalicelib.flows.ports import People
from tests.fake_people import FakePeople

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud


@pytest.fixture(params=["in memory", "in DynamoDB"])
def people(request: pytest.FixtureRequest) -> People:
    if request.param == "in memory":
        return FakePeople()
    cloud: Cloud = request.getfixturevalue("cloud")
    return DynamoPeople(cloud.client("dynamodb"), cloud.settings.tenants_table)


def somebody(tenant: str, number: int = 1, **changes: object) -> Person:
    person = Person(
        person_id=f"{number:012x}{tenant[:20]}",
        tenant_id=tenant,
        email=f"{number}.{tenant}@example.com",
        role=PersonRole.CANDIDATE,
        created_at=1_800_000_000 + number,
        name="Ada ✓",
        invitation_hash="a" * 64,
        invitation_expires_at=1_900_000_000,
    )
    return replace(person, **changes)  # type: ignore[arg-type]


def test_a_person_is_read_as_they_were_stored(people: People, tenant: str) -> None:
    person = somebody(tenant, role=PersonRole.PROCTOR, subject="sub", tokens_from=7)

    people.add(person)

    assert people.person(person.person_id) == person
    assert people.with_email(person.email) == {tenant: person.person_id}


def test_who_was_never_stored_is_nobody(people: People, tenant: str) -> None:
    assert people.person(tenant) is None
    assert people.with_email(f"{tenant}@example.com") == {}


def test_one_e_mail_may_belong_to_several_tenants(people: People, tenant: str) -> None:
    tenants = [tenant, f"{tenant}-2", f"{tenant}-3"]
    for number, each in enumerate(tenants):
        people.add(replace(somebody(tenant, number), tenant_id=each, email=f"{tenant}@example.com"))

    found = people.with_email(f"{tenant}@example.com")

    assert found == {each: somebody(tenant, number).person_id for number, each in enumerate(tenants)}


def test_a_tenant_has_an_e_mail_once(people: People, tenant: str) -> None:
    first, second = somebody(tenant, 1), somebody(tenant, 2, email=somebody(tenant, 1).email)
    people.add(first)

    with pytest.raises(Busy):
        people.add(second)

    assert people.person(second.person_id) is None
    assert people.with_email(first.email) == {tenant: first.person_id}


def test_a_change_counts_once(people: People, tenant: str) -> None:
    person = somebody(tenant)
    people.add(person)

    saved = people.save(replace(person, status=PersonStatus.REGISTERED))

    assert people.person(person.person_id) == saved
    assert saved == replace(person, status=PersonStatus.REGISTERED, version=person.version + 1)
    with pytest.raises(Busy):
        people.save(replace(person, name="Somebody else"))
    assert people.person(person.person_id) == saved


def test_who_is_removed_is_gone_with_the_e_mail_and_others_with_it_stay(people: People, tenant: str) -> None:
    mine = somebody(tenant)
    theirs = replace(somebody(tenant, 2), tenant_id=f"{tenant}-2", email=mine.email)
    people.add(mine)
    people.add(theirs)

    people.remove(mine)

    assert people.person(mine.person_id) is None
    assert people.with_email(mine.email) == {f"{tenant}-2": theirs.person_id}
    people.remove(theirs)
    assert people.with_email(mine.email) == {}


def test_who_was_changed_meanwhile_is_not_removed(people: People, tenant: str) -> None:
    person = somebody(tenant)
    people.add(person)
    people.save(replace(person, name="Ada Lovelace"))

    with pytest.raises(Busy):
        people.remove(person)

    assert people.with_email(person.email) == {tenant: person.person_id}


def test_a_removed_person_cannot_be_saved(people: People, tenant: str) -> None:
    person = somebody(tenant)
    people.add(person)
    people.remove(person)

    with pytest.raises(Busy):
        people.save(person)

    assert people.person(person.person_id) is None


@pytest.mark.parametrize("role", [None, PersonRole.PROCTOR])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_show_everybody_of_the_tenant_once_the_newest_first(
    people: People, tenant: str, limit: int, role: PersonRole | None
) -> None:
    roles = [PersonRole.CANDIDATE, PersonRole.PROCTOR, PersonRole.CANDIDATE, PersonRole.PROCTOR]
    everybody = [somebody(tenant, number, role=each) for number, each in enumerate(roles)]
    for person in everybody:
        people.add(person)
    people.add(replace(somebody(tenant, 9), tenant_id=f"{tenant}-2"))
    wanted = [each for each in reversed(everybody) if role in (None, each.role)]

    page = people.page(tenant, limit, None, role)
    seen = list(page.items)
    while page.cursor:
        assert len(page.items) <= limit
        page = people.page(tenant, limit, page.cursor, role)
        seen += page.items

    assert seen == wanted


def test_a_foreign_cursor_is_refused(people: People, tenant: str) -> None:
    with pytest.raises(BadInput):
        people.page(tenant, 10, "Ada", None)
