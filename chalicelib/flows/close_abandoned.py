"""End the sessions that nobody ended: a candidate who leaves does not say so."""

from dataclasses import dataclass

from chalicelib.domain.attempts import taken_until
from chalicelib.domain.errors import NotFound
from chalicelib.domain.model import EndedBy, Session
from chalicelib.flows.change_attempt import own
from chalicelib.flows.end_session import EndSession
from chalicelib.flows.ports import Attempts, Clock, Exams, Jobs, Sessions, Tenants
from chalicelib.telemetry import tell

LOOKBACK_S = 2 * 86_400.0
"""How far a run looks back beyond the session's hours: for so long runs may fail, and nothing is lost."""


@dataclass(frozen=True, slots=True)
class CloseAbandoned:
    """Finds the sessions that take no more frames and are active still, and hands each over to a job.

    What a run does not come to, the next one finds; what it hands over twice is ended once. Every run reads
    the sessions of the last days again: 48 reads of each, about a thousandth of a cent.
    """

    sessions: Sessions
    tenants: Tenants
    jobs: Jobs
    clock: Clock
    session_s: float

    def __call__(self) -> int:
        """How many were handed over, each tenant's oldest first. Raises UpstreamDown."""
        until = self.clock() - self.session_s
        found = 0
        for tenant_id in self.tenants.ids():
            for session_id in self.sessions.still_active(tenant_id, until - LOOKBACK_S, until):
                self.jobs.send("end_session", tenant_id=tenant_id, session_id=session_id)
                found += 1
        tell(abandoned_sessions=found)
        return found


@dataclass(frozen=True, slots=True)
class EndAbandoned:
    """End one of them, as its caller would have."""

    sessions: Sessions
    exams: Exams
    attempts: Attempts
    end: EndSession
    clock: Clock
    session_s: float

    def __call__(self, tenant_id: str, session_id: str) -> None:
        """Done again it changes nothing. Raises NotFound, StaleSession, UpstreamDown."""
        session = self.sessions.load(tenant_id, session_id)
        # The id of one that was erased may be that of a new session by now, which is under way.
        if self.clock() - session.started_at > self.session_s:
            self.end(tenant_id, session_id, EndedBy.SERVICE, until=self._until(session))

    def _until(self, session: Session) -> float | None:
        """When the time for an exam was up: that nobody was there after it is no gap in the watch."""
        if session.attempt is None:
            return None
        place = (session.tenant_id, session.attempt.exam_id, session.attempt.candidate_id)
        try:
            exam, attempt = own(self.exams, self.attempts, place)
        except NotFound:  # expired, or taken back
            return None
        return taken_until(exam, attempt)
