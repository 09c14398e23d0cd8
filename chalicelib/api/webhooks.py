"""Webhooks: where a tenant's servers want to be told of what, with which secrets, and what they were told."""

from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field, StringConstraints

from chalicelib import wiring
from chalicelib.api.bodies import Answer, Body, ListQuery
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.webhook_answers import (
    DeliveryAnswer,
    DeliveryList,
    EndpointAnswer,
    EndpointList,
    NewEndpointAnswer,
    SecretsAnswer,
    delivery_result,
    endpoint_result,
    secrets_answer,
    with_body,
    with_secret,
)
from chalicelib.domain.deliveries import DeliveryStatus
from chalicelib.domain.errors import BadInput, Busy, Conflict
from chalicelib.domain.webhooks import EventType
from chalicelib.flows.keep_endpoints import Change

webhooks = Blueprint(__name__)

_MOST_GRACE_S = 7 * 86_400
_DAY_S = 86_400

Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Events = Annotated[frozenset[EventType], Field(min_length=1)]


class CreateEndpointRequest(Body):
    """Where you want to be told of what."""

    url: Url
    """https, at a public address."""
    events: Events
    description: Description = ""
    """For people."""


class ChangeEndpointRequest(Body):
    """What is left out stays as it is."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    disabled: bool | None = None
    """True: it is told nothing; false: it is told what happens from now on."""


class RotateSecretRequest(Body):
    """How long the old secret goes on."""

    grace_s: int = Field(default=_DAY_S, ge=0, le=_MOST_GRACE_S)
    """So many seconds messages are signed with both."""


class DeliveriesQuery(ListQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = None
    """Only these; a page may then be short, and not the last."""


@endpoint(webhooks, "GET", "/api/webhooks/endpoints", answer=EndpointList)
def list_endpoints(call: Call) -> EndpointList:
    """List your endpoints."""
    listed = wiring.keep_endpoints().all(call.tenant_id)
    return EndpointList(endpoints=[endpoint_result(each) for each in listed])


@endpoint(
    webhooks,
    "POST",
    "/api/webhooks/endpoints",
    body=CreateEndpointRequest,
    answer=NewEndpointAnswer,
    status=201,
    errors=(BadInput, Conflict),
)
def create_endpoint(call: Call) -> NewEndpointAnswer:
    """Make an endpoint, to which what happens from now on is posted as Standard Webhooks say.

    You may have ten. It takes up to a minute until everything that happens in sessions is told to it.
    """
    wanted: CreateEndpointRequest = call.body
    made = wiring.keep_endpoints().create(call.tenant_id, wanted.url, wanted.events, wanted.description)
    return with_secret(made)


@endpoint(webhooks, "GET", "/api/webhooks/endpoints/{endpoint_id}", answer=EndpointAnswer)
def get_endpoint(call: Call, endpoint_id: str) -> EndpointAnswer:
    """Read an endpoint."""
    return EndpointAnswer(endpoint=endpoint_result(wiring.keep_endpoints().load(call.tenant_id, endpoint_id)))


@endpoint(
    webhooks,
    "PATCH",
    "/api/webhooks/endpoints/{endpoint_id}",
    body=ChangeEndpointRequest,
    answer=EndpointAnswer,
    errors=(BadInput, Busy, Conflict),
)
def change_endpoint(call: Call, endpoint_id: str) -> EndpointAnswer:
    """Change an endpoint, switch it off, or on again after it was disabled by an answer of 410."""
    change = Change(**call.body.model_dump())
    changed = wiring.keep_endpoints().change(call.tenant_id, endpoint_id, change)
    return EndpointAnswer(endpoint=endpoint_result(changed))


@endpoint(
    webhooks,
    "DELETE",
    "/api/webhooks/endpoints/{endpoint_id}",
    answer=Answer,
    errors=(Busy, Conflict),
)
def delete_endpoint(call: Call, endpoint_id: str) -> Answer:
    """Delete an endpoint; what was to be sent to it is not."""
    wiring.keep_endpoints().remove(call.tenant_id, endpoint_id)
    return Answer()


@endpoint(webhooks, "GET", "/api/webhooks/endpoints/{endpoint_id}/secret", answer=SecretsAnswer)
def get_endpoint_secret(call: Call, endpoint_id: str) -> SecretsAnswer:
    """Read what an endpoint's messages are signed with; `callbacks` signs what goes to a callback_url."""
    return secrets_answer(wiring.keep_endpoints().load(call.tenant_id, endpoint_id))


@endpoint(
    webhooks,
    "POST",
    "/api/webhooks/endpoints/{endpoint_id}/rotate",
    body=RotateSecretRequest,
    answer=SecretsAnswer,
    errors=(Busy,),
)
def rotate_endpoint_secret(call: Call, endpoint_id: str) -> SecretsAnswer:
    """Give an endpoint another secret. Until `grace_s` are over, messages are signed with both."""
    return secrets_answer(wiring.keep_endpoints().rotate(call.tenant_id, endpoint_id, call.body.grace_s))


@endpoint(
    webhooks,
    "GET",
    "/api/webhooks/endpoints/{endpoint_id}/deliveries",
    query=DeliveriesQuery,
    answer=DeliveryList,
    errors=(BadInput,),
)
def list_deliveries(call: Call, endpoint_id: str) -> DeliveryList:
    """List what an endpoint was told in the last 30 days, and what became of it."""
    wiring.keep_endpoints().load(call.tenant_id, endpoint_id)
    page = wiring.deliveries().page(call.tenant_id, endpoint_id, call.query.limit, call.query.cursor)
    shown = [each for each in page.items if call.query.status in {None, each.status}]
    return DeliveryList(deliveries=[delivery_result(each) for each in shown], next_cursor=page.cursor)


@endpoint(
    webhooks,
    "GET",
    "/api/webhooks/endpoints/{endpoint_id}/deliveries/{message_id}",
    answer=DeliveryAnswer,
)
def get_delivery(call: Call, endpoint_id: str, message_id: str) -> DeliveryAnswer:
    """Read a message and all of its tries."""
    return with_body(wiring.deliver_again().load(call.tenant_id, endpoint_id, message_id))


@endpoint(
    webhooks,
    "POST",
    "/api/webhooks/endpoints/{endpoint_id}/deliveries/{message_id}/redeliver",
    answer=DeliveryAnswer,
    status=202,
    errors=(Busy, Conflict),
)
def redeliver(call: Call, endpoint_id: str, message_id: str) -> DeliveryAnswer:
    """Have a message sent again, under the same id, whatever became of it."""
    return with_body(wiring.deliver_again()(call.tenant_id, endpoint_id, message_id))
