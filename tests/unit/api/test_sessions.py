"""Sessions over HTTP: start, list, erase."""

from datetime import datetime
from typing import Any

import pytest

from chalicelib.api.sessions import StartRequest
from chalicelib.domain.policy import Policy
from tests.unit.api.service import Service
from tests.unit.vision.pictures import jpeg, portrait

PICTURE = jpeg(portrait())


def test_a_session_starts_with_all_that_the_contract_says(service: Service) -> None:
    started = service.start(session_id="s-1", job_data={"title": "Engineer"})

    assert {name: started[name] for name in ("success", "session_id", "status")} == {
        "success": True,
        "session_id": "s-1",
        "status": "active",
    }
    assert datetime.fromisoformat(started["start_time"]).utcoffset() is not None
    assert started["start_time"].endswith("Z")
    assert started["session_token"].count(".") == 2
    assert started["api_endpoints"] == {
        name: f"/api/sessions/s-1/{name}"
        for name in ("frame", "frames", "metrics", "alerts", "emotions", "identity", "end", "report")
    }
    assert started["policy"]["yaw_deg"] == Policy().yaw_deg


@pytest.mark.parametrize("body", [b"", b"{}", b'{"session_id": null, "unknown": "member"}'])
def test_everything_about_a_session_is_optional(service: Service, body: bytes) -> None:
    answer = service.post("/api/sessions/start", body)

    assert (answer.status, len(answer.json["session_id"])) == (200, 32)


def test_an_active_id_again_is_409(service: Service) -> None:
    service.start(session_id="s-1")

    again = service.post("/api/sessions/start", {"session_id": "s-1"})

    assert (again.status, again.json["type"]) == (409, "urn:proctoring:problem:session-exists")


def test_the_same_request_with_the_same_key_answers_the_same_session(service: Service) -> None:
    first, again = (
        service.post("/api/sessions/start", {"job_data": {"n": 1}}, headers={"Idempotency-Key": "order-66"})
        for _ in range(2)
    )

    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json


def test_another_request_with_the_same_key_is_409(service: Service) -> None:
    headers = {"Idempotency-Key": "order-66"}
    service.post("/api/sessions/start", {"job_data": {"n": 1}}, headers=headers)

    other = service.post("/api/sessions/start", {"job_data": {"n": 2}}, headers=headers)

    assert (other.status, other.json["type"]) == (409, "urn:proctoring:problem:conflict")


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "tab\there"])
def test_a_key_that_is_none_is_422(service: Service, key: str) -> None:
    answer = service.post("/api/sessions/start", {}, headers={"Idempotency-Key": key})

    assert (answer.status, "Idempotency-Key" in answer.json["detail"]) == (422, True)


@pytest.mark.parametrize("session_id", ["a", "A-b_c.d~9", "x" * 64])
def test_an_id_may_have_64_plain_characters(service: Service, session_id: str) -> None:
    assert service.start(session_id=session_id)["session_id"] == session_id
    assert service.get(f"/api/sessions/{session_id}/metrics").status == 200


@pytest.mark.parametrize(
    "session_id", ["", "x" * 65, "a/b", "a#b", "a b", "ü", ".a", "-a", "a\n", "a%2F", "{a}", 7, ["a"]]
)
def test_an_id_that_would_not_fit_a_path_is_422(service: Service, session_id: object) -> None:
    answer = service.post("/api/sessions/start", {"session_id": session_id})

    assert answer.status == 422
    assert answer.json["errors"][0]["loc"] == ["session_id"]


