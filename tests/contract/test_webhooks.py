"""What every store of endpoints and of deliveries promises: those in memory and those in DynamoDB."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.deliveries import Deliveries as DynamoDeliveries
from chalicelib.aws.endpoints import Endpoints as DynamoEndpoints
from chalicelib.domain.deliveries import KEPT_S, Attempt, Delivery, DeliveryStatus
from chalicelib.domain.errors import BadInput, Busy
from chalicelib.domain.webhooks import CALLBACKS, Endpoint, EventType, Secret
from chalicelib.flows.webhook_ports import Deliveries, Endpoints
from tests.contract.cloud import OneAtATime
from tests.fake_webhooks import FakeDeliveries, FakeEndpoints
from tests.stack import resources

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

NOW = 1_800_000_000.0


@dataclass(frozen=True)
class Stores:
    """Both, of one table."""

    endpoints: Endpoints
    deliveries: Deliveries


@pytest.fixture(params=["in memory", "in DynamoDB"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "in memory":
        deliveries = FakeDeliveries()
        return Stores(FakeEndpoints(deliveries=deliveries), deliveries)
    cloud: Cloud = request.getfixturevalue("cloud")
    client = cast("Any", OneAtATime(cloud.client("dynamodb")))
    table = cloud.settings.webhooks_table
    return Stores(DynamoEndpoints(client, table), DynamoDeliveries(client, table))


@pytest.fixture
def endpoints(stores: Stores) -> Endpoints:
    return stores.endpoints


@pytest.fixture
def deliveries(stores: Stores) -> Deliveries:
    return stores.deliveries


def endpoint(tenant: str, endpoint_id: str = "e-1") -> Endpoint:
    return Endpoint(
        tenant,
        endpoint_id,
        "https://hooks.example/",
        NOW,
        (Secret("whsec_bmV3"), Secret("whsec_b2xk", until=NOW + 60)),
        frozenset({EventType.SESSION_ALERT, EventType.IMAGE_FAILED}),
        "for tests",
        since=NOW + 1,
        disabled="It went away.",
    )


def delivery(tenant: str, number: int = 1, endpoint_id: str = "e-1") -> Delivery:
    return Delivery(
        tenant, endpoint_id, f"msg_{number:032x}", EventType.SESSION_ALERT, '{"type": "session.alert"}', NOW
    )


def told(deliveries: Deliveries, tenant: str, endpoint_id: str, limit: int) -> list[list[str]]:
    """The message ids on each page."""
    pages, after = [], None
    while True:
        page = deliveries.page(tenant, endpoint_id, limit, after)
        pages.append([each.message_id for each in page.items])
        if (after := page.cursor) is None:
            return pages


def test_an_endpoint_is_saved_and_loaded_with_its_secrets(endpoints: Endpoints, tenant: str) -> None:
    saved = endpoints.save(endpoint(tenant))

    assert saved == replace(endpoint(tenant), version=1)
    assert endpoints.load(tenant, "e-1") == saved
    assert endpoints.load(tenant, "e-2") is None
    assert endpoints.load(f"{tenant}x", "e-1") is None


def test_of_two_that_change_an_endpoint_one_is_refused(endpoints: Endpoints, tenant: str) -> None:
    first = endpoints.save(endpoint(tenant))
    second = endpoints.save(replace(first, disabled=""))

    for stale in (first, endpoint(tenant), replace(second, version=7)):
        with pytest.raises(Busy):
            endpoints.save(stale)
    with pytest.raises(Busy):
        endpoints.remove(first)
    assert endpoints.load(tenant, "e-1") == second


def test_a_tenants_endpoints_are_its_own_callbacks_among_them(endpoints: Endpoints, tenant: str) -> None:
    made = [endpoints.save(endpoint(tenant, name)) for name in ("e-2", CALLBACKS, "e-1")]
    endpoints.save(endpoint(f"{tenant}x", "e-3"))

    assert sorted(endpoints.all(tenant), key=lambda each: each.endpoint_id) == sorted(
        made, key=lambda each: each.endpoint_id
    )
    assert endpoints.all("nobody") == []


def test_a_removed_endpoint_stays_removed_whoever_holds_it_or_makes_it_again(
    endpoints: Endpoints, tenant: str
) -> None:
    held = endpoints.save(endpoint(tenant))
    other = endpoints.save(endpoint(tenant, "e-2"))
    endpoints.remove(held)

    for stale in (held, endpoint(tenant)):
        with pytest.raises(Busy):
            endpoints.save(stale)
    with pytest.raises(Busy):
        endpoints.remove(held)
    assert (endpoints.load(tenant, "e-1"), endpoints.all(tenant)) == (None, [other])


def test_a_delivery_is_saved_and_loaded_with_its_tries(deliveries: Deliveries, tenant: str) -> None:
    tried = replace(
        delivery(tenant),
        url="https://hooks.example/callback",
        image_id="i-1",
        status=DeliveryStatus.FAILED,
        attempts=(Attempt(NOW, 500, "", 12), Attempt(NOW + 5.5, None, "timeout", 15_000)),
        tries=2,
        turn=2,
        next_at=NOW + 300.25,
        error="Its endpoint was deleted.",
        leased_until=NOW + 60,
    )

    saved = deliveries.save(tried)

    assert saved == replace(tried, version=1)
    assert deliveries.load(tenant, "e-1", tried.message_id) == saved


def test_a_message_to_another_endpoint_or_of_another_tenant_is_another_delivery(
    deliveries: Deliveries, tenant: str
) -> None:
    places = [(tenant, "e-1"), (tenant, "e-2"), (f"{tenant}x", "e-1")]
    saved = [deliveries.save(delivery(whose, endpoint_id=where)) for whose, where in places]

    assert [deliveries.load(*place, saved[0].message_id) for place in places] == saved
    assert deliveries.load(f"{tenant}x", "e-2", saved[0].message_id) is None
    assert deliveries.load(tenant, "e-1", "msg_2") is None


def test_of_two_that_work_on_a_delivery_one_is_refused(deliveries: Deliveries, tenant: str) -> None:
    first = deliveries.save(delivery(tenant))
    second = deliveries.save(replace(first, turn=1))

    for stale in (first, delivery(tenant), replace(second, version=7)):
        with pytest.raises(Busy):
            deliveries.save(stale)
    assert deliveries.load(tenant, "e-1", first.message_id) == second


def test_several_are_found_in_the_order_in_which_they_are_asked_for(
    deliveries: Deliveries, tenant: str
) -> None:
    stored = {number: deliveries.save(delivery(tenant, number)) for number in range(0, 210, 2)}
    elsewhere = deliveries.save(delivery(tenant, 1, "e-2"))

    numbers = [*reversed(range(105)), *range(105, 210), 4, 4]
    asked = [*(delivery(tenant, number) for number in numbers), delivery(tenant, 1, "e-2")]
    assert deliveries.several(asked) == [*(stored.get(number) for number in numbers), elsewhere]
    assert deliveries.several([]) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_deliveries_are_paged_from_the_newest_without_gap_or_overlap(
    deliveries: Deliveries, tenant: str, limit: int
) -> None:
    for number in (4, 1, 7, 3, 6, 2, 5):
        deliveries.save(delivery(tenant, number))
    deliveries.save(delivery(tenant, 8, "e-2"))
    deliveries.save(delivery(f"{tenant}x", 9))

    pages = told(deliveries, tenant, "e-1", limit)

    newest_first = [delivery(tenant, number).message_id for number in range(7, 0, -1)]
    assert [each for page in pages for each in page] == newest_first
    assert max(map(len, pages)) == min(limit, 7)


def test_an_endpoint_that_was_told_nothing_has_an_empty_page(deliveries: Deliveries, tenant: str) -> None:
    assert told(deliveries, tenant, "e-1", 5) == [[]]


def test_a_foreign_cursor_is_refused(deliveries: Deliveries, tenant: str) -> None:
    with pytest.raises(BadInput):
        deliveries.page(tenant, "e-1", 2, "tomorrow")


def test_everything_of_a_tenant_is_forgotten_removed_endpoints_and_deliveries_included(
    stores: Stores, tenant: str
) -> None:
    for name in ("e-1", "e-2"):
        stores.endpoints.save(endpoint(tenant, name))
    stores.endpoints.remove(replace(endpoint(tenant, "e-2"), version=1))
    for number in range(15):
        stores.deliveries.save(delivery(tenant, number))
        stores.deliveries.save(delivery(tenant, number, "e-2"))
    other = (stores.endpoints.save(endpoint(f"{tenant}x")), stores.deliveries.save(delivery(f"{tenant}x")))

    assert stores.endpoints.forget(tenant) == 32
    assert (stores.endpoints.all(tenant), told(stores.deliveries, tenant, "e-1", 5)) == ([], [[]])
    assert told(stores.deliveries, tenant, "e-2", 5) == [[]]
    assert other == (
        stores.endpoints.load(f"{tenant}x", "e-1"),
        stores.deliveries.load(f"{tenant}x", "e-1", other[1].message_id),
    )
    assert stores.endpoints.forget(tenant) == 0


def test_callbacks_are_forgotten_though_nobody_ever_asked_for_their_secret(
    stores: Stores, tenant: str
) -> None:
    stores.deliveries.save(delivery(tenant, endpoint_id=CALLBACKS))

    assert stores.endpoints.forget(tenant) == 1
    assert told(stores.deliveries, tenant, CALLBACKS, 5) == [[]]


def test_what_is_left_of_a_removed_endpoint_holds_no_secret_and_expires(cloud: "Cloud", tenant: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.webhooks_table
    endpoints = DynamoEndpoints(client, table, clock=lambda: NOW + 0.5)
    endpoints.remove(endpoints.save(endpoint(tenant)))

    key = {"pk": {"S": f"{tenant}#webhooks"}, "sk": {"S": "endpoint#e-1"}}
    assert client.get_item(TableName=table, Key=key)["Item"] == key | {
        "version": {"N": "2"},
        "expires_at": {"N": str(math.ceil(NOW + 0.5 + KEPT_S))},
    }


def test_a_delivery_expires_thirty_days_after_it_was_made_and_an_endpoint_never(
    cloud: "Cloud", tenant: str
) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.webhooks_table
    DynamoEndpoints(client, table).save(endpoint(tenant))
    made = DynamoDeliveries(client, table).save(delivery(tenant))

    place = {"pk": {"S": f"{tenant}#e-1#deliveries"}, "sk": {"S": made.message_id}}
    told = client.get_item(TableName=table, Key=place)["Item"]
    kept = client.get_item(
        TableName=table, Key={"pk": {"S": f"{tenant}#webhooks"}, "sk": {"S": "endpoint#e-1"}}
    )["Item"]
    assert (told["expires_at"], "expires_at" in kept) == ({"N": str(math.ceil(NOW + KEPT_S))}, False)
    ttl = resources()["WebhooksTable"]["Properties"]["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "expires_at", "Enabled": True}
