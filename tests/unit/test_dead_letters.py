"""The command that lists dead letters and lets them be worked on again."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from infra import dead_letters
from infra.dead_letters import DeadLetters
from tests.contract.cloud import REGION, STAGE, offline_cloud

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

JOBS, DEAD = f"proctoring-{STAGE}-jobs", f"proctoring-{STAGE}-jobs-dead"
UPLOADED = "uploads/acme/1f.jpg"
NOTIFICATION = json.dumps(
    {"Records": [{"eventName": "ObjectCreated:Post", "s3": {"object": {"key": UPLOADED}}}]}
)


@dataclass(frozen=True, slots=True)
class Queues:
    """The jobs' queue and that of its dead letters."""

    sqs: "SQSClient"

    def die(self, *bodies: object) -> list[str]:
        """Put messages among the dead letters; their ids."""
        url = self.url(DEAD)
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return [self.sqs.send_message(QueueUrl=url, MessageBody=text)["MessageId"] for text in texts]

    def bodies(self, queue: str) -> list[str]:
        """The messages that anybody may receive from a queue just now."""
        found: list[str] = []
        url = self.url(queue)
        while some := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in some]
        return found

    def url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("STAGE", STAGE)
    monkeypatch.setattr(dead_letters, "WAIT_S", 0)  # moto has one server to look at
    with offline_cloud() as cloud:
        yield Queues(cloud.client("sqs"))


@dataclass(frozen=True, slots=True)
class Done:
    """How the command ended."""

    code: int
    printed: list[str]
    said: str


Run = Callable[..., Done]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["command", *arguments])
        code: object = 0
        try:
            dead_letters.main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return Done(code if isinstance(code, int) else 0, printed.out.splitlines(), printed.err)

    return run


class NeverDeletes:
    """A client whose connection breaks off when it deletes."""

    def __init__(self, client: "SQSClient") -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the client has it
        return getattr(self._client, name)

    def delete_message(self, **_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs.example")


def redrive_all(letters: DeadLetters) -> None:
    with letters.held() as held:
        for letter in held:
            letters.redrive(letter)


def tidying(number: int) -> dict[str, str]:
    return {"job": "tidy_evidence", "tenant_id": "acme", "session_id": f"s-{number}"}


def test_an_empty_queue_is_said_to_be_empty(queues: Queues, command: Run) -> None:  # noqa: ARG001
    assert command() == command("--redrive") == Done(0, ["There are no dead letters."], "")


def test_each_of_many_is_listed_once_and_stays(queues: Queues, command: Run) -> None:
    ids = queues.die(*map(tidying, range(25)))

    first, second = command(), command()

    assert (first.code, first.said) == (0, "")
    assert sorted(line.split("  ")[0] for line in first.printed[:-1]) == sorted(ids)
    assert first.printed[-1].startswith("Dead letters: 25.")
    assert len(second.printed) == 26
    assert len(queues.bodies(DEAD)) == 25
    assert queues.bodies(JOBS) == []


def test_a_line_says_when_how_often_what_and_whose(queues: Queues, command: Run) -> None:
    (message,) = queues.die(tidying(1) | {"doubtful": "a person's name", "redriven": "1"})
    command()

    line = command().printed[0]

    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "THEN", line) == (
        f"{message}  THEN  received 2 times  tidy_evidence tenant_id=acme session_id=s-1 redriven=1"
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("not a job", "no JSON, 9 characters: 'not a job'"),
        ("/9j/4AAQSkZJRgABAQAAAQABAAD" * 900, "no JSON, 24300 characters: '…'"),
        ("a \x1b[31mkey: sk-1234567890abcdef", "no JSON, 31 characters: 'a ?[31mkey: …'"),
        ("[" * 5_000, "no JSON, 5000 characters: '…'"),
        ('{"what": "else"}', 'no job of ours, 16 characters: \'{"what": "else"}\''),
        (NOTIFICATION, f"S3 notification: {UPLOADED}"),
        ('{"Service": "Amazon S3", "Event": "s3:TestEvent"}', "S3 notification: s3:TestEvent"),
        ('{"job": "a", "tenant_id": "' + "b" * 300 + '"}', f"a tenant_id={'b' * 100}…"),
    ],
)
def test_what_is_no_job_is_shown_short_and_without_what_may_be_a_secret(body: str, shown: str) -> None:
    assert dead_letters.told(body) == shown


