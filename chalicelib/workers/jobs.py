"""The jobs that flows hand over through the queue."""

import json

from chalicelib import wiring
from chalicelib.domain.errors import NotFound
from chalicelib.telemetry import logger


def run(message: str) -> None:
    """Do one job. Done again it changes nothing; an exception leaves the message in the queue."""
    job = json.loads(message)
    if job["job"] != "tidy_evidence":
        raise ValueError(f"no such job: {job['job']}")
    try:
        dropped = wiring.tidy_evidence()(job["tenant_id"], job["session_id"])
    except NotFound:
        dropped = 0  # erased in the meantime
    logger.info("evidence_tidied", session_id=job["session_id"], dropped=dropped)
