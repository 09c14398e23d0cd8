"""What people do for themselves: register, log in and out, forget and reset their passwords."""

from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import BaseModel, ConfigDict, StringConstraints

from chalicelib import wiring
from chalicelib.api.bodies import SESSION_ID, Answer, Body
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.domain.errors import (
    BadCode,
    Busy,
    NotConfirmed,
    NotFound,
    PersonExists,
    ProctoringError,
    SeveralTenants,
    TooManyRequests,
    Unauthorized,
    UpstreamDown,
)
from chalicelib.domain.people import Login, Person, PersonRole, PersonStatus
from chalicelib.domain.report import rfc3339

account = Blueprint(__name__)

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]+$", max_length=254)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
TenantId = Annotated[str, StringConstraints(pattern=f"^{SESSION_ID}$")]
_Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

_POOL: tuple[type[ProctoringError], ...] = (TooManyRequests, Busy, UpstreamDown)


class RegisterRequest(Body):
    """What an invited person sends."""

    invitation: _Code
    """The text that begins with `inv_`."""
    email: Email
    """The one that was invited."""
    password: Password
    """At least 10 characters, among them a small and a capital letter and a digit."""
    name: Name | None = None
    """Takes the place of the name in the invitation."""


class RegisterAnswer(Answer):
    """Who is registered now."""

    person_id: str
    role: PersonRole
    status: PersonStatus


class ConfirmRequest(Body):
    """A code from an e-mail."""

    email: Email
    code: _Code
    tenant_id: TenantId | None = None
    """Only needed by who belongs to several tenants."""


class LoginRequest(Body):
    """Who logs in."""

    email: Email
    password: Password
    tenant_id: TenantId | None = None
    """Only needed by who belongs to several tenants with the same password."""


class Tokens(BaseModel):
    """What opens the service to a person."""

    model_config = ConfigDict(defer_build=True)

    access_token: str
    """The user token: send it as `Authorization: Bearer`."""
    token_type: str = "Bearer"  # noqa: S105 - its name, as OAuth has it
    expires_in: int
    """Seconds that it is good for."""


class LoginAnswer(Answer, Tokens):
    """Who logged in, and what opens the service to them."""

    refresh_token: str
    """Brings other access tokens by /api/refresh, for 30 days."""
    person_id: str
    role: PersonRole
    tenant_id: str
    name: str


class RefreshRequest(Body):
    """What a log-in answered."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=8_192)]


class RefreshAnswer(Answer, Tokens):
    """Another access token; the refresh token stays good."""


class ForgetRequest(Body):
    """Who forgot the password."""

    email: Email
    tenant_id: TenantId | None = None
    """Only of this tenant."""


class ResetRequest(ConfirmRequest):
    """A code from an e-mail, and the password to have from now on."""

    password: Password
    """At least 10 characters, among them a small and a capital letter and a digit."""


class PersonRow(BaseModel):
    """A person, as the people of their tenant see them."""

    model_config = ConfigDict(defer_build=True)

    person_id: str
    email: str
    name: str
    role: PersonRole
    status: PersonStatus
    created_at: str
    """When they were first invited: RFC 3339, UTC."""


class MeAnswer(Answer):
    """Who I am."""

    person: PersonRow
    tenant_id: str


@endpoint(
    account,
    "POST",
    "/api/register",
    also="/register",
    body=RegisterRequest,
    answer=RegisterAnswer,
    status=201,
    errors=(BadCode, PersonExists, *_POOL),
)
def register(call: Call) -> RegisterAnswer:
    """Register with an invitation.

    A code is mailed to confirm the e-mail with, by /api/confirm. If a request failed, send it again: nobody
    is registered by halves.
    """
    wanted: RegisterRequest = call.body
    person = wiring.register_person()(wanted.invitation, wanted.email, wanted.password, wanted.name)
    return RegisterAnswer(person_id=person.person_id, role=person.role, status=person.status)


@endpoint(account, "POST", "/api/confirm", body=ConfirmRequest, answer=Answer, errors=(BadCode, *_POOL))
def confirm(call: Call) -> Answer:
    """Confirm your e-mail with the code that was mailed to it.

    The same is said of a wrong code and of an e-mail that nobody has. Logging in mails another code to who
    has not confirmed.
    """
    wiring.confirm_person()(call.body.email, call.body.code, call.body.tenant_id)
    return Answer()


@endpoint(
    account,
    "POST",
    "/api/login",
    also="/login",
    body=LoginRequest,
    answer=LoginAnswer,
    errors=(Unauthorized, NotConfirmed, SeveralTenants, *_POOL),
)
def log_in(call: Call) -> LoginAnswer:
    """Log in.

    Who belongs to several tenants with this password gets a 409 whose `tenants` names them, and sends one's
    `tenant_id`, too. To who has not confirmed the e-mail another code is mailed, and the answer is a 409.
    """
    person, login = wiring.log_in()(call.body.email, call.body.password, call.body.tenant_id)
    return LoginAnswer(
        **_tokens(login),
        refresh_token=login.refresh_token or "",
        person_id=person.person_id,
        role=person.role,
        tenant_id=person.tenant_id,
        name=person.name,
    )


@endpoint(
    account, "POST", "/api/refresh", body=RefreshRequest, answer=RefreshAnswer, errors=(Unauthorized, *_POOL)
)
def refresh(call: Call) -> RefreshAnswer:
    """Get another access token for a refresh token."""
    return RefreshAnswer(**_tokens(wiring.accounts().refresh(call.body.refresh_token)))


@endpoint(account, "POST", "/api/logout", answer=Answer, errors=_POOL)
def log_out(call: Call) -> Answer:
    """Log out everywhere: refresh tokens are dead at once, access tokens within a minute."""
    wiring.log_out()(call.person_id)
    return Answer()


@endpoint(
    account,
    "POST",
    "/api/password/forgot",
    body=ForgetRequest,
    answer=Answer,
    status=202,
    errors=(UpstreamDown,),
)
def forget_password(call: Call) -> Answer:
    """Have a code mailed to reset your password with.

    The answer is the same for every e-mail. Who has not confirmed the e-mail yet gets a code for that.
    """
    wiring.forget_password()(call.body.email, call.body.tenant_id)
    return Answer()


@endpoint(account, "POST", "/api/password/reset", body=ResetRequest, answer=Answer, errors=(BadCode, *_POOL))
def reset_password(call: Call) -> Answer:
    """Set another password with the code that was mailed, and log out everywhere."""
    wanted: ResetRequest = call.body
    wiring.reset_password()(wanted.email, wanted.code, wanted.password, wanted.tenant_id)
    return Answer()


@endpoint(account, "GET", "/api/me", answer=MeAnswer, errors=(NotFound,))
def get_me(call: Call) -> MeAnswer:
    """Read who you are."""
    person = wiring.read_people().person(call.tenant_id, call.person_id)
    return MeAnswer(person=row(person), tenant_id=person.tenant_id)


def row(person: Person) -> PersonRow:
    """The person, without what is nobody's business: invitation, tokens, account."""
    return PersonRow(
        person_id=person.person_id,
        email=person.email,
        name=person.name,
        role=person.role,
        status=person.status,
        created_at=rfc3339(person.created_at),
    )


def _tokens(login: Login) -> dict[str, Any]:
    return {"access_token": login.access_token, "expires_in": login.expires_in_s}
