"""One message to one endpoint: its tries, and when the next one is due. Times are seconds since 1970."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

from chalicelib.domain.posted import Posted
from chalicelib.domain.webhooks import EventType

RETRIES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pauses between tries, as Standard Webhooks suggest: ten tries in three days."""
JITTER = 0.2
"""Each is longer by up to this share: what failed together does not come back together."""
KEPT_S = 30 * 86_400.0
"""So long a delivery can be read and sent again."""
LEASE_S = 60.0
"""Longer than a try takes."""
MOST_ATTEMPTS = 50
"""So many tries are remembered, the last ones."""


class DeliveryStatus(StrEnum):
    """What became of a message."""

    PENDING = "pending"
    """It is on its way, or waits for its next try."""
    DELIVERED = "delivered"
    """The endpoint answered 2xx."""
    FAILED = "failed"
    """It is not tried any more, unless somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try."""

    at_s: float
    status: int | None
    """What HTTP says; None where nothing was answered."""
    error: str
    """Why nothing was answered, in a word."""
    ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to one endpoint."""

    tenant_id: str
    endpoint_id: str
    message_id: str
    type: EventType
    body: str
    """JSON. What is a link to a picture in it is made when it is sent: links expire."""
    created_at: float
    url: str = ""
    """Where it goes if not to the endpoint's own address: a callback."""
    image_id: str = ""
    """The picture that the body tells a link to."""
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: tuple[Attempt, ...] = ()
    tries: int = 0
    """Since it was handed over, or asked for again."""
    turn: int = 0
    """Counts what was decided about it: a queue's message of an earlier turn says nothing any more."""
    next_at: float | None = None
    """When the next try is due; None: at once, or never."""
    error: str = ""
    """Why it failed."""
    leased_until: float = 0.0
    version: int = 0
    """Counts the writes, for optimistic locking."""

    @property
    def is_pending(self) -> bool:
        """Whether it will be tried."""
        return self.status is DeliveryStatus.PENDING


def attempted(delivery: Delivery, posted: Posted, now: float, spread: float) -> Delivery:
    """The delivery after a try. `spread`: 0..1, by chance."""
    attempt = Attempt(round(now, 3), posted.status, posted.error, posted.ms)
    tried = replace(
        delivery,
        attempts=(*delivery.attempts, attempt)[-MOST_ATTEMPTS:],
        tries=delivery.tries + 1,
        turn=delivery.turn + 1,
        next_at=None,
        leased_until=0.0,
    )
    if posted.status is not None and HTTPStatus.OK <= posted.status < HTTPStatus.MULTIPLE_CHOICES:
        return replace(tried, status=DeliveryStatus.DELIVERED, error="")
    if posted.status == HTTPStatus.GONE:
        return _failed(tried, "It was answered 410: nothing more is wanted.")
    if tried.tries > len(RETRIES_S):
        return _failed(tried, f"None of {tried.tries} tries was answered with 2xx.")
    pause_s = RETRIES_S[tried.tries - 1] * (1 + JITTER * spread)
    return replace(tried, next_at=round(now + pause_s, 3))


def asked_again(delivery: Delivery) -> Delivery:
    """The delivery, to be tried at once and as often as a new one."""
    return replace(
        delivery,
        status=DeliveryStatus.PENDING,
        tries=0,
        turn=delivery.turn + 1,
        next_at=None,
        error="",
        leased_until=0.0,
    )


def given_up(delivery: Delivery, error: str) -> Delivery:
    """The delivery, not tried any more."""
    return _failed(replace(delivery, turn=delivery.turn + 1, next_at=None, leased_until=0.0), error)


def _failed(delivery: Delivery, error: str) -> Delivery:
    return replace(delivery, status=DeliveryStatus.FAILED, error=error)
