"""Tell tenants' servers what happened: a delivery to each endpoint that wants to know, and its message."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.domain import image_told
from chalicelib.domain.deliveries import Delivery
from chalicelib.domain.errors import Busy
from chalicelib.domain.image_jobs import ImageJob
from chalicelib.domain.report import rfc3339
from chalicelib.domain.webhooks import CALLBACKS, Endpoint, Event
from chalicelib.flows.ports import Clock, Jobs
from chalicelib.flows.webhook_ports import Deliveries, Endpoints
from chalicelib.telemetry import tell


@dataclass(frozen=True, slots=True)
class Announce:
    """The same event again is told nobody again; a delivery whose message was never sent is sent one."""

    endpoints: Endpoints
    deliveries: Deliveries
    jobs: Jobs
    clock: Clock

    def __call__(self, tenant_id: str, events: Sequence[Event]) -> None:
        """Tell all who want to know. Raises UpstreamDown: done again it goes on."""
        now = round(self.clock(), 3)
        listed = self.endpoints.all(tenant_id)
        self.send([_of(event, each, now) for event in events for each in listed if each.wants(event)])

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """Store these deliveries, as far as they are new, and have them sent. Raises UpstreamDown."""
        if not deliveries:
            return
        stored = self.deliveries.several(deliveries)
        untold = [each for each, known in zip(deliveries, stored, strict=True) if _is_untold(known)]
        for new, known in zip(deliveries, stored, strict=True):
            if known is None:
                self._store(new)
        for each in untold:
            hand_on(self.jobs, each)
        tell(announced=len(untold))

    def _store(self, delivery: Delivery) -> None:
        with suppress(Busy):  # somebody tells the same at the same time
            self.deliveries.save(delivery)


def callback(job: ImageJob) -> Delivery:
    """What is sent to a finished job's own callback."""
    event = image_told.event_of(job)
    return Delivery(
        job.tenant_id,
        CALLBACKS,
        event.message_id,
        event.type,
        json.dumps(image_told.told(job, numbers=job.numbers)),
        created_at=event.at_s,
        url=job.callback_url,
        image_id=event.image_id,
    )


def hand_on(jobs: Jobs, delivery: Delivery, delay_s: int = 0) -> None:
    """Have a delivery's next try made. Raises UpstreamDown."""
    jobs.send(
        "deliver",
        delay_s=delay_s,
        tenant_id=delivery.tenant_id,
        endpoint_id=delivery.endpoint_id,
        webhook_id=delivery.message_id,
        turn=str(delivery.turn),
    )


def _of(event: Event, endpoint: Endpoint, now: float) -> Delivery:
    body = {"type": event.type, "timestamp": rfc3339(event.at_s), "data": dict(event.data)}
    return Delivery(
        endpoint.tenant_id,
        endpoint.endpoint_id,
        event.message_id,
        event.type,
        json.dumps(body),
        created_at=now,
        image_id=event.image_id,
    )


def _is_untold(known: Delivery | None) -> bool:
    """Whether nothing was made of it yet: its message may never have been sent."""
    return known is None or (known.is_pending and not known.turn and not known.leased_until)
