"""What AWS bills of requests to DynamoDB: units, by the rules of its price list and by the sizes of items.

A write unit is a started KB of the item, as it was or as it becomes, whichever is larger; in a transaction it
counts twice, and so does a condition on an item. A read unit is four started KB read consistently, half a
unit otherwise; a query adds its items up first. A change of what an index holds is a write of its own, and
two where it changes a key.
"""

import base64
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.tables import INDEXES, Index, Item, Parameters, Tables

WRITE_BYTES, READ_BYTES = 1024, 4096
_TRANSACTED = 2
_OVERHEAD_BYTES = 100
"""Of an item that is stored."""
_OF_MANY_BYTES = 3
"""What a list or a map costs beside its members, each of which costs a byte more."""


def item_bytes(item: Item) -> int:
    """The size that is billed: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(size_bytes: int) -> int:
    """Units of one write that is in no transaction; of an item that is not there, too."""
    return max(1, -(-size_bytes // WRITE_BYTES))


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Units of one read."""
    return max(1, -(-size_bytes // READ_BYTES)) * (1.0 if consistent else 0.5)


@dataclass(slots=True)
class Meter:
    """The tables, and what was used: `<table> <read|write> units`, `<table> stored bytes`, `requests`."""

    tables: Tables = field(default_factory=Tables)
    used: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def answer(self, operation: str, asked: Parameters) -> dict[str, Any]:
        """The reply to an operation, billed."""
        self.used["requests"] += 1
        if operation in ("PutItem", "UpdateItem", "DeleteItem"):
            return self._written(operation.removesuffix("Item"), asked, times=1)
        if operation == "TransactWriteItems":
            for each in asked["TransactItems"]:
                ((kind, write),) = each.items()
                self._written(kind, write, times=_TRANSACTED)
            return {}
        if operation == "BatchWriteItem":
            return self._batch_written(asked)
        reply = self.tables.answer(operation, asked)
        self._read(operation, asked, reply)
        return reply

    def _written(self, kind: str, write: Parameters, *, times: int) -> dict[str, Any]:
        table = write["TableName"]
        key = write.get("Key") or _key(write["Item"])
        before = self._found(table, key)
        reply = {} if kind == "ConditionCheck" else self.tables.answer(f"{kind}Item", write)
        after = self._found(table, key)
        was_bytes, is_bytes = (item_bytes(item) if item else 0 for item in (before, after))
        self.used[f"{_name(table)} stored bytes"] += _stored_bytes(after) - _stored_bytes(before)
        self.used[f"{_name(table)} write units"] += times * write_units(max(was_bytes, is_bytes))
        self.used[f"{_name(table)} write units"] += sum(
            _entry_writes(index, before, after) for index in INDEXES.values()
        )
        return reply

    def _batch_written(self, asked: Parameters) -> dict[str, Any]:
        for table, writes in asked["RequestItems"].items():
            for write in writes:
                ((kind, what),) = write.items()
                self._written(kind.removesuffix("Request"), {"TableName": table, **what}, times=1)
        return {"UnprocessedItems": {}}

    def _read(self, operation: str, asked: Parameters, reply: Mapping[str, Any]) -> None:
        if operation == "BatchGetItem":
            for table, wanted in asked["RequestItems"].items():
                for key in wanted["Keys"]:
                    self._count_read(wanted, table, item_bytes(self._found(table, key) or {}))
            return
        table = asked["TableName"]
        if operation == "GetItem":
            size = item_bytes(self._found(table, asked["Key"]) or {})
        else:  # whole items are read, whatever of them is wanted; an index holds their keys
            read = reply.get("Items", ())
            whole = (
                read if asked.get("IndexName") else [self._found(table, _key(each)) or each for each in read]
            )
            size = sum(map(item_bytes, whole))
        self._count_read(asked, table, size)

    def _count_read(self, asked: Parameters, table: str, size_bytes: int) -> None:
        consistent = asked.get("ConsistentRead", False)
        self.used[f"{_name(table)} read units"] += read_units(size_bytes, consistent=consistent)

    def _found(self, table: str, key: Item) -> Item | None:
        found: Item | None = self.tables.answer("GetItem", {"TableName": table, "Key": key}).get("Item")
        return found


def _name(table: str) -> str:
    """`sessions` of proctoring-dev-sessions."""
    return table.rsplit("-", 1)[-1]


def _stored_bytes(item: Item | None) -> int:
    """What storing it is billed as."""
    return item_bytes(item) + _OVERHEAD_BYTES if item else 0


def _key(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk") if name in item}


def _entry_writes(index: Index, before: Item | None, after: Item | None) -> int:
    """Writes of an index: one that changes a key takes the entry out and puts it in at its new place."""
    was, becomes = index.entry(before), index.entry(after)
    if was == becomes:
        return 0
    moves = was and becomes and any(was[key] != becomes[key] for key in index.keys)
    return 2 if moves else 1


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    sizes: Mapping[str, Callable[[Any], int]] = {
        "S": lambda text: len(text.encode()),
        "B": lambda raw: len(raw if isinstance(raw, bytes) else base64.b64decode(raw)),
        "N": _number_bytes,
        "L": lambda members: _OF_MANY_BYTES + sum(1 + _value_bytes(each) for each in members),
        "M": lambda members: _OF_MANY_BYTES + item_bytes(members) + len(members),
    }
    return sizes[kind](held) if kind in sizes else 1  # true, false, null


def _number_bytes(number: str) -> int:
    """A byte for two digits, one for the exponent, one for a sign."""
    digits = number.lstrip("-").replace(".", "").strip("0")
    return -(-len(digits) // 2) + 1 + number.startswith("-")
