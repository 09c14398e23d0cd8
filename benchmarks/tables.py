"""DynamoDB in dictionaries: what the service asks of it, answered at once, with every condition taken as met.

Parameters and replies are DynamoDB's own. Values inside items are not looked at, so they may be those of the
wire or those of boto3. A query costs what it answers, as in the cloud: keys are kept sorted.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Index:
    """What an index is sorted by, and what of an item it holds beside all keys."""

    keys: tuple[str, str]
    held: tuple[str, ...] = ()

    def entry(self, item: Item | None) -> Item | None:
        """What it holds of an item; None for an item without its keys."""
        if item is None or not all(name in item for name in self.keys):
            return None
        return {name: item[name] for name in ("pk", "sk", *self.keys, *self.held) if name in item}


_FACTS = ("type", "severity", "episode")
INDEXES = {
    "by_start": Index(("tenant_id", "started")),
    "alerts_by_tenant": Index(("tenant_id", "opened"), _FACTS),
    "alerts_by_exam": Index(("of_exam", "opened"), _FACTS),
    "alerts_by_candidate": Index(("of_candidate", "opened"), ("of_exam", *_FACTS)),
}
"""By name; as infra/template.yaml has them."""
_LAST = chr(0x10FFFF)
_NO_SK = ""
_CLAUSE = re.compile(r"(SET|ADD)\s+(.*?)(?=\s+(?:SET|ADD)\s|\s*$)")
_ACTION = re.compile(r"\s*([#\w]+)(?:\s*=\s*|\s+)(:\w+)\s*")
_KEY_CONDITION = re.compile(r"\w+ = (:\w+)(?: AND begins_with\(sk, (:\w+)\))?")


class UnsupportedError(Exception):
    """The service asks what this stub does not know; the text says what."""


@dataclass(slots=True)
class _Partition:
    items: dict[str, Item] = field(default_factory=dict)
    sks: list[str] = field(default_factory=list)

    def put(self, sk: str, item: Item) -> None:
        if sk not in self.items:
            insort(self.sks, sk)
        self.items[sk] = item

    def delete(self, sk: str) -> None:
        if self.items.pop(sk, None) is not None:
            self.sks.pop(bisect_left(self.sks, sk))


@dataclass(slots=True)
class Tables:
    """Any number of tables, each with `pk` and perhaps `sk`; none needs to be made."""

    _tables: dict[str, dict[str, _Partition]] = field(default_factory=dict)
    _indexes: dict[str, dict[str, _Partition]] = field(default_factory=dict)

    def answer(self, operation: str, asked: Parameters) -> dict[str, Any]:
        """The reply to an operation, named as DynamoDB names it. Raises UnsupportedError."""
        known: dict[str, Callable[[Parameters], dict[str, Any]]] = {
            "GetItem": self._get_item,
            "BatchGetItem": self._batch_get_item,
            "PutItem": self._put_item,
            "UpdateItem": self._update_item,
            "DeleteItem": self._delete_item,
            "BatchWriteItem": self._batch_write_item,
            "TransactWriteItems": self._transact_write_items,
            "Query": self._query,
        }
        if operation not in known:
            raise UnsupportedError(f"the stub does not know {operation}")
        return known[operation](asked)

    def copy(self, table: str, source: str, target: str) -> int:
        """Give the partition `target` the items of another one; how many there are."""
        partition = self._partition(table, source)
        copied = {sk: {**item, "pk": {"S": target}} for sk, item in partition.items.items()}
        self._tables[table][target] = _Partition(copied, list(partition.sks))
        return len(copied)

    def _get_item(self, asked: Parameters) -> dict[str, Any]:
        item = self._find(asked["TableName"], asked["Key"])
        return {} if item is None else {"Item": _projected(item, asked)}

    def _batch_get_item(self, asked: Parameters) -> dict[str, Any]:
        replies = {}
        for table, wanted in asked["RequestItems"].items():
            found = [self._find(table, key) for key in wanted["Keys"]]
            replies[table] = [_projected(item, wanted) for item in found if item is not None]
        return {"Responses": replies, "UnprocessedKeys": {}}

    def _put_item(self, asked: Parameters) -> dict[str, Any]:
        self._put(asked["TableName"], asked["Item"])
        return {}

    def _update_item(self, asked: Parameters) -> dict[str, Any]:
        before = self._find(asked["TableName"], asked["Key"])
        after = updated(before or asked["Key"], asked)
        self._put(asked["TableName"], after)
        returned = asked.get("ReturnValues", "NONE")
        if returned.endswith("_NEW"):
            return {"Attributes": after}
        return {"Attributes": before or {}} if returned.endswith("_OLD") else {}

    def _delete_item(self, asked: Parameters) -> dict[str, Any]:
        item = self._find(asked["TableName"], asked["Key"])
        if item is not None:
            pk, sk = _place(item)
            self._partition(asked["TableName"], pk).delete(sk)
            self._leave_indexes(asked["TableName"], item)
        return {}

    def _batch_write_item(self, asked: Parameters) -> dict[str, Any]:
        for table, writes in asked["RequestItems"].items():
            for write in writes:
                if "PutRequest" in write:
                    self._put(table, write["PutRequest"]["Item"])
                else:
                    self._delete_item({"TableName": table, "Key": write["DeleteRequest"]["Key"]})
        return {"UnprocessedItems": {}}

    def _transact_write_items(self, asked: Parameters) -> dict[str, Any]:
        writes = {"Put": self._put_item, "Update": self._update_item, "Delete": self._delete_item}
        for each in asked["TransactItems"]:
            ((kind, write),) = each.items()
            if kind != "ConditionCheck":
                writes[kind](write)
        return {}

    def _query(self, asked: Parameters) -> dict[str, Any]:
        index: str = asked.get("IndexName", "")
        partition_key, prefix = _condition(asked)
        entries = (
            self._entries(asked["TableName"], index, partition_key)
            if index
            else self._partition(asked["TableName"], partition_key)
        )
        key_name = INDEXES[index].keys[1] if index else "sk"
        low, high = bisect_left(entries.sks, prefix), bisect_right(entries.sks, prefix + _LAST)
        forward, after = asked.get("ScanIndexForward", True), asked.get("ExclusiveStartKey")
        if after and forward:
            low = max(low, bisect_right(entries.sks, after[key_name]["S"]))
        elif after:
            high = min(high, bisect_left(entries.sks, after[key_name]["S"]))
        size = min(high - low, asked.get("Limit", high - low))
        chosen = entries.sks[low : low + size] if forward else entries.sks[high - size : high][::-1]
        items = [entries.items[sk] for sk in chosen]
        reply: dict[str, Any] = {"Count": len(items), "ScannedCount": len(items)}
        if asked.get("Select") != "COUNT":
            reply["Items"] = [_projected(item, asked) for item in items]
        if size < high - low:
            keys = INDEXES[index].keys if index else ()
            reply["LastEvaluatedKey"] = {name: items[-1][name] for name in ("pk", "sk", *keys)}
        return reply

    def _find(self, table: str, key: Item) -> Item | None:
        pk, sk = _place(key)
        return self._partition(table, pk).items.get(sk)

    def _put(self, table: str, item: Item) -> None:
        pk, sk = _place(item)
        partition = self._partition(table, pk)
        if before := partition.items.get(sk):
            self._leave_indexes(table, before)
        partition.put(sk, item)
        for name, index in INDEXES.items():
            if entry := index.entry(item):
                hashed, ranged = (entry[key]["S"] for key in index.keys)
                self._entries(table, name, hashed).put(ranged, entry)

    def _leave_indexes(self, table: str, item: Item) -> None:
        for name, index in INDEXES.items():
            if entry := index.entry(item):
                hashed, ranged = (entry[key]["S"] for key in index.keys)
                self._entries(table, name, hashed).delete(ranged)

    def _partition(self, table: str, pk: str) -> _Partition:
        return self._tables.setdefault(table, {}).setdefault(pk, _Partition())

    def _entries(self, table: str, index: str, partition_key: str) -> _Partition:
        return self._indexes.setdefault(f"{table}/{index}", {}).setdefault(partition_key, _Partition())


def updated(item: Item, asked: Parameters) -> Item:
    """The item after `SET a = :a, b = :b` or `ADD a :a`, in any order. Raises UnsupportedError."""
    after, names = dict(item), asked.get("ExpressionAttributeNames", {})
    expression = asked.get("UpdateExpression", "")
    clauses = _CLAUSE.findall(expression)
    if not clauses:
        raise UnsupportedError(f"the stub does not know the update {expression!r}")
    for kind, actions in clauses:
        for action in actions.split(","):
            match = _ACTION.fullmatch(action)
            if not match:
                raise UnsupportedError(f"the stub does not know the update {expression!r}")
            name, value = names.get(match[1], match[1]), asked["ExpressionAttributeValues"][match[2]]
            known = int(after.get(name, {"N": "0"})["N"]) if kind == "ADD" else 0
            after[name] = {"N": str(known + int(value["N"]))} if kind == "ADD" else value
    return after


def _condition(asked: Parameters) -> tuple[str, str]:
    """The partition's key, and what sort keys begin with."""
    match = _KEY_CONDITION.fullmatch(asked["KeyConditionExpression"])
    if not match:
        raise UnsupportedError(f"the stub does not know the condition {asked['KeyConditionExpression']!r}")
    values = asked["ExpressionAttributeValues"]
    return values[match[1]]["S"], values[match[2]]["S"] if match[2] else ""


def _projected(item: Item, asked: Parameters) -> Item:
    wanted = asked.get("ProjectionExpression")
    if not wanted:
        return item
    aliases = asked.get("ExpressionAttributeNames", {})
    names = [aliases.get(name.strip(), name.strip()) for name in wanted.split(",")]
    return {name: item[name] for name in names if name in item}


def _place(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"] if "sk" in key else _NO_SK
