"""Sessions in a dictionary, and their alerts in one list, held to the contracts of those in DynamoDB."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from operator import itemgetter
from threading import Lock
from typing import TypeVar

from chalicelib.domain import reducer, tallies
from chalicelib.domain.alerts import ListedAlert, Wanted, listed, opened_time
from chalicelib.domain.errors import BadInput, NotFound, SessionExists, StaleSession
from chalicelib.domain.model import (
    Alert,
    FrameRecord,
    Memory,
    Page,
    Session,
    SessionPage,
    SessionRow,
    Status,
    Ticket,
)
from chalicelib.domain.report import Report, rfc3339
from chalicelib.domain.tenants import day, day_is_used_up
from tests import observations as show

Item = TypeVar("Item")
Place = tuple[str, str]
"""A session: its tenant and its id."""


@dataclass(slots=True)
class _Stored:
    session: Session
    frames: dict[int, FrameRecord] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    report: Report | None = None
    memory: Memory | None = None


@dataclass
class FakeSessions:
    """Sessions in a dictionary. `journal` takes down every write."""

    journal: list[str] = field(default_factory=list)
    _stored: dict[Place, _Stored] = field(default_factory=dict)
    _tickets: dict[Place, tuple[Ticket, str]] = field(default_factory=dict)
    _starts: Counter[Place] = field(default_factory=Counter)
    """By tenant and day."""
    _lock: Lock = field(default_factory=Lock)

    def create(self, session: Session, ticket: Ticket | None, most_a_day: int = 0) -> None:
        """Store a new session. Raises SessionExists, TooManyRequests."""
        with self._lock:
            place = _place(session)
            if place in self._stored or (ticket and (session.tenant_id, ticket.key) in self._tickets):
                raise SessionExists("A session with this id was started before; choose another id.")
            today = session.tenant_id, day(session.started_at)
            if most_a_day and self._starts[today] >= most_a_day:
                raise day_is_used_up(most_a_day, session.started_at)
            self._starts[today] += bool(most_a_day)
            self._stored[place] = _Stored(session)
            if ticket:
                self._tickets[session.tenant_id, ticket.key] = (ticket, session.session_id)

    def starts(self, tenant_id: str, at_s: float) -> int:
        """How many sessions were counted on the day of this moment."""
        return self._starts[tenant_id, day(at_s)]

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the session that was started with it."""
        return self._tickets.get((tenant_id, key))

    def load(self, tenant_id: str, session_id: str) -> Session:
        """The session. Raises NotFound."""
        stored = self._stored.get((tenant_id, session_id))
        if stored is None:
            raise NotFound("There is no such session; check its id.")
        return stored.session

    def recalled(self, tenant_id: str, session_id: str) -> Session | None:
        """The session: this is the only process."""
        stored = self._stored.get((tenant_id, session_id))
        return stored.session if stored else None

    def memory(self, session: Session) -> Memory | None:
        """What the gate remembers of the session."""
        return self._of(session.tenant_id, session.session_id).memory if session.watch.memory else None

    def save(
        self,
        session: Session,
        frames: Sequence[FrameRecord] = (),
        alerts: Iterable[Alert] = (),
        memory: Memory | None = None,
    ) -> Session:
        """Store the session's next version with these, all or nothing. Raises StaleSession."""
        self.before_save(session, frames)
        with self._lock:
            stored = self._stored.get(_place(session))
            known = stored.frames if stored else {}
            if (
                stored is None
                or (stored.session.started_at, stored.session.version)
                != (session.started_at, session.version)
                or any(frame.observation.seq in known for frame in frames)
            ):
                raise StaleSession("The session was changed at the same time.")
            stored.session = replace(session, version=session.version + 1)
            stored.frames |= {frame.observation.seq: frame for frame in frames}
            stored.memory = None if session.status is Status.ENDED else memory or stored.memory
            for alert in alerts:
                stored.alerts.pop(alert.id, None)
                if not alert.withdrawn:
                    stored.alerts[alert.id] = alert
            self.journal.append(f"save {[frame.observation.seq for frame in frames]}")
            saved = stored.session
        self.after_save()
        return saved

    def before_save(self, session: Session, frames: Sequence[FrameRecord]) -> None:
        """What happens just before: for tests of races."""

    def after_save(self) -> None:
        """What happens before the answer arrives."""

    def frame(self, tenant_id: str, session_id: str, seq: int) -> FrameRecord | None:
        """A frame, if it was stored."""
        return self._of(tenant_id, session_id).frames.get(seq)

    def frames(self, tenant_id: str, session_id: str) -> Iterator[FrameRecord]:
        """All frames in order."""
        frames = self._of(tenant_id, session_id).frames
        return iter([frames[seq] for seq in sorted(frames)])

    def frames_page(
        self, tenant_id: str, session_id: str, limit: int, after: str | None
    ) -> Page[FrameRecord]:
        """Frames in order, a page at a time. Raises BadInput for a foreign cursor."""
        return page_of(
            [(f"{_seq(frame):012d}", frame) for frame in self.frames(tenant_id, session_id)], limit, after
        )

    def alerts(self, tenant_id: str, session_id: str) -> Iterator[Alert]:
        """All alerts, by the frame they began with."""
        alerts = self._of(tenant_id, session_id).alerts
        return iter([alerts[name] for name in sorted(alerts)])

    def alerts_page(
        self,
        tenant_id: str,
        session_id: str,
        limit: int,
        after: str | None = None,
        *,
        newest_first: bool = False,
    ) -> Page[Alert]:
        """Alerts, a page at a time. Raises BadInput for a foreign cursor."""
        listed = [(alert.id, alert) for alert in self.alerts(tenant_id, session_id)]
        return page_of(listed[::-1] if newest_first else listed, limit, after)

    def report(self, tenant_id: str, session_id: str) -> Report | None:
        """The report, if it was written."""
        return self._of(tenant_id, session_id).report

    def keep_report(self, session: Session, report: Report) -> Report:
        """Store the report unless there is one; the stored one, whoever wrote it."""
        with self._lock:
            stored = self._stored.get(_place(session))
            if stored is None:
                raise NotFound("There is no such session; check its id.")
            if stored.report is None and (stored.session.started_at, stored.session.version) != (
                session.started_at,
                session.version,
            ):
                raise StaleSession("The session was changed at the same time.")
            stored.report = stored.report or report
            self.journal.append("keep_report")
            return stored.report

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        """The tenant's sessions, newest first. Raises BadInput for a foreign cursor."""
        mine = [stored.session for (tenant, _), stored in self._stored.items() if tenant == tenant_id]
        listed = sorted(
            ((f"{rfc3339(each.started_at)}#{each.session_id}", each) for each in mine), reverse=True
        )
        total, _, last = (after or f"{len(listed)}:").partition(":")
        if not total.isdecimal() or (after and not last):
            raise BadInput("The cursor is not one that this list gave; start again without it.")
        page = page_of(listed, limit, last or None)
        cursor = None if page.cursor is None else f"{total}:{page.cursor}"
        return SessionPage(tuple(_row(each) for each in page.items), int(total), cursor)

    def still_active(self, tenant_id: str, since: float, until: float) -> Iterator[str]:
        """The ids of the tenant's active sessions that started between these times, oldest first."""
        mine = [stored.session for (tenant, _), stored in self._stored.items() if tenant == tenant_id]
        listed = sorted((f"{rfc3339(each.started_at)}#{each.session_id}", each) for each in mine)
        for started, session in listed:
            if rfc3339(since) <= started <= rfc3339(until) and session.status is Status.ACTIVE:
                yield session.session_id

    def erase(self, tenant_id: str, session_id: str) -> dict[str, int]:
        """Delete everything of the session, itself last; how many items of each kind there were."""
        with self._lock:
            gone = self._stored.pop((tenant_id, session_id), None)
            self.journal.append("erase")
        if gone is None:
            return {"frames": 0, "alerts": 0, "reports": 0, "memories": 0, "sessions": 0}
        return {
            "frames": len(gone.frames),
            "alerts": len(gone.alerts),
            "reports": int(gone.report is not None),
            "memories": int(gone.memory is not None),
            "sessions": 1,
        }

    def with_alerts(self, tenant_id: str) -> list[tuple[Session, list[Alert]]]:
        """The tenant's sessions with their alerts."""
        return [
            (stored.session, list(stored.alerts.values()))
            for (tenant, _), stored in self._stored.items()
            if tenant == tenant_id
        ]

    def _of(self, tenant_id: str, session_id: str) -> _Stored:
        return self._stored.get((tenant_id, session_id)) or _Stored(show.session())


