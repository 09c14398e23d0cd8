"""Whether a tenant wants to be told of something, for those who ask often."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain.errors import UpstreamDown
from chalicelib.domain.webhooks import EventType
from chalicelib.flows.remembered import Remembered
from chalicelib.flows.webhook_ports import Endpoints
from chalicelib.telemetry import logger


@dataclass(slots=True)
class KnowEndpoints:
    """Remembers for `trust_s` what a tenant's endpoints want."""

    endpoints: Endpoints
    trust_s: float
    stopwatch: Callable[[], float] = monotonic
    _known: Remembered[frozenset[EventType]] = field(init=False)

    def __post_init__(self) -> None:
        self._known = Remembered(self.trust_s, self.stopwatch)

    def __call__(self, tenant_id: str, events: Collection[EventType]) -> bool:
        """Whether anybody wants one of these; if it cannot be read, it is supposed."""
        wanted = self._known.get(tenant_id, self._read)
        return wanted is None or not wanted.isdisjoint(events)

    def now(self, tenant_id: str, events: Collection[EventType]) -> bool:
        """The same by what is stored now."""
        self._known.forget(tenant_id)
        return self(tenant_id, events)

    def _read(self, tenant_id: str) -> frozenset[EventType] | None:
        try:
            listed = self.endpoints.all(tenant_id)
        except UpstreamDown as exc:
            logger.warning("endpoints_unknown", reason=str(exc.__cause__))
            return None
        # Disabled ones, too: they may be enabled again before this is forgotten.
        return frozenset().union(*(each.events for each in listed))
