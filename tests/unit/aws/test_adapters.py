"""What the adapters do beyond their contracts: expiry, sizes, and an AWS that does not answer."""

import json
import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from pydantic import TypeAdapter

from chalicelib.aws import codec
from chalicelib.aws.alerts import Alerts
from chalicelib.aws.dynamodb import delete_all
from chalicelib.aws.evidence import Evidence
from chalicelib.aws.jobs import Jobs
from chalicelib.aws.keys import Keys
from chalicelib.aws.requests import Requests
from chalicelib.aws.secrets import Secrets
from chalicelib.aws.sessions import Sessions
from chalicelib.aws.tenants import Tenants
from chalicelib.aws.usual import USUAL
from chalicelib.domain import reducer
from chalicelib.domain import report as reports
from chalicelib.domain.alerts import Wanted
from chalicelib.domain.credentials import StoredKey
from chalicelib.domain.errors import Busy, StaleSession, UpstreamDown
from chalicelib.domain.model import Alert, FrameRecord, Session, Ticket
from chalicelib.domain.report import Report
from chalicelib.domain.seen import BoundingBox, Kind, Label, Landmark, Line
from tests import observations as show
from tests.contract.cloud import TEMPLATE, Cloud, offline_cloud
from tests.fakes import look
from tests.observations import STARTED_AT, face, seen, session

PICTURE = look(b"person 1")
RETENTION_S = 90 * 86_400.0
KEY = StoredKey("k", "acme", "a" * 64)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with offline_cloud() as made:
        yield made


def report() -> Report:
    over, _ = reducer.close(session(), STARTED_AT + 60.0)
    return reports.build(over, (), usd_per_call=0.001, versions={})


def refuses(code: str, **more: object) -> Callable[..., Any]:
    """AWS says no."""

    def call(*_: object, **__: object) -> Any:  # noqa: ANN401
        raise ClientError({"Error": {"Code": code, "Message": "no"}, **more}, "Operation")  # type: ignore[typeddict-item]

    return call


def times_out(error: type[Exception]) -> Callable[..., Any]:
    """Nobody answers."""

    def call(*_: object, **__: object) -> Any:  # noqa: ANN401
        raise error(endpoint_url="https://aws.test")  # type: ignore[call-arg]

    return call


class Pages:
    """A client's paginator."""

    def __init__(self, paginate: Callable[..., Any]) -> None:
        self.paginate = paginate


class Client:
    """A client of which every call ends the same way."""

    def __init__(self, ending: Callable[..., Any]) -> None:
        self._ending = ending

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._ending

    def get_paginator(self, _operation: str) -> Pages:
        """Pages that end the same way."""

        def paginate(**_: object) -> Iterator[Any]:
            yield self._ending()

        return Pages(paginate)


DOWN = {
    "throttled": refuses("ThrottlingException"),
    "internal error": refuses("InternalServerError"),
    "denied": refuses("AccessDenied"),
    "missing": refuses("ResourceNotFoundException"),
    "no connection": times_out(ConnectTimeoutError),
    "no answer": times_out(ReadTimeoutError),
}