@dataclass
class FakeAlerts:
    """The alerts of all of these sessions."""

    sessions: FakeSessions

    def page(self, tenant_id: str, wanted: Wanted, limit: int, after: str | None = None) -> Page[ListedAlert]:
        """The tenant's alerts, newest first. Raises BadInput for a cursor of another list."""
        mark, _, last = (after or "").partition(":")
        if after and mark != _mark(tenant_id, wanted, last):
            raise BadInput("The cursor is not one that this list gave; start again without it.")
        following = [
            (place, alert)
            for place, alert in sorted(self._all(tenant_id), key=itemgetter(0), reverse=True)
            if (not after or place < last) and _fits(alert, wanted)
        ]
        items = tuple(alert for _, alert in following[:limit])
        if len(following) <= limit:
            return Page(items)
        place = following[limit - 1][0]
        return Page(items, f"{_mark(tenant_id, wanted, place)}:{place}")

    def _all(self, tenant_id: str) -> Iterator[tuple[str, ListedAlert]]:
        for session, alerts in self.sessions.with_alerts(tenant_id):
            attempt = session.attempt
            for alert in alerts:
                opened = opened_time(alert, session.started_at)
                told = listed(
                    alert,
                    session.session_id,
                    opened,
                    attempt.exam_id if attempt else None,
                    attempt.candidate_id if attempt else None,
                )
                yield f"{opened}#{session.session_id}#{alert.id}", told


