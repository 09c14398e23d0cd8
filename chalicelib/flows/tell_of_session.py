"""Tell a tenant's servers what is true of a session, and was not told yet.

Whatever happens in a session sends word of it, without saying what: the worker looks. So what was told twice,
or whose word was lost, is made good by the next one, at the latest by that of the session's end.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.domain.alerts import opened_time, state_of
from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.model import Session, Status
from chalicelib.domain.report import rfc3339
from chalicelib.domain.webhooks import Event, EventType
from chalicelib.flows.announce import Announce
from chalicelib.flows.contention import LATE_S
from chalicelib.flows.know_endpoints import KnowEndpoints
from chalicelib.flows.ports import Attempts, Jobs, Sessions
from chalicelib.telemetry import logger

OF_SESSIONS = frozenset(
    {
        EventType.SESSION_ALERT,
        EventType.SESSION_ENDED,
        EventType.REPORT_READY,
        EventType.ATTEMPT_SUBMITTED,
    }
)


@dataclass(frozen=True, slots=True)
class SendWord:
    """Costs a message of the queue, and nothing where nobody wants to know."""

    wanted: KnowEndpoints
    jobs: Jobs

    def of_alert(self, session: Session) -> None:
        """That an alert opened. Never an error: the session's end tells of it, too."""
        if self.wanted(session.tenant_id, {EventType.SESSION_ALERT}):
            self._try(session.tenant_id, session.session_id)

    def before_end(self, tenant_id: str, session_id: str) -> None:
        """That a session is about to end: it is looked at once it has. Raises UpstreamDown."""
        if self.wanted.now(tenant_id, OF_SESSIONS):
            self._send(tenant_id, session_id, delay_s=LATE_S)

    def of_end(self, session: Session) -> None:
        """That it has ended. Never an error: what was sent before looks, too."""
        if self.wanted(session.tenant_id, OF_SESSIONS):
            self._try(session.tenant_id, session.session_id)

    def _try(self, tenant_id: str, session_id: str) -> None:
        try:
            self._send(tenant_id, session_id)
        except UpstreamDown:
            logger.warning("word_not_sent")

    def _send(self, tenant_id: str, session_id: str, *, delay_s: int = 0) -> None:
        self.jobs.send("tell_of_session", delay_s=delay_s, tenant_id=tenant_id, session_id=session_id)


@dataclass(frozen=True, slots=True)
class TellOfSession:
    """Looks at the session as it is, and announces what it shows."""

    sessions: Sessions
    attempts: Attempts
    announce: Announce

    def __call__(self, tenant_id: str, session_id: str) -> None:
        """Raises NotFound for a session that was erased, UpstreamDown."""
        session = self.sessions.load(tenant_id, session_id)
        self.announce(tenant_id, [*self._alerts(session), *self._end(session), *self._submission(session)])

    def _alerts(self, session: Session) -> Iterator[Event]:
        for alert in self.sessions.alerts(session.tenant_id, session.session_id):
            if alert.withdrawn:
                continue
            told: dict[str, object] = {
                "alert_id": alert.id,
                "type": alert.type,
                "severity": alert.severity,
                "message": alert.message,
                "opened_at": opened_time(alert, session.started_at),
                "state": state_of(alert),
            }
            # Of its first frame, which an alert keeps: a late frame may move when it opened.
            at_s = session.started_at + alert.timestamp
            yield _event(EventType.SESSION_ALERT, session, at_s, told, about=alert.id)

    def _end(self, session: Session) -> Iterator[Event]:
        if session.status is not Status.ENDED or session.ended_at is None:
            return
        ended_at = session.ended_at
        yield _event(EventType.SESSION_ENDED, session, ended_at, {"ended_at": rfc3339(ended_at)})
        written = self.sessions.report(session.tenant_id, session.session_id)
        if written:
            told: dict[str, object] = {
                "integrity_score": written.integrity.score,
                "level": written.integrity.level,
                "report_url": f"/api/sessions/{session.session_id}/report",
            }
            yield _event(EventType.REPORT_READY, session, ended_at, told)

    def _submission(self, session: Session) -> Iterator[Event]:
        if session.attempt is None:
            return
        with suppress(NotFound):  # it has expired, or was taken back
            place = (session.attempt.exam_id, session.attempt.candidate_id)
            attempt = self.attempts.load(session.tenant_id, *place)
            if attempt.submitted_at is not None:
                submitted_at = rfc3339(attempt.submitted_at)
                told: dict[str, object] = {"submitted_at": submitted_at, "revision": attempt.revision}
                yield _event(EventType.ATTEMPT_SUBMITTED, session, attempt.submitted_at, told)


def _event(
    kind: EventType, session: Session, at_s: float, told: dict[str, object], *, about: str = ""
) -> Event:
    data: dict[str, object] = {"session_id": session.session_id}
    if session.attempt:
        data |= {"exam_id": session.attempt.exam_id, "candidate_id": session.attempt.candidate_id}
    # An erased session's id may be taken again: it starts at another time.
    subject = f"{session.session_id}#{session.started_at}#{about}"
    return Event(kind, subject, at_s, data | told)
