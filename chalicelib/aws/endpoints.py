"""Where tenants want to be told, in DynamoDB: pk = <tenant>#webhooks, sk = endpoint#<endpoint>.

The secrets are among it, for signing needs them as they are: the table is encrypted, and no log tells them.
Of an endpoint that was taken away an item without a secret is left, for as long as its deliveries are.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.deliveries import partition
from chalicelib.aws.dynamodb import Item, delete_all, key_of, storage
from chalicelib.aws.table import Table
from chalicelib.domain.deliveries import KEPT_S
from chalicelib.domain.webhooks import CALLBACKS, Endpoint

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PREFIX = "endpoint#"


class Endpoints:
    """Every method raises UpstreamDown."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = Table(client, table)
        self._clock = clock

    def load(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        """The endpoint; None if there is none, or none any more."""
        item = self._table.get(_key(tenant_id, endpoint_id))
        return unpack(Endpoint, item["endpoint"]["B"]) if item and "endpoint" in item else None

    def all(self, tenant_id: str) -> list[Endpoint]:
        """The tenant's endpoints, `CALLBACKS` among them if it was made."""
        items = self._table.query(_partition(tenant_id), _PREFIX)
        return [unpack(Endpoint, item["endpoint"]["B"]) for item in items if "endpoint" in item]

    def save(self, endpoint: Endpoint) -> Endpoint:
        """Store the endpoint's next version; version 0 is new. Raises Busy if another was stored since."""
        saved = replace(endpoint, version=endpoint.version + 1)
        item = _key(endpoint.tenant_id, endpoint.endpoint_id) | {"endpoint": {"B": pack(saved)}}
        self._table.put_version(item, endpoint.version)
        return saved

    def remove(self, endpoint: Endpoint) -> None:
        """Take the endpoint away. Raises Busy if it was changed since it was read."""
        left = {"expires_at": {"N": str(math.ceil(self._clock() + KEPT_S))}}
        self._table.put_version(_key(endpoint.tenant_id, endpoint.endpoint_id) | left, endpoint.version)

    def forget(self, tenant_id: str) -> int:
        """Delete everything of the tenant, deliveries included; how many items there were."""
        with storage():
            return delete_all(self._table.client, self._table.name, self._keys(tenant_id))

    def _keys(self, tenant_id: str) -> Iterator[Item]:
        endpoints = list(self._table.query(_partition(tenant_id), "", only="pk, sk"))
        told = {endpoint["sk"]["S"].removeprefix(_PREFIX) for endpoint in endpoints}
        for endpoint_id in told | {CALLBACKS}:  # which is told before anybody asks for its secret
            yield from self._table.query(partition(tenant_id, endpoint_id), "", only="pk, sk")
        yield from endpoints  # last: they say where the others are


def _partition(tenant_id: str) -> str:
    return f"{tenant_id}#webhooks"


def _key(tenant_id: str, endpoint_id: str) -> Item:
    return key_of(_partition(tenant_id), _PREFIX + endpoint_id)
