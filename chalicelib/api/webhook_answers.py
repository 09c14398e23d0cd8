"""What is answered about webhooks."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from chalicelib import wiring
from chalicelib.api.bodies import Answer
from chalicelib.domain.deliveries import Delivery, DeliveryStatus
from chalicelib.domain.report import rfc3339
from chalicelib.domain.webhooks import CALLBACKS, Endpoint, EventType, Secret


class EndpointResult(BaseModel):
    """An endpoint, without its secret. Times are RFC 3339 in UTC."""

    model_config = ConfigDict(defer_build=True)

    endpoint_id: str
    url: str | None
    """Null for `callbacks`: whatever requests name as their callback_url."""
    events: list[EventType]
    description: str
    disabled: bool
    reason: str | None
    """Why it is disabled."""
    created_at: str


class EndpointAnswer(Answer):
    """An endpoint."""

    endpoint: EndpointResult


class NewEndpointAnswer(EndpointAnswer):
    """An endpoint with its secret."""

    secret: str
    """`whsec_` and base64: what its messages are signed with."""


class EndpointList(Answer):
    """All of your endpoints; `callbacks` is among them once it was needed."""

    endpoints: list[EndpointResult]


class SecretResult(BaseModel):
    """A secret that messages are signed with."""

    model_config = ConfigDict(defer_build=True)

    secret: str
    until: str | None
    """RFC 3339 in UTC: from then on it signs nothing; null for the newest."""


class SecretsAnswer(Answer):
    """What messages are signed with now, the newest first."""

    secrets: list[SecretResult]


class AttemptResult(BaseModel):
    """One try."""

    model_config = ConfigDict(defer_build=True)

    at: str
    """RFC 3339 in UTC."""
    status: int | None
    """What was answered; null if nothing was."""
    error: str | None
    """Why nothing was answered: docs/webhooks.md lists the words."""
    ms: int


class DeliveryResult(BaseModel):
    """A message, and what became of it. Times are RFC 3339 in UTC."""

    model_config = ConfigDict(defer_build=True)

    message_id: str
    """Its `webhook-id`: the same however often it is sent."""
    type: EventType
    status: DeliveryStatus
    error: str | None
    """Why it is not tried any more."""
    url: str | None
    """Of a callback; null: the endpoint's own."""
    created_at: str
    next_attempt_at: str | None
    attempts: list[AttemptResult]


class DeliveryAnswer(Answer):
    """A message with its body."""

    delivery: DeliveryResult
    body: dict[str, Any]
    """Without the link to a picture, which is made anew whenever it is sent."""


class DeliveryList(Answer):
    """Messages to an endpoint, the newest first."""

    deliveries: list[DeliveryResult]
    next_cursor: str | None


def endpoint_result(found: Endpoint) -> EndpointResult:
    """An endpoint, without its secret."""
    return EndpointResult(
        endpoint_id=found.endpoint_id,
        url=None if found.endpoint_id == CALLBACKS else found.url,
        events=sorted(found.events),
        description=found.description,
        disabled=bool(found.disabled),
        reason=found.disabled or None,
        created_at=rfc3339(found.created_at),
    )


def with_secret(found: Endpoint) -> NewEndpointAnswer:
    """An endpoint with its newest secret."""
    return NewEndpointAnswer(endpoint=endpoint_result(found), secret=found.secrets[0].text)


def secrets_answer(found: Endpoint) -> SecretsAnswer:
    """What an endpoint's messages are signed with now."""
    live = [each for each in found.secrets if each.until is None or each.until > wiring.now()]
    return SecretsAnswer(secrets=[_secret(each) for each in live])


def _secret(found: Secret) -> SecretResult:
    return SecretResult(secret=found.text, until=None if found.until is None else rfc3339(found.until))


def delivery_result(found: Delivery) -> DeliveryResult:
    """A message, and what became of it."""
    return DeliveryResult(
        message_id=found.message_id,
        type=found.type,
        status=found.status,
        error=found.error or None,
        url=found.url or None,
        created_at=rfc3339(found.created_at),
        next_attempt_at=None if found.next_at is None else rfc3339(found.next_at),
        attempts=[
            AttemptResult(at=rfc3339(each.at_s), status=each.status, error=each.error or None, ms=each.ms)
            for each in found.attempts
        ],
    )


def with_body(found: Delivery) -> DeliveryAnswer:
    """The same with its body."""
    return DeliveryAnswer(delivery=delivery_result(found), body=json.loads(found.body))
