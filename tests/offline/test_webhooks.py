"""Webhooks, over HTTP: a receiver of the standard library alone is told what happens, once, and signed."""

import re
import time
from collections.abc import Iterator

import pytest

from tests.offline.client import NOBODY, PRESENT, Client, Json, base64_of, picture
from tests.offline.conftest import Cloud
from tests.offline.people import join, ok
from tests.offline.receiver import Receiver, receiving
from tests.offline.test_exam_day import exam_from_now

ENDPOINTS = "/api/webhooks/endpoints"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture
def client(cloud: Cloud, api_key: str) -> Client:
    return Client(cloud.url, api_key)


def endpoint(client: Client, url: str, *events: str) -> tuple[str, str]:
    """The path of a new endpoint, and its secret."""
    made = ok(client.call("POST", ENDPOINTS, {"url": url, "events": events}), status=201)
    return f"{ENDPOINTS}/{made['endpoint']['endpoint_id']}", made["secret"]


def hand_over(client: Client, request_id: str) -> str:
    """Where to ask what becomes of a picture."""
    sent = {"image": base64_of(picture(1, PRESENT)), "request_id": request_id}
    status_url: str = ok(client.call("POST", "/api/image", sent), status=202)["status_url"]
    return status_url


def deliveries(client: Client, path: str, *, settled: int = 0) -> list[Json]:
    """What was sent to an endpoint, once so many messages are not on their way any more."""
    until = time.monotonic() + 60
    while True:
        told: list[Json] = ok(client.call("GET", f"{path}/deliveries"))["deliveries"]
        done = [each for each in told if each["status"] != "pending"]
        if len(done) >= settled or time.monotonic() > until:
            return told
        time.sleep(0.1)


def test_what_happens_in_a_session_is_told_once_and_signed_however_often_it_is_ended(
    client: Client, receiver: Receiver
) -> None:
    _, secret = endpoint(client, f"{receiver.url}/session", "session.alert", "session.ended", "report.ready")
    interview = client.start()
    for seq in range(1, 5):
        assert interview.frame(picture(seq, NOBODY), seq=seq).status == 200
    while_it_goes_on = receiver.wait_for("/session", 1)
    for _ in range(3):
        interview.end()
    receiver.wait_for("/session", 3)
    time.sleep(2)  # what would be told twice would be by now
    got = receiver.at("/session")

    assert [each.said["type"] for each in while_it_goes_on] == ["session.alert"]
    assert sorted(each.said["type"] for each in got) == ["report.ready", "session.alert", "session.ended"]
    assert all(each.is_signed_by(secret) for each in got)
    assert not any(each.is_signed_by("whsec_" + "A" * 43 + "=") for each in got)
    assert {each.said["data"]["session_id"] for each in got} == {interview.session_id}
    alert = while_it_goes_on[0].said["data"]
    assert (alert["type"], alert["severity"], alert["state"]) == ("no_face_detected", "warning", "open")


def test_answers_that_are_handed_in_are_told(client: Client, receiver: Receiver) -> None:
    _, secret = endpoint(client, f"{receiver.url}/exam", "attempt.submitted", "session.ended")
    exam = ok(client.call("POST", "/api/exams", exam_from_now("Algebra")), status=201)["exam"]
    path = f"/api/exams/{exam['exam_id']}"
    ann = join(client)
    ok(client.call("POST", f"{path}/candidates", {"candidates": [{"email": ann.email}]}))
    started = ok(ann.client.call("POST", f"{path}/start", {}))
    for _ in range(2):
        ok(ann.client.call("POST", f"{path}/submit", {"answers": {"1": "b"}, "revision": 1}))

    got = {each.said["type"]: each for each in receiver.wait_for("/exam", 2)}

    assert got.keys() == {"attempt.submitted", "session.ended"}
    told = got["attempt.submitted"].said["data"]
    assert (told["session_id"], told["exam_id"], told["candidate_id"]) == (
        started["session_id"],
        exam["exam_id"],
        ann.person_id,
    )
    assert got["attempt.submitted"].is_signed_by(secret)
    assert ann.email not in got["attempt.submitted"].body.decode()


