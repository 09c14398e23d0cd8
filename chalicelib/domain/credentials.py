"""API keys: `pk_<stage>_<key id>_<secret>`, with a checksum inside, of which only a hash is kept.

The checksum lets a mistyped or made-up key be refused without a look-up, and lets secret scanners recognise a
leaked one. The secret has 190 bits of its own, so a plain SHA-256 is as good as a slow hash. Invitations
(`chalicelib.domain.people`) are made of the same stuff.
"""

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH, _SECRET_LENGTH, _CHECK_LENGTH = 10, 32, 6
SECRET = rf"\w{{{_SECRET_LENGTH + _CHECK_LENGTH}}}"
"""What a text ends with that is `sealed`, as an ASCII pattern."""
_PATTERN = re.compile(rf"pk_([a-z][a-z0-9]{{0,15}})_(\w{{{_ID_LENGTH}}})_{SECRET}", re.ASCII)


class Scope(StrEnum):
    """What an API key may do."""

    SESSIONS_READ = "sessions:read"
    """Read sessions, their alerts and reports."""
    SESSIONS_WRITE = "sessions:write"
    """Start and end sessions, send frames."""
    SESSIONS_ERASE = "sessions:erase"
    """Erase sessions with all that belongs to them."""
    EXAMS_READ = "exams:read"
    """Read exams, who takes them, and results."""
    EXAMS_WRITE = "exams:write"
    """Create and change exams, and say who takes them."""
    PEOPLE_READ = "people:read"
    """List the tenant's people."""
    PEOPLE_WRITE = "people:write"
    """Invite, change and remove people."""
    FACES_READ = "faces:read"
    """List whose faces are known, recognise a face, see how an enrolment goes."""
    FACES_WRITE = "faces:write"
    """Enrol faces, and delete them."""
    IMAGES_READ = "images:read"
    """Read what was found in pictures that were handed over."""
    IMAGES_WRITE = "images:write"
    """Find faces in pictures, at once or by the queue; delete what was found."""
    WEBHOOKS_READ = "webhooks:read"
    """List endpoints, and what they were told."""
    WEBHOOKS_WRITE = "webhooks:write"
    """Make, change and delete endpoints, read and rotate their secrets, have messages sent again."""
    KEYS = "keys"
    """List, create, rotate and revoke API keys, and change what holds for the whole tenant."""


EVERYTHING = frozenset(Scope)
USED_EVERY_S = 300.0
"""A key's last use is written down no more often."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its holder has it. Its `text` is shown once and never stored."""

    stage: str
    key_id: str
    text: str

    @property
    def hash(self) -> str:
        """What is stored of it."""
        return hash_of(self.text)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as the service keeps it. Times in seconds since 1970."""

    key_id: str
    tenant_id: str
    hash: str
    revoked: bool = False
    scopes: frozenset[Scope] = EVERYTHING
    name: str = ""
    expires_at: float | None = None
    """From then on it is refused; None: never."""
    created_at: float | None = None
    last_used_at: float | None = None
    """At most `USED_EVERY_S` too old."""
    replaces: str | None = None
    """The key of the same line that may be in its grace still."""
    replaced_by: str | None = None
    """The key that it was rotated to."""
    fingerprint: str | None = None
    """Of the request that made it, where that had an Idempotency-Key."""

    def is_live(self, now: float) -> bool:
        """Whether it is good for anything."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)

    def retired(self, by: str, now: float, grace_s: float) -> "StoredKey":
        """The key as it is once another one is in its place: it goes on for the grace, if it would have."""
        if not grace_s:
            return replace(self, replaced_by=by, revoked=True)
        until = now + grace_s
        return replace(self, replaced_by=by, expires_at=min(until, self.expires_at or until))


def prefix(stage: str, key_id: str) -> str:
    """What a key's text begins with: no secret."""
    return f"pk_{stage}_{key_id}"


def key_id_of(tenant_id: str, ticket: str) -> str:
    """The id of the key that is made with an Idempotency-Key: the same one whenever that comes again."""
    number, letters = int.from_bytes(hashlib.sha256(f"{tenant_id}#{ticket}".encode()).digest()), ""
    for _ in range(_ID_LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters += ALPHABET[letter]
    return letters


def mint(stage: str, choose: Callable[[str], str], key_id: str | None = None) -> ApiKey:
    """A new key; `choose` draws one character of an alphabet at random, as `secrets.choice` does."""
    key_id = key_id or "".join(choose(ALPHABET) for _ in range(_ID_LENGTH))
    return ApiKey(stage, key_id, sealed(prefix(stage, key_id), choose))


def parse(text: str) -> ApiKey | None:
    """The key in a credential; None if it is no well-formed key."""
    match = _PATTERN.fullmatch(text)
    return ApiKey(match[1], match[2], text) if match and is_whole(text) else None


def sealed(head: str, choose: Callable[[str], str]) -> str:
    """`<head>_<secret>` with its checksum."""
    secret = "".join(choose(ALPHABET) for _ in range(_SECRET_LENGTH))
    body = f"{head}_{secret}"
    return body + _checksum(body)


def is_whole(text: str) -> bool:
    """Whether the checksum is that of the text before it."""
    return _checksum(text[:-_CHECK_LENGTH]) == text[-_CHECK_LENGTH:]


def hash_of(text: str) -> str:
    """What is stored of a secret text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
