"""What a tenant may use, for those who ask with every request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.tenants import NO_LIMITS, Limits
from chalicelib.flows.ports import Tenants
from chalicelib.flows.remembered import Remembered
from chalicelib.telemetry import logger


@dataclass(slots=True)
class KnowLimits:
    """Remembers a tenant's limits for `trust_s`. A tenant that cannot be read has those it had, or none."""

    tenants: Tenants
    trust_s: float
    stopwatch: Callable[[], float] = monotonic
    _known: Remembered[Limits] = field(init=False)

    def __post_init__(self) -> None:
        self._known = Remembered(self.trust_s, self.stopwatch)

    def __call__(self, tenant_id: str) -> Limits:
        """The tenant's limits; never an error, for a limit is no reason to fail."""
        return self._known.get(tenant_id, self._now_or_last) or NO_LIMITS

    def _now_or_last(self, tenant_id: str) -> Limits:
        # None are remembered, too: a table that does not answer is not asked by every request.
        return self._read(tenant_id) or self._known.last(tenant_id) or NO_LIMITS

    def _read(self, tenant_id: str) -> Limits | None:
        try:
            return self.tenants.tenant(tenant_id).limits
        except NotFound:
            return None
        except UpstreamDown as exc:
            logger.warning("limits_unknown", reason=str(exc.__cause__))
            return None
