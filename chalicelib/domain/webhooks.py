"""What tenants' servers are told of, where, and with which secrets it is signed.

As Standard Webhooks say (https://www.standardwebhooks.com): a message has an id that stays the same however
often it is sent, and is signed by every secret that holds, so that a receiver may change over in peace. Times
are seconds since 1970.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

CALLBACKS = "callbacks"
"""The endpoint that every tenant has: whatever its requests name as a `callback_url`."""
SECRET_BYTES = 32
GONE = "The endpoint answered 410: it wants nothing any more."


class EventType(StrEnum):
    """What is told."""

    IMAGE_COMPLETED = "image.completed"
    """Faces were looked for in a picture that was handed over."""
    IMAGE_FAILED = "image.failed"
    """They could not be; the reason is told."""
    SESSION_ALERT = "session.alert"
    """An alert opened in a session."""
    SESSION_ENDED = "session.ended"
    """A session has ended, whoever ended it."""
    REPORT_READY = "report.ready"
    """The session's report is written."""
    ATTEMPT_SUBMITTED = "attempt.submitted"
    """A candidate has handed in the answers to an exam."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, once: of one type and one subject there is one event."""

    type: EventType
    subject: str
    """What it is about: ids that tell it from others of its type."""
    at_s: float
    data: Mapping[str, Any] = field(default_factory=dict)
    image_id: str = ""
    """The picture that the event tells a link to."""

    @property
    def message_id(self) -> str:
        """The same whenever it is told: its time, so that messages are sorted by it, and a hash."""
        told = hashlib.sha256(f"{self.type}#{self.subject}".encode()).hexdigest()
        return f"msg_{int(self.at_s * 1000):012x}{told[:20]}"


@dataclass(frozen=True, slots=True)
class Secret:
    """What messages are signed with."""

    text: str
    """`whsec_` and base64."""
    until: float | None = None
    """From then on it signs nothing; None: it is the newest."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a tenant wants to be told of what."""

    tenant_id: str
    endpoint_id: str
    url: str
    """Empty for `CALLBACKS`: each of its messages has its own."""
    created_at: float
    secrets: tuple[Secret, ...]
    events: frozenset[EventType] = frozenset()
    description: str = ""
    since: float = 0.0
    """What happened before is not told: it was created then, or enabled again, or given other events."""
    disabled: str = ""
    """Why it is told nothing; empty: it is."""
    version: int = 0
    """Counts the writes, for optimistic locking."""

    def wants(self, event: Event) -> bool:
        """Whether it is told of the event."""
        return not self.disabled and event.type in self.events and event.at_s >= self.since


def new_secret(random_bytes: Callable[[int], bytes]) -> Secret:
    """A secret that nobody can guess."""
    return Secret("whsec_" + base64.b64encode(random_bytes(SECRET_BYTES)).decode())


def live_secrets(endpoint: Endpoint, now: float) -> tuple[str, ...]:
    """What a message is signed with now, the newest first."""
    return tuple(each.text for each in endpoint.secrets if each.until is None or now < each.until)


def rotated(endpoint: Endpoint, secret: Secret, now: float, grace_s: float) -> Endpoint:
    """The endpoint with another secret; the one before signs, too, until the grace is over: two at most."""
    kept = [replace(endpoint.secrets[0], until=now + grace_s)] if grace_s else []
    return replace(endpoint, secrets=(secret, *kept))
