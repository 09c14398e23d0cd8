"""The jobs that flows hand over through the queue."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib import wiring
from chalicelib.domain.errors import NotFound
from chalicelib.telemetry import logger


def run_batch(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Do the jobs of Lambda's records; the messages that failed, as ReportBatchItemFailures wants them.

    A thread's future takes down whatever its job raises, so that a job fails its own message only. Side by
    side the batch takes as long as its slowest job: ten reports that wait for their words one after the other
    would outlast the function. (Powertools' batch processor works one by one, and takes 87 ms to import.)
    """
    jobs = [(record["messageId"], wiring.pool().submit(run, record["body"])) for record in records]
    failed = []
    for message_id, done in jobs:
        error = done.exception()
        if error is not None:
            logger.error("job_failed", message_id=message_id, exc_info=error)
            failed.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failed}


def run(message: str) -> None:
    """Do one job. Done again it changes nothing; an exception leaves the message in the queue."""
    job = json.loads(message)
    do = JOBS[job["job"]]
    do(job["tenant_id"], job["session_id"])


def _tidy_evidence(tenant_id: str, session_id: str) -> None:
    with suppress(NotFound):  # erased in the meantime
        dropped = wiring.tidy_evidence()(tenant_id, session_id)
        logger.info("pictures_dropped", job="tidy_evidence", session_id=session_id, dropped=dropped)


def _sweep_pictures(tenant_id: str, session_id: str) -> None:
    dropped = wiring.sweep_pictures()(tenant_id, session_id)
    logger.info("pictures_dropped", job="sweep_pictures", session_id=session_id, dropped=dropped)


def _end_session(tenant_id: str, session_id: str) -> None:
    with suppress(NotFound):  # erased in the meantime
        wiring.end_abandoned()(tenant_id, session_id)


JOBS: Mapping[str, Callable[[str, str], None]] = {
    "tidy_evidence": _tidy_evidence,
    "sweep_pictures": _sweep_pictures,
    "end_session": _end_session,
}
"""What to do with a session, given its tenant and its id, by the name under which flows send it."""
