"""User tokens against a pool's keys that change, vanish and come back."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from chalicelib.aws.tokens import UserTokens
from chalicelib.domain.errors import Unauthorized, UpstreamDown
from chalicelib.domain.people import UserToken
from tests.serving import serving

ISSUER, CLIENT = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBc", "client-1"
OLD, NEW, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3))


@dataclass
class Endpoint:
    """Where the keys are. `keys`: by id; `broken`: what it says instead."""

    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"old": OLD})
    broken: tuple[int, bytes] | None = None
    asked: int = 0
    url: str = ""

    def says(self) -> tuple[int, bytes]:
        self.asked += 1
        listed = [
            {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return self.broken or (200, json.dumps({"keys": listed}).encode())

    def tokens(self, *, cooldown_s: float = 0.0, fresh_s: float = 3600.0) -> UserTokens:
        return UserTokens(self.url, issuer=ISSUER, client_id=CLIENT, cooldown_s=cooldown_s, fresh_s=fresh_s)


@contextmanager
def serve(endpoint: Endpoint) -> Iterator[None]:
    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = endpoint.says()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Keys, Event()) as port:
        endpoint.url = f"http://127.0.0.1:{port}/jwks.json"
        yield


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    made = Endpoint()
    with serve(made):
        yield made


def signed(key: rsa.RSAPrivateKey = OLD, kid: str | None = "old", **changes: object) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": "subject-1",
        "username": "person-1",
        "client_id": CLIENT,
        "token_use": "access",
        "iat": now,
        "auth_time": now,
        "exp": now + 600,
        **changes,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key, algorithm="RS256", headers={"kid": kid} if kid else {})


def test_a_token_of_the_pool_says_whose_it_is_and_since_when(endpoint: Endpoint) -> None:
    refreshed = signed(auth_time=1_700_000_000)

    assert endpoint.tokens().read(refreshed) == UserToken("person-1", "subject-1", 1_700_000_000)


def test_a_token_without_the_time_of_its_log_in_has_that_of_its_issue(endpoint: Endpoint) -> None:
    token = signed(auth_time=None, iat=1_700_000_000)

    assert endpoint.tokens().read(token).logged_in_at == 1_700_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other"},
        {"iss": None},
        {"client_id": "client-2"},
        {"client_id": None},
        {"token_use": "id"},
        {"token_use": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"username": None},
        {"key": STRANGER},
        {"kid": None},
    ],
    ids=lambda changes: "a stranger's key" if "key" in changes else str(changes),
)
def test_any_other_token_is_refused_in_the_same_words(endpoint: Endpoint, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized, match=r"^The user token is not valid, or no longer; log in again\.$"):
        endpoint.tokens().read(signed(**changes))


def test_a_token_that_is_signed_by_what_is_public_is_refused(endpoint: Endpoint) -> None:
    claims = jwt.decode(signed(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "old"})
    by_secret = jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": "old"})

    for forged in (unsigned, by_secret, signed() + "x", "a.b.c", ""):
        with pytest.raises(Unauthorized):
            endpoint.tokens().read(forged)


def test_keys_are_fetched_once_for_many_tokens(endpoint: Endpoint) -> None:
    tokens = endpoint.tokens()

    for _ in range(5):
        tokens.read(signed())

    assert endpoint.asked == 1


def test_a_pool_that_changes_its_keys_is_followed(endpoint: Endpoint) -> None:
    tokens = endpoint.tokens()
    tokens.read(signed())

    endpoint.keys = {"old": OLD, "new": NEW}
    both = [tokens.read(signed(NEW, "new")), tokens.read(signed())]

    assert [each.person_id for each in both] == ["person-1", "person-1"]
    assert endpoint.asked == 2


def test_a_key_that_the_pool_took_back_is_refused_once_the_keys_are_fetched_again(endpoint: Endpoint) -> None:
    tokens = endpoint.tokens()
    tokens.read(signed())

    endpoint.keys = {"new": NEW}
    tokens.read(signed(NEW, "new"))

    with pytest.raises(Unauthorized):
        tokens.read(signed())


def test_tokens_by_keys_that_nobody_has_do_not_fetch_again_and_again(endpoint: Endpoint) -> None:
    tokens = endpoint.tokens(cooldown_s=60.0)
    tokens.read(signed())

    for _ in range(20):
        with pytest.raises(Unauthorized):
            tokens.read(signed(STRANGER, uuid4().hex))

    assert endpoint.asked == 1


BROKEN = [(500, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": []}'), (302, b"")]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_keys_that_cannot_be_read_are_an_outage_and_no_refusal(
    endpoint: Endpoint, broken: tuple[int, bytes]
) -> None:
    endpoint.broken = broken
    tokens = endpoint.tokens()

    with pytest.raises(UpstreamDown):
        tokens.read(signed())

    endpoint.broken = None
    assert tokens.read(signed()).person_id == "person-1"


def test_nobody_who_listens_is_an_outage() -> None:
    tokens = UserTokens("http://127.0.0.1:9/jwks.json", issuer=ISSUER, client_id=CLIENT)

    with pytest.raises(UpstreamDown):
        tokens.read(signed())


def test_an_outage_is_not_asked_about_by_every_request(endpoint: Endpoint) -> None:
    endpoint.broken = (500, b"")
    tokens = endpoint.tokens(cooldown_s=60.0)

    for _ in range(20):
        with pytest.raises(UpstreamDown):
            tokens.read(signed())

    assert endpoint.asked == 1


def test_known_keys_stay_good_while_they_cannot_be_fetched_again(endpoint: Endpoint) -> None:
    tokens = endpoint.tokens(fresh_s=0.001)
    tokens.read(signed())
    time.sleep(0.01)

    endpoint.broken = (500, b"")

    assert tokens.read(signed()).person_id == "person-1"
    with pytest.raises(UpstreamDown):
        tokens.read(signed(NEW, "new"))
