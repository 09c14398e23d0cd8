"""The jobs that flows hand over through the queue."""

import json

from chalicelib import wiring
from chalicelib.domain.errors import NotFound
from chalicelib.telemetry import know, tell


def run(message: str) -> None:
    """Do one job. Done again it changes nothing; an exception leaves the message in the queue."""
    job = json.loads(message)
    tenant_id, session_id = job["tenant_id"], job["session_id"]
    know(job=job["job"], tenant_id=tenant_id, session_id=session_id)
    match job["job"]:
        case "tidy_evidence":
            dropped = _tidy(tenant_id, session_id)
        case "sweep_pictures":
            dropped = wiring.sweep_pictures()(tenant_id, session_id)
        case unknown:
            raise ValueError(f"no such job: {unknown}")
    tell(pictures_dropped=dropped)


def _tidy(tenant_id: str, session_id: str) -> int:
    try:
        return wiring.tidy_evidence()(tenant_id, session_id)
    except NotFound:
        return 0  # erased in the meantime
