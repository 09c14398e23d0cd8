"""Who may call what: every credential against every route."""

import random
import re
import time
from typing import Any

import jwt
import pytest

from chalicelib import wiring
from chalicelib.api import auth
from chalicelib.api.access import ACCESS, Role
from chalicelib.api.endpoint import OPERATIONS, Operation
from chalicelib.domain import credentials
from tests.contract.cloud import STAGE
from tests.unit.api.service import Service

PROTECTED = [each for each in OPERATIONS if not each.access.is_open]
OPEN = [each for each in OPERATIONS if each.access.is_open]
FOR_TENANTS = [each for each in PROTECTED if Role.SESSION not in each.access.roles]
OF_A_SESSION = [each for each in PROTECTED if "{session_id}" in each.path]
FOR_CANDIDATES = [each for each in PROTECTED if Role.SESSION in each.access.roles]


def name(operation: Operation) -> str:
    return operation.name


def ask(service: Service, operation: Operation, credential: str | None, session_id: str = "s-1") -> Any:  # noqa: ANN401 - an answer
    path = re.sub(r"{\w+}", session_id, operation.path)
    return service.call(operation.method, path, credential=credential)


def token(service: Service, **changes: object) -> str:
    """A session token as the service makes it, with other claims."""
    secret = service.cloud.client("secretsmanager").get_secret_value(SecretId=f"proctoring-{STAGE}")
    key = str(changes.pop("key", None) or jwt_key(secret["SecretString"]))
    algorithm = str(changes.pop("algorithm", "HS256"))
    claims = {
        "iss": f"proctoring-{STAGE}",
        "aud": "session",
        "sub": "s-1",
        "tenant": "somebody",
        "exp": int(time.time()) + 600,
        **changes,
    }
    return jwt.encode(
        {claim: value for claim, value in claims.items() if value is not None}, key, algorithm=algorithm
    )


def jwt_key(secret: str) -> str:
    return secret.partition('"session_token_key": "')[2].partition('"')[0]


@pytest.mark.parametrize("operation", PROTECTED, ids=name)
def test_without_a_credential_a_route_is_401_and_says_what_to_send(
    service: Service, operation: Operation
) -> None:
    answer = ask(service, operation, credential="")

    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "Authorization: Bearer" in answer.json["detail"]


@pytest.mark.parametrize("operation", OPEN, ids=name)
def test_some_routes_are_for_anyone(service: Service, operation: Operation) -> None:
    assert ask(service, operation, credential="").status == (422 if operation.body else 200)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Token abc",
        "abc",
        "Bearer a b c",
        "Bearer ünïcode",
        "Bearer \t",
    ],
)
def test_a_header_of_another_scheme_is_401(service: Service, header: str) -> None:
    answer = service.get("/api/sessions", credential="", headers={"Authorization": header})

    assert answer.status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(service: Service, scheme: str) -> None:
    answer = service.get("/api/sessions", credential="", headers={"Authorization": f"{scheme} {service.key}"})

    assert answer.status == 200


def test_a_key_that_is_mistyped_unknown_or_of_another_stage_is_401_in_the_same_words(
    service: Service,
) -> None:
    draw = random.Random(1).choice
    bad = [
        "pk_",
        service.key[:-1],
        service.key + "x",
        credentials.mint(STAGE, draw).text,
        credentials.mint("prod", draw).text,
    ]

    answers = [service.get("/api/sessions", credential=key) for key in bad]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.json["detail"] for answer in answers}) == 1
    assert not [key for key in bad[1:] for answer in answers if key.encode() in answer.body]


