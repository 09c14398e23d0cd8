"""The jobs that flows hand over through the queue."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from chalicelib import telemetry, wiring
from chalicelib.domain.errors import NotFound
from chalicelib.domain.queued import MOST_TRIES
from chalicelib.telemetry import know, tell

Job = Mapping[str, str]
"""What was said with a job, its name among it."""
_IDS = ("job", "tenant_id", "session_id", "job_id", "image_id", "endpoint_id", "webhook_id")


_TEST = "s3:TestEvent"


class GivenUpError(Exception):
    """A job is not worked on any more: its message is to become a dead letter."""


class BatchFailedError(Exception):
    """No job of the batch was done."""


def run_batch(records: Iterable[Mapping[str, Any]], request_id: str) -> dict[str, Any]:
    """Do the jobs of Lambda's records; the messages that failed, as ReportBatchItemFailures wants them.

    Raises BatchFailedError if all did.

    A thread's future takes down whatever its job raises, so that a job fails its own message only. Side by
    side the batch takes as long as its slowest job: ten reports that wait for their words one after the other
    would outlast the function. (Powertools' batch processor works one by one, and takes 87 ms to import.)
    """
    jobs = [(record, wiring.pool().submit(_run, record, request_id)) for record in records]
    failed = [record for record, done in jobs if done.exception() is not None]
    if failed and len(failed) == len(jobs):
        # Lambda keeps such a batch even where it was not told to look at the answer, and slows down.
        raise BatchFailedError(f"{len(failed)} jobs failed, each as its last line says")
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def run(message: str) -> None:
    """Do what one message says. Done again it changes nothing; an exception leaves it in the queue."""
    for job in _jobs_of(message):
        do = JOBS[job["job"]]
        know(**{name: job[name] for name in _IDS if name in job})
        do(job)


def _jobs_of(message: str) -> list[Job]:
    """The jobs of a message: ours, or S3's, that a picture was uploaded (none, where it only tests)."""
    said = json.loads(message)
    if not isinstance(said, dict):
        raise TypeError("a message is an object")
    if "job" in said:
        return [said]
    redriven = {"redriven": said["redriven"]} if "redriven" in said else {}
    keys = [unquote_plus(record["s3"]["object"]["key"]) for record in said.get("Records", ())]
    if not keys and said.get("Event") != _TEST:
        raise ValueError("neither a job nor a notification of S3")
    return [_of_upload(*key.split("/")[1:]) | redriven for key in keys]


def _of_upload(tenant_id: str, name: str) -> dict[str, str]:
    image_id = name.partition(".")[0]
    return {"job": "detect_image", "tenant_id": tenant_id, "image_id": image_id, "upload": name}


def _run(record: Mapping[str, Any], request_id: str) -> None:
    with telemetry.job(record, request_id):
        if _is_handed_out_for_the_last_time(record):
            _give_up(record["body"])
        run(record["body"])


def _is_handed_out_for_the_last_time(record: Mapping[str, Any]) -> bool:
    """Whether the message becomes a dead letter if it is not done now."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 0)) > MOST_TRIES


def _give_up(message: str) -> None:
    """Let the state of a job say that it failed, instead of working on it once more: that may be what kills.

    Raises GivenUpError where there is such a state.
    """
    for job in _jobs_of(message):
        if give_up := GIVE_UP.get(job["job"]):
            know(**{name: job[name] for name in _IDS if name in job})
            give_up(job)
            raise GivenUpError(job["job"])


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


def _detect_image(job: Job) -> None:
    about = (job["tenant_id"], job["image_id"])
    wiring.work_on_image()(*about, upload=job.get("upload", ""), redriven="redriven" in job)


def _give_up_image(job: Job) -> None:
    wiring.work_on_image().give_up(job["tenant_id"], job["image_id"])


def _tell_of_session(job: Job) -> None:
    with suppress(NotFound):  # erased in the meantime
        wiring.tell_of_session()(job["tenant_id"], job["session_id"])


def _deliver(job: Job) -> None:
    about = (job["tenant_id"], job["endpoint_id"], job["webhook_id"])
    wiring.deliver()(*about, int(job["turn"]), redriven="redriven" in job)


def _give_up_delivery(job: Job) -> None:
    about = (job["tenant_id"], job["endpoint_id"], job["webhook_id"])
    wiring.deliver().give_up(*about, int(job["turn"]))


JOBS: Mapping[str, Callable[[Job], None]] = {
    "tidy_evidence": _tidy_evidence,
    "sweep_pictures": _sweep_pictures,
    "end_session": _end_session,
    "enrol_faces": _enrol_faces,
    "sweep_faces": _sweep_faces,
    "detect_image": _detect_image,
    "tell_of_session": _tell_of_session,
    "deliver": _deliver,
}
"""What to do, given what was said with the job, by the name under which flows send it."""

GIVE_UP: Mapping[str, Callable[[Job], None]] = {
    "detect_image": _give_up_image,
    "deliver": _give_up_delivery,
}
"""What to do about a job that failed too often, before its message becomes a dead letter."""
