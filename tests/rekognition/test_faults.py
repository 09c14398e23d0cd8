"""A provider that fails on demand."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from infra.local.rekognition.faults import FORMS, Faults
from tests.rekognition.emulator import Emulator


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("throttle", 500, "ThrottlingException"), ("error", 500, "InternalServerError")],
)
def test_the_next_calls_fail_and_then_all_is_well(
    emulator: Emulator, kind: str, status: int, code: str
) -> None:
    emulator.control("POST", "/_faults", {"kind": kind, "next": 2})
    answers = [emulator.call("ListCollections", b"{}") for _ in range(3)]

    assert [answer[0] for answer in answers] == [status, status, 200]
    assert answers[0][1]["__type"] == code


def test_sdks_retry_throttling_away(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "throttle", "next": 1})

    assert emulator.client(attempts=3).list_collections()["CollectionIds"] == []


def test_a_fault_strikes_only_the_operations_it_names(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "error", "operations": ["DetectText"]})

    assert emulator.call("ListCollections", b"{}")[0] == 200
    assert emulator.call("DetectText", b"{}")[0] == 500


def test_slowness_delays_an_answer_that_is_right(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "slow", "delay_s": 0.2, "next": 1})
    started_s = time.monotonic()
    status, answer = emulator.call("ListCollections", b"{}")

    assert time.monotonic() - started_s >= 0.2
    assert (status, answer["CollectionIds"]) == (200, [])


@pytest.mark.parametrize("fault", [{"kind": "drop", "next": 1}, {"kind": "hang", "delay_s": 0.1, "next": 1}])
def test_a_dropped_or_hanging_call_ends_without_an_answer(
    emulator: Emulator, fault: dict[str, object]
) -> None:
    emulator.control("POST", "/_faults", fault)

    with pytest.raises((http.client.HTTPException, OSError)):
        emulator.call("ListCollections", b"{}")
    assert emulator.call("ListCollections", b"{}")[0] == 200


def test_garbage_takes_all_its_forms_in_turn(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "garbage", "next": len(FORMS)})
    bodies = [_body(emulator) for _ in FORMS]

    assert len(set(bodies)) == len(FORMS)
    assert b"" in bodies
    assert any(b"NaN" in body for body in bodies)


def test_garbage_of_one_form_stays_that_form(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "garbage", "form": "wrong_shape", "next": 2})

    assert _body(emulator) == _body(emulator)
    assert json.loads(_body(emulator))["CollectionIds"] == []


def test_a_rate_with_a_seed_strikes_the_same_calls_every_time() -> None:
    def struck() -> list[str | None]:
        faults = Faults()
        faults.add({"kind": "error", "rate": 0.3, "seed": 7})
        return [faults.strike("DetectFaces").kind for _ in range(200)]

    assert struck() == struck()
    assert 30 < Counter(struck())["error"] < 90


def test_slowness_adds_to_whatever_else_strikes() -> None:
    faults = Faults()
    faults.add({"kind": "slow", "delay_s": 0.5})
    faults.add({"kind": "slow", "delay_s": 0.25})
    faults.add({"kind": "throttle"})
    strike = faults.strike("DetectFaces")

    assert (strike.delay_s, strike.kind) == (0.75, "throttle")


def test_faults_are_listed_with_what_they_did_and_cleared(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "error", "next": 5})
    emulator.call("ListCollections", b"{}")
    (listed,) = emulator.control("GET", "/_faults")
    emulator.control("DELETE", "/_faults")

    assert (listed["kind"], listed["next"], listed["struck"]) == ("error", 4, 1)
    assert emulator.control("GET", "/_faults") == []


@pytest.mark.parametrize(
    "fault",
    [
        [],
        {},
        {"kind": "fire"},
        {"kind": "error", "rate": 2},
        {"kind": "error", "often": 1},
        {"kind": "garbage", "form": "x"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(emulator: Emulator, fault: object) -> None:
    status, answer = emulator.raw("POST", "/_faults", json.dumps(fault).encode())

    assert status == 400
    assert answer["error"]
    assert emulator.control("GET", "/_faults") == []


def test_an_unknown_control_says_which_there_are(emulator: Emulator) -> None:
    status, answer = emulator.raw("GET", "/_weather")

    assert status == 404
    assert "GET /_health" in answer["error"]


def test_answers_come_no_sooner_than_the_latency_asked_for(start: Callable[..., Emulator]) -> None:
    slow = start("--latency-ms", "120")
    started_s = time.monotonic()
    slow.call("ListCollections", b"{}")

    assert time.monotonic() - started_s >= 0.12


def test_throttling_reaches_a_caller_who_does_not_retry(emulator: Emulator) -> None:
    emulator.control("POST", "/_faults", {"kind": "throttle"})
    with pytest.raises(ClientError) as refused:
        emulator.client().list_collections()

    assert refused.value.response["Error"]["Code"] == "ThrottlingException"


def _body(emulator: Emulator) -> bytes:
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    connection.request("POST", "/", b"{}", {"X-Amz-Target": "RekognitionService.ListCollections"})
    return connection.getresponse().read()
