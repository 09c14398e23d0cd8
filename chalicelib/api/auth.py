"""Who is calling: `Authorization: Bearer <credential>`, an API key, a session token or a user token.

Tokens are told apart by the algorithm that they name; each kind is verified by its own alone. `jwt` brings
cryptography along, 25 ms of a start: it is imported when the first token comes.
"""

from dataclasses import dataclass
from functools import lru_cache
from time import time

from chalicelib import wiring
from chalicelib.api.access import Access, Role
from chalicelib.domain.credentials import Scope
from chalicelib.domain.errors import Forbidden, NotFound, ProctoringError, Unauthorized
from chalicelib.domain.model import Session

_ALGORITHM = "HS256"
_USERS_ALGORITHM = "RS256"
_AUDIENCE = "session"
_NOT_VALID = "The token is not valid, or no longer; start a session, or log in, to get one."


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a good credential."""

    role: Role
    tenant_id: str
    session_id: str | None = None
    """The one session of a session token."""
    person_id: str | None = None
    """Who logged in."""
    scopes: frozenset[Scope] = frozenset()
    """Of an API key."""


def authenticate(header: str | None) -> Caller:
    """The caller. Raises Unauthorized."""
    scheme, _, credential = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise Unauthorized("A credential is missing; send `Authorization: Bearer <API key or token>`.")
    credential = credential.strip()
    if credential.startswith("pk_"):
        key = wiring.check_key()(credential)
        return Caller(Role.KEY, key.tenant_id, scopes=key.scopes)
    if _algorithm_of(credential) == _USERS_ALGORITHM:
        person = wiring.check_token()(credential)
        return Caller(Role(person.role.value), person.tenant_id, person_id=person.person_id)
    return _holder_of(credential)


def authorize(caller: Caller, access: Access, session_id: str | None) -> None:
    """Raise NotFound for another session, as if it did not exist, and Forbidden for a right not held."""
    if caller.session_id is not None and session_id not in (None, caller.session_id):
        raise NotFound("There is no such session; check its id.")
    if caller.role not in access.roles:
        raise Forbidden("This credential may not do that; /api/docs says which one may.")
    if caller.role is Role.KEY and access.scope not in caller.scopes:
        raise Forbidden(f"This API key may not do that; it needs the scope {access.scope}.")


def session_token(session: Session) -> str:
    """A token for the candidate's browser: good for this session alone, and no longer than it may last."""
    import jwt  # noqa: PLC0415

    claims = {
        "iss": _issuer(),
        "aud": _AUDIENCE,
        "sub": session.session_id,
        "tenant": session.tenant_id,
        "exp": int(session.started_at + wiring.settings().session_hours * 3600),
    }
    return jwt.encode(claims, _signing_key(), algorithm=_ALGORITHM)


def _algorithm_of(token: str) -> str | None:
    import jwt  # noqa: PLC0415

    try:
        named: str | None = jwt.get_unverified_header(token).get("alg")
    except jwt.InvalidTokenError as exc:
        raise Unauthorized(_NOT_VALID) from exc
    return named


def _holder_of(token: str) -> Caller:
    import jwt  # noqa: PLC0415

    try:
        caller, expires_at = _verified(token, _signing_key(), _issuer())
    except jwt.InvalidTokenError as exc:
        raise Unauthorized(_NOT_VALID) from exc
    if expires_at <= time():
        raise Unauthorized(_NOT_VALID)
    return caller


@lru_cache(maxsize=1000)
def _verified(token: str, key: str, issuer: str) -> tuple[Caller, int]:
    import jwt  # noqa: PLC0415

    # A browser sends the same token with every frame.
    claims = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        audience=_AUDIENCE,
        issuer=issuer,
        options={"require": ["exp", "sub", "tenant"]},
    )
    return Caller(Role.SESSION, claims["tenant"], claims["sub"]), int(claims["exp"])


def _issuer() -> str:
    return f"proctoring-{wiring.settings().stage}"


def _signing_key() -> str:
    key = wiring.keys().get("session_token_key")
    if not key:
        raise ProctoringError(f"The secret {wiring.settings().secrets_name} holds no session_token_key.")
    return key
