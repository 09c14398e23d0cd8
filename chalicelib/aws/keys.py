"""API keys in DynamoDB, in the tenants' table: pk = key#<key id>; listed by the index by_tenant."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.aws.dynamodb import FOREIGN_CURSOR, ConditionFailedError, Item, cursor, parts_of, storage
from chalicelib.aws.table import NEW, Table, setting
from chalicelib.domain.credentials import EVERYTHING, USED_EVERY_S, Scope, StoredKey
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Page
from chalicelib.domain.report import rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = "key#"
_BY_TENANT = "by_tenant"
_TEXTS = ("replaces", "replaced_by", "fingerprint")
_TIMES = ("expires_at", "last_used_at")


class Keys:
    """What is stored of keys: hashes, never a secret."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def add(self, key: StoredKey) -> bool:
        """Store a new key; False if its id is taken. Raises UpstreamDown."""
        try:
            self._table.put(_item(key), **NEW)
        except ConditionFailedError:
            return False
        return True

    def key(self, key_id: str) -> StoredKey | None:
        """What is stored of a key. Raises UpstreamDown."""
        # Consistent: who trusts what it read counts the time from then on.
        item = self._table.get(_key(key_id))
        return None if item is None else _stored(item)

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[StoredKey]:
        """The tenant's keys, by their ids. Raises BadInput for a foreign cursor, UpstreamDown."""
        start: Any = {}
        if after is not None:
            (pk,) = parts_of(after, 1)
            if not pk.startswith(_KEY):
                raise BadInput(FOREIGN_CURSOR)
            start = {"ExclusiveStartKey": {"pk": {"S": pk}, "tenant_id": {"S": tenant_id}}}
        with storage():
            reply = self._table.client.query(**self._of(tenant_id), **start, Limit=limit)
        last = reply.get("LastEvaluatedKey")
        return Page(tuple(map(_stored, reply["Items"])), cursor(str(last["pk"]["S"])) if last else None)

    def live(self, tenant_id: str, now: float) -> int:
        """How many of the tenant's keys are good for something; the last second's may be missing."""
        query = self._of(tenant_id)
        query["ExpressionAttributeValues"] |= {":no": {"BOOL": False}, ":now": {"N": str(now)}}
        alive = "revoked = :no AND (attribute_not_exists(expires_at) OR expires_at > :now)"
        with storage():
            pages = self._table.client.get_paginator("query").paginate(
                **query, Select="COUNT", FilterExpression=alive
            )
            return sum(page["Count"] for page in pages)

    def rename(self, tenant_id: str, key_id: str, name: str) -> StoredKey | None:
        """The key with this name; None if the tenant has no such key. Raises UpstreamDown."""
        return self._set(tenant_id, key_id, "name", {"S": name})

    def revoke(self, tenant_id: str, key_id: str) -> StoredKey | None:
        """The key, useless from now on; None if the tenant has no such key. Raises UpstreamDown."""
        return self._set(tenant_id, key_id, "revoked", {"BOOL": True})

    def rotate(self, retired: StoredKey, new: StoredKey) -> bool:
        """Store the new key and what becomes of the old one, both or neither.

        False if the old one was revoked or rotated in the meantime, or somebody changes it now.
        """
        changes = {name: _item(retired)[name] for name in _changed_by_rotation(retired)}
        unchanged = "revoked = :no AND attribute_not_exists(replaced_by)"
        update = {"Key": _key(retired.key_id), **setting(changes, unchanged, no={"BOOL": False})}
        table = {"TableName": self._table.name}
        try:
            self._table.transact(
                [{"Put": {**table, "Item": _item(new), **NEW}}, {"Update": {**table, **update}}]
            )
        except ConditionFailedError:
            return False
        return True

    def used(self, key_id: str, at_s: float) -> None:
        """Write down that a key is in use, unless that was done lately. Raises UpstreamDown."""
        condition = "attribute_exists(pk) AND (attribute_not_exists(last_used_at) OR last_used_at <= :lately)"
        used, lately = {"last_used_at": {"N": str(at_s)}}, {"N": str(at_s - USED_EVERY_S)}
        with suppress(ConditionFailedError):
            self._table.update(_key(key_id), **setting(used, condition, lately=lately))

    def remove(self, key_id: str) -> None:
        """Delete a key, if there is one. Raises UpstreamDown."""
        self._table.delete(_key(key_id))

    def _of(self, tenant_id: str) -> Any:  # noqa: ANN401 - handed on to the client as it is
        return {
            "TableName": self._table.name,
            "IndexName": _BY_TENANT,
            "KeyConditionExpression": "tenant_id = :tenant AND begins_with(pk, :key)",
            "ExpressionAttributeValues": {":tenant": {"S": tenant_id}, ":key": {"S": _KEY}},
        }

    def _set(self, tenant_id: str, key_id: str, name: str, value: Any) -> StoredKey | None:  # noqa: ANN401
        change = setting({name: value}, "tenant_id = :tenant", tenant={"S": tenant_id})
        try:
            return _stored(self._table.update(_key(key_id), **change))
        except ConditionFailedError:
            return None


def _key(key_id: str) -> Item:
    return {"pk": {"S": _KEY + key_id}}


def _changed_by_rotation(retired: StoredKey) -> list[str]:
    return ["replaced_by", "revoked"] if retired.revoked else ["replaced_by", "expires_at"]


def _item(key: StoredKey) -> Item:
    item: Item = _key(key.key_id) | {
        "tenant_id": {"S": key.tenant_id},
        "hash": {"S": key.hash},
        "revoked": {"BOOL": key.revoked},
        "scopes": {"SS": sorted(key.scopes)},
        "name": {"S": key.name},
    }
    if key.created_at is not None:
        item["created_at"] = {"S": rfc3339(key.created_at)}
    item |= {name: {"S": getattr(key, name)} for name in _TEXTS if getattr(key, name) is not None}
    return item | {name: {"N": str(getattr(key, name))} for name in _TIMES if getattr(key, name) is not None}


def _stored(item: Mapping[str, Any]) -> StoredKey:
    created_at = item.get("created_at")
    return StoredKey(
        key_id=item["pk"]["S"].removeprefix(_KEY),
        tenant_id=item["tenant_id"]["S"],
        hash=item["hash"]["S"],
        revoked=item["revoked"]["BOOL"],
        # A key that was made before there were scopes may do everything; names and expiry are younger still.
        scopes=frozenset(map(Scope, item["scopes"]["SS"])) if "scopes" in item else EVERYTHING,
        name=item["name"]["S"] if "name" in item else "",
        created_at=datetime.fromisoformat(created_at["S"]).timestamp() if created_at else None,
        **_optional(item),
    )


def _optional(item: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: float(item[name]["N"]) for name in _TIMES if name in item}
    return times | {name: item[name]["S"] for name in _TEXTS if name in item}
