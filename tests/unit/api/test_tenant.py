"""The tenant over HTTP: what holds for it."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.credentials import EVERYTHING, Scope
from chalicelib.domain.tenants import Limits
from tests.unit.api.service import Service
from tests.unit.vision.pictures import jpeg, portrait

NONE = {"requests_per_minute": 0, "sessions_per_day": 0, "usd_per_hour": 0.0}
UNCOUNTED = {"requests_this_minute": None, "sessions_today": None, "usd_this_hour": None}


def tenant_id(service: Service) -> str:
    return wiring.check_key()(service.key).tenant_id


def change(service: Service, **wanted: object) -> Any:  # noqa: ANN401 - the answer's JSON
    answer = service.call("PATCH", "/api/tenant", body=wanted)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_tenant_reads_what_holds_for_it(service: Service) -> None:
    answer = service.get("/api/tenant").json

    assert answer.pop("created_at").endswith("Z")
    assert answer == {
        "success": True,
        "tenant_id": tenant_id(service),
        "name": "Acme Hiring",
        "policy": {},
        "limits": NONE,
        "use": UNCOUNTED,
    }


def test_what_is_used_is_told_where_there_is_a_limit(service: Service) -> None:
    limits = Limits(requests_per_minute=1_000, sessions_per_day=10, usd_per_hour=1.0)
    wiring.tenants().limit(tenant_id(service), limits)
    session = service.start()["session_id"]
    assert service.frame(session, jpeg(portrait())).status == 200

    answer = service.get("/api/tenant").json

    assert answer["limits"] == {"requests_per_minute": 1_000, "sessions_per_day": 10, "usd_per_hour": 1.0}
    assert answer["use"]["sessions_today"] == 1
    assert answer["use"]["usd_this_hour"] == pytest.approx(0.003)
    assert 1 <= answer["use"]["requests_this_minute"] <= 3


def test_a_tenant_changes_its_name_and_its_policy_and_what_is_left_out_stays(service: Service) -> None:
    named = change(service, name="Acme Careers")
    ruled = change(service, policy={"yaw_deg": 40, "alerts_off": ["blurred"]})
    again = change(service, policy={"text": False})

    assert (named["name"], named["policy"]) == ("Acme Careers", {})
    assert (ruled["name"], ruled["policy"]) == (
        "Acme Careers",
        {"yaw_deg": 40.0, "alerts_off": ["blurred"]},
    )
    assert again["policy"] == {"text": False}
    assert service.get("/api/tenant").json == again
    assert change(service) == again
    assert change(service, policy={})["policy"] == {}


def test_a_session_starts_under_its_tenants_policy_with_its_own_over_it(service: Service) -> None:
    change(service, policy={"yaw_deg": 40, "pitch_deg": 35})

    policy = service.start(policy={"yaw_deg": 50})["policy"]

    assert (policy["yaw_deg"], policy["pitch_deg"], policy["text"]) == (50, 35, True)


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"policy": {"yaw_deg": 999}},
        {"policy": {"nonsense": 1}},
        {"policy": {"alerts_off": ["nonsense"]}},
        {"policy": "strict"},
        {"policy": {"yaw_deg": 40}, "name": 7},
    ],
)
def test_what_cannot_hold_is_422_and_changes_nothing(service: Service, wanted: dict[str, object]) -> None:
    before = service.get("/api/tenant").json

    assert service.call("PATCH", "/api/tenant", body=wanted).status == 422
    assert service.get("/api/tenant").json == before


def test_a_tenant_does_not_set_its_own_limits(service: Service) -> None:
    wiring.tenants().limit(tenant_id(service), Limits(sessions_per_day=3))

    assert change(service, limits={"sessions_per_day": 0}, sessions_per_day=0)["limits"] == {
        **NONE,
        "sessions_per_day": 3,
    }


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_key_needs_the_scope_for_what_concerns_the_whole_tenant(service: Service, method: str) -> None:
    wanted = {"name": "a", "scopes": sorted(EVERYTHING - {Scope.KEYS})}
    secret = service.post("/api/keys", wanted).json["secret"]

    answer = service.call(method, "/api/tenant", credential=secret, body={"name": "Mine"})

    assert (answer.status, "scope keys" in answer.json["detail"]) == (403, True)
    assert service.get("/api/tenant").json["name"] == "Acme Hiring"
