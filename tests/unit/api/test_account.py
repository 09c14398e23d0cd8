"""What people do for themselves, over HTTP."""

import time
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.aws import accounts
from chalicelib.domain.errors import TooManyRequests
from infra.local.cognito import CODE
from tests.unit.api import people
from tests.unit.api.people import OTHER, PASSWORD, expired, signed_anew, somebody
from tests.unit.api.service import Answer, Service, forget


def invited(service: Service, email: str, role: str = "candidate", **options: str) -> str:
    answer = service.post("/api/people", {"email": email, "role": role}, **options)
    assert answer.status == 201, answer.body
    return str(answer.json["invitation"])


def register(service: Service, invitation: str, email: str, **wanted: str) -> Answer:
    body = {"invitation": invitation, "email": email, "password": PASSWORD, **wanted}
    return service.post("/api/register", body, credential="")


def log_in(service: Service, email: str, password: str = PASSWORD, **wanted: str) -> Answer:
    return service.post("/api/login", {"email": email, "password": password, **wanted}, credential="")


def me(service: Service, token: str) -> Answer:
    return service.get("/api/me", credential=token)


@pytest.mark.parametrize("root", ["/api", ""])
@pytest.mark.parametrize("role", ["candidate", "proctor", "admin"])
def test_an_invited_person_registers_confirms_and_logs_in(service: Service, role: str, root: str) -> None:
    email = f"{role}{len(root)}.first@example.com"
    wanted = {"invitation": invited(service, email, role), "email": email, "password": PASSWORD}

    registered = service.post(f"{root}/register", {**wanted, "name": " Ada "}, credential="")
    confirmed = service.post("/api/confirm", {"email": email, "code": CODE}, credential="")
    login = service.post(f"{root}/login", {"email": email, "password": PASSWORD}, credential="")

    assert (registered.status, registered.json["status"]) == (201, "registered")
    assert (confirmed.status, login.status) == (200, 200)
    assert (login.json["token_type"], login.json["expires_in"]) == ("Bearer", 3600)
    assert (login.json["role"], login.json["name"]) == (role, "Ada")
    assert login.json["person_id"] == registered.json["person_id"]
    answer = me(service, login.json["access_token"])
    assert answer.json["tenant_id"] == login.json["tenant_id"]
    assert answer.json["person"]["email"] == email
    assert answer.json["person"]["status"] == "confirmed"


def test_a_bad_invitation_tells_nothing_and_a_used_one_its_holder_alone(service: Service) -> None:
    used = invited(service, "used@example.com")
    assert register(service, used, "used@example.com").status == 201
    answers = [
        register(service, text, email)
        for text, email in (
            ("inv_1", "used@example.com"),
            (invited(service, "other@example.com"), "used@example.com"),
            (used, "stranger@example.com"),
        )
    ]

    assert {(each.status, each.json["type"]) for each in answers} == {
        (422, "urn:proctoring:problem:bad-code")
    }
    assert len({each.json["detail"] for each in answers}) == 1
    again = register(service, used, "used@example.com")
    assert (again.status, again.json["type"]) == (409, "urn:proctoring:problem:person-exists")


@pytest.mark.parametrize(
    "wanted",
    [
        {"email": "ada"},
        {"email": "ada@example"},
        {"email": "a b@example.com"},
        {"email": "ada@example.com\n"},
        {"email": f"{'a' * 60}@{'b' * 200}.com"},
        {"password": ""},
        {"password": "weak"},
        {"password": "Aa1" * 100},
        {"name": "x" * 201},
        {"invitation": ""},
    ],
    ids=str,
)
def test_what_cannot_be_registered_is_422_and_is_not_repeated(
    service: Service, wanted: dict[str, str]
) -> None:
    body = {"invitation": "inv_1", "email": "ada@example.com", "password": PASSWORD, **wanted}

    answer = service.post("/api/register", body, credential="")

    assert answer.status == 422
    sent = next(iter(wanted.values()))
    assert not sent or sent.encode() not in answer.body.replace(b"password needs", b"")


