"""A message that cannot be worked on, among nine that can: its tries, and how it becomes a dead letter."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app import run_job
from chalicelib import wiring
from chalicelib.domain.image_jobs import image_id_of
from chalicelib.domain.queued import MOST_TRIES
from chalicelib.domain.seen import Picture
from chalicelib.vision.checks import look
from chalicelib.workers.jobs import BatchFailedError
from infra.dead_letters import DeadLetters
from tests.fake_webhooks import FakeReceiver
from tests.unit.api.service import Service, running_service
from tests.unit.vision.pictures import jpeg, portrait

PICTURE = jpeg(portrait())
POISON = PICTURE + b"poison"
GOOD = [f"good-{number}" for number in range(9)]
BAD = "bad"
LATER_S = 400.0
"""After this a message that failed is handed out again, and nobody holds its job any more."""


class BugError(Exception):
    """What nobody thought of."""


def look_or_die(encoded: bytes) -> Picture:
    if encoded == POISON:
        raise BugError
    return look(encoded)


@dataclass(slots=True)
class Workshop:
    """The queue, its worker and a receiver, at a time of its own."""

    service: Service
    receiver: FakeReceiver = field(default_factory=FakeReceiver)
    ahead_s: float = 0.0

    def now(self) -> float:
        return time.time() + self.ahead_s

    def url(self, tail: str = "") -> str:
        queue = self.service.cloud.settings.jobs_queue + tail
        return self.service.cloud.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]

    def hand_over(self, request_id: str, picture: bytes) -> None:
        sent = {"image": b64encode(picture).decode(), "request_id": request_id}
        answer = self.service.post("/api/image", sent | {"callback_url": "https://you.example/done"})
        assert answer.status == 202, answer.body

    def work(self) -> None:
        """What Lambda does, until the queue is empty: what fails is handed out again, five times in all."""
        sqs, url = self.service.cloud.client("sqs"), self.url()
        while True:
            told = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=0
            )
            messages = told.get("Messages", [])
            if not messages:
                return
            failed = failures([record(each) for each in messages])
            for each in messages:
                if each["MessageId"] not in failed:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            self.ahead_s += LATER_S

    def states(self) -> dict[str, str]:
        tenant_id = wiring.check_key()(self.service.key).tenant_id
        ids = {name: image_id_of(tenant_id, name) for name in (*GOOD, BAD)}
        return {name: self.service.get(f"/api/image/{each}").json["status"] for name, each in ids.items()}

    def called_back(self) -> list[tuple[str, str]]:
        said = [json.loads(body) for _, body, _ in self.receiver.got]
        return sorted((each["request_id"], each["status"]) for each in said)


def record(message: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 has it
    return {
        "messageId": message["MessageId"],
        "body": message["Body"],
        "receiptHandle": message["ReceiptHandle"],
        "attributes": message["Attributes"],
    }


def failures(records: list[dict[str, Any]]) -> set[str]:
    try:
        answer = run_job({"Records": records}, None)
    except BatchFailedError:
        return {each["messageId"] for each in records}
    return {each["itemIdentifier"] for each in answer["batchItemFailures"]}


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    with running_service() as service:
        shop = Workshop(service)
        worker = replace(wiring.work_on_image(), look=look_or_die, clock=shop.now)
        deliver = replace(wiring.deliver(), post=shop.receiver, clock=shop.now)
        monkeypatch.setattr(wiring, "work_on_image", lambda: worker)
        monkeypatch.setattr(wiring, "deliver", lambda: deliver)
        yield shop


def test_a_poison_message_ends_as_a_dead_letter_its_job_as_failed_and_its_neighbours_done_once(
    workshop: Workshop,
) -> None:
    for name in GOOD:
        workshop.hand_over(name, PICTURE)
    workshop.hand_over(BAD, POISON)
    sqs = workshop.service.cloud.client("sqs")

    workshop.work()
    letters = DeadLetters(sqs, workshop.service.cloud.settings.jobs_queue)
    with letters.held() as dead:
        (letter,) = dead
    states, told = workshop.states(), workshop.called_back()

    assert MOST_TRIES == 4
    assert (json.loads(letter.body)["job"], letter.received) == ("detect_image", MOST_TRIES + 2)
    assert states == {**dict.fromkeys(GOOD, "completed"), BAD: "failed"}
    assert told == sorted([(BAD, "failed"), *((name, "completed") for name in GOOD)])


def test_redelivery_of_all_adds_nothing(workshop: Workshop) -> None:
    for name in GOOD:
        workshop.hand_over(name, PICTURE)
    workshop.hand_over(BAD, POISON)
    workshop.work()
    told, asked = workshop.called_back(), len(workshop.service.rekognition.calls)
    tenant_id = wiring.check_key()(workshop.service.key).tenant_id
    for name in (*GOOD, BAD):
        about = {"job": "detect_image", "tenant_id": tenant_id, "image_id": image_id_of(tenant_id, name)}
        workshop.service.cloud.client("sqs").send_message(
            QueueUrl=workshop.url(), MessageBody=json.dumps(about)
        )

    workshop.work()

    assert (workshop.called_back(), len(workshop.service.rekognition.calls)) == (told, asked)


def test_a_dead_letter_that_is_redriven_when_its_cause_is_mended_is_worked_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.hand_over(BAD, POISON)
    workshop.work()
    mended = replace(wiring.work_on_image(), look=look)
    monkeypatch.setattr(wiring, "work_on_image", lambda: mended)
    letters = DeadLetters(workshop.service.cloud.client("sqs"), workshop.service.cloud.settings.jobs_queue)
    with letters.held() as dead:
        for letter in dead:
            letters.redrive(letter)

    workshop.work()

    assert workshop.called_back() == [(BAD, "completed"), (BAD, "failed")]