def test_a_revoked_key_is_401(service: Service) -> None:
    key_id = service.key.split("_")[2]
    assert service.get("/api/sessions").status == 200

    service.cloud.client("dynamodb").update_item(
        TableName=service.cloud.settings.tenants_table,
        Key={"pk": {"S": f"key#{key_id}"}},
        UpdateExpression="SET revoked = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )

    assert service.get("/api/sessions").status == 401


def test_a_token_of_the_session_opens_what_is_for_candidates(service: Service) -> None:
    mine = service.start(session_id="s-1")["session_token"]

    statuses = {each.name: ask(service, each, mine).status for each in FOR_CANDIDATES}

    assert statuses == {
        **dict.fromkeys(("post_frame", "post_frames", "upload_frame", "upload_frame_at_root"), 422),
        **dict.fromkeys(("submit_answers", "submit_answers_at_root", "identify_candidate"), 422),
        "ask_challenge": 200,
        "get_challenge": 200,
        "get_metrics": 200,
        "end_session": 200,
    }


@pytest.mark.parametrize("operation", FOR_TENANTS, ids=name)
def test_a_candidate_on_a_tenants_route_is_403(service: Service, operation: Operation) -> None:
    mine = service.start(session_id="s-1")["session_token"]

    answer = ask(service, operation, mine)

    assert (answer.status, answer.json["type"]) == (403, "urn:proctoring:problem:forbidden")


@pytest.mark.parametrize("operation", OF_A_SESSION, ids=name)
def test_a_token_for_another_session_is_404_as_if_there_were_none(
    service: Service, operation: Operation
) -> None:
    mine = service.start(session_id="s-1")["session_token"]
    service.start(session_id="s-2")

    theirs, absent = (ask(service, operation, mine, session_id) for session_id in ("s-2", "s-9"))

    assert (theirs.status, absent.status) == (404, 404)
    assert theirs.body.replace(b"s-2", b"s-9") == absent.body


@pytest.mark.parametrize("operation", OF_A_SESSION, ids=name)
def test_another_tenants_session_is_404_as_if_there_were_none(service: Service, operation: Operation) -> None:
    service.start(session_id="s-1")
    mine = service.key
    rival = wiring.open_tenant()("Rival").text
    body = {"frame": "QQ==", "frames": [{"frame": "QQ=="}]}
    theirs, absent = (
        service.call(
            operation.method,
            operation.path.format(session_id=session_id),
            credential=rival,
            body=body if operation.body else b"",
        )
        for session_id in ("s-1", "s-9")
    )

    assert (theirs.status, absent.status) == (404, 404)
    assert theirs.body.replace(b"s-1", b"s-9") == absent.body
    assert service.get("/api/sessions/s-1/metrics", credential=mine).json["total_frames_received"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": 7},
        {"tenant": None},
        {"aud": None},
        {"aud": "admin"},
        {"iss": None},
        {"iss": "proctoring-prod"},
        {"key": "x" * 64},
        {"algorithm": "HS512"},
    ],
    ids=str,
)
def test_a_token_that_the_service_did_not_make_or_that_is_over_is_401(
    service: Service, changes: dict[str, object]
) -> None:
    forged = token(service, **changes)

    answer = service.get("/api/sessions/s-1/metrics", credential=forged)

    assert (answer.status, answer.json["type"]) == (401, "urn:proctoring:problem:unauthorized")


@pytest.mark.parametrize(
    "forged", ["a.b.c", "..", "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzLTEifQ.", "é.é.é", "x" * 8_000]
)
def test_what_is_no_token_is_401(service: Service, forged: str) -> None:
    assert service.get("/api/sessions/s-1/metrics", credential=forged).status == 401


def test_a_token_that_is_good_but_of_no_session_is_404(service: Service) -> None:
    assert service.get("/api/sessions/s-1/metrics", credential=token(service)).status == 404


def test_a_token_that_was_good_is_401_once_it_is_over(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = token(service)
    before = service.get("/api/sessions/s-1/metrics", credential=once)

    monkeypatch.setattr(auth, "time", lambda: time.time() + 600)

    after = service.get("/api/sessions/s-1/metrics", credential=once)
    assert (before.status, after.status) == (404, 401)


def test_a_token_lasts_as_long_as_its_session_may(service: Service) -> None:
    started = service.start(session_id="s-1")

    claims = jwt.decode(started["session_token"], options={"verify_signature": False})

    assert abs(claims["exp"] - time.time() - 12 * 3600) < 60
    assert set(claims) == {"iss", "aud", "sub", "tenant", "exp"}


def test_no_credential_travels_in_a_path(service: Service) -> None:
    assert service.get(f"/api/sessions?api_key={service.key}", credential="").status == 401


def test_the_table_has_a_line_for_every_operation_and_no_other() -> None:
    assert {each.name.removesuffix("_at_root") for each in OPERATIONS} == set(ACCESS)


def test_a_key_without_the_scope_is_403_and_says_which_it_needs(service: Service) -> None:
    key_id = service.key.split("_")[2]
    service.cloud.client("dynamodb").update_item(
        TableName=service.cloud.settings.tenants_table,
        Key={"pk": {"S": f"key#{key_id}"}},
        UpdateExpression="SET scopes = :scopes",
        ExpressionAttributeValues={":scopes": {"SS": ["sessions:read"]}},
    )

    statuses = [service.get("/api/sessions").status, service.post("/api/sessions/start").status]

    assert statuses == [200, 403]
    assert "sessions:write" in service.post("/api/sessions/start").json["detail"]
