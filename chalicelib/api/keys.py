"""API keys: create, list, rename, rotate, revoke."""

from typing import Annotated

from chalice.app import Blueprint
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chalicelib import wiring
from chalicelib.api.bodies import Answer, Body
from chalicelib.api.endpoint import Call, endpoint, ticket
from chalicelib.domain.credentials import ApiKey, Scope, StoredKey, prefix
from chalicelib.domain.errors import BadInput, Busy, Conflict
from chalicelib.domain.report import rfc3339

keys = Blueprint(__name__)

KeyName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_MOST_GRACE_S = 7 * 86_400


class CreateKeyRequest(Body):
    """What the new key is for."""

    name: KeyName
    """For people: where it is used."""
    scopes: frozenset[Scope] | None = Field(default=None, min_length=1)
    """What it may do; all that you may, if it is left out. A key may hand on only scopes that it has."""
    expires_at: AwareDatetime | None = None
    """RFC 3339 with a time zone: it is refused from then on. Never, if it is left out."""


class RenameKeyRequest(Body):
    """Its new name."""

    name: KeyName


class RotateKeyRequest(Body):
    """How long the old secret goes on."""

    grace_s: int = Field(default=300, ge=0, le=_MOST_GRACE_S)
    """So many seconds both secrets are good, for servers to be moved over."""


class KeyListQuery(Body):
    """Which page."""

    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)


class KeyResult(BaseModel):
    """A key as it may be shown. Times are RFC 3339 in UTC."""

    model_config = ConfigDict(defer_build=True)

    key_id: str
    prefix: str
    """What the key begins with."""
    name: str
    scopes: list[Scope]
    created_at: str | None
    """Null of a key that is older than this field."""
    last_used_at: str | None
    """Up to five minutes behind; null if it was never used."""
    expires_at: str | None
    """Null if it does not expire."""
    revoked: bool
    replaced_by: str | None
    """The id of the key that it was rotated to."""


class KeyAnswer(Answer):
    """A key, without its secret."""

    key: KeyResult


class NewKeyAnswer(KeyAnswer):
    """A new key. Its secret is shown this once, and kept nowhere."""

    secret: str
    """The whole key, for `Authorization: Bearer`."""


class KeyList(Answer):
    """A page of keys, by their ids; revoked and expired ones are among them."""

    keys: list[KeyResult]
    next_cursor: str | None
    """Where the next page begins; null on the last one."""


@endpoint(keys, "GET", "/api/keys", query=KeyListQuery, answer=KeyList, errors=(BadInput,))
def list_keys(call: Call) -> KeyList:
    """List your API keys: what they begin with and when they were used, never a secret."""
    page = wiring.read_keys().page(call.tenant_id, call.query.limit, call.query.cursor)
    return KeyList(keys=[_result(key) for key in page.items], next_cursor=page.cursor)


@endpoint(
    keys,
    "POST",
    "/api/keys",
    body=CreateKeyRequest,
    answer=NewKeyAnswer,
    status=201,
    idempotency_key=True,
    errors=(BadInput, Conflict),
)
def create_key(call: Call) -> NewKeyAnswer:
    """Create an API key.

    The secret is in this answer and nowhere else. The same request again with the same Idempotency-Key makes
    no second key: it is answered 409, which names the key that the first one made. You may have 100 keys that
    are neither revoked nor expired.
    """
    wanted: CreateKeyRequest = call.body
    made, stored = wiring.create_key()(
        call.tenant_id,
        name=wanted.name,
        scopes=wanted.scopes,
        expires_at=wanted.expires_at.timestamp() if wanted.expires_at else None,
        may=call.may_hand_on,
        ticket=ticket(call),
    )
    return _new(made, stored)


@endpoint(keys, "PATCH", "/api/keys/{key_id}", body=RenameKeyRequest, answer=KeyAnswer)
def rename_key(call: Call, key_id: str) -> KeyAnswer:
    """Rename an API key."""
    return KeyAnswer(key=_result(wiring.change_key().rename(call.tenant_id, key_id, call.body.name)))


@endpoint(
    keys,
    "POST",
    "/api/keys/{key_id}/rotate",
    body=RotateKeyRequest,
    answer=NewKeyAnswer,
    status=201,
    errors=(Conflict, Busy),
)
def rotate_key(call: Call, key_id: str) -> NewKeyAnswer:
    """Put a new API key in the place of this one.

    The new one has the name, the scopes and the expiry of the old one, and an id and a secret of its own.
    The old one goes on for `grace_s`. A key is rotated once: again, it is answered 409, which names its
    successor. While a key is in its grace, its successor can be rotated only without one; so two at most are
    good at once.
    """
    made, stored = wiring.rotate_key()(
        call.tenant_id, key_id, grace_s=call.body.grace_s, may=call.may_hand_on
    )
    return _new(made, stored)


@endpoint(keys, "DELETE", "/api/keys/{key_id}", answer=KeyAnswer)
def revoke_key(call: Call, key_id: str) -> KeyAnswer:
    """Revoke an API key. It is refused everywhere within a minute; again, it changes nothing."""
    return KeyAnswer(key=_result(wiring.change_key().revoke(call.tenant_id, key_id)))


def _new(made: ApiKey, stored: StoredKey) -> NewKeyAnswer:
    return NewKeyAnswer(key=_result(stored), secret=made.text)


def _result(key: StoredKey) -> KeyResult:
    return KeyResult(
        key_id=key.key_id,
        prefix=prefix(wiring.settings().stage, key.key_id),
        name=key.name,
        scopes=sorted(key.scopes),
        created_at=_time(key.created_at),
        last_used_at=_time(key.last_used_at),
        expires_at=_time(key.expires_at),
        revoked=key.revoked,
        replaced_by=key.replaced_by,
    )


def _time(at_s: float | None) -> str | None:
    return None if at_s is None else rfc3339(at_s)
