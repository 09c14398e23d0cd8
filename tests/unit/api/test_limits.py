"""Limits of a tenant over HTTP: requests of a minute, sessions of a day, dollars of an hour."""

import re

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib import wiring
from chalicelib.api.endpoint import OPERATIONS, Operation
from chalicelib.domain.tenants import Limits
from tests.unit.api.people import person
from tests.unit.api.service import Service
from tests.unit.vision.pictures import jpeg, portrait

PROTECTED = [each for each in OPERATIONS if not each.access.is_open]
MINUTE = 1_800_000_000.0
JPEG = jpeg(portrait())


@pytest.fixture
def limited(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service in the middle of a minute that does not pass."""
    monkeypatch.setattr(wiring.limit_requests(), "clock", lambda: MINUTE + 12.3)
    return service


def limit(service: Service, **limits: float) -> None:
    """Set the tenant's limits."""
    tenant_id = wiring.check_key()(service.key).tenant_id
    wiring.tenants().limit(tenant_id, Limits(**limits))  # type: ignore[arg-type]


def test_a_request_too_many_is_429_and_says_when_to_come_again(limited: Service) -> None:
    limit(limited, requests_per_minute=3)

    answers = [limited.get("/api/sessions") for _ in range(5)]

    assert [each.status for each in answers] == [200, 200, 200, 429, 429]
    refused = answers[-1]
    assert (refused.headers["Retry-After"], refused.json["type"]) == (
        "48",
        "urn:proctoring:problem:too-many-requests",
    )
    assert "same request again" in refused.json["detail"]


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda each: each.name)
def test_every_operation_with_a_credential_counts_and_is_refused(
    limited: Service, operation: Operation
) -> None:
    limit(limited, requests_per_minute=1)
    path = re.sub(r"{\w+}", "s-1", operation.path)

    first, second = (limited.call(operation.method, path) for _ in range(2))

    assert first.status != 429
    assert second.status == 429


def test_all_keys_of_a_tenant_count_together_and_those_of_another_do_not(limited: Service) -> None:
    other = limited.post("/api/keys", {"name": "Other"}).json["secret"]
    limit(limited, requests_per_minute=3)
    rival = wiring.open_tenant()("Rival").text

    asked = [
        limited.get("/api/sessions"),
        limited.get("/api/sessions", credential=other),
        limited.get("/api/sessions", credential=other),
        limited.get("/api/sessions", credential=other),
        limited.get("/api/sessions"),
        limited.get("/api/sessions", credential=rival),
    ]

    assert [each.status for each in asked] == [200, 200, 200, 429, 429, 200]


def test_who_takes_an_exam_is_never_refused_for_what_others_asked(limited: Service) -> None:
    token = limited.start(session_id="s-1")["session_token"]
    candidate = person(limited, "candidate")
    limit(limited, requests_per_minute=1)

    asked = [
        *(limited.get("/api/sessions/s-1/metrics", credential=token) for _ in range(3)),
        *(limited.get("/api/exams", credential=candidate) for _ in range(3)),
        *(limited.get("/api/sessions") for _ in range(2)),
    ]

    assert [each.status for each in asked] == [200] * 7 + [429]


def test_what_anyone_may_ask_is_never_refused(limited: Service) -> None:
    limit(limited, requests_per_minute=1)
    for _ in range(2):
        limited.get("/api/sessions")

    assert [limited.get(path).status for path in ("/health", "/api/openapi.json")] == [200, 200]
    assert limited.get("/api/sessions", credential="pk_none").status == 401


def test_a_frame_that_was_refused_is_taken_when_it_is_sent_again(
    limited: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(limited, requests_per_minute=2)
    limited.start(session_id="s-1")
    first, refused = (limited.frame("s-1", JPEG, seq=seq) for seq in (1, 2))

    monkeypatch.setattr(wiring.limit_requests(), "clock", lambda: MINUTE + 60)
    again = limited.frame("s-1", JPEG, seq=2)

    assert [each.status for each in (first, refused, again)] == [200, 429, 200]
    assert limited.get("/api/sessions/s-1/metrics").json["total_frames_received"] == 2


def test_a_counter_that_does_not_answer_refuses_nobody(
    limited: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(limited, requests_per_minute=1_000)

    def down(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    client = wiring.requests()._client  # noqa: SLF001 - as if its table were gone
    monkeypatch.setattr(client, "update_item", down)

    assert [limited.get("/api/sessions").status for _ in range(3)] == [200] * 3


def test_without_a_limit_no_request_is_counted_anywhere(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(wiring.requests(), "add", count)

    assert [service.get("/api/sessions").status for _ in range(3)] == [200] * 3


def test_a_session_too_many_is_429_until_the_next_day_and_a_retried_start_is_answered(
    limited: Service,
) -> None:
    limit(limited, sessions_per_day=2)

    def start(key: str) -> tuple[int, str]:
        answer = limited.post("/api/sessions/start", {}, headers={"Idempotency-Key": key})
        return answer.status, answer.json.get("session_id", answer.headers.get("Retry-After"))

    first, second, third = start("a"), start("b"), start("c")

    assert (first[0], second[0], third[0]) == (200, 200, 429)
    assert 1 <= int(third[1]) <= 86_400
    assert [start("a"), start("b")] == [first, second]
    limit(limited, sessions_per_day=3)
    assert start("c")[0] == 200


def test_beyond_the_dollars_of_an_hour_no_frame_is_refused_and_nothing_is_asked(limited: Service) -> None:
    limit(limited, usd_per_hour=0.003)
    limited.start(session_id="s-1", policy={"gate": False})

    frames = [limited.frame("s-1", JPEG, seq=seq).json["result"]["analysis"] for seq in (1, 2)]

    assert [{each[kind] for kind in ("faces", "labels", "text")} for each in frames] == [
        {"asked"},
        {"withheld"},
    ]
