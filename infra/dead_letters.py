"""List jobs that failed too often, or let them be worked on again: `python -m infra.dead_letters --redrive`.

Works on the stage that the environment names, as infra.tenants does. Without `--redrive` nothing is taken out
of the queue. SQS has StartMessageMoveTask for the same, which this does not use: it moves all or nothing,
leaves the messages as they are, where ours say `redriven` (else a job that was given up stays so), and moto
lacks it.
"""

import argparse
import json
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import from_environment

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HIDDEN_S = 600
"""So long a message that was received is handed to nobody else: long enough to go through all of them."""
AT_ONCE = 10
"""What SQS hands out, and takes, in one call."""
WAIT_S = 1
"""Asked to wait, SQS looks at all of its servers; else a message may seem to be missing."""
IDS = (
    "tenant_id",
    "session_id",
    "job_id",
    "image_id",
    "endpoint_id",
    "webhook_id",
    "message_id",
    "redriven",
)
"""What is shown of a job; whatever else it says is not."""
SHOWN = 100
"""Characters of one thing that is shown."""
SECRETIVE = re.compile(r"\S{16,}")
"""In text of unknown origin: what is so long may be a key, or a piece of a picture."""


class UnknownMessageError(Exception):
    """A message that was named is not among the dead letters; the text says which."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was handed out too often. `received`: how often, a look at the dead letters counting."""

    message_id: str
    body: str
    sent_at: datetime
    received: int
    receipt: str

    def __str__(self) -> str:
        times = f"received {self.received} time{'s'[: self.received != 1]}"
        return f"{self.message_id}  {self.sent_at:%Y-%m-%d %H:%M:%S} UTC  {times}  {told(self.body)}"


class DeadLetters:
    """The dead letters of a queue, and their way back into it."""

    def __init__(self, sqs: "SQSClient", queue: str) -> None:
        """Raises ClientError if there are no such queues."""
        self._sqs = sqs
        self._jobs, self._dead = (
            sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (queue, f"{queue}-dead")
        )
        self._held: dict[str, DeadLetter] = {}

    @contextmanager
    def held(self) -> Iterator[list[DeadLetter]]:
        """All of them, each once, the oldest first; what is not redriven within the block stays."""
        try:
            while messages := self._receive():
                self._held |= {message["MessageId"]: _letter(message) for message in messages}
            yield sorted(self._held.values(), key=lambda letter: (letter.sent_at, letter.message_id))
        finally:
            self._let_go()

    def redrive(self, letter: DeadLetter) -> None:
        """Let it be worked on again."""
        # Sent first: what breaks off in between doubles it, which jobs bear, and loses nothing.
        self._sqs.send_message(QueueUrl=self._jobs, MessageBody=marked(letter.body))
        self._sqs.delete_message(QueueUrl=self._dead, ReceiptHandle=letter.receipt)
        del self._held[letter.message_id]

    def _receive(self) -> Sequence["MessageTypeDef"]:
        received = self._sqs.receive_message(
            QueueUrl=self._dead,
            MaxNumberOfMessages=AT_ONCE,
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=WAIT_S,
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        return received.get("Messages", [])

    def _let_go(self) -> None:
        """Let others see what is left, the next call of this command among them."""
        letters = list(self._held.values())
        for start in range(0, len(letters), AT_ONCE):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._dead,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                    for number, letter in enumerate(letters[start : start + AT_ONCE])
                ],
            )
        self._held.clear()


def told(body: str) -> str:
    """What a message says: its job and whose it is. Nothing that might be a picture or a secret."""
    said = _read(body)
    match said:
        case {"job": str(job)}:
            ids = [f"{name}={_plain(said[name])}" for name in IDS if name in said]
            return " ".join([_plain(job), *ids])
        case {"Records": [{"s3": {"object": {"key": str(key)}}}, *others]}:
            more = f" and {len(others)} more" if others else ""
            return f"S3 notification: {_plain(unquote_plus(key))}{more}"
        case {"Service": "Amazon S3", "Event": str(event)}:
            return f"S3 notification: {_plain(event)}"
        case None:
            return f"no JSON, {len(body)} characters: {_harmless(body)!r}"
        case _:
            return f"no job of ours, {len(body)} characters: {_harmless(body)!r}"


def marked(body: str) -> str:
    """The body, saying that it was redriven, if it is a job of ours or tells of an upload."""
    said = _read(body)
    if not isinstance(said, dict) or not ("job" in said or "Records" in said):
        return body
    return json.dumps({**said, "redriven": "1"})


def main() -> None:
    """Read the command line, list the dead letters or redrive them, and say how many."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.dead_letters",
        description="List the jobs that failed too often, or let them be worked on again.",
    )
    parser.add_argument("--redrive", action="store_true", help="let them be worked on again")
    parser.add_argument("--message", nargs="+", default=[], metavar="ID", help="only these")
    options = parser.parse_args()
    settings, done = from_environment(), 0
    try:
        letters = DeadLetters(boto3.client("sqs"), settings.jobs_queue)
        with letters.held() as all_of_them:
            chosen = _chosen(all_of_them, options.message)
            for letter in chosen:
                if options.redrive:
                    letters.redrive(letter)
                    done += 1
                print(letter)
    except UnknownMessageError as exc:
        parser.exit(1, f"{exc}\n")
    except (BotoCoreError, ClientError) as exc:
        so_far = f"Redriven before that: {done}." if options.redrive else "Nothing was changed."
        hint = "Is the stage deployed, and are region and credentials its?"
        parser.exit(1, f"The queue did not do it: {exc}\n{so_far} {hint}\n")
    if not chosen:
        print("There are no dead letters.")
    elif options.redrive:
        print(f"Redriven: {done}.")
    else:
        again = f"make dead STAGE={settings.stage} REDRIVE=1"
        print(f"Dead letters: {len(chosen)}. When their cause is mended: {again}")


def _chosen(letters: Sequence[DeadLetter], wanted: Collection[str]) -> Sequence[DeadLetter]:
    """Those that are wanted; all, if none is named. Raises UnknownMessageError for one that is not there."""
    unknown = [name for name in wanted if name not in {letter.message_id for letter in letters}]
    if unknown:
        raise UnknownMessageError(
            f"There is no dead letter {', '.join(unknown)}; nothing was changed. One that is being looked at "
            f"elsewhere is back after {HIDDEN_S // 60} minutes at the latest."
        )
    return [letter for letter in letters if letter.message_id in wanted] if wanted else letters


def _letter(message: "MessageTypeDef") -> DeadLetter:
    attributes = message["Attributes"]
    sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, tz=UTC)
    received = int(attributes["ApproximateReceiveCount"])
    return DeadLetter(message["MessageId"], message["Body"], sent_at, received, message["ReceiptHandle"])


def _read(body: str) -> Any:  # noqa: ANN401 - whatever it is
    """The JSON that the body is; None if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _plain(value: object) -> str:
    """Shortened, and nothing that a terminal would obey."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(value))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _harmless(text: str) -> str:
    return _plain(SECRETIVE.sub("…", text[: SHOWN * SHOWN]))


if __name__ == "__main__":
    main()
