"""Sessions in DynamoDB: one small item a session, with its frames, alerts and report as items beside it.

pk = <tenant>#<session>; sk = session | frame#<seq> | alert#<first frame>-<type> | report
pk = <tenant>#idempotency#<key>; sk = request
pk = <tenant>#day#<day>; sk = starts: see `chalicelib.aws.days`

A frame is one transaction: the session moves from version n to n + 1 if it still is at n, and the frame's
item is put if it is not there. So a frame counts once, whoever retries it, and whatever answer was lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.aws import days, items
from chalicelib.aws.codec import unpack
from chalicelib.aws.dynamodb import (
    ConditionFailedError,
    Item,
    delete_all,
    key_of,
    storage,
)
from chalicelib.aws.starts import Starts
from chalicelib.aws.table import Table
from chalicelib.domain.errors import NotFound, StaleSession
from chalicelib.domain.model import (
    Alert,
    FrameRecord,
    Memory,
    Page,
    Session,
    SessionPage,
    Status,
    Ticket,
)
from chalicelib.domain.report import Report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KINDS = {
    "frames": "frame#",
    "alerts": "alert#",
    "reports": "report",
    "memories": items.MEMORY,
    "sessions": "session",
}
_NO_SESSION = "There is no such session; check its id."
"""The same words for an absent session and for another tenant's."""
_MOST_KNOWN = 256


