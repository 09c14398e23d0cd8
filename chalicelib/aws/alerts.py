"""Alerts across sessions: three indices of the sessions' table that hold alerts and nothing else.

An entry has its place by when its alert opened, and holds what filters ask for. It follows its item a moment
later: so what is listed is read from the table, and an entry that the table has left behind is passed over.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from chalicelib.aws import items
from chalicelib.aws.dynamodb import FOREIGN_CURSOR, Item, cursor, key_of, parts_of, storage
from chalicelib.aws.table import Table
from chalicelib.domain.alerts import ListedAlert, Wanted
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Page
from chalicelib.domain.report import rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_TENANT = ("alerts_by_tenant", "tenant_id")
_BY_EXAM = ("alerts_by_exam", "of_exam")
_BY_CANDIDATE = ("alerts_by_candidate", "of_candidate")
"""Each index with its partition's key."""
_PLACE = re.compile(r"[^#]+#[^#]+#[^#]+")
"""When an alert opened, its session, its id."""
_MARK = 16


class Alerts:
    """Reads up to `reads` times `at_once` entries for a page, so that a filter that fits little ends, too."""

    def __init__(self, client: "DynamoDBClient", table: str, *, at_once: int = 200, reads: int = 5) -> None:
        self._table = Table(client, table)
        self._at_once = at_once
        self._reads = reads

    def page(self, tenant_id: str, wanted: Wanted, limit: int, after: str | None = None) -> Page[ListedAlert]:
        """The tenant's alerts, newest first: up to `limit` (at most 100), or fewer though more follow.

        Raises BadInput for a cursor of another list, UpstreamDown.
        """
        place = _place_of(after, tenant_id, wanted) if after else None
        entries, place = self._entries(tenant_id, wanted, limit, place)
        kept = self._table.get_some([{"pk": each["pk"], "sk": each["sk"]} for each in entries])
        facts = items.alert_facts(tenant_id, wanted)
        alerts = [
            items.listed_alert(item)
            for entry, item in zip(entries, kept, strict=True)
            if item and item["opened"] == entry["opened"] and facts.items() <= item.items()
        ]
        return Page(tuple(alerts), _cursor(tenant_id, wanted, place) if place else None)

    def _entries(
        self, tenant_id: str, wanted: Wanted, limit: int, after: str | None
    ) -> tuple[list[Item], str | None]:
        """Entries, and the place of the last one if others may follow."""
        query, found = _query(self._table.name, tenant_id, wanted), list[Item]()
        query["Limit"] = max(limit, self._at_once) if "FilterExpression" in query else limit
        for _ in range(self._reads):
            if after:
                query["ExclusiveStartKey"] = _start_key(tenant_id, wanted, after)
            with storage():
                reply = self._table.client.query(**query)
            found += reply["Items"]
            after = reply["LastEvaluatedKey"]["opened"]["S"] if reply.get("LastEvaluatedKey") else None
            if after is None or len(found) >= limit:
                break
        if len(found) > limit:
            after = found[limit - 1]["opened"]["S"]
        return found[:limit], after


def _query(table: str, tenant_id: str, wanted: Wanted) -> Any:  # noqa: ANN401 - handed on to the client as it is
    index, key = _index(wanted)
    facts = items.alert_facts(tenant_id, wanted)
    filters = {name: fact for name, fact in facts.items() if name not in {key, "tenant_id"}}
    times = dict(_times(wanted))
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": index,
        "ScanIndexForward": False,
        "KeyConditionExpression": " AND ".join([f"{key} = :key", *_between(times)]),
        "ExpressionAttributeValues": {
            ":key": facts[key],
            **{f":{name}": at for name, at in times.items()},
            **{f":{name}": fact for name, fact in filters.items()},
        },
    }
    if filters:
        query["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in filters)
        # `type` is a reserved word.
        query["ExpressionAttributeNames"] = {f"#{name}": name for name in filters}
    return query


def _index(wanted: Wanted) -> tuple[str, str]:
    """The index with the fewest entries beside those that are wanted, and its partition's key."""
    if wanted.candidate_id is not None:
        return _BY_CANDIDATE
    return _BY_EXAM if wanted.exam_id is not None else _BY_TENANT


def _times(wanted: Wanted) -> Iterator[tuple[str, Item]]:
    for name, at in (("since", wanted.since), ("until", wanted.until)):
        if at is not None:
            yield name, {"S": rfc3339(at)}


def _between(times: Item) -> list[str]:
    # Places go on after the time: none is equal to it.
    if len(times) > 1:
        return ["opened BETWEEN :since AND :until"]
    return [f"opened {'>' if name == 'since' else '<'} :{name}" for name in times]


def _start_key(tenant_id: str, wanted: Wanted, place: str) -> Item:
    """The key of the entry after which to go on. Its partition is the query's, whatever the cursor said."""
    _, key = _index(wanted)
    _, session_id, alert_id = place.split("#")
    return {
        key: items.alert_facts(tenant_id, wanted)[key],
        "opened": {"S": place},
        **key_of(items.pk(tenant_id, session_id), items.alert_sk(alert_id)),
    }


def _cursor(tenant_id: str, wanted: Wanted, place: str) -> str:
    return cursor(_mark(tenant_id, wanted, place), place)


def _place_of(after: str, tenant_id: str, wanted: Wanted) -> str:
    mark, place = parts_of(after, 2)
    if mark != _mark(tenant_id, wanted, place) or not _PLACE.fullmatch(place):
        raise BadInput(FOREIGN_CURSOR)
    return place


def _mark(tenant_id: str, wanted: Wanted, place: str) -> str:
    """What binds a place to its list. No secret: who makes one up goes on elsewhere in the same list."""
    said = json.dumps([tenant_id, astuple(wanted), place])
    return hashlib.sha256(said.encode()).hexdigest()[:_MARK]
