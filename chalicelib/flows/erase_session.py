"""Erase a session: its items and pictures first, itself last, so that the next call finishes a dead one."""

from dataclasses import dataclass

from chalicelib.domain import reducer
from chalicelib.flows.ports import Clock, Evidence, Sessions
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class EraseSession:
    """An active session is closed first, so that no frame comes in between."""

    sessions: Sessions
    evidence: Evidence
    clock: Clock

    def __call__(self, tenant_id: str, session_id: str) -> dict[str, int]:
        """What was erased, by kind. Raises NotFound, StaleSession, UpstreamDown."""
        session = self.sessions.load(tenant_id, session_id)
        closed, _ = reducer.close(session, round(self.clock(), 3))
        if closed != session:
            self.sessions.save(closed)
        pictures = self.evidence.drop(tenant_id, session_id, set(self.evidence.kept(tenant_id, session_id)))
        erased = {**self.sessions.erase(tenant_id, session_id), "pictures": pictures}
        logger.info("session_erased", session_id=session_id)
        return erased
