"""What the flows about webhooks need of the world: Protocols that `chalicelib.wiring` joins to adapters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from chalicelib.domain.deliveries import Delivery
from chalicelib.domain.model import Page
from chalicelib.domain.posted import Posted
from chalicelib.domain.webhooks import Endpoint

Sign = Callable[[str, float, str, Sequence[str]], Mapping[str, str]]
"""`chalicelib.webhooks.signing.signed`: headers by message id, time, body and secrets."""

Post = Callable[[str, bytes, Mapping[str, str]], Posted]
"""`chalicelib.webhooks.post.Post`: what became of a body and headers sent to a URL; never an error."""

LinkTo = Callable[[str, str], str | None]
"""A link to the annotated picture of a tenant's image job; None if there is none any more."""


class Endpoints(Protocol):
    """Where tenants want to be told. See `chalicelib.aws.endpoints`. Every method raises UpstreamDown."""

    def load(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        """The endpoint; None if there is none, or none any more."""

    def all(self, tenant_id: str) -> list[Endpoint]:
        """The tenant's endpoints, `CALLBACKS` among them if it was made."""

    def save(self, endpoint: Endpoint) -> Endpoint:
        """Store the endpoint's next version; version 0 is new. Raises Busy if another was stored since."""

    def remove(self, endpoint: Endpoint) -> None:
        """Take the endpoint away. Raises Busy if it was changed since it was read."""

    def forget(self, tenant_id: str) -> int:
        """Delete everything of the tenant, deliveries included; how many items there were."""


class Deliveries(Protocol):
    """Messages to endpoints. See `chalicelib.aws.deliveries`. Every method raises UpstreamDown."""

    def load(self, tenant_id: str, endpoint_id: str, message_id: str) -> Delivery | None:
        """The delivery; None if there is none, or none any more."""

    def several(self, deliveries: Sequence[Delivery]) -> list[Delivery | None]:
        """Those that are stored of the same messages to the same endpoints, in this order."""

    def save(self, delivery: Delivery) -> Delivery:
        """Store the delivery's next version; version 0 is new. Raises Busy if another was stored since."""

    def page(self, tenant_id: str, endpoint_id: str, limit: int, after: str | None) -> Page[Delivery]:
        """The endpoint's deliveries, the newest first. Raises BadInput for a foreign cursor."""