def test_a_policy_is_taken_and_told(service: Service) -> None:
    wanted = {"emotions": False, "yaw_deg": 45, "alerts_off": ["blurred"], "after_frames": {"low_light": 9}}

    told = service.start(policy=wanted)["policy"]

    assert {name: told[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("policy", "where"),
    [
        ({"yaw": 45}, ["policy", "yaw"]),
        ({"yaw_deg": 181}, ["policy"]),
        ({"yaw_deg": "much"}, ["policy", "yaw_deg"]),
        ({"keep_frames": "some"}, ["policy", "keep_frames"]),
        ({"emotions": "perhaps"}, ["policy", "emotions"]),
        ({"after_frames": {"blurred": 0}}, ["policy"]),
        ({"after_frames": {"blurred": 1.5}}, ["policy", "after_frames", "blurred"]),
        ({"forbidden_objects": ["x" * 81]}, ["policy"]),
        ([], ["policy"]),
    ],
)
def test_a_policy_that_is_none_is_422_and_says_where(
    service: Service, policy: object, where: list[str]
) -> None:
    answer = service.post("/api/sessions/start", {"policy": policy})

    assert answer.status == 422
    assert answer.json["errors"][0]["loc"] == where


def test_an_alert_type_that_does_not_exist_is_422_with_those_that_do(service: Service) -> None:
    answer = service.post("/api/sessions/start", {"policy": {"alerts_off": ["blured"]}})

    assert answer.status == 422
    assert "blurred" in answer.json["detail"]


@pytest.mark.parametrize("name", ["job_data", "candidate", "consent"])
@pytest.mark.parametrize(
    ("free", "ok"),
    [
        ('{"a": "%s"}' % ("x" * 8_183), True),
        ('{"a": "%s"}' % ("x" * 8_184), False),
        ('{"a": "%s"}' % ("ü" * 2_000), False),
        ('{"a": NaN}', False),
        ('{"a": [1e999]}', False),
        ('{"a": {"b": [-Infinity]}}', False),
        ("[]", False),
        ('"text"', False),
        ("null", False),
        ('{"a": "\\ud800"}', False),
        ('{"a": ' + "[" * 150 + "1" + "]" * 150 + "}", True),
    ],
    ids=lambda value: str(value)[:24],
)
def test_free_data_stays_small_and_is_json(*, service: Service, name: str, free: str, ok: bool) -> None:
    answer = service.post("/api/sessions/start", f'{{"{name}": {free}}}'.encode())

    assert answer.status == (200 if ok else 422)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"job_data": ' + b'{"a":' * 10_000,
        b'{"job_data": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"not json",
        b'"text"',
        b"[]",
        b"null",
        b"1",
        b"\xff\xfe",
        b'{"session_id": "a"',
        b'{"session_id": "\xff"}',
        b"\x00",
        b'{"policy": {"yaw_deg": NaN}}',
        b'{"policy": {"yaw_deg": 1e999}}',
        b'{"policy": {"text_longer_than": 1' + b"0" * 5_000 + b"}}",
    ],
    ids=lambda body: str(body[:24]),
)
def test_a_body_that_is_no_request_is_422(service: Service, body: bytes) -> None:
    answer = service.post("/api/sessions/start", body)

    assert answer.status == 422


@pytest.mark.parametrize("letter", [b" ", b"["], ids=["spaces", "brackets"])
def test_a_body_that_is_too_large_is_413(service: Service, letter: bytes) -> None:
    answer = service.post("/api/sessions/start", letter * (StartRequest.most_bytes + 1))

    assert (answer.status, answer.json["type"]) == (413, "urn:proctoring:problem:body-too-large")


def test_an_id_that_is_a_path_of_the_api_is_422(service: Service) -> None:
    assert service.post("/api/sessions/start", {"session_id": "start"}).status == 422


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "multipart/form-data"])
def test_a_form_where_json_is_wanted_is_422(service: Service, content_type: str) -> None:
    answer = service.post("/api/sessions/start", b"--x--", headers={"Content-Type": content_type})

    assert answer.status == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", ""])
def test_json_is_taken_whatever_it_is_called(service: Service, content_type: str) -> None:
    answer = service.post("/api/sessions/start", {}, headers={"Content-Type": content_type})

    assert answer.status == 200


def test_sessions_are_listed_newest_first_in_pages(service: Service) -> None:
    for number in range(5):
        service.start(session_id=f"s-{number}")
    names: list[str] = []
    path = "/api/sessions?limit=2"
    totals = set()
    while path:
        page = service.get(path).json
        names += [row["session_id"] for row in page["sessions"]]
        totals.add(page["total_sessions"])
        path = f"/api/sessions?limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else ""

    assert sorted(names) == ["s-0", "s-1", "s-2", "s-3", "s-4"]
    assert totals == {5}


def test_a_listed_session_tells_what_it_is(service: Service) -> None:
    started = service.start(session_id="s-1")
    service.frame("s-1", PICTURE)

    (row,) = service.get("/api/sessions").json["sessions"]

    assert row == {
        "session_id": "s-1",
        "is_active": True,
        "start_time": started["start_time"],
        "frames_analyzed": 1,
        "alert_count": 0,
    }


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=many", "limit=1.5", "cursor=foreign", f"cursor={'x' * 2001}"],
)
def test_a_page_that_is_none_is_422(service: Service, query: str) -> None:
    assert service.get(f"/api/sessions?{query}").status == 422


def test_erasing_a_session_tells_what_was_erased_and_leaves_nothing(service: Service) -> None:
    service.start(session_id="s-1", policy={"keep_frames": "all"})
    service.frame("s-1", PICTURE)
    service.post("/api/sessions/s-1/end")

    erased = service.call("DELETE", "/api/sessions/s-1")

    assert erased.json == {
        "success": True,
        "session_id": "s-1",
        "erased": {
            "frames": 1,
            "alerts": 0,
            "reports": 1,
            "memories": 0,
            "sessions": 1,
            "pictures": 1,
        },
    }
    assert service.get("/api/sessions/s-1/report").status == 404
    assert service.call("DELETE", "/api/sessions/s-1").status == 404
    assert service.get("/api/sessions").json["sessions"] == []


def test_a_session_with_data_of_every_kind_comes_back_in_the_report(service: Service) -> None:
    free: dict[str, Any] = {"text": "Ingénieur ✓", "list": [1, 2.5, None, True], "deep": {"er": []}}
    service.start(session_id="s-1", job_data=free, candidate=free, consent=free)

    report = service.post("/api/sessions/s-1/end").json["report"]

    assert [report[name] for name in ("job_data", "candidate", "consent")] == [free] * 3
