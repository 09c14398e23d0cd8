"""People over HTTP: invited, registered, confirmed and logged in as they themselves would."""

from dataclasses import dataclass
from uuid import uuid4

from infra.local.cognito import CODE
from tests.offline.client import Answer, Client, Json

PASSWORD, OTHER = "Correct1horse", "Battery2staple"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who is logged in; `client` calls with their token."""

    client: Client
    email: str
    login: Json

    @property
    def person_id(self) -> str:
        return str(self.login["person_id"])


def ok(answer: Answer, status: int = 200) -> Json:
    """The body of an answer that went well."""
    assert answer.status == status, answer.body
    body: Json = answer.body
    return body


def nobody(server: Client) -> Client:
    """A client without a credential."""
    return Client(server.url, "")


def log_in(server: Client, email: str, password: str = PASSWORD) -> Answer:
    return nobody(server).call("POST", "/api/login", {"email": email, "password": password})


def register(server: Client, invitation: str, email: str) -> None:
    """Register and confirm."""
    wanted = {"invitation": invitation, "email": email, "password": PASSWORD}
    for path, body, status in (
        ("/api/register", wanted, 201),
        ("/api/confirm", {"email": email, "code": CODE}, 200),
    ):
        ok(nobody(server).call("POST", path, body), status)


def join(server: Client, role: str = "candidate", email: str | None = None) -> Somebody:
    """A new person of the tenant, whom the server's credential invites."""
    email = email or f"{uuid4().hex}@example.com"
    invited = ok(server.call("POST", "/api/people", {"email": email, "role": role}), status=201)
    register(server, invited["invitation"], email)
    return somebody(server, email)


def somebody(server: Client, email: str) -> Somebody:
    """Somebody who is registered, with a token of their own."""
    login = ok(log_in(server, email))
    return Somebody(Client(server.url, login["access_token"]), email, login)
