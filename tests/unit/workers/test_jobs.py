"""The jobs that come out of the queue."""

import json
import time
from collections.abc import Iterator

import pytest

from app import close_abandoned, run_job
from chalicelib import wiring
from chalicelib.domain.errors import SessionActive
from chalicelib.domain.model import Session
from chalicelib.vision.checks import look
from chalicelib.workers import jobs
from infra.local.schedule import scheduled_event
from tests.unit.api.service import Service, running_service
from tests.unit.vision.pictures import jpeg, portrait

PICTURE = jpeg(portrait())


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


def tenant_of(service: Service) -> str:
    return wiring.check_key()(service.key).tenant_id


def queued(service: Service) -> list[str]:
    """The bodies of the messages in the queue, which are taken out of it."""
    sqs = service.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=service.cloud.settings.jobs_queue)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def watched(service: Service, session_id: str) -> None:
    """Nobody was there for four frames."""
    service.start(session_id=session_id)
    for seq in range(1, 5):
        assert service.frame(session_id, PICTURE + bytes(seq), seq=seq).status == 200


def abandoned(service: Service, session_id: str) -> None:
    """Started so long ago that it takes no more frames."""
    started_at = round(time.time() - (service.cloud.settings.session_hours + 1) * 3600.0, 3)
    wiring.sessions().create(Session(tenant_of(service), session_id, started_at), None)


def pictures(service: Service, session_id: str) -> int:
    return len(list(wiring.evidence().kept(tenant_of(service), session_id)))


def test_what_the_end_hands_over_is_done_and_done_again_changes_nothing(service: Service) -> None:
    watched(service, "s-1")
    service.post("/api/sessions/s-1/end")
    before = pictures(service, "s-1")
    (message,) = queued(service)

    jobs.run(message)
    after = pictures(service, "s-1")
    jobs.run(message)

    assert (before, after, pictures(service, "s-1")) == (4, 1, 1)


def record(body: str, message_id: str = "m-1") -> dict[str, str]:
    return {"messageId": message_id, "body": body, "receiptHandle": "r"}


def test_the_queues_handler_does_every_record_of_its_event(service: Service) -> None:
    for session_id in ("s-2", "s-3"):
        watched(service, session_id)
        service.post(f"/api/sessions/{session_id}/end")
    records = [record(body) for body in queued(service)]

    answer = run_job({"Records": records}, None)

    assert answer == {"batchItemFailures": []}
    assert [pictures(service, session_id) for session_id in ("s-2", "s-3")] == [1, 1]


def test_of_a_batch_only_what_failed_comes_back(service: Service) -> None:
    watched(service, "s-7")
    service.post("/api/sessions/s-7/end")
    (good,) = queued(service)
    bad = ["not json", "[]", json.dumps({"job": "dance", "tenant_id": "t", "session_id": "s"})]
    bodies = [bad[0], good, *bad[1:]]

    answer = run_job({"Records": [record(body, f"m-{place}") for place, body in enumerate(bodies)]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": each} for each in ("m-0", "m-2", "m-3")]}
    assert pictures(service, "s-7") == 1


def test_batch_of_which_nothing_is_done_comes_back_whole() -> None:
    with pytest.raises(jobs.BatchFailedError, match="2 jobs failed"):
        run_job({"Records": [record("not json", "m-1"), record("[]", "m-2")]}, None)


def test_a_job_about_an_erased_session_is_done(service: Service) -> None:
    watched(service, "s-4")
    service.post("/api/sessions/s-4/end")
    (message,) = queued(service)
    service.call("DELETE", "/api/sessions/s-4")

    jobs.run(message)

    assert pictures(service, "s-4") == 0


def test_a_picture_that_came_after_the_erasure_is_swept_and_that_of_a_session_is_not(
    service: Service,
) -> None:
    watched(service, "s-6")
    tenant_id = tenant_of(service)
    wiring.evidence().keep(tenant_id, "gone", look(PICTURE))
    sweeps = [
        json.dumps({"job": "sweep_pictures", "tenant_id": tenant_id, "session_id": session_id})
        for session_id in ("s-6", "gone")
    ]

    for message in sweeps:
        jobs.run(message)

    assert [pictures(service, session_id) for session_id in ("s-6", "gone")] == [4, 0]


def test_what_nobody_ended_is_found_by_the_schedule_and_ended_by_its_job(service: Service) -> None:
    abandoned(service, "s-8")

    close_abandoned(scheduled_event(), None)
    (message,) = queued(service)
    jobs.run(message)

    report = service.get("/api/sessions/s-8/report").json["report"]
    assert (report["ended_by"], report["coverage"]["received"]) == ("service", 0)
    assert [json.loads(body)["job"] for body in queued(service)] == ["tidy_evidence"]
    close_abandoned(scheduled_event(), None)
    assert queued(service) == []


def test_a_job_about_an_abandoned_session_that_was_erased_is_done(service: Service) -> None:
    abandoned(service, "s-9")
    close_abandoned(scheduled_event(), None)
    (message,) = queued(service)
    service.call("DELETE", "/api/sessions/s-9")
    queued(service)

    jobs.run(message)

    assert service.get("/api/sessions/s-9/metrics").status == 404
    assert queued(service) == []


def test_a_job_that_cannot_be_done_yet_stays_in_the_queue(service: Service) -> None:
    service.start(session_id="s-5")
    message = {"job": "tidy_evidence", "tenant_id": tenant_of(service), "session_id": "s-5"}

    with pytest.raises(SessionActive):
        jobs.run(json.dumps(message))


@pytest.mark.parametrize(
    "message", ["", "not json", "[]", "{}", '{"job": "dance"}', '{"job": "tidy_evidence"}']
)
def test_a_message_that_is_no_job_is_an_error_so_that_it_ends_among_the_dead_letters(message: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        jobs.run(message)
