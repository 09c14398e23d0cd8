"""What Lambda does between a queue and a handler: hands messages over, deletes those that were worked on.

The handlers are those that the Chalice app has registered. A batch whose handler fails stays in its queue and
comes back after the queue's visibility timeout, as often as its redrive policy allows.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Chalice, SQSEventConfig

from infra.local.functions import Functions

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

WAIT_S = 1
"""How long one call waits for a message: also how long stopping may take."""
MOST_MESSAGES = 10
"""What SQS hands out at once."""

logger = logging.getLogger("pump")


@dataclass(frozen=True, slots=True)
class Source:
    """A queue and the function that is fed from it."""

    name: str
    url: str
    arn: str
    batch_size: int


class Pump:
    """A thread for each queue handler of the app."""

    def __init__(self, app: Chalice, sqs: "SQSClient") -> None:
        self._functions = Functions(app)
        self._sqs = sqs
        self._region = sqs.meta.region_name
        self._stopping = threading.Event()
        self._sources = [
            self._source(config) for config in app.event_sources if isinstance(config, SQSEventConfig)
        ]
        self._threads = [threading.Thread(target=self._run, args=(source,)) for source in self._sources]

    def start(self) -> None:
        """Begin to hand over."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End when the batches that are being worked on are done."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _source(self, config: SQSEventConfig) -> Source:
        queue = config.queue or str(config.queue_arn).rpartition(":")[2]
        url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        return Source(config.name, url, arn, min(config.batch_size, MOST_MESSAGES))

    def _run(self, source: Source) -> None:
        while not self._stopping.is_set():
            try:
                self._next_batch(source)
            except (BotoCoreError, ClientError):
                if not self._stopping.is_set():
                    logger.exception("queue_failed")
                    self._stopping.wait(WAIT_S)

    def _next_batch(self, source: Source) -> None:
        received = self._sqs.receive_message(
            QueueUrl=source.url,
            MaxNumberOfMessages=source.batch_size,
            WaitTimeSeconds=WAIT_S,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        if messages:
            self._delete(source, self._worked_on(source, messages))

    def _worked_on(self, source: Source, messages: Sequence["MessageTypeDef"]) -> list["MessageTypeDef"]:
        """The messages that the function is done with."""
        event = {"Records": [_record(message, source.arn, self._region) for message in messages]}
        try:
            answer = self._functions.call(source.name, event)
        except Exception:  # whatever a handler raises, its batch comes back
            logger.exception("handler_failed")
            return []
        failed = {failure.get("itemIdentifier") for failure in _failures(answer)}
        if not failed <= {message["MessageId"] for message in messages}:
            # As Lambda does: an answer that makes no sense fails the batch.
            logger.error("handler_answered_nonsense")
            return []
        return [message for message in messages if message["MessageId"] not in failed]

    def _delete(self, source: Source, messages: Sequence["MessageTypeDef"]) -> None:
        if messages:
            self._sqs.delete_message_batch(
                QueueUrl=source.url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ],
            )


def _failures(answer: object) -> Sequence[Mapping[str, Any]]:
    return (answer.get("batchItemFailures") or []) if isinstance(answer, Mapping) else []


def _record(message: "MessageTypeDef", arn: str, region: str) -> dict[str, Any]:
    """The message as it stands in Lambda's event."""
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {key[0].lower() + key[1:]: value for key, value in attribute.items()}
            for name, attribute in attributes.items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region,
    }