USES: Mapping[str, Callable[[Any], object]] = {
    "create": lambda client: Sessions(client, "t", retention_s=1).create(session(), None),
    "ticket": lambda client: Sessions(client, "t", retention_s=1).ticket("acme", "k"),
    "load": lambda client: Sessions(client, "t", retention_s=1).load("acme", "s-1"),
    "save": lambda client: Sessions(client, "t", retention_s=1).save(session()),
    "frame": lambda client: Sessions(client, "t", retention_s=1).frame("acme", "s-1", 1),
    "frames": lambda client: list(Sessions(client, "t", retention_s=1).frames("acme", "s-1")),
    "frames_page": lambda client: Sessions(client, "t", retention_s=1).frames_page("acme", "s-1", 1, None),
    "alerts": lambda client: list(Sessions(client, "t", retention_s=1).alerts("acme", "s-1")),
    "alerts_page": lambda client: Sessions(client, "t", retention_s=1).alerts_page("acme", "s-1", 1),
    "report": lambda client: Sessions(client, "t", retention_s=1).report("acme", "s-1"),
    "keep_report": lambda client: Sessions(client, "t", retention_s=1).keep_report(session(), report()),
    "rows": lambda client: Sessions(client, "t", retention_s=1).rows("acme", 1, None),
    "still_active": lambda client: list(Sessions(client, "t", retention_s=1).still_active("acme", 0, 1)),
    "listed alerts": lambda client: Alerts(client, "t").page("acme", Wanted(), 1),
    "erase": lambda client: Sessions(client, "t", retention_s=1).erase("acme", "s-1"),
    "keep": lambda client: Evidence(client, "b", link_s=900).keep("acme", "s-1", PICTURE),
    "kept": lambda client: list(Evidence(client, "b", link_s=900).kept("acme", "s-1")),
    "drop": lambda client: Evidence(client, "b", link_s=900).drop("acme", "s-1", ["a"]),
    "send": lambda client: Jobs(client, "q").send("job"),
    "key": lambda client: Keys(client, "t").key("k"),
    "add": lambda client: Keys(client, "t").add(KEY),
    "page": lambda client: Keys(client, "t").page("acme", 1, None),
    "live": lambda client: Keys(client, "t").live("acme", 1.0),
    "rename": lambda client: Keys(client, "t").rename("acme", "k", "name"),
    "revoke": lambda client: Keys(client, "t").revoke("acme", "k"),
    "rotate": lambda client: Keys(client, "t").rotate(KEY.retired("l", 1.0, 0), KEY),
    "used": lambda client: Keys(client, "t").used("k", 1.0),
    "tenant": lambda client: Tenants(client, "t").tenant("acme"),
    "change": lambda client: Tenants(client, "t").change("acme", name="Acme"),
    "starts": lambda client: Sessions(client, "t", retention_s=1).starts("acme", 1.0),
    "tenants": lambda client: list(Tenants(client, "t").ids()),
    "secret": lambda client: Secrets(client, "s").get("k"),
}


@pytest.mark.parametrize("down", DOWN.values(), ids=DOWN)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_an_aws_that_does_not_answer_is_upstream_down_and_says_what_to_do(
    use: Callable[[Any], object], down: Callable[..., Any]
) -> None:
    with pytest.raises(UpstreamDown) as refused:
        use(Client(down))

    assert "again" in str(refused.value)
    assert refused.value.__cause__ is not None


