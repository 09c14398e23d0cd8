"""What a tenant may use, for those who ask with every request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.tenants import NO_LIMITS, Limits
from chalicelib.flows.ports import Tenants
from chalicelib.telemetry import logger

_MOST_KNOWN = 1000


@dataclass(slots=True)
class KnowLimits:
    """Remembers a tenant's limits for `trust_s`. A tenant that cannot be read has those it had, or none."""

    tenants: Tenants
    trust_s: float
    stopwatch: Callable[[], float] = monotonic
    _known: dict[str, tuple[float, Limits]] = field(default_factory=dict)

    def __call__(self, tenant_id: str) -> Limits:
        """The tenant's limits; never an error, for a limit is no reason to fail."""
        read_at, limits = self._known.get(tenant_id, (0.0, None))
        now = self.stopwatch()
        if limits is not None and now - read_at < self.trust_s:
            return limits
        fresh = self._read(tenant_id) or limits or NO_LIMITS
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[tenant_id] = (now, fresh)
        return fresh

    def _read(self, tenant_id: str) -> Limits | None:
        try:
            return self.tenants.tenant(tenant_id).limits
        except NotFound:
            return None
        except UpstreamDown as exc:
            logger.warning("limits_unknown", reason=str(exc.__cause__))
            return None
