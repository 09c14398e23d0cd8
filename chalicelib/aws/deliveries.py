"""Messages to endpoints, in DynamoDB: pk = <tenant>#<endpoint>#deliveries, sk = <message id>, by time."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import Item, key_of
from chalicelib.aws.table import BATCH_READ, Table
from chalicelib.domain.deliveries import KEPT_S, Delivery
from chalicelib.domain.model import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Deliveries:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def load(self, tenant_id: str, endpoint_id: str, message_id: str) -> Delivery | None:
        """The delivery; None if there is none, or none any more."""
        item = self._table.get(_key(tenant_id, endpoint_id, message_id))
        return _delivery(item) if item else None

    def several(self, deliveries: Sequence[Delivery]) -> list[Delivery | None]:
        """Those that are stored of the same messages to the same endpoints, in this order."""
        found: list[Delivery | None] = []
        for start in range(0, len(deliveries), BATCH_READ):
            some = deliveries[start : start + BATCH_READ]
            keys = [_key(each.tenant_id, each.endpoint_id, each.message_id) for each in some]
            found += [_delivery(item) if item else None for item in self._table.get_some(keys)]
        return found

    def save(self, delivery: Delivery) -> Delivery:
        """Store the delivery's next version; version 0 is new. Raises Busy if another was stored since."""
        saved = replace(delivery, version=delivery.version + 1)
        item = _key(delivery.tenant_id, delivery.endpoint_id, delivery.message_id) | {
            "delivery": {"B": pack(saved)},
            "expires_at": {"N": str(math.ceil(delivery.created_at + KEPT_S))},
        }
        self._table.put_version(item, delivery.version)
        return saved

    def page(self, tenant_id: str, endpoint_id: str, limit: int, after: str | None) -> Page[Delivery]:
        """The endpoint's deliveries, the newest first. Raises BadInput for a foreign cursor."""
        page = self._table.page(partition(tenant_id, endpoint_id), "", limit, after, newest_first=True)
        return Page(tuple(map(_delivery, page.items)), page.cursor)


def partition(tenant_id: str, endpoint_id: str) -> str:
    """The key of all messages to an endpoint."""
    return f"{tenant_id}#{endpoint_id}#deliveries"


def _key(tenant_id: str, endpoint_id: str, message_id: str) -> Item:
    return key_of(partition(tenant_id, endpoint_id), message_id)


def _delivery(item: Item) -> Delivery:
    return unpack(Delivery, item["delivery"]["B"])
