"""Sessions in DynamoDB: one small item a session, with its frames, alerts and report as items beside it.

pk = <tenant>#<session>; sk = session | frame#<seq> | alert#<first frame>-<type> | report
pk = <tenant>#idempotency#<key>; sk = request

A frame is one transaction: the session moves from version n to n + 1 if it still is at n, and the frame's
item is put if it is not there. So a frame counts once, whoever retries it, and whatever answer was lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import (
    FOREIGN_CURSOR,
    ConditionFailedError,
    Item,
    condition_failed,
    cursor,
    delete_all,
    key_of,
    parts_of,
    storage,
)
from chalicelib.domain import reducer, tallies
from chalicelib.domain.errors import BadInput, NotFound, SessionExists, StaleSession
from chalicelib.domain.model import Alert, FrameRecord, Page, Session, SessionPage, SessionRow, Status, Ticket
from chalicelib.domain.report import Report, rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KINDS = {"frames": "frame#", "alerts": "alert#", "reports": "report", "sessions": "session"}
_BY_START = "by_start"
_NO_SESSION = "There is no such session; check its id."
"""The same words for an absent session and for another tenant's."""
_TAKEN = "A session with this id was started before; choose another id."


class Sessions:
    """Every method but `rows` is about one session, named by its tenant and its id."""

    def __init__(self, client: "DynamoDBClient", table: str, *, retention_s: float) -> None:
        self._client = client
        self._table = table
        self._retention_s = retention_s

    def create(self, session: Session, ticket: Ticket | None) -> None:
        """Store a new session. Raises SessionExists if its id, or the ticket, was used before."""
        writes = [self._put(self._session_item(session), new=True)]
        if ticket:
            item = key_of(f"{session.tenant_id}#idempotency#{ticket.key}", "request")
            item |= {"fingerprint": {"S": ticket.fingerprint}, "session_id": {"S": session.session_id}}
            writes.append(self._put(item | self._expiry(session.started_at), new=True))
        try:
            self._transact(writes)
        except ConditionFailedError as exc:
            raise SessionExists(_TAKEN) from exc

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the session that was started with it."""
        item = self._get(key_of(f"{tenant_id}#idempotency#{key}", "request"))
        return (Ticket(key, item["fingerprint"]["S"]), item["session_id"]["S"]) if item else None

    def load(self, tenant_id: str, session_id: str) -> Session:
        """The session. Raises NotFound."""
        item = self._get(key_of(_pk(tenant_id, session_id), "session"))
        if item is None:
            raise NotFound(_NO_SESSION)
        return replace(unpack(Session, item["state"]["B"]), version=int(item["version"]["N"]))

    def save(
        self, session: Session, frames: Sequence[FrameRecord] = (), alerts: Iterable[Alert] = ()
    ) -> Session:
        """Store the session's next version with these frames and alerts, all or nothing.

        Raises StaleSession if it was changed since it was loaded, or holds one of the frames already.
        """
        saved = replace(session, version=session.version + 1)
        put = self._put(self._session_item(saved), new=False)
        put["Put"] |= {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(session.version)}},
        }
        writes = [put, *(self._put(self._frame_item(session, frame), new=True) for frame in frames)]
        writes += [self._alert_write(session, alert) for alert in alerts]
        try:
            self._transact(writes)
        except ConditionFailedError as exc:
            raise StaleSession("The session was changed at the same time.") from exc
        return saved

    def frame(self, tenant_id: str, session_id: str, seq: int) -> FrameRecord | None:
        """A frame, if it was stored."""
        item = self._get(key_of(_pk(tenant_id, session_id), _frame_sk(seq)))
        return unpack(FrameRecord, item["record"]["B"]) if item else None

    def frames(self, tenant_id: str, session_id: str) -> Iterator[FrameRecord]:
        """All frames in order."""
        for item in self._query(_pk(tenant_id, session_id), "frame#"):
            yield unpack(FrameRecord, item["record"]["B"])

    def frames_page(
        self, tenant_id: str, session_id: str, limit: int, after: str | None
    ) -> Page[FrameRecord]:
        """Frames in order, a page at a time."""
        page = self._page(_pk(tenant_id, session_id), "frame#", limit, after)
        return Page(tuple(unpack(FrameRecord, item["record"]["B"]) for item in page.items), page.cursor)

    def alerts(self, tenant_id: str, session_id: str) -> Iterator[Alert]:
        """All alerts, by the frame they began with."""
        for item in self._query(_pk(tenant_id, session_id), "alert#"):
            yield unpack(Alert, item["alert"]["B"])

    def alerts_page(
        self,
        tenant_id: str,
        session_id: str,
        limit: int,
        after: str | None = None,
        *,
        newest_first: bool = False,
    ) -> Page[Alert]:
        """Alerts, a page at a time."""
        page = self._page(_pk(tenant_id, session_id), "alert#", limit, after, newest_first=newest_first)
        return Page(tuple(unpack(Alert, item["alert"]["B"]) for item in page.items), page.cursor)

    def report(self, tenant_id: str, session_id: str) -> Report | None:
        """The report, if it was written."""
        item = self._get(key_of(_pk(tenant_id, session_id), "report"))
        return unpack(Report, item["report"]["B"]) if item else None

    def keep_report(self, session: Session, report: Report) -> Report:
        """Store the report unless there is one; the stored one, whoever wrote it.

        Raises NotFound if the session was erased in the meantime, StaleSession if it was changed.
        """
        pk = _pk(session.tenant_id, session.session_id)
        item = key_of(pk, "report") | {"report": {"B": pack(report)}} | self._expiry(session.started_at)
        unchanged = {
            "TableName": self._table,
            "Key": key_of(pk, "session"),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(session.version)}},
        }
        try:
            self._transact([{"ConditionCheck": unchanged}, self._put(item, new=True)])
        except ConditionFailedError as exc:
            stored = self.report(session.tenant_id, session.session_id)
            self.load(session.tenant_id, session.session_id)
            if stored is None:
                raise StaleSession("The session was changed at the same time.") from exc
            return stored
        return report

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        """The tenant's sessions, newest first, with their number when the first page was read."""
        query: Any = {
            "TableName": self._table,
            "IndexName": _BY_START,
            "KeyConditionExpression": "tenant_id = :tenant",
            "ExpressionAttributeValues": {":tenant": {"S": tenant_id}},
        }
        start: Any = {}
        if after:
            started, session_id, total = parts_of(after, 3)
            if not total.isdecimal():
                raise BadInput(FOREIGN_CURSOR)
            key = key_of(_pk(tenant_id, session_id), "session")
            start = {"ExclusiveStartKey": key | {"tenant_id": {"S": tenant_id}, "started": {"S": started}}}
        else:
            total = str(self._count(query))
        with storage():
            reply = self._client.query(**query, **start, ScanIndexForward=False, Limit=limit)
        last = reply["Items"][-1] if reply.get("LastEvaluatedKey") else None
        return SessionPage(
            items=self._rows([{"pk": item["pk"], "sk": item["sk"]} for item in reply["Items"]]),
            total=int(total),
            cursor=cursor(last["started"]["S"], last["pk"]["S"].split("#", 1)[1], total) if last else None,
        )

    def erase(self, tenant_id: str, session_id: str) -> dict[str, int]:
        """Delete everything of the session, itself last; how many items of each kind there were."""
        pk = _pk(tenant_id, session_id)
        erased = {}
        for kind, prefix in _KINDS.items():
            keys = self._query(pk, prefix, only="pk, sk")
            with storage():
                erased[kind] = delete_all(self._client, self._table, keys)
        return erased

    def _count(self, query: Any) -> int:  # noqa: ANN401 - handed on to the client as it is
        with storage():
            pages = self._client.get_paginator("query").paginate(**query, Select="COUNT")
            return sum(page["Count"] for page in pages)

    def _rows(self, keys: list[Item]) -> tuple[SessionRow, ...]:
        found: dict[str, Item] = {}
        wanted: Any = {self._table: {"Keys": keys, "ConsistentRead": True}} if keys else {}
        with storage():
            while wanted:
                reply = self._client.batch_get_item(RequestItems=wanted)
                found |= {item["pk"]["S"]: item for item in reply["Responses"].get(self._table, [])}
                wanted = reply.get("UnprocessedKeys")
        return tuple(_row(found[key["pk"]["S"]]) for key in keys if key["pk"]["S"] in found)

    def _session_item(self, session: Session) -> Item:
        seen = reducer.progress(session)
        return {
            **key_of(_pk(session.tenant_id, session.session_id), "session"),
            "tenant_id": {"S": session.tenant_id},
            "started": {"S": f"{rfc3339(session.started_at)}#{session.session_id}"},
            "status": {"S": session.status.value},
            "version": {"N": str(session.version)},
            "frames": {"N": str(seen.frames - seen.unanalysed)},
            "alerts": {"N": str(tallies.alert_count(seen))},
            "state": {"B": pack(session)},
            **self._expiry(session.started_at),
        }

    def _frame_item(self, session: Session, frame: FrameRecord) -> Item:
        key = key_of(_pk(session.tenant_id, session.session_id), _frame_sk(frame.observation.seq))
        return key | {"record": {"B": pack(frame)}} | self._expiry(session.started_at)

    def _alert_write(self, session: Session, alert: Alert) -> Any:  # noqa: ANN401 - one of two kinds of write
        key = key_of(_pk(session.tenant_id, session.session_id), f"alert#{alert.id}")
        if alert.withdrawn:
            return {"Delete": {"TableName": self._table, "Key": key}}
        return self._put(key | {"alert": {"B": pack(alert)}} | self._expiry(session.started_at), new=False)

    def _put(self, item: Item, *, new: bool) -> Any:  # noqa: ANN401 - handed on to the client as it is
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"} if new else put}

    def _expiry(self, started_at: float) -> Item:
        return {"expires_at": {"N": str(int(started_at + self._retention_s))}}

    def _get(self, key: Item) -> Any:  # noqa: ANN401 - an item holds what its kind holds
        with storage():
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _transact(self, writes: list[Any]) -> None:
        with storage():
            try:
                self._client.transact_write_items(TransactItems=writes)
            except ClientError as exc:
                if condition_failed(exc):
                    raise ConditionFailedError from exc
                raise

    def _query(self, pk: str, prefix: str, *, only: str | None = None) -> Iterator[Any]:
        after: str | None = None
        while True:
            page = self._page(pk, prefix, 1000, after, only=only)
            yield from page.items
            after = page.cursor
            if after is None:
                return

    def _page(
        self,
        pk: str,
        prefix: str,
        limit: int,
        after: str | None,
        *,
        newest_first: bool = False,
        only: str | None = None,
    ) -> Page[Any]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)" if prefix else "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}} | ({":prefix": {"S": prefix}} if prefix else {}),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
            "Limit": limit,
        }
        if only:
            query["ProjectionExpression"] = only
        if after:
            query["ExclusiveStartKey"] = key_of(pk, prefix + parts_of(after, 1)[0])
        with storage():
            reply = self._client.query(**query)
        last = reply.get("LastEvaluatedKey")
        return Page(tuple(reply["Items"]), cursor(str(last["sk"]["S"])[len(prefix) :]) if last else None)


def _pk(tenant_id: str, session_id: str) -> str:
    return f"{tenant_id}#{session_id}"


def _frame_sk(seq: int) -> str:
    return f"frame#{seq:012d}"


def _row(item: Item) -> SessionRow:
    started, session_id = item["started"]["S"].split("#", 1)
    return SessionRow(
        session_id=session_id,
        is_active=item["status"]["S"] == Status.ACTIVE,
        start_time=started,
        frames_analyzed=int(item["frames"]["N"]),
        alert_count=int(item["alerts"]["N"]),
    )
