"""The jobs that flows hand over through the queue."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib import telemetry, wiring
from chalicelib.domain.errors import NotFound
from chalicelib.telemetry import know, tell

Job = Mapping[str, str]
"""What was said with a job, its name among it."""
_IDS = ("job", "tenant_id", "session_id", "job_id")


class BatchFailedError(Exception):
    """No job of the batch was done."""


def run_batch(records: Iterable[Mapping[str, Any]], request_id: str) -> dict[str, Any]:
    """Do the jobs of Lambda's records; the messages that failed, as ReportBatchItemFailures wants them.

    Raises BatchFailedError if all did.

    A thread's future takes down whatever its job raises, so that a job fails its own message only. Side by
    side the batch takes as long as its slowest job: ten reports that wait for their words one after the other
    would outlast the function. (Powertools' batch processor works one by one, and takes 87 ms to import.)
    """
    jobs = [(record["messageId"], wiring.pool().submit(_run, record, request_id)) for record in records]
    failed = [message_id for message_id, done in jobs if done.exception() is not None]
    if failed and len(failed) == len(jobs):
        # Lambda keeps such a batch even where it was not told to look at the answer, and slows down.
        raise BatchFailedError(f"{len(failed)} jobs failed, each as its last line says")
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def run(message: str) -> None:
    """Do one job. Done again it changes nothing; an exception leaves the message in the queue."""
    job = json.loads(message)
    do = JOBS[job["job"]]
    know(**{name: job[name] for name in _IDS if name in job})
    do(job)


def _run(record: Mapping[str, Any], request_id: str) -> None:
    with telemetry.job(record, request_id):
        run(record["body"])


def _tidy_evidence(job: Job) -> None:
    with suppress(NotFound):  # erased in the meantime
        tell(pictures_dropped=wiring.tidy_evidence()(job["tenant_id"], job["session_id"]))


def _sweep_pictures(job: Job) -> None:
    tell(pictures_dropped=wiring.sweep_pictures()(job["tenant_id"], job["session_id"]))


def _end_session(job: Job) -> None:
    with suppress(NotFound):  # erased in the meantime
        wiring.end_abandoned()(job["tenant_id"], job["session_id"])


def _enrol_faces(job: Job) -> None:
    wiring.work_on_enrolment()(job["tenant_id"], job["job_id"])


def _sweep_faces(job: Job) -> None:
    tell(faces_dropped=wiring.sweep_faces()(job["tenant_id"], job.get("doubtful", "")))


JOBS: Mapping[str, Callable[[Job], None]] = {
    "tidy_evidence": _tidy_evidence,
    "sweep_pictures": _sweep_pictures,
    "end_session": _end_session,
    "enrol_faces": _enrol_faces,
    "sweep_faces": _sweep_faces,
}
"""What to do, given what was said with the job, by the name under which flows send it."""
