"""What a tenant's calls to the provider come to in the running hour, as far as this process was told."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from chalicelib.domain.attention import HOUR_S
from chalicelib.domain.tenants import Limits, unlimited
from chalicelib.flows.ports import Ledger

_MOST_TENANTS = 1000


@dataclass(frozen=True, slots=True)
class Budget:
    """What calls cost, and what a tenant may spend in an hour; 0 for no limit."""

    usd_per_call: float = 0.001
    tenant_calls_per_hour: int = 0
    tenant_usd_per_hour: float = 0.0

    @property
    def tenant_calls(self) -> float:
        """The lower of both limits, in calls; 0 for none."""
        limits = [float(self.tenant_calls_per_hour)] if self.tenant_calls_per_hour else []
        if self.tenant_usd_per_hour and self.usd_per_call:
            limits.append(self.tenant_usd_per_hour / self.usd_per_call)
        return min(limits, default=0.0)

    def of(self, limits: Limits) -> "Budget":
        """The budget where a tenant has limits of its own."""
        return replace(self, tenant_usd_per_hour=limits.usd_per_hour or self.tenant_usd_per_hour)


@dataclass(frozen=True, slots=True)
class TenantSpend:
    """Counts calls beside the calls themselves, and says what is left."""

    ledger: Ledger
    pool: Executor
    budget: Budget
    """Of tenants that have no limit of their own."""
    limits: Callable[[str], Limits] = unlimited
    """What a tenant may spend."""
    _spent: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Tenant to an hour and the calls made in it."""

    def most(self, tenant_id: str) -> float:
        """Calls that the tenant may make in an hour; 0 for no limit."""
        return self.budget.of(self.limits(tenant_id)).tenant_calls

    def left(self, tenant_id: str, now: float) -> float:
        """The share of the hour's calls that is left; 1 without a limit."""
        limit, (hour, calls) = self.most(tenant_id), self._spent.get(tenant_id, (0, 0))
        return 1 - calls / limit if limit and hour == int(now // HOUR_S) else 1.0

    def count(self, tenant_id: str, calls: int, now: float) -> Future[int] | None:
        """Begin to count the tenant's calls."""
        if not calls or not self.most(tenant_id):
            return None
        return self.pool.submit(self.ledger.spend, tenant_id, calls, now)

    def told(self, tenant_id: str, counting: Future[int] | None, now: float) -> int:
        """Remember what they add up to, and say it; 0 if they could not be counted."""
        calls = counting.result() if counting else 0
        if not calls:
            return 0  # what was told before stands
        if len(self._spent) >= _MOST_TENANTS:
            self._spent.clear()
        hour, told = self._spent.get(tenant_id, (0, 0))
        this_hour = int(now // HOUR_S)
        self._spent[tenant_id] = (this_hour, max(calls, told) if hour == this_hour else calls)
        return calls
