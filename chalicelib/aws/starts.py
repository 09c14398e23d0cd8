"""A tenant's sessions in the order in which they started: the index `by_start` of their table."""

from collections.abc import Iterator
from typing import Any

from chalicelib.aws import items
from chalicelib.aws.dynamodb import FOREIGN_CURSOR, Item, batches, cursor, key_of, parts_of, storage
from chalicelib.aws.table import BATCH_READ, Table
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import SessionPage, SessionRow
from chalicelib.domain.report import rfc3339

_BY_START = "by_start"
# What items.row needs, without the packed state, which is most of an item.
_OF_A_ROW = {
    "ProjectionExpression": "pk, sk, started, #status, frames, alerts",
    "ExpressionAttributeNames": {"#status": "status"},  # a reserved word
}


class Starts:
    """What is asked about many sessions at once. Every method raises UpstreamDown."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        """Its sessions, newest first, with their number when the first page was read."""
        query: Any = {
            "TableName": self._table.name,
            "IndexName": _BY_START,
            "KeyConditionExpression": "tenant_id = :tenant",
            "ExpressionAttributeValues": {":tenant": {"S": tenant_id}},
        }
        start: Any = {}
        if after:
            started, session_id, total = parts_of(after, 3)
            if not total.isdecimal():
                raise BadInput(FOREIGN_CURSOR)
            key = key_of(items.pk(tenant_id, session_id), "session")
            start = {"ExclusiveStartKey": key | {"tenant_id": {"S": tenant_id}, "started": {"S": started}}}
        else:
            total = str(self._count(query))
        with storage():
            reply = self._table.client.query(**query, **start, ScanIndexForward=False, Limit=limit)
        last = reply["Items"][-1] if reply.get("LastEvaluatedKey") else None
        return SessionPage(
            items=self._rows([{"pk": item["pk"], "sk": item["sk"]} for item in reply["Items"]]),
            total=int(total),
            cursor=cursor(last["started"]["S"], last["pk"]["S"].split("#", 1)[1], total) if last else None,
        )

    def still_active(self, tenant_id: str, since: float, until: float) -> Iterator[str]:
        """The ids of the tenant's active sessions that started between these times, oldest first."""
        pages = self._table.client.get_paginator("query").paginate(
            TableName=self._table.name,
            IndexName=_BY_START,
            KeyConditionExpression="tenant_id = :tenant AND started BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":tenant": {"S": tenant_id},
                ":since": {"S": rfc3339(since)},
                ":until": {"S": rfc3339(until)},
            },
        )
        with storage():
            keys = [{"pk": item["pk"], "sk": item["sk"]} for page in pages for item in page["Items"]]
        for batch in batches(keys, BATCH_READ):
            yield from (row.session_id for row in self._rows(batch) if row.is_active)

    def _count(self, query: Any) -> int:  # noqa: ANN401 - handed on to the client as it is
        with storage():
            pages = self._table.client.get_paginator("query").paginate(**query, Select="COUNT")
            return sum(page["Count"] for page in pages)

    def _rows(self, keys: list[Item]) -> tuple[SessionRow, ...]:
        found = self._table.get_some(keys, **_OF_A_ROW)
        return tuple(items.row(item) for item in found if item)
