"""The pump hands messages to the app's handlers as Lambda does."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Chalice, SQSEvent

from infra.local.pump import Pump

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tests.offline.conftest import Cloud

Handler = Callable[[SQSEvent], object]


class Deliveries:
    """What a handler was given; lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._changed = Condition()

    def add(self, event: SQSEvent) -> list[str]:
        """Keep the event; its bodies."""
        with self._changed:
            self.events.append(event.to_dict())
            self._changed.notify_all()
        return [record.body for record in event]

    def bodies(self) -> Counter[str]:
        return Counter(record["body"] for event in self.events for record in event["Records"])

    def wait_for(self, wanted: Callable[[Counter[str]], bool]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: wanted(self.bodies()))


@pytest.fixture
def sqs(cloud: "Cloud") -> "SQSClient":
    return cloud.client("sqs")


@pytest.fixture
def queue(sqs: "SQSClient", new_name: Callable[[str], str]) -> str:
    """A queue whose messages come back at once, and go to its dead letters after two tries."""
    name = new_name("queue")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 2}}'
    sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0", "RedrivePolicy": redrive})
    return name


@contextmanager
def pumping(sqs: "SQSClient", queue: str, handler: Handler, batch_size: int = 10) -> Iterator[None]:
    app = Chalice(app_name="standin", configure_logs=False)
    app.on_sqs_message(queue=queue, batch_size=batch_size)(handler)
    pump = Pump(app, sqs)
    pump.start()
    try:
        yield
    finally:
        pump.stop()


def url(sqs: "SQSClient", queue: str) -> str:
    return sqs.get_queue_url(QueueName=queue)["QueueUrl"]


def left(sqs: "SQSClient", queue: str) -> list[str]:
    """The bodies of the messages that are still there."""
    received = sqs.receive_message(QueueUrl=url(sqs, queue), MaxNumberOfMessages=10, VisibilityTimeout=1)
    return sorted(message["Body"] for message in received.get("Messages", []))


def test_a_message_arrives_in_lambdas_form_and_is_deleted(sqs: "SQSClient", queue: str) -> None:
    deliveries = Deliveries()
    sent = sqs.send_message(
        QueueUrl=url(sqs, queue),
        MessageBody="one",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "report"}},
    )
    with pumping(sqs, queue, deliveries.add):
        deliveries.wait_for(lambda bodies: bodies["one"] == 1)
    (record,) = deliveries.events[0]["Records"]

    assert record.pop("receiptHandle")
    assert record.pop("attributes").keys() >= {"ApproximateReceiveCount", "SentTimestamp"}
    assert record == {
        "messageId": sent["MessageId"],
        "body": "one",
        "messageAttributes": {"kind": {"dataType": "String", "stringValue": "report"}},
        "md5OfBody": sent["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        "awsRegion": "us-east-1",
    }
    assert left(sqs, queue) == []
    assert left(sqs, f"{queue}-dead") == []


def test_a_batch_is_no_larger_than_the_handler_wants(sqs: "SQSClient", queue: str) -> None:
    deliveries = Deliveries()
    for number in range(7):
        sqs.send_message(QueueUrl=url(sqs, queue), MessageBody=str(number))
    with pumping(sqs, queue, deliveries.add, batch_size=3):
        deliveries.wait_for(lambda bodies: bodies.total() == 7)

    assert max(len(event["Records"]) for event in deliveries.events) <= 3
    assert deliveries.bodies() == Counter("0123456")


def test_what_always_fails_ends_among_the_dead_letters(sqs: "SQSClient", queue: str) -> None:
    deliveries = Deliveries()

    def fail(event: SQSEvent) -> None:
        deliveries.add(event)
        raise RuntimeError("it never works")

    sqs.send_message(QueueUrl=url(sqs, queue), MessageBody="bad")
    with pumping(sqs, queue, fail):
        deliveries.wait_for(lambda bodies: bodies["bad"] == 2)
        while left(sqs, f"{queue}-dead") != ["bad"]:
            pass

    assert deliveries.bodies() == Counter({"bad": 2})
    assert left(sqs, queue) == []


def test_of_a_batch_only_what_failed_comes_back(sqs: "SQSClient", queue: str) -> None:
    deliveries = Deliveries()

    def fail_in_part(event: SQSEvent) -> object:
        deliveries.add(event)
        records = event.to_dict()["Records"]
        failed = [record["messageId"] for record in records if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    for body in ("good", "bad", "fine"):
        sqs.send_message(QueueUrl=url(sqs, queue), MessageBody=body)
    with pumping(sqs, queue, fail_in_part):
        deliveries.wait_for(lambda bodies: bodies["bad"] == 2)

    assert deliveries.bodies() == Counter({"good": 1, "bad": 2, "fine": 1})


def test_an_answer_that_names_no_message_of_the_batch_fails_it_all(sqs: "SQSClient", queue: str) -> None:
    deliveries = Deliveries()

    def answer_nonsense(event: SQSEvent) -> object:
        deliveries.add(event)
        return {"batchItemFailures": [{"itemIdentifier": ""}]}

    sqs.send_message(QueueUrl=url(sqs, queue), MessageBody="good")
    with pumping(sqs, queue, answer_nonsense):
        deliveries.wait_for(lambda bodies: bodies["good"] == 2)


def test_the_services_own_queue_is_pumped(sqs: "SQSClient") -> None:
    jobs = url(sqs, "proctoring-dev-jobs")
    sqs.send_message(QueueUrl=jobs, MessageBody="not a job")

    while sqs.get_queue_attributes(QueueUrl=jobs, AttributeNames=["ApproximateNumberOfMessages"])[
        "Attributes"
    ] != {"ApproximateNumberOfMessages": "0"}:
        pass