def test_what_is_redriven_is_marked_and_goes_back_to_the_jobs(queues: Queues, command: Run) -> None:
    queues.die(*map(tidying, range(25)))

    done = command("--redrive")

    assert (done.code, done.said, done.printed[-1]) == (0, "", "Redriven: 25.")
    assert sorted(queues.bodies(JOBS)) == sorted(
        json.dumps(tidying(number) | {"redriven": "1"}) for number in range(25)
    )
    assert queues.bodies(DEAD) == []
    assert command().printed == ["There are no dead letters."]


def test_what_is_no_job_is_redriven_as_it_is(queues: Queues, command: Run) -> None:
    queues.die("not a job", '{"what": "else"}')

    assert command("--redrive").code == 0
    assert sorted(queues.bodies(JOBS)) == ["not a job", '{"what": "else"}']


def test_an_upload_that_is_redriven_says_so_where_the_worker_looks(queues: Queues, command: Run) -> None:
    queues.die(NOTIFICATION)

    assert command("--redrive").code == 0
    assert [json.loads(body) for body in queues.bodies(JOBS)] == [
        json.loads(NOTIFICATION) | {"redriven": "1"}
    ]


def test_only_the_chosen_are_listed_or_redriven(queues: Queues, command: Run) -> None:
    first, _, third = queues.die(*map(tidying, range(3)))

    listed = command("--message", first, third)
    redriven = command("--redrive", "--message", first, third)

    assert listed.printed[-1].startswith("Dead letters: 2.")
    assert (redriven.code, redriven.printed[-1]) == (0, "Redriven: 2.")
    assert len(queues.bodies(JOBS)) == 2
    assert queues.bodies(DEAD) == [json.dumps(tidying(1))]


def test_where_one_is_not_there_none_is_redriven(queues: Queues, command: Run) -> None:
    (there,) = queues.die(tidying(1))

    done = command("--redrive", "--message", there, "00-nobody")

    assert (done.code, done.printed) == (1, [])
    assert "There is no dead letter 00-nobody" in done.said
    assert (queues.bodies(JOBS), queues.bodies(DEAD)) == ([], [json.dumps(tidying(1))])


def test_what_breaks_off_before_it_deletes_is_doubled_and_not_lost(queues: Queues) -> None:
    queues.die(tidying(1), tidying(2))
    letters = DeadLetters(cast("SQSClient", NeverDeletes(queues.sqs)), JOBS)

    with pytest.raises(EndpointConnectionError):
        redrive_all(letters)

    assert queues.bodies(JOBS) == [json.dumps(tidying(1) | {"redriven": "1"})]
    assert sorted(queues.bodies(DEAD)) == [json.dumps(tidying(1)), json.dumps(tidying(2))]


def test_a_run_that_breaks_off_says_how_far_it_came(
    queues: Queues, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.die(tidying(1))
    monkeypatch.setattr(boto3, "client", lambda _: NeverDeletes(queues.sqs))

    done = command("--redrive")

    assert (done.code, done.printed) == (1, [])
    assert "https://sqs.example" in done.said
    assert "Redriven before that: 0." in done.said


def test_a_stage_that_is_not_there_is_a_reason(
    queues: Queues,  # noqa: ARG001 - it is the cloud that is asked
    command: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STAGE", "nowhere")

    done = command("--redrive")

    assert (done.code, done.printed) == (1, [])
    assert "does not exist" in done.said
    assert "Is the stage deployed" in done.said


def test_a_cloud_that_does_not_answer_is_a_reason(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
        "STAGE": STAGE,
    }.items():
        monkeypatch.setenv(name, value)

    done = command()

    assert (done.code, done.printed) == (1, [])
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in done.said
