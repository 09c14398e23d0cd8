"""What every counter of requests promises: the one in memory and the one in DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.requests import Requests as DynamoRequests
from chalicelib.flows.ports import Requests
from tests.contract.cloud import OneAtATime
from tests.fakes import FakeRequests

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

NOW = 1_800_000_000.0
THREADS = 16


@pytest.fixture(params=["in memory", "in DynamoDB"])
def requests(request: pytest.FixtureRequest) -> Requests:
    if request.param == "in memory":
        return FakeRequests()
    cloud: Cloud = request.getfixturevalue("cloud")
    return DynamoRequests(cast("Any", OneAtATime(cloud.client("dynamodb"))), cloud.settings.ledger_table)


def test_requests_of_a_minute_add_up(requests: Requests, tenant: str) -> None:
    counted = [requests.add(tenant, *each) for each in ((3, NOW), (2, NOW + 59.9), (0, NOW))]

    assert counted == [3, 5, 5]


def test_each_minute_and_each_tenant_is_counted_alone(requests: Requests, tenant: str) -> None:
    asked = ((tenant, 3, NOW), (tenant, 2, NOW + 60), (f"rival-{tenant}", 1, NOW))

    assert [requests.add(*each) for each in asked] == [3, 2, 1]


def test_of_requests_that_are_counted_at_once_none_is_lost(requests: Requests, tenant: str) -> None:
    start = Barrier(THREADS)

    def add(_: int) -> int | None:
        start.wait()
        return requests.add(tenant, 2, NOW)

    with ThreadPoolExecutor(THREADS) as pool:
        counted = list(pool.map(add, range(THREADS)))

    assert sorted(counted, key=lambda each: each or 0) == list(range(2, 2 * THREADS + 1, 2))


def test_a_counter_expires_an_hour_later(cloud: "Cloud", tenant: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.ledger_table
    DynamoRequests(client, table).add(tenant, 1, NOW)

    pk = {"pk": {"S": f"requests#{tenant}#{int(NOW // 60)}"}}
    assert client.get_item(TableName=table, Key=pk)["Item"]["expires_at"] == {"N": str(int(NOW) + 3600)}
