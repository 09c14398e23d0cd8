"""API keys over HTTP: create, list, rename, rotate, revoke."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.credentials import EVERYTHING, Scope
from tests.contract.cloud import STAGE
from tests.unit.api.service import Answer, Service

ALL = sorted(EVERYTHING)


def key_id(secret: str) -> str:
    return secret.split("_")[2]


def create(service: Service, credential: str | None = None, **wanted: object) -> Any:  # noqa: ANN401 - the answer's JSON
    answer = service.post("/api/keys", {"name": "Payroll", **wanted}, credential=credential)
    assert answer.status == 201, answer.body
    return answer.json


def listed(service: Service) -> dict[str, Any]:
    """Every key of the tenant, by its id."""
    found: dict[str, Any] = {}
    cursor = ""
    while True:
        page = service.get(f"/api/keys?limit=2{cursor}").json
        found |= {key["key_id"]: key for key in page["keys"]}
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def works(service: Service, secret: str) -> bool:
    return service.get("/api/keys?limit=1", credential=secret).status == 200


def in_an_hour() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)


def test_a_key_is_created_shown_once_and_good_at_once(service: Service) -> None:
    made = create(service, name=" Payroll ✓ ")

    secret, key = made["secret"], made["key"]
    assert (key["name"], key["scopes"], key["prefix"]) == ("Payroll ✓", ALL, f"pk_{STAGE}_{key['key_id']}")
    assert (key["revoked"], key["expires_at"], key["last_used_at"]) == (False, None, None)
    assert secret.startswith(f"{key['prefix']}_")
    assert works(service, secret)


def test_keys_are_listed_without_their_secrets_and_hashes(service: Service) -> None:
    made = [create(service, name=f"Key {number}") for number in range(4)]
    service.call("DELETE", f"/api/keys/{made[0]['key']['key_id']}")

    answers = service.get("/api/keys").body
    keys = listed(service)

    assert keys.keys() == {key_id(service.key), *(each["key"]["key_id"] for each in made)}
    assert [keys[each["key"]["key_id"]]["revoked"] for each in made] == [True, False, False, False]
    stored = [wiring.api_keys().key(each) for each in keys]
    assert not [key for key in stored if key is None or key.hash.encode() in answers]
    assert not [each for each in made if each["secret"][-38:].encode() in answers]


def test_the_list_says_when_a_key_was_used(service: Service) -> None:
    used, idle = create(service), create(service)
    assert works(service, used["secret"])

    keys = listed(service)

    at = datetime.fromisoformat(keys[used["key"]["key_id"]]["last_used_at"])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    assert keys[idle["key"]["key_id"]]["last_used_at"] is None


def test_a_key_does_what_its_scopes_say_and_hands_on_no_more(service: Service) -> None:
    narrow = create(service, scopes=["keys", "sessions:read"])["secret"]

    answers = [
        service.get("/api/sessions", credential=narrow).status,
        service.post("/api/sessions/start", {}, credential=narrow).status,
        service.post("/api/keys", {"name": "a", "scopes": ["sessions:write"]}, credential=narrow).status,
        service.post(f"/api/keys/{key_id(service.key)}/rotate", {}, credential=narrow).status,
    ]

    assert answers == [200, 403, 403, 403]
    assert create(service, narrow)["key"]["scopes"] == ["keys", "sessions:read"]
    assert works(service, service.key)


@pytest.mark.parametrize("method_and_path", ["GET ", "POST ", "PATCH /k", "DELETE /k", "POST /k/rotate"])
def test_a_key_without_the_scope_may_not_touch_keys(service: Service, method_and_path: str) -> None:
    secret = create(service, scopes=sorted(EVERYTHING - {Scope.KEYS}))["secret"]
    method, path = method_and_path.split(" ")

    answer = service.call(method, f"/api/keys{path}", credential=secret, body={"name": "x"})

    assert (answer.status, "scope keys" in answer.json["detail"]) == (403, True)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 101},
        {"name": 7},
        {"name": "a", "scopes": []},
        {"name": "a", "scopes": ["everything"]},
        {"name": "a", "scopes": "keys"},
        {"name": "a", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "a", "expires_at": "2999-01-01T00:00:00"},
        {"name": "a", "expires_at": "soon"},
    ],
)
def test_what_makes_no_key_is_422(service: Service, wanted: dict[str, object]) -> None:
    assert service.post("/api/keys", wanted).status == 422
    assert listed(service).keys() == {key_id(service.key)}


def test_a_key_expires_when_it_was_said(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    until = in_an_hour()
    made = create(service, expires_at=until.isoformat())
    assert made["key"]["expires_at"] == until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert works(service, made["secret"])

    monkeypatch.setattr(wiring.check_key(), "clock", until.timestamp)

    assert not works(service, made["secret"])


def test_a_creation_that_is_sent_again_is_409_and_says_which_key_it_made(service: Service) -> None:
    def ask(name: str) -> Answer:
        return service.post("/api/keys", {"name": name}, headers={"Idempotency-Key": "order-66"})

    first, again, other = ask("Payroll"), ask("Payroll"), ask("Other")

    assert [each.status for each in (first, again, other)] == [201, 409, 409]
    assert first.json["key"]["prefix"] in again.json["detail"]
    assert "cannot be shown again" in again.json["detail"]
    assert first.json["secret"][-38:] not in again.json["detail"]
    assert "another request" in other.json["detail"]
    assert len(listed(service)) == 2


def test_a_key_is_renamed(service: Service) -> None:
    made = create(service)["key"]

    answer = service.call("PATCH", f"/api/keys/{made['key_id']}", body={"name": "Careers"})

    assert answer.json["key"] == made | {"name": "Careers"}
    assert listed(service)[made["key_id"]] == made | {"name": "Careers"}
    assert service.call("PATCH", f"/api/keys/{made['key_id']}", body={}).status == 422


def test_a_rotated_key_works_beside_the_new_one_for_its_grace(service: Service) -> None:
    old = create(service, scopes=["keys"], expires_at=in_an_hour().isoformat())

    answer = service.post(f"/api/keys/{old['key']['key_id']}/rotate", {"grace_s": 600})
    again = service.post(f"/api/keys/{old['key']['key_id']}/rotate", {"grace_s": 600})

    new = answer.json
    kept = ("name", "scopes", "expires_at")
    assert (answer.status, again.status) == (201, 409)
    assert {name: new["key"][name] for name in kept} == {name: old["key"][name] for name in kept}
    assert new["key"]["prefix"] in again.json["detail"]
    assert [works(service, each["secret"]) for each in (old, new)] == [True, True]
    stored = listed(service)[old["key"]["key_id"]]
    assert (stored["replaced_by"], stored["revoked"]) == (new["key"]["key_id"], False)
    ends = datetime.fromisoformat(stored["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=540) < ends <= timedelta(seconds=600)


def test_without_a_grace_the_old_secret_is_over_at_once(service: Service) -> None:
    old = create(service)

    new = service.post(f"/api/keys/{old['key']['key_id']}/rotate", {"grace_s": 0}).json

    assert [works(service, each["secret"]) for each in (old, new)] == [False, True]


def test_a_key_may_rotate_itself(service: Service) -> None:
    answer = service.post(f"/api/keys/{key_id(service.key)}/rotate")

    # Unless it is told otherwise it goes on for some minutes: the answer might get lost.
    assert [works(service, each) for each in (service.key, answer.json["secret"])] == [True, True]


@pytest.mark.parametrize("grace_s", [-1, 604_801, 1.5, "long"])
def test_a_grace_that_is_none_is_422(service: Service, grace_s: object) -> None:
    assert service.post(f"/api/keys/{key_id(service.key)}/rotate", {"grace_s": grace_s}).status == 422
    assert works(service, service.key)


def test_a_revoked_key_is_refused_and_revoking_it_again_changes_nothing(service: Service) -> None:
    made = create(service)
    path = f"/api/keys/{made['key']['key_id']}"

    answers = [service.call("DELETE", path) for _ in range(2)]

    assert [each.json["key"] for each in answers] == [made["key"] | {"revoked": True}] * 2
    assert not works(service, made["secret"])
    assert service.post(f"{path}/rotate").status == 409


@pytest.mark.parametrize("method_and_path", ["PATCH ", "DELETE ", "POST /rotate"])
def test_another_tenants_key_is_404_as_if_there_were_none(service: Service, method_and_path: str) -> None:
    method, path = method_and_path.split(" ")
    rival = wiring.open_tenant()("Rival").text
    mine = key_id(service.key)

    theirs, absent = (
        service.call(method, f"/api/keys/{each}{path}", credential=rival, body={"name": "x"})
        for each in (mine, "0000000000")
    )

    assert (theirs.status, absent.status) == (404, 404)
    assert theirs.body.replace(mine.encode(), b"0000000000") == absent.body
    assert works(service, service.key)


@pytest.mark.parametrize("cursor", ["x", "%C3%A9", "WyJ0ZW5hbnQjYSJd"])
def test_a_cursor_that_this_list_never_gave_is_422(service: Service, cursor: str) -> None:
    assert service.get(f"/api/keys?cursor={cursor}").status == 422
