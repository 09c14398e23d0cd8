"""What every store of tenants promises: the one in memory and the one in DynamoDB."""

from typing import TYPE_CHECKING

import pytest

from chalicelib.aws.tenants import Tenants as DynamoTenants
from chalicelib.domain.credentials import StoredKey
from chalicelib.flows.ports import Tenants
from tests.fakes import FakeTenants

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

NOW = "2027-01-15T08:00:00.000Z"


@pytest.fixture(params=["in memory", "in DynamoDB"])
def tenants(request: pytest.FixtureRequest) -> Tenants:
    if request.param == "in memory":
        return FakeTenants()
    cloud: Cloud = request.getfixturevalue("cloud")
    return DynamoTenants(cloud.client("dynamodb"), cloud.settings.tenants_table)


@pytest.mark.parametrize("revoked", [False, True])
def test_a_key_is_read_as_it_was_stored(*, tenants: Tenants, tenant: str, revoked: bool) -> None:
    key = StoredKey(tenant[:10], tenant, "a" * 64, revoked=revoked)

    tenants.create(tenant, "Acme Hiring ✓", NOW)
    tenants.add_key(key, NOW)

    assert tenants.key(key.key_id) == key


def test_a_key_that_was_never_stored_is_none(tenants: Tenants, tenant: str) -> None:
    tenants.create(tenant, "Acme Hiring", NOW)

    assert tenants.key(tenant) is None


def test_a_tenant_may_have_several_keys(tenants: Tenants, tenant: str) -> None:
    keys = [StoredKey(f"{tenant[:9]}{number}", tenant, str(number) * 64) for number in range(3)]

    for key in keys:
        tenants.add_key(key, NOW)

    assert [tenants.key(key.key_id) for key in keys] == keys


def test_all_tenants_are_listed_once_and_no_keys(tenants: Tenants, tenant: str) -> None:
    ids = [f"{tenant}{number:04d}" for number in range(3)]
    for tenant_id in ids:
        tenants.create(tenant_id, "Acme Hiring", NOW)
        tenants.add_key(StoredKey(tenant_id, tenant_id, "a" * 64), NOW)

    assert sorted(each for each in tenants.ids() if each.startswith(tenant)) == ids