@pytest.mark.parametrize(
    "lost",
    [
        refuses("ConditionalCheckFailedException"),
        refuses("TransactionConflictException"),
        refuses("TransactionInProgressException"),
        refuses("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}]),
        refuses(
            "TransactionCanceledException",
            CancellationReasons=[{"Code": "None"}, {"Code": "ConditionalCheckFailed"}],
        ),
    ],
)
def test_a_write_that_lost_against_another_is_stale(lost: Callable[..., Any]) -> None:
    with pytest.raises(StaleSession):
        Sessions(cast("Any", Client(lost)), "t", retention_s=1).save(session())


class Contested:
    """A table in which others move a counter `times` times before a transaction is done."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.tries = 0

    def transact_write_items(self, **_: object) -> None:
        """Cancelled, or done."""
        self.tries += 1
        if self.left:
            self.left -= 1
            refuses(
                "TransactionCanceledException",
                CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}],
            )()


def test_a_start_waits_for_its_turn_at_the_days_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    client = Contested(times=5)

    Sessions(cast("Any", client), "t", retention_s=1).create(session(), None, 10)

    assert client.tries == 6


def test_a_start_that_waited_long_enough_is_to_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    client = Contested(times=100)

    with pytest.raises(Busy, match="again"):
        Sessions(cast("Any", client), "t", retention_s=1).create(session(), None, 10)

    assert client.tries == 6


def test_a_start_that_meets_another_one_is_told_to_come_again_not_that_the_session_is_there() -> None:
    client = Contested(times=1)

    with pytest.raises(Busy, match="again"):
        Sessions(cast("Any", client), "t", retention_s=1).create(session(), None)

    assert client.tries == 1


def test_a_counter_of_requests_that_does_not_answer_is_no_error() -> None:
    for down in DOWN.values():
        assert Requests(cast("Any", Client(down)), "t").add("acme", 1, 1.0) is None


def test_a_transaction_cancelled_for_another_reason_is_upstream_down() -> None:
    throttled = refuses("TransactionCanceledException", CancellationReasons=[{"Code": "ThrottlingError"}])

    with pytest.raises(UpstreamDown):
        Sessions(cast("Any", Client(throttled)), "t", retention_s=1).save(session())


def test_pictures_that_s3_could_not_delete_are_not_called_deleted() -> None:
    refused = {"Errors": [{"Key": "acme/s-1/a", "Code": "InternalError", "Message": "try again"}]}

    with pytest.raises(UpstreamDown):
        Evidence(cast("Any", Client(lambda **_: refused)), "b", link_s=900).drop("acme", "s-1", ["a", "b"])


class Batches:
    """Writes only the first of each batch at a time."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        """What is left to do."""
        ((table, (first, *rest)),) = RequestItems.items()
        self.deleted.append(first["DeleteRequest"]["Key"]["pk"]["S"])
        return {"UnprocessedItems": {table: rest} if rest else {}}


def test_what_a_batch_left_undone_is_done_until_nothing_is_left() -> None:
    client = Batches()
    names = [str(number) for number in range(30)]

    deleted = delete_all(cast("Any", client), "t", ({"pk": {"S": name}} for name in names))

    assert (deleted, client.deleted) == (30, names)


def test_every_item_of_a_session_expires_with_it(cloud: Cloud) -> None:
    client = cloud.client("dynamodb")
    sessions = Sessions(client, cloud.settings.sessions_table, retention_s=RETENTION_S)
    made = replace(session(), tenant_id="expiring")
    sessions.create(made, Ticket("k", "f"))
    stepped, changes = reducer.step(made, show.two_people(1))
    saved = sessions.save(stepped, [FrameRecord(show.two_people(1))], changes)
    sessions.keep_report(saved, report())

    items = client.scan(TableName=cloud.settings.sessions_table)["Items"]

    expiry = {"N": str(int(STARTED_AT + RETENTION_S))}
    assert sorted((item["sk"]["S"].split("#")[0], item.get("expires_at") == expiry) for item in items) == [
        ("alert", True),
        ("frame", True),
        ("report", True),
        ("request", True),
        ("session", True),
    ]


def test_the_table_deletes_items_by_the_attribute_that_they_carry() -> None:
    # moto makes the table without it.
    assert "TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }" in TEMPLATE.read_text()


def test_a_picture_is_stored_with_its_type_and_its_bytes(cloud: Cloud) -> None:
    client = cloud.client("s3")
    Evidence(client, cloud.settings.bucket, link_s=900).keep("acme", "s-1", PICTURE)

    stored = client.get_object(Bucket=cloud.settings.bucket, Key=f"acme/s-1/{PICTURE.name}")

    assert (stored["ContentType"], stored["Body"].read()) == ("image/jpeg", b"person 1")


def test_a_link_lives_longer_than_it_is_handed_out(cloud: Cloud) -> None:
    link = Evidence(cloud.client("s3"), cloud.settings.bucket, link_s=900).link("acme", "s-1", "name")

    asked = parse_qs(urlsplit(link).query)
    assert "X-Amz-Expires" not in asked or asked["X-Amz-Expires"] == ["1350"]
    assert "Expires" in asked or "X-Amz-Expires" in asked


class Vault:
    """Hands out secrets, and counts how often."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - as boto3 has it
        """The secret."""
        self.reads += 1
        return {"Name": SecretId, "SecretString": self.secret}


def test_secrets_are_read_once_and_an_empty_one_is_none() -> None:
    vault = Vault('{"session_token_key": "k", "openai_api_key": ""}')
    secrets = Secrets(cast("Any", vault), "proctoring-test")

    read = [secrets.get(name) for name in ("session_token_key", "openai_api_key", "absent")]

    assert (read, vault.reads) == (["k", None, None], 1)


@pytest.mark.parametrize("garbled", ["", "not json", "[1]", "null", '"text"'])
def test_a_garbled_secret_is_upstream_down(garbled: str) -> None:
    with pytest.raises(UpstreamDown):
        Secrets(cast("Any", Vault(garbled)), "proctoring-test").get("session_token_key")


def test_the_stack_makes_a_key_for_session_tokens(cloud: Cloud) -> None:
    secrets = Secrets(cloud.client("secretsmanager"), cloud.settings.secrets_name)

    key = secrets.get("session_token_key")

    assert key is not None
    assert len(key) == 64
    assert secrets.get("openai_api_key") is None


@pytest.mark.parametrize(
    "value",
    [
        session(),
        FrameRecord(show.two_people(1), reducer.step(session(), show.two_people(1))[1]),
        replace(session(), job={"a": [1, 2.5, None, True, "ü", {"b": {}}]}),
        reports.build(
            reducer.close(session(), STARTED_AT)[0],
            reducer.step(session(), show.phone(1))[1],
            usd_per_call=0.5,
            versions={},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_packed_is_unpacked_as_it_was(value: Session | FrameRecord | Alert | Report) -> None:
    assert codec.unpack(type(value), codec.pack(value)) == value


def test_what_was_stored_before_can_still_be_read() -> None:
    # Whoever changes the dictionary loses every item that was written with it.
    assert zlib.adler32(USUAL) == 4_070_445_115


def without(stored: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name not in names}


def test_sessions_and_frames_from_before_identities_can_still_be_read() -> None:
    watched = reducer.step(session(), seen(1))[0]
    sessions, frames = TypeAdapter(Session), TypeAdapter(FrameRecord)
    stored = without(sessions.dump_python(watched, mode="json"), "identity", "decisions", "calls_apart")
    stored["watch"] = without(stored["watch"], "resemblance", "doubt", "vain")
    stored["settled"] = without(stored["settled"], "verified")
    stored["policy"] = {
        name: value
        for name, value in stored["policy"].items()
        if "similarity" not in name and "identity" not in name and name != "keep_document"
    }
    record = frames.dump_python(FrameRecord(seen(1)), mode="json")
    record["observation"] = without(record["observation"], "identity")
    del record["observation"]["looks"]["identity"]

    read = sessions.validate_json(json.dumps(stored))
    frame = frames.validate_json(json.dumps(record))

    assert read == watched
    assert frame.observation.looks.get(Kind.IDENTITY) is None
    assert reducer.step(read, seen(2))[0].settled.frames == 2


def test_a_frame_of_one_person_takes_about_a_kilobyte() -> None:
    digits = random.Random(1)
    points = tuple(
        Landmark(name, round(digits.random(), 4), round(digits.random(), 4))
        for name in re.findall(r'"type":"(\w+)","x"', USUAL.decode())
    )
    labels = tuple(
        Label(name, round(digits.uniform(55, 100), 4), ("Person",)) for name in ("Face", "Head", "Man")
    )
    pixels = replace(show.view(), fingerprint=digits.randbytes(show.FINGERPRINT_BYTES))
    frame = seen(1, faces=[replace(face(), landmarks=points)], labels=labels, pixels=pixels)

    assert len(points) == 30
    assert len(codec.pack(FrameRecord(replace(frame, picture=digits.randbytes(16).hex())))) < 800


def test_a_session_that_another_process_moved_on_is_loaded_as_it_is_now(cloud: Cloud) -> None:
    table = cloud.settings.sessions_table
    ours, theirs = (Sessions(cloud.client("dynamodb"), table, retention_s=RETENTION_S) for _ in range(2))
    start = session(tenant_id="two-processes")
    ours.create(start, None)
    first = ours.save(reducer.step(start, seen(1))[0])
    known = ours.load("two-processes", "s-1")

    second = theirs.save(reducer.step(theirs.load("two-processes", "s-1"), seen(2))[0])

    assert known is first
    assert ours.load("two-processes", "s-1") == second


def test_the_fullest_frame_that_is_kept_fits_an_item() -> None:
    points = tuple(Landmark(f"landmark{number}", number / 97, number / 89) for number in range(30))
    crowd = tuple(replace(face(side=number / 101), landmarks=points) for number in range(1, 51))
    labels = tuple(
        Label(f"{number}" * 100, 99.0, boxes=(BoundingBox(0.1, 0.2, 0.3, number / 7),) * 10)
        for number in range(40)
    )
    lines = tuple(
        Line("".join(chr(19_968 + number * 200 + place) for place in range(200)), 99.0)
        for number in range(50)
    )

    packed = codec.pack(FrameRecord(seen(1, faces=crowd, labels=labels, text=lines)))

    assert len(packed) < 100_000


def test_jobs_ask_for_the_queues_address_once() -> None:
    asked: list[str] = []

    class Queue:
        def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - as boto3 has it
            asked.append(QueueName)
            return {"QueueUrl": "https://queue.test"}

        def send_message(self, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803
            asked.append(f"{QueueUrl} {json.loads(MessageBody)['job']} {DelaySeconds}")

    jobs = Jobs(cast("Any", Queue()), "jobs")
    jobs.send("one")
    jobs.send("two", delay_s=60)

    assert asked == ["jobs", "https://queue.test one 0", "https://queue.test two 60"]
