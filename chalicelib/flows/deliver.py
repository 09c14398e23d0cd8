"""Send a message to an endpoint, once for each of its turns, and have the next try made in time."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from chalicelib.domain import deliveries as domain
from chalicelib.domain.deliveries import Delivery, DeliveryStatus
from chalicelib.domain.errors import Busy, Conflict, NotFound
from chalicelib.domain.image_told import LINK
from chalicelib.domain.webhooks import GONE, Endpoint, live_secrets
from chalicelib.flows.announce import hand_on
from chalicelib.flows.contention import settled
from chalicelib.flows.keep_endpoints import KeepEndpoints
from chalicelib.flows.ports import Clock, Jobs
from chalicelib.flows.webhook_ports import Deliveries, LinkTo, Post, Sign
from chalicelib.telemetry import Metric, count, logger, tell

LONGEST_DELAY_S = 900
"""SQS holds a message back no longer: what is due later is handed on until then."""
LOST = "The service failed at sending it again and again; ask for it to be delivered again."


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message of the queue is good for one turn of its delivery, whoever else has it, too.

    The lease is stored before anything is sent, what became of it after. Who dies in between leaves a lease
    that ends and a message that comes back: then it is sent twice, under the same id.
    """

    endpoints: KeepEndpoints
    deliveries: Deliveries
    jobs: Jobs
    post: Post
    sign: Sign
    link_to: LinkTo
    clock: Clock
    chance: Callable[[], float]

    def __call__(
        self, tenant_id: str, endpoint_id: str, message_id: str, turn: int, *, redriven: bool = False
    ) -> None:
        """Send it, if it is due in this turn. `redriven`: though it had failed. Raises UpstreamDown."""
        delivery = self.deliveries.load(tenant_id, endpoint_id, message_id)
        if delivery is None:
            return
        if redriven and delivery.error == LOST:
            delivery = self.deliveries.save(domain.asked_again(delivery))
        elif not delivery.is_pending:
            return
        elif delivery.turn != turn:
            if delivery.turn == turn + 1:  # who decided so may have died before saying so
                self._hand_on(delivery)
            return
        now = self.clock()
        if delivery.next_at is not None and delivery.next_at > now:
            self._hand_on(delivery)
        elif delivery.leased_until <= now:
            self._try(delivery, now)

    def give_up(self, tenant_id: str, endpoint_id: str, message_id: str, turn: int) -> None:
        """Say that the service failed at this turn, time after time. Raises Busy, UpstreamDown."""
        delivery = self.deliveries.load(tenant_id, endpoint_id, message_id)
        if delivery and delivery.is_pending and delivery.turn == turn:
            self.deliveries.save(domain.given_up(delivery, LOST))
            count(Metric.WEBHOOKS_FAILED)

    def _try(self, delivery: Delivery, now: float) -> None:
        try:
            held = self.deliveries.save(replace(delivery, leased_until=now + domain.LEASE_S))
            endpoint, after = self._tried(held)
            after = self.deliveries.save(after)
        except Busy:  # another message of the same turn, or somebody asked for it again meanwhile
            logger.info("delivery_in_other_hands")
            return
        tell(status=after.status.value)
        if after.is_pending:
            self._hand_on(after)
        elif after.status is DeliveryStatus.FAILED:
            count(Metric.WEBHOOKS_FAILED)
        if endpoint and not after.url and after.attempts and after.attempts[-1].status == HTTPStatus.GONE:
            self.endpoints.disable(endpoint, GONE)

    def _tried(self, held: Delivery) -> tuple[Endpoint | None, Delivery]:
        endpoint = self.endpoints.find(held.tenant_id, held.endpoint_id)
        if endpoint is None:
            return None, domain.given_up(held, "Its endpoint was deleted.")
        if endpoint.disabled:
            return None, domain.given_up(held, f"Its endpoint is disabled: {endpoint.disabled}")
        now, body = self.clock(), self._body(held)
        signed = self.sign(held.message_id, now, body, live_secrets(endpoint, now))
        posted = self.post(held.url or endpoint.url, body.encode(), signed)
        count(Metric.WEBHOOKS_SENT)
        tell(answered=posted.status, failure=posted.error or None)
        return endpoint, domain.attempted(held, posted, now, self.chance())

    def _body(self, delivery: Delivery) -> str:
        """The body with a link that is good now."""
        if not delivery.image_id:
            return delivery.body
        body = json.loads(delivery.body)
        link = self.link_to(delivery.tenant_id, delivery.image_id)
        (body if delivery.url else body["data"])[LINK] = link
        return json.dumps(body)

    def _hand_on(self, delivery: Delivery) -> None:
        left_s = max(0.0, (delivery.next_at or 0.0) - self.clock())
        hand_on(self.jobs, delivery, delay_s=min(LONGEST_DELAY_S, math.ceil(left_s)))


@dataclass(frozen=True, slots=True)
class DeliverAgain:
    """Have a message sent again, whatever became of it."""

    endpoints: KeepEndpoints
    deliveries: Deliveries
    jobs: Jobs

    def __call__(self, tenant_id: str, endpoint_id: str, message_id: str) -> Delivery:
        """The delivery. Raises NotFound, Conflict for a disabled endpoint, Busy, UpstreamDown."""
        endpoint: Endpoint = self.endpoints.load(tenant_id, endpoint_id)
        if endpoint.disabled:
            raise Conflict("The endpoint is disabled; enable it first.")

        def attempt() -> Delivery:
            delivery = self.load(tenant_id, endpoint_id, message_id)
            return self.deliveries.save(domain.asked_again(delivery))

        asked = settled(attempt)
        hand_on(self.jobs, asked)
        return asked

    def load(self, tenant_id: str, endpoint_id: str, message_id: str) -> Delivery:
        """The delivery as it is. Raises NotFound, UpstreamDown."""
        delivery = self.deliveries.load(tenant_id, endpoint_id, message_id)
        if delivery is None:
            raise NotFound("There is no such delivery; check its id. It is forgotten after 30 days.")
        return delivery