def test_what_is_not_answered_well_is_tried_again_under_the_same_id(
    client: Client, receiver: Receiver
) -> None:
    receiver.answers["/again"] = [500, 200]
    path, secret = endpoint(client, f"{receiver.url}/again", "image.completed")
    hand_over(client, "r-1")

    got = receiver.wait_for("/again", 2)
    (told,) = deliveries(client, path, settled=1)

    assert len({each.message_id for each in got}) == 1
    assert all(each.is_signed_by(secret) for each in got)
    assert (told["message_id"], told["status"]) == (got[0].message_id, "delivered")
    assert [each["status"] for each in told["attempts"]] == [500, 200]


def test_a_redirect_is_a_failure_and_is_not_followed(client: Client, receiver: Receiver) -> None:
    receiver.answers["/moved"] = [302]
    path, _ = endpoint(client, f"{receiver.url}/moved", "image.completed")
    hand_over(client, "r-1")
    receiver.wait_for("/moved", 1)
    while not (told := deliveries(client, path))[0]["attempts"]:
        time.sleep(0.1)

    assert (told[0]["status"], told[0]["attempts"][0]["status"]) == ("pending", 302)
    assert told[0]["next_attempt_at"] is not None
    assert receiver.at("/elsewhere") == []


def test_who_answers_410_is_told_nothing_more_until_it_is_enabled_again(
    client: Client, receiver: Receiver
) -> None:
    receiver.answers["/gone"] = [410, 200]
    path, _ = endpoint(client, f"{receiver.url}/gone", "image.completed")
    hand_over(client, "r-1")
    (first,) = deliveries(client, path, settled=1)
    while not (disabled := ok(client.call("GET", path))["endpoint"])["disabled"]:
        time.sleep(0.1)
    untold = hand_over(client, "r-2")
    while ok(client.call("GET", untold))["status"] != "completed":
        time.sleep(0.1)
    refused = client.call("POST", f"{path}/deliveries/{first['message_id']}/redeliver", {})
    ok(client.call("PATCH", path, {"disabled": False}))
    ok(client.call("POST", f"{path}/deliveries/{first['message_id']}/redeliver", {}), status=202)
    got = receiver.wait_for("/gone", 2)
    (again,) = deliveries(client, path, settled=1)

    assert (first["status"], "410" in first["error"], "410" in disabled["reason"]) == ("failed", True, True)
    assert refused.status == 409
    assert [each.message_id for each in got] == [first["message_id"]] * 2
    assert (again["status"], len(again["attempts"])) == ("delivered", 2)


def test_during_a_rotation_messages_are_signed_with_both_secrets_and_after_it_with_the_new_one(
    client: Client, receiver: Receiver
) -> None:
    path, old = endpoint(client, f"{receiver.url}/rotated", "image.completed")
    both = ok(client.call("POST", f"{path}/rotate", {"grace_s": 600}))["secrets"]
    new = both[0]["secret"]
    hand_over(client, "r-1")
    (during,) = receiver.wait_for("/rotated", 1)
    ok(client.call("POST", f"{path}/rotate", {"grace_s": 0}))
    newest = ok(client.call("GET", f"{path}/secret"))["secrets"]
    hand_over(client, "r-2")
    after = receiver.wait_for("/rotated", 2)[1]

    assert [each["secret"] for each in both] == [new, old]
    assert (during.is_signed_by(old), during.is_signed_by(new)) == (True, True)
    assert len(newest) == 1
    assert [after.is_signed_by(each) for each in (newest[0]["secret"], new, old)] == [True, False, False]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://ada:secret@example.com/",
        "ftp://example.com/",
        "https://",
    ],
)
def test_an_url_that_leads_inside_is_refused_at_once_and_not_repeated(client: Client, url: str) -> None:
    made = client.call("POST", ENDPOINTS, {"url": url, "events": ["session.ended"]})
    sent = {"image": base64_of(picture(1, PRESENT)), "request_id": "r-1", "callback_url": url}
    handed = client.call("POST", "/api/image", sent)

    assert (made.status, handed.status) == (422, 422)
    assert not re.search(r"secret|169\.254|64:ff9b", str(made.body) + str(handed.body))


@pytest.mark.parametrize("host", ["https://localhost", "https://2130706433", "https://127.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to(client: Client, host: str) -> None:
    path, _ = endpoint(client, f"{host}:9/hook", "image.completed")
    hand_over(client, "r-1")
    while not (told := deliveries(client, path)) or not told[0]["attempts"]:
        time.sleep(0.1)

    attempt = told[0]["attempts"][0]
    assert (attempt["status"], attempt["error"]) == (None, "refused_address")