def _fits(alert: ListedAlert, wanted: Wanted) -> bool:
    asked = {name: value for name, value in asdict(wanted).items() if value is not None}
    since, until = asked.pop("since", None), asked.pop("until", None)
    in_time = (since is None or rfc3339(since) <= alert.opened_time) and (
        until is None or alert.opened_time < rfc3339(until)
    )
    return in_time and all(getattr(alert, name) == value for name, value in asked.items())


def _mark(tenant_id: str, wanted: Wanted, place: str) -> str:
    return hashlib.sha256(f"{tenant_id} {wanted} {place}".encode()).hexdigest()


def _place(session: Session) -> Place:
    return session.tenant_id, session.session_id


def _seq(frame: FrameRecord) -> int:
    return frame.observation.seq


def page_of(listed: list[tuple[str, Item]], limit: int, after: str | None) -> Page[Item]:
    places = [place for place, _ in listed]
    if after is not None and after not in places:
        raise BadInput("The cursor is not one that this list gave; start again without it.")
    start = 0 if after is None else places.index(after) + 1
    end = start + limit
    return Page(tuple(item for _, item in listed[start:end]), places[end - 1] if end < len(listed) else None)


def _row(session: Session) -> SessionRow:
    seen = reducer.progress(session)
    return SessionRow(
        session_id=session.session_id,
        is_active=session.status is Status.ACTIVE,
        start_time=rfc3339(session.started_at),
        frames_analyzed=seen.frames - seen.unanalysed,
        alert_count=tallies.alert_count(seen),
    )
