"""People of a service that runs in the process, who come to be logged in by its own flows."""

import time
from dataclasses import dataclass
from uuid import uuid4

import jwt
from moto.utilities.utils import load_resource

from chalicelib import wiring
from chalicelib.domain.credentials import EVERYTHING
from chalicelib.domain.people import PersonRole
from infra.local.cognito import CODE
from tests.unit.api.service import Service

PASSWORD, OTHER = "Correct1horse", "Battery2staple"
_POOLS_KEY = "cognitoidp/resources/jwks-private.json"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who is logged in."""

    person_id: str
    tenant_id: str
    email: str
    token: str
    refresh_token: str


def somebody(
    service: Service,
    role: PersonRole | str = PersonRole.CANDIDATE,
    tenant_key: str | None = None,
    email: str | None = None,
) -> Somebody:
    """A new person of the tenant with this key; of the service's own, if none is given."""
    tenant_id = wiring.check_key()(tenant_key or service.key).tenant_id
    email = email or f"{uuid4().hex}@example.com"
    _, invitation = wiring.invite_person()(tenant_id, email, PersonRole(role), may_hand_on=EVERYTHING)
    wiring.register_person()(invitation.text, email, PASSWORD)
    wiring.confirm_person()(email, CODE, tenant_id)
    person, login = wiring.log_in()(email, PASSWORD, tenant_id)
    return Somebody(person.person_id, tenant_id, email, login.access_token, login.refresh_token or "")


def person(service: Service, role: PersonRole | str, tenant_key: str | None = None) -> str:
    """The access token of a new person."""
    return somebody(service, role, tenant_key).token


def signed_anew(token: str, **changes: object) -> str:
    """The same token with other claims, signed by the pool's own key; a claim that is None is left out."""
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    given = {name: value for name, value in claims.items() if value is not None}
    key = jwt.PyJWK(load_resource(_POOLS_KEY), algorithm="RS256")
    return jwt.encode(given, key, algorithm="RS256", headers={"kid": jwt.get_unverified_header(token)["kid"]})


def expired(token: str) -> str:
    """The same token, over since a minute."""
    return signed_anew(token, exp=int(time.time()) - 60)
