"""The tenant: what holds for it."""

from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import StringConstraints

from chalicelib import wiring
from chalicelib.api.bodies import Answer, Body, PolicyOverrides
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.domain.errors import BadInput, NotFound
from chalicelib.domain.tenants import Limits
from chalicelib.flows.read_tenant import Use

tenant = Blueprint(__name__)


class ChangeTenantRequest(Body):
    """What is left out stays as it is."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    """For people."""
    policy: PolicyOverrides | None = None
    """Takes the place of your policy; `{}` is none. A session that starts may override it again."""


class TenantAnswer(Answer):
    """What holds for you."""

    tenant_id: str
    name: str
    created_at: str
    """RFC 3339, UTC."""
    policy: dict[str, Any]
    """Your own switches and thresholds, under those of each session; all others have their defaults."""
    limits: Limits
    """Set by whoever runs the service; 0 for none."""
    use: Use
    """What is used of them; null where there is no limit."""


@endpoint(tenant, "GET", "/api/tenant", answer=TenantAnswer, errors=(NotFound,))
def get_tenant(call: Call) -> TenantAnswer:
    """Read what holds for you, and what is used of your limits.

    Requests beyond the limit of a minute are answered 429 with `Retry-After`, whatever they are. Nothing of
    them was done: send a frame again as it was, with its `seq`. Minutes are the clock's, days those of UTC.
    Beyond `usd_per_hour` no request is refused: the provider is asked less, and the report says what was not
    looked at.
    """
    return _answer(call.tenant_id)


@endpoint(
    tenant,
    "PATCH",
    "/api/tenant",
    body=ChangeTenantRequest,
    answer=TenantAnswer,
    errors=(BadInput, NotFound),
)
def change_tenant(call: Call) -> TenantAnswer:
    """Change your name, or the policy that your sessions start with. Sessions under way keep theirs."""
    wiring.change_tenant()(call.tenant_id, name=call.body.name, policy=call.body.policy)
    return _answer(call.tenant_id)


def _answer(tenant_id: str) -> TenantAnswer:
    found, use = wiring.read_tenant()(tenant_id)
    return TenantAnswer(
        tenant_id=found.tenant_id,
        name=found.name,
        created_at=found.created_at,
        policy=dict(found.policy),
        limits=found.limits,
        use=use,
    )
