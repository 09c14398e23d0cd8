"""Erase a session: its items and pictures first, itself last, so that the next call finishes a dead one."""

from dataclasses import dataclass

from chalicelib.domain.errors import NotFound
from chalicelib.flows.contention import LATE_S
from chalicelib.flows.end_session import closed
from chalicelib.flows.ports import Clock, Evidence, Jobs, Sessions
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class EraseSession:
    """An active session is closed first, so that no frame is added in between."""

    sessions: Sessions
    evidence: Evidence
    jobs: Jobs
    clock: Clock

    def __call__(self, tenant_id: str, session_id: str) -> dict[str, int]:
        """What was erased, by kind. Raises NotFound, StaleSession, UpstreamDown."""
        closed(self.sessions, tenant_id, session_id, self.clock)
        # A frame that is on its way may store its picture after we have looked.
        self.jobs.send("sweep_pictures", delay_s=LATE_S, tenant_id=tenant_id, session_id=session_id)
        pictures = _drop_all(self.evidence, tenant_id, session_id)
        erased = {**self.sessions.erase(tenant_id, session_id), "pictures": pictures}
        logger.info("session_erased")
        return erased


@dataclass(frozen=True, slots=True)
class SweepPictures:
    """Delete the pictures of a session that is gone."""

    sessions: Sessions
    evidence: Evidence

    def __call__(self, tenant_id: str, session_id: str) -> int:
        """How many pictures were deleted; none if there is such a session again."""
        try:
            self.sessions.load(tenant_id, session_id)
        except NotFound:
            return _drop_all(self.evidence, tenant_id, session_id)
        return 0


def _drop_all(evidence: Evidence, tenant_id: str, session_id: str) -> int:
    return evidence.drop(tenant_id, session_id, set(evidence.kept(tenant_id, session_id)))
