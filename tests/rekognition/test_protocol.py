"""AWS JSON 1.1: what a caller gets who does not use an SDK, or uses it wrongly."""

import http.client
import json
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from infra.local.rekognition.staged import face, stage
from tests.rekognition.emulator import Emulator


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"picture"',
        b'{"Image": 7}',
        b'{"Image": {"Bytes": "not base64!"}}',
        b'{"Image": {"Bytes": "QUJD\\nREVG"}}',
        b'{"Image": {"Bytes": "QUJD"}, "Attributes": "ALL"}',
        b'{"Image": {"Bytes": NaN}}',
        b"\xff\xfe",
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_a_body_that_cannot_be_read_is_a_serialization_exception(emulator: Emulator, body: bytes) -> None:
    status, answer = emulator.call("DetectFaces", body)

    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("DetectFaces", {}),
        ("DetectFaces", {"Image": {}}),
        ("DetectFaces", {"Image": {"Bytes": "QUJD", "S3Object": {"Bucket": "abc", "Name": "d"}}}),
        ("DetectFaces", {"Image": {"Bytes": "QUJD"}, "Attributes": ["HAT"]}),
        ("DetectLabels", {"Image": {"Bytes": "QUJD"}, "MinConfidence": 101}),
        ("DetectLabels", {"Image": {"Bytes": "QUJD"}, "MaxLabels": -1}),
        ("CompareFaces", {"SourceImage": {"Bytes": "QUJD"}}),
        ("CreateCollection", {"CollectionId": "with blank"}),
        ("CreateCollection", {"CollectionId": "x" * 256}),
        ("SearchFaces", {"CollectionId": "x", "FaceId": "no-uuid"}),
        ("DeleteFaces", {"CollectionId": "x", "FaceIds": []}),
    ],
)
def test_a_broken_constraint_is_an_invalid_parameter(
    emulator: Emulator, operation: str, parameters: dict[str, object]
) -> None:
    status, answer = emulator.call(operation, json.dumps(parameters).encode())

    assert (status, answer["__type"]) == (400, "InvalidParameterException")


@pytest.mark.parametrize("operation", ["DetectHats", "RecognizeCelebrities", "", "__class__"])
def test_an_operation_that_is_not_emulated_is_unknown(emulator: Emulator, operation: str) -> None:
    status, answer = emulator.call(operation, b"{}")

    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_sdks_see_the_code_and_the_message(emulator: Emulator) -> None:
    with pytest.raises(ClientError) as refused:
        emulator.client().describe_collection(CollectionId="nowhere")

    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "nowhere" in refused.value.response["Error"]["Message"]


def test_members_that_the_model_does_not_know_are_ignored(emulator: Emulator) -> None:
    status, _ = emulator.call("ListCollections", b'{"Colour": "red"}')

    assert status == 200


def test_a_connection_serves_many_calls(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    headers = {"X-Amz-Target": "RekognitionService.ListCollections"}
    statuses = []
    for _ in range(3):
        connection.request("POST", "/", b"{}", headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append((answer.status, answer.getheader("Connection")))

    assert statuses == [(200, None)] * 3


def test_a_body_beyond_all_limits_is_refused_unread(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()

    assert connection.getresponse().status == 413


def test_many_callers_at_once_are_all_answered(emulator: Emulator, grey: bytes) -> None:
    client = emulator.client()
    pictures = [stage(grey, {"faces": [face(yaw_deg=yaw)]}) for yaw in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda picture: client.detect_faces(Image={"Bytes": picture}), pictures))

    assert [round(answer["FaceDetails"][0]["Pose"]["Yaw"]) for answer in answers] == list(range(40))


def test_calls_are_counted_by_operation_and_end(emulator: Emulator) -> None:
    emulator.control("DELETE", "/_calls")
    client = emulator.client()
    client.list_collections()
    with pytest.raises(ClientError):
        client.delete_collection(CollectionId="nowhere")

    assert emulator.control("GET", "/_calls") == {
        "ListCollections": {"calls": 1, "ok": 1},
        "DeleteCollection": {"calls": 1, "ResourceNotFoundException": 1},
    }


def test_a_rate_limit_refuses_what_is_too_much(start: Callable[..., Emulator]) -> None:
    limited = start("--tps", "2")
    statuses = [limited.call("ListCollections", b"{}")[0] for _ in range(8)]
    counted = limited.control("GET", "/_calls")["ListCollections"]

    assert statuses[:2] == [200, 200]
    assert counted["ProvisionedThroughputExceededException"] == statuses.count(400) > 0


def test_the_start_says_which_engine_and_what_it_costs(start: Callable[..., Emulator]) -> None:
    assert "engine haar" in start().announcement
    assert "FALLBACK: boxes of frontal faces only" in start().announcement


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_a_call_hangs(
    start: Callable[..., Emulator], number: signal.Signals
) -> None:
    ending = start()
    ending.control("POST", "/_faults", {"kind": "hang", "delay_s": 3600})
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(_ignoring_failure, ending)
        while not ending.control("GET", "/_faults")[0]["struck"]:
            pass
        ending.process.send_signal(number)

        assert ending.process.wait() == 0
        assert hanging.result() is None


def _ignoring_failure(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    headers = {"X-Amz-Target": "RekognitionService.ListCollections"}
    connection.request("POST", "/", b"{}", headers)
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