class Sessions:
    """Every method but `rows` and `still_active` is about one session, named by its tenant and its id.

    What is asked of one table is in `table`, those two are in `starts`.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, retention_s: float) -> None:
        self._client = client
        self._table = table
        self._stored = Table(client, table)
        self._starts = Starts(self._stored)
        self._retention_s = retention_s
        self._known: dict[str, tuple[bytes, Session]] = {}
        self._memories: dict[tuple[str, float], tuple[int, Memory]] = {}

    def create(self, session: Session, ticket: Ticket | None, most_a_day: int = 0) -> None:
        """Store a new session.

        Raises SessionExists if its id, or the ticket, was used before; TooManyRequests if the tenant started
        `most_a_day` (0: any number) on this day, and Busy if others of it are started at this moment.
        """
        writes = [self._put(session, items.session_item(session), new=True)]
        if ticket:
            writes.append(self._put(session, items.ticket_item(session, ticket), new=True))
        if most_a_day:
            writes.append(days.one_more(self._stored.name, session, most_a_day))
        try:
            days.in_turn(lambda: self._stored.transact(writes), patient=bool(most_a_day))
        except ConditionFailedError as exc:
            raise days.refusal(exc.reasons, session, most_a_day) from exc

    def starts(self, tenant_id: str, at_s: float) -> int:
        """How many sessions were counted on the day of this moment; none on days without a limit."""
        item = self._stored.get(days.key(tenant_id, at_s))
        return int(item["starts"]["N"]) if item else 0

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the session that was started with it."""
        item = self._stored.get(items.ticket_key(tenant_id, key))
        return (Ticket(key, item["fingerprint"]["S"]), item["session_id"]["S"]) if item else None

    def load(self, tenant_id: str, session_id: str) -> Session:
        """The session. Raises NotFound."""
        pk = items.pk(tenant_id, session_id)
        item = self._stored.get(key_of(pk, "session"))
        if item is None:
            self._known.pop(pk, None)
            raise NotFound(_NO_SESSION)
        state, session = self._known.get(item["pk"]["S"], (b"", None))
        # The next frame mostly comes to the process that stored the one before.
        if session is None or state != item["state"]["B"]:
            session = self._remember(unpack(Session, item["state"]["B"]), item)
        return session

    def recalled(self, tenant_id: str, session_id: str) -> Session | None:
        """The session as this process knew it last, unasked: what `load` gives if it is so still."""
        return self._known.get(items.pk(tenant_id, session_id), (b"", None))[1]

    def memory(self, session: Session) -> Memory | None:
        """What the gate remembers of the session; None if nothing is stored.

        The process that stored it, or read it before, knows it by its version.
        """
        if not session.watch.memory:
            return None
        # An erased session's id may be taken again: it starts at another time.
        place = items.pk(session.tenant_id, session.session_id)
        version, memory = self._memories.get((place, session.started_at), (0, None))
        if version != session.watch.memory:
            item = self._stored.get(key_of(place, items.MEMORY))
            if item is None:
                return None
            version, memory = items.memory_of(item)
            self._memories[place, session.started_at] = version, memory
            _forget_oldest(self._memories)
        return memory

    def save(
        self,
        session: Session,
        frames: Sequence[FrameRecord] = (),
        alerts: Iterable[Alert] = (),
        memory: Memory | None = None,
    ) -> Session:
        """Store the session's next version with these frames and alerts, all or nothing.

        Raises StaleSession if it was changed since it was loaded, or holds one of the frames already.
        """
        saved = replace(session, version=session.version + 1)
        item = items.session_item(saved)
        put = self._put(saved, item, new=False)
        put["Put"] |= _unchanged(session)
        writes = [put, *(self._put(saved, items.frame_item(saved, frame), new=True) for frame in frames)]
        writes += [self._alert_write(saved, alert) for alert in alerts]
        writes += [self._put(saved, items.memory_item(saved, memory), new=False)] if memory else []
        if session.status is Status.ENDED and session.watch.memory:
            # It holds small pictures of the candidate: nobody needs them any more.
            writes.append({"Delete": {"TableName": self._table, "Key": items.memory_key(saved)}})
        try:
            self._stored.transact(writes)
        except ConditionFailedError as exc:
            raise StaleSession("The session was changed at the same time.") from exc
        if saved.status is Status.ENDED:
            self._memories.pop((item["pk"]["S"], saved.started_at), None)
        if memory:
            self._memories[item["pk"]["S"], saved.started_at] = saved.version, memory
            _forget_oldest(self._memories)
        return self._remember(saved, item)

    def frame(self, tenant_id: str, session_id: str, seq: int) -> FrameRecord | None:
        """A frame, if it was stored."""
        item = self._stored.get(key_of(items.pk(tenant_id, session_id), items.frame_sk(seq)))
        return unpack(FrameRecord, item["record"]["B"]) if item else None

    def frames(self, tenant_id: str, session_id: str) -> Iterator[FrameRecord]:
        """All frames in order."""
        for item in self._stored.query(items.pk(tenant_id, session_id), "frame#"):
            yield unpack(FrameRecord, item["record"]["B"])

    def frames_page(
        self, tenant_id: str, session_id: str, limit: int, after: str | None
    ) -> Page[FrameRecord]:
        """Frames in order, a page at a time."""
        page = self._stored.page(items.pk(tenant_id, session_id), "frame#", limit, after)
        return Page(tuple(unpack(FrameRecord, item["record"]["B"]) for item in page.items), page.cursor)

    def alerts(self, tenant_id: str, session_id: str) -> Iterator[Alert]:
        """All alerts, by the frame they began with."""
        for item in self._stored.query(items.pk(tenant_id, session_id), "alert#"):
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
        page = self._stored.page(
            items.pk(tenant_id, session_id), "alert#", limit, after, newest_first=newest_first
        )
        return Page(tuple(unpack(Alert, item["alert"]["B"]) for item in page.items), page.cursor)

    def report(self, tenant_id: str, session_id: str) -> Report | None:
        """The report, if it was written."""
        item = self._stored.get(key_of(items.pk(tenant_id, session_id), "report"))
        return unpack(Report, item["report"]["B"]) if item else None

    def keep_report(self, session: Session, report: Report) -> Report:
        """Store the report unless there is one; the stored one, whoever wrote it.

        Raises NotFound if the session was erased in the meantime, StaleSession if it was changed.
        """
        pk = items.pk(session.tenant_id, session.session_id)
        unchanged = {"TableName": self._table, "Key": key_of(pk, "session"), **_unchanged(session)}
        try:
            self._stored.transact(
                [
                    {"ConditionCheck": unchanged},
                    self._put(session, items.report_item(session, report), new=True),
                ]
            )
        except ConditionFailedError as exc:
            stored = self.report(session.tenant_id, session.session_id)
            self.load(session.tenant_id, session.session_id)
            if stored is None:
                raise StaleSession("The session was changed at the same time.") from exc
            return stored
        return report

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        """The tenant's sessions, newest first, with their number when the first page was read."""
        return self._starts.rows(tenant_id, limit, after)

    def still_active(self, tenant_id: str, since: float, until: float) -> Iterator[str]:
        """The ids of the tenant's active sessions that started between these times, oldest first."""
        return self._starts.still_active(tenant_id, since, until)

    def erase(self, tenant_id: str, session_id: str) -> dict[str, int]:
        """Delete everything of the session, itself last; how many items of each kind there were."""
        pk = items.pk(tenant_id, session_id)
        self._known.pop(pk, None)
        for place in list(self._memories):
            if place[0] == pk:
                self._memories.pop(place, None)
        erased = {}
        for kind, prefix in _KINDS.items():
            keys = self._stored.query(pk, prefix, only="pk, sk")
            with storage():
                erased[kind] = delete_all(self._client, self._table, keys)
        return erased

    def _alert_write(self, session: Session, alert: Alert) -> Any:  # noqa: ANN401 - one of two kinds of write
        if alert.withdrawn:
            return {"Delete": {"TableName": self._table, "Key": items.alert_key(session, alert)}}
        return self._put(session, items.alert_item(session, alert), new=False)

    def _put(self, session: Session, item: Item, *, new: bool) -> Any:  # noqa: ANN401 - handed on to the client
        expiry = {"expires_at": {"N": str(int(session.started_at + self._retention_s))}}
        put: dict[str, Any] = {"TableName": self._table, "Item": item | expiry}
        return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"} if new else put}

    def _remember(self, session: Session, item: Item) -> Session:
        self._known[item["pk"]["S"]] = (item["state"]["B"], session)
        _forget_oldest(self._known)
        return session


def _unchanged(session: Session) -> dict[str, Any]:
    """The condition that the stored session is this one still.

    Its start is part of it: an id whose session was erased may be taken again, and count to the same version.
    """
    return {
        "ConditionExpression": "version = :version AND started = :started",
        "ExpressionAttributeValues": {
            ":version": {"N": str(session.version)},
            ":started": {"S": items.started(session)},
        },
    }


def _forget_oldest(known: dict[Any, Any]) -> None:
    # Copied first: other threads change it, too.
    for place in list(known)[: max(0, len(known) - _MOST_KNOWN)]:
        known.pop(place, None)
