"""Tenants and their API keys in DynamoDB: pk = tenant#<tenant id> | key#<key id>."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.aws.dynamodb import Item, storage
from chalicelib.domain.credentials import EVERYTHING, Scope, StoredKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TENANT = "tenant#"


class Tenants:
    """Who may call, and with which keys."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, tenant_id: str, name: str, created_at: str) -> None:
        """Store a tenant."""
        item = {"pk": {"S": _TENANT + tenant_id}, "name": {"S": name}, "created_at": {"S": created_at}}
        self._client.put_item(
            TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )

    def add_key(self, key: StoredKey, created_at: str) -> None:
        """Store a key's hash."""
        item: Item = {
            "pk": {"S": f"key#{key.key_id}"},
            "tenant_id": {"S": key.tenant_id},
            "hash": {"S": key.hash},
            "revoked": {"BOOL": key.revoked},
            "scopes": {"SS": sorted(key.scopes)},
            "created_at": {"S": created_at},
        }
        self._client.put_item(
            TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )

    def ids(self) -> Iterator[str]:
        """All tenants. Raises UpstreamDown.

        The table is read whole: it holds a few rows a tenant, and only the hourly schedule asks.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(pk, :tenant)",
            ExpressionAttributeValues={":tenant": {"S": _TENANT}},
            ProjectionExpression="pk",
        )
        with storage():
            found = [item["pk"]["S"].removeprefix(_TENANT) for page in pages for item in page["Items"]]
        yield from found

    def key(self, key_id: str) -> StoredKey | None:
        """What is stored of a key. Raises UpstreamDown."""
        with storage():
            item = self._client.get_item(TableName=self._table, Key={"pk": {"S": f"key#{key_id}"}}).get(
                "Item"
            )
        if item is None:
            return None
        return StoredKey(
            key_id,
            item["tenant_id"]["S"],
            item["hash"]["S"],
            revoked=item["revoked"]["BOOL"],
            # A key that was made before there were scopes may do everything.
            scopes=frozenset(map(Scope, item["scopes"]["SS"])) if "scopes" in item else EVERYTHING,
        )
