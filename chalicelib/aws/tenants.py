"""Tenants in DynamoDB: pk = tenant#<tenant id>. Their keys are beside them: `chalicelib.aws.keys`."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.aws.dynamodb import ConditionFailedError, Item, storage
from chalicelib.aws.table import NEW, Table, setting
from chalicelib.domain.errors import NotFound
from chalicelib.domain.policy import Overrides
from chalicelib.domain.tenants import NO_LIMITS, Limits, Tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TENANT = "tenant#"
_NO_TENANT = "There is no such tenant; check its id."


class Tenants:
    """Who the tenants are, and what holds for each."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def create(self, tenant_id: str, name: str, created_at: str, limits: Limits = NO_LIMITS) -> None:
        """Store a tenant. What AWS says is left as it is: it is the operator who reads it."""
        item = _key(tenant_id) | {"name": {"S": name}, "created_at": {"S": created_at}} | _numbers(limits)
        self._table.client.put_item(TableName=self._table.name, Item=item, **NEW)

    def ids(self) -> Iterator[str]:
        """All tenants. Raises UpstreamDown.

        The table is read whole, people and keys along with it; only the hourly schedule asks.
        """
        pages = self._table.client.get_paginator("scan").paginate(
            TableName=self._table.name,
            FilterExpression="begins_with(pk, :tenant)",
            ExpressionAttributeValues={":tenant": {"S": _TENANT}},
            ProjectionExpression="pk",
        )
        with storage():
            found = [item["pk"]["S"].removeprefix(_TENANT) for page in pages for item in page["Items"]]
        yield from found

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant. Raises NotFound, UpstreamDown."""
        item = self._table.get(_key(tenant_id))
        if item is None:
            raise NotFound(_NO_TENANT)
        return _tenant(item)

    def change(self, tenant_id: str, *, name: str | None = None, policy: Overrides | None = None) -> Tenant:
        """The tenant with what is given: a policy takes the place of the one before. Raises NotFound."""
        given: Item = {}
        if name is not None:
            given["name"] = {"S": name}
        if policy is not None:
            given["policy"] = {"S": json.dumps(policy)}
        return self._set(tenant_id, given) if given else self.tenant(tenant_id)

    def limit(self, tenant_id: str, limits: Limits) -> Tenant:
        """The tenant with these limits. Raises NotFound."""
        return self._set(tenant_id, _numbers(limits))

    def remove(self, tenant_id: str) -> None:
        """Delete the tenant, if there is one. Raises UpstreamDown."""
        self._table.delete(_key(tenant_id))

    def _set(self, tenant_id: str, given: Item) -> Tenant:
        try:
            item = self._table.update(_key(tenant_id), **setting(given, "attribute_exists(pk)"))
        except ConditionFailedError as exc:
            raise NotFound(_NO_TENANT) from exc
        return _tenant(item)


def _key(tenant_id: str) -> Item:
    return {"pk": {"S": _TENANT + tenant_id}}


def _numbers(limits: Limits) -> Item:
    return {
        "requests_per_minute": {"N": str(limits.requests_per_minute)},
        "sessions_per_day": {"N": str(limits.sessions_per_day)},
        "usd_per_hour": {"N": str(limits.usd_per_hour)},
    }


def _tenant(item: Any) -> Tenant:  # noqa: ANN401 - an item
    def number(name: str) -> str:
        # A tenant that was made before there were limits has none.
        return str(item.get(name, {"N": "0"})["N"])

    return Tenant(
        tenant_id=item["pk"]["S"].removeprefix(_TENANT),
        name=item["name"]["S"],
        created_at=item["created_at"]["S"],
        limits=Limits(
            requests_per_minute=int(number("requests_per_minute")),
            sessions_per_day=int(number("sessions_per_day")),
            usd_per_hour=float(number("usd_per_hour")),
        ),
        policy=json.loads(item.get("policy", {"S": "{}"})["S"]),
    )
