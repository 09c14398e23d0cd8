"""Tenants in DynamoDB: pk = tenant#<tenant id>. Their keys are beside them: `chalicelib.aws.keys`."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.aws.dynamodb import Item, condition_failed, storage
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
        self._client = client
        self._table = table

    def create(self, tenant_id: str, name: str, created_at: str, limits: Limits = NO_LIMITS) -> None:
        """Store a tenant."""
        item = _key(tenant_id) | {"name": {"S": name}, "created_at": {"S": created_at}} | _numbers(limits)
        self._client.put_item(
            TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )

    def ids(self) -> Iterator[str]:
        """All tenants. Raises UpstreamDown.

        The table is read whole, people and keys along with it; only the hourly schedule asks.
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

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant. Raises NotFound, UpstreamDown."""
        with storage():
            item = self._client.get_item(TableName=self._table, Key=_key(tenant_id), ConsistentRead=True).get(
                "Item"
            )
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

    def _set(self, tenant_id: str, given: Item) -> Tenant:
        with storage():
            try:
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=_key(tenant_id),
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in given),
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames={f"#{name}": name for name in given},  # `name` is reserved
                    ExpressionAttributeValues={f":{name}": value for name, value in given.items()},
                    ReturnValues="ALL_NEW",
                )
            except ClientError as exc:
                if condition_failed(exc):
                    raise NotFound(_NO_TENANT) from exc
                raise
        return _tenant(reply["Attributes"])


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
