"""Read what a session has become so far."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.domain import reducer, tallies
from chalicelib.domain.model import (
    Alert,
    FrameRecord,
    Page,
    Progress,
    Session,
    SessionPage,
    Status,
)
from chalicelib.domain.model import (
    Evidence as Cited,
)
from chalicelib.domain.presence_told import Presence
from chalicelib.flows.ports import Clock, Evidence, Sessions

RECENT = 5

Told = TypeVar("Told", bound=Alert)


@dataclass(frozen=True, slots=True)
class Live:
    """A session with what its frames add up to, how long it lasts, and its latest alerts."""

    session: Session
    progress: Progress
    duration_s: float
    alert_count: int
    recent: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadSession:
    """All reads but that of the report. Each raises NotFound."""

    sessions: Sessions
    evidence: Evidence
    clock: Clock

    def live(self, tenant_id: str, session_id: str) -> Live:
        """The figures so far, with the latest alerts, newest first."""
        session = self.sessions.load(tenant_id, session_id)
        recent = self.sessions.alerts_page(tenant_id, session_id, RECENT, newest_first=True)
        return self._live(session, recent.items)

    def alerts(
        self, tenant_id: str, session_id: str, limit: int, after: str | None
    ) -> tuple[int, Page[Alert]]:
        """The number of alerts and a page of them, with links to their pictures."""
        session = self.sessions.load(tenant_id, session_id)
        page = self.sessions.alerts_page(tenant_id, session_id, limit, after)
        linked = tuple(self.linked(tenant_id, session_id, page.items))
        return tallies.alert_count(reducer.progress(session)), Page(linked, page.cursor)

    def frames(
        self, tenant_id: str, session_id: str, limit: int, after: str | None
    ) -> tuple[Live, Page[FrameRecord]]:
        """A page of the frames."""
        session = self.sessions.load(tenant_id, session_id)
        return self._live(session, ()), self.sessions.frames_page(tenant_id, session_id, limit, after)

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        """A page of the tenant's sessions."""
        return self.sessions.rows(tenant_id, limit, after)

    def linked(self, tenant_id: str, session_id: str, alerts: Iterable[Alert]) -> Iterable[Alert]:
        """The alerts, with links to their pictures."""
        return (linked(self.evidence, tenant_id, session_id, alert) for alert in alerts)

    def presence_linked(self, tenant_id: str, session_id: str, presence: Presence) -> Presence:
        """What a report says of presence, with links to its pictures."""
        told = (
            replace(each, evidence=_linked(self.evidence, tenant_id, session_id, each.evidence))
            for each in presence.challenges
        )
        return replace(presence, challenges=tuple(told))

    def _live(self, session: Session, recent: tuple[Alert, ...]) -> Live:
        seen = reducer.progress(session)
        ended_at = session.ended_at if session.status is Status.ENDED else self.clock()
        assert ended_at is not None
        return Live(
            session=session,
            progress=seen,
            duration_s=round(max(ended_at - session.started_at, seen.last_s), 3),
            alert_count=tallies.alert_count(seen),
            recent=recent,
        )


def linked(pictures: Evidence, tenant_id: str, session_id: str, alert: Told) -> Told:
    """The alert, with links to its pictures, and to the one that faces were compared with."""
    evidence = _linked(pictures, tenant_id, session_id, alert.evidence)
    reference = alert.details.get("reference")
    if not reference:
        return replace(alert, evidence=evidence)
    compared = {"reference_url": pictures.link(tenant_id, session_id, reference)}
    return replace(alert, evidence=evidence, details={**alert.details, **compared})


def _linked(pictures: Evidence, tenant_id: str, session_id: str, cited: Iterable[Cited]) -> tuple[Cited, ...]:
    return tuple(replace(each, url=pictures.link(tenant_id, session_id, each.picture)) for each in cited)
