"""People of a tenant: candidates, proctors and admins, and the invitations by which they come.

An invitation is `inv_<person id>_<secret>` with a checksum inside, made and kept as an API key is: shown
once, stored as a hash.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain import credentials
from chalicelib.domain.credentials import EVERYTHING, Scope
from chalicelib.domain.errors import BadInput, NotFound

INVITATION_S = 30 * 86_400
"""An invitation is good for so long."""
LEAST_PASSWORD = 10
"""Characters, as the user pool's policy has it (infra/template.yaml)."""
_INVITATION = re.compile(rf"inv_([0-9a-f]{{32}})_{credentials.SECRET}", re.ASCII)


class PersonRole(StrEnum):
    """What a person is to their tenant."""

    CANDIDATE = "candidate"
    """Takes exams."""
    PROCTOR = "proctor"
    """Watches exams."""
    ADMIN = "admin"
    """May do what the tenant may."""


NEEDS: Mapping[PersonRole, frozenset[Scope]] = {
    PersonRole.CANDIDATE: frozenset(),
    PersonRole.PROCTOR: frozenset({Scope.SESSIONS_READ, Scope.EXAMS_READ, Scope.PEOPLE_READ}),
    PersonRole.ADMIN: EVERYTHING,
}
"""What an API key must be able to do to make, or change, somebody who can."""


class PersonStatus(StrEnum):
    """How far a person has come."""

    INVITED = "invited"
    """Has an invitation, and no account."""
    REGISTERED = "registered"
    """Has an account whose e-mail is not confirmed."""
    CONFIRMED = "confirmed"
    """Can log in."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as the invited person has it. Its `text` is shown once and never stored."""

    person_id: str
    text: str

    @property
    def hash(self) -> str:
        """What is stored of it."""
        return credentials.hash_of(self.text)


@dataclass(frozen=True, slots=True)
class Person:
    """A person of one tenant. Times in whole seconds since 1970."""

    person_id: str
    """Ours, and the user pool's username: one e-mail may belong to people of several tenants."""
    tenant_id: str
    email: str
    """In lower case."""
    role: PersonRole
    created_at: int
    name: str = ""
    status: PersonStatus = PersonStatus.INVITED
    tokens_from: int = 0
    """User tokens of a log-in before this are refused."""
    invitation_hash: str = ""
    """Of the latest invitation. It stays once it is used, so that its holder is told so, and no stranger."""
    invitation_expires_at: int = 0
    subject: str = ""
    """The pool's own id of the account, from the first log-in on: no other of that username is theirs."""
    version: int = 1

    def holds(self, invitation: Invitation) -> bool:
        """Whether this is the person's latest invitation, however old."""
        return hmac.compare_digest(self.invitation_hash, invitation.hash)

    def signed_out(self, at_s: float) -> "Person":
        """The person with all tokens refused that were issued until now.

        A token says in whole seconds when it was issued: those of the running second are refused, too.
        """
        return replace(self, tokens_from=max(self.tokens_from, int(at_s) + 1))


@dataclass(frozen=True, slots=True)
class UserToken:
    """What a user token says, once it is known to be the pool's."""

    person_id: str
    subject: str
    logged_in_at: int
    """Seconds since 1970. A token that was refreshed keeps the time of its log-in."""


@dataclass(frozen=True, slots=True)
class Login:
    """What the pool hands out to a person who logged in, or refreshed."""

    access_token: str
    expires_in_s: int
    subject: str
    refresh_token: str | None = None
    """None where the one that was sent stays good."""


def no_such_person() -> NotFound:
    """The error for an absent person and for another tenant's, in the same words."""
    return NotFound("There is no such person; check its id.")


def invite(person_id: str, choose: Callable[[str], str]) -> Invitation:
    """A new invitation; `choose` draws one character of an alphabet at random, as `secrets.choice` does."""
    return Invitation(person_id, credentials.sealed(f"inv_{person_id}", choose))


def read_invitation(text: str) -> Invitation | None:
    """The invitation in a text; None if it is no well-formed one."""
    match = _INVITATION.fullmatch(text)
    return Invitation(match[1], text) if match and credentials.is_whole(text) else None


def check_password(password: str) -> None:
    """Raise BadInput for a password that the user pool would not take, whoever sends it.

    The pool says so only of people whom it has, and so would tell who they are.
    """
    kinds = all(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    if len(password) < LEAST_PASSWORD or not kinds or password != password.strip():
        raise BadInput(
            f"The password needs at least {LEAST_PASSWORD} characters, among them a small and a capital "
            "letter (a-z, A-Z) and a digit, and no space at either end."
        )