def test_a_wrong_password_and_nobody_are_refused_in_the_same_words(service: Service) -> None:
    ada = somebody(service)

    wrong, nobody = log_in(service, ada.email, OTHER), log_in(service, "nobody@example.com")

    assert (wrong.status, wrong.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert wrong.body == nobody.body


def test_who_has_not_confirmed_is_409(service: Service) -> None:
    email = "waiting@example.com"
    register(service, invited(service, email), email)

    answer = log_in(service, email)

    assert (answer.status, answer.json["type"]) == (409, "urn:proctoring:problem:not-confirmed")


def test_a_bad_code_and_nobodys_are_refused_in_the_same_words(service: Service) -> None:
    email = "codes@example.com"
    register(service, invited(service, email), email)

    bad, nobodys = (
        service.post("/api/confirm", {"email": each, "code": code}, credential="")
        for each, code in ((email, "000000"), ("nobody@example.com", CODE))
    )

    assert (bad.status, bad.body) == (422, nobodys.body)


def test_who_belongs_to_several_tenants_chooses_one(service: Service) -> None:
    ada = somebody(service, email="both@example.com")
    rival = wiring.open_tenant()("Rival").text
    theirs = somebody(service, tenant_key=rival, email="both@example.com")

    several = log_in(service, "both@example.com")
    chosen = log_in(service, "both@example.com", tenant_id=theirs.tenant_id)

    assert (several.status, several.json["type"]) == (409, "urn:proctoring:problem:several-tenants")
    assert {(each["tenant_id"], each["name"]) for each in several.json["tenants"]} == {
        (ada.tenant_id, "Acme Hiring"),
        (theirs.tenant_id, "Rival"),
    }
    assert chosen.json["person_id"] == theirs.person_id


def test_a_refresh_token_brings_another_access_token(service: Service) -> None:
    ada = somebody(service)

    answer = service.post("/api/refresh", {"refresh_token": ada.refresh_token}, credential="")

    assert (answer.status, answer.json["expires_in"]) == (200, 3600)
    assert me(service, answer.json["access_token"]).json["person"]["person_id"] == ada.person_id
    assert service.post("/api/refresh", {"refresh_token": "old"}, credential="").status == 401


def test_who_logs_out_is_refused_everywhere_and_logs_in_again(service: Service) -> None:
    ada, elsewhere = somebody(service, email="out@example.com"), log_in(service, "out@example.com").json
    assert service.post("/api/logout", credential=ada.token).status == 200

    for token in (ada.token, elsewhere["access_token"]):
        assert me(service, token).status == 401
    for token in (ada.refresh_token, elsewhere["refresh_token"]):
        assert service.post("/api/refresh", {"refresh_token": token}, credential="").status == 401
    assert me(service, log_in(service, "out@example.com").json["access_token"]).status == 200


def test_a_forgotten_password_is_reset_and_logs_out_everywhere(service: Service) -> None:
    ada = somebody(service)
    known, nobody = (
        service.post("/api/password/forgot", {"email": email}, credential="")
        for email in (ada.email, "nobody@example.com")
    )
    wanted = {"email": ada.email, "code": CODE, "password": OTHER}
    assert service.post("/api/password/reset", {**wanted, "code": "000000"}, credential="").status == 422
    assert service.post("/api/password/reset", wanted, credential="").status == 200

    assert (known.status, known.body) == (202, nobody.body)
    assert me(service, ada.token).status == 401
    assert [log_in(service, ada.email, each).status for each in (PASSWORD, OTHER)] == [401, 200]


def test_a_token_is_good_for_its_own_tenant_and_role(service: Service) -> None:
    service.start(session_id="s-mine")
    rival = wiring.open_tenant()("Rival").text
    tokens = {
        "candidate": people.person(service, "candidate"),
        "proctor": people.person(service, "proctor"),
        "rival's proctor": people.person(service, "proctor", rival),
    }

    statuses = {
        who: service.get("/api/sessions/s-mine/alerts", credential=each).status
        for who, each in tokens.items()
    }

    assert statuses == {"candidate": 403, "proctor": 200, "rival's proctor": 404}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"},
        {"client_id": "another"},
        {"token_use": "id"},
        {"username": "0" * 32},
        {"sub": "another"},
        {"iat": 1_000_000_000},
    ],
    ids=str,
)
def test_another_token_of_the_pool_is_401_in_the_same_words(
    service: Service, changes: dict[str, Any]
) -> None:
    ada = somebody(service)
    wiring.people().save(wiring.read_people().person(ada.tenant_id, ada.person_id).signed_out(1_000_000_000))

    answer = me(service, signed_anew(ada.token, **changes))

    assert (answer.status, answer.json["type"]) == (401, "urn:proctoring:problem:unauthorized")
    assert answer.json["detail"] == "The user token is not valid, or no longer; log in again."
    assert me(service, signed_anew(ada.token)).status == 200


def test_a_token_that_is_over_is_401(service: Service) -> None:
    assert me(service, expired(people.person(service, "proctor"))).status == 401


def test_a_key_and_a_session_token_are_nobody(service: Service) -> None:
    session_token = service.start()["session_token"]

    statuses = [service.get("/api/me", credential=each).status for each in (service.key, session_token)]

    assert statuses == [403, 403]


def test_a_removed_person_is_401(service: Service) -> None:
    ada = somebody(service)
    assert service.call("DELETE", f"/api/people/{ada.person_id}").status == 200

    assert me(service, ada.token).status == 401
    assert log_in(service, ada.email).status == 401


def test_who_tries_too_often_is_429_and_told_when_to_come_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise TooManyRequests("Too many attempts; wait, and try again.", 900)

    monkeypatch.setattr(accounts.Accounts, "log_in", refuse)
    answer = log_in(service, "ada@example.com")

    assert (answer.status, answer.headers["Retry-After"]) == (429, "900")


def test_keys_that_cannot_be_read_are_503_and_no_refusal(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = people.person(service, "proctor")
    with monkeypatch.context() as patch:
        patch.setenv("JWKS_URL", "http://127.0.0.1:9/jwks.json")
        forget()
        answer, others = me(service, token), service.get("/api/sessions")
    forget()

    assert (answer.status, answer.json["type"]) == (503, "urn:proctoring:problem:upstream-down")
    assert others.status == 200
    assert me(service, token).status == 200


def test_ids_of_people_sort_by_when_they_were_invited() -> None:
    first = wiring.new_sorted_id()
    time.sleep(0.002)

    assert first < wiring.new_sorted_id()
    assert len(first) == 32
