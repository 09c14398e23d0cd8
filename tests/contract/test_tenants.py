"""What every store of tenants promises: the one in memory and the one in DynamoDB."""

from typing import TYPE_CHECKING

import pytest

from chalicelib.aws.tenants import Tenants as DynamoTenants
from chalicelib.domain.errors import NotFound
from chalicelib.domain.tenants import Limits, Tenant
from chalicelib.flows.ports import Tenants
from tests.fakes import FakeTenants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cloud import Cloud

NOW = "2027-01-15T08:00:00.000Z"
LIMITS = Limits(requests_per_minute=600, sessions_per_day=1_000, usd_per_hour=2.5)


@pytest.fixture(params=["in memory", "in DynamoDB"])
def tenants(request: pytest.FixtureRequest) -> Tenants:
    if request.param == "in memory":
        return FakeTenants()
    cloud: Cloud = request.getfixturevalue("cloud")
    return DynamoTenants(cloud.client("dynamodb"), cloud.settings.tenants_table)


@pytest.mark.parametrize("limits", [Limits(), LIMITS])
def test_a_tenant_is_read_as_it_was_stored(tenants: Tenants, tenant: str, limits: Limits) -> None:
    tenants.create(tenant, "Acme Hiring ✓", NOW, limits)

    assert tenants.tenant(tenant) == Tenant(tenant, "Acme Hiring ✓", NOW, limits)


def test_a_tenant_that_was_never_stored_is_not_found_whatever_is_asked_of_it(
    tenants: Tenants, tenant: str
) -> None:
    asked: list[Callable[[], Tenant]] = [
        lambda: tenants.tenant(tenant),
        lambda: tenants.change(tenant, name="Acme"),
        lambda: tenants.change(tenant),
        lambda: tenants.limit(tenant, LIMITS),
    ]
    for ask in asked:
        with pytest.raises(NotFound, match="no such tenant"):
            ask()
    assert tenant not in set(tenants.ids())


def test_what_is_not_given_stays_and_a_policy_takes_the_place_of_the_one_before(
    tenants: Tenants, tenant: str
) -> None:
    tenants.create(tenant, "Acme", NOW, LIMITS)

    first = tenants.change(tenant, policy={"yaw_deg": 40.0, "emotions": False, "alerts_off": ("blurred",)})
    named = tenants.change(tenant, name="Acme Hiring")
    second = tenants.change(tenant, policy={"after_frames": {"blurred": 9}})

    assert first.policy == {"yaw_deg": 40.0, "emotions": False, "alerts_off": ["blurred"]}
    assert (named.name, named.policy, named.limits) == ("Acme Hiring", first.policy, LIMITS)
    assert (second.name, second.policy) == ("Acme Hiring", {"after_frames": {"blurred": 9}})
    assert tenants.tenant(tenant) == second
    assert tenants.change(tenant, policy={}).policy == {}


def test_limits_are_set_and_taken_away_without_anything_else(tenants: Tenants, tenant: str) -> None:
    tenants.create(tenant, "Acme", NOW)
    tenants.change(tenant, policy={"text": False})

    assert tenants.limit(tenant, LIMITS) == Tenant(tenant, "Acme", NOW, LIMITS, {"text": False})
    assert tenants.limit(tenant, Limits()) == Tenant(tenant, "Acme", NOW, Limits(), {"text": False})


def test_all_tenants_are_listed_once(tenants: Tenants, tenant: str) -> None:
    ids = [f"{tenant}{number:04d}" for number in range(3)]
    for tenant_id in ids:
        tenants.create(tenant_id, "Acme Hiring", NOW)

    assert sorted(each for each in tenants.ids() if each.startswith(tenant)) == ids


def test_a_tenant_that_was_made_before_there_were_limits_has_none(cloud: "Cloud", tenant: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.tenants_table
    item = {"pk": {"S": f"tenant#{tenant}"}, "name": {"S": "Acme"}, "created_at": {"S": NOW}}
    client.put_item(TableName=table, Item=item)

    assert DynamoTenants(client, table).tenant(tenant) == Tenant(tenant, "Acme", NOW)


def test_a_removed_tenant_is_not_found_and_another_stays(tenants: Tenants, tenant: str) -> None:
    gone, stays = tenant, tenant[::-1]
    for each in (gone, stays):
        tenants.create(each, "Acme", NOW)

    for _ in range(2):
        tenants.remove(gone)

    with pytest.raises(NotFound):
        tenants.limit(gone, LIMITS)
    assert tenants.tenant(stays).name == "Acme"
    assert {gone, stays} & set(tenants.ids()) == {stays}
