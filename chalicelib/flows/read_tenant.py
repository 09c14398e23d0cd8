"""Read what holds for a tenant, and what it has used of its limits."""

from dataclasses import dataclass

from chalicelib.domain.tenants import Tenant
from chalicelib.flows.ports import Clock, Ledger, Requests, Sessions, Tenants
from chalicelib.flows.tenant_spend import Budget


@dataclass(frozen=True, slots=True)
class Use:
    """What is used of each limit; None where there is none, for then nothing is counted."""

    requests_this_minute: int | None = None
    """As far as all processes have told."""
    sessions_today: int | None = None
    """Days are those of UTC."""
    usd_this_hour: float | None = None


@dataclass(frozen=True, slots=True)
class ReadTenant:
    """The tenant with its use: each is one item."""

    tenants: Tenants
    sessions: Sessions
    requests: Requests
    ledger: Ledger
    clock: Clock
    budget: Budget

    def __call__(self, tenant_id: str) -> tuple[Tenant, Use]:
        """The tenant as it is now. Raises NotFound."""
        tenant, now = self.tenants.tenant(tenant_id), self.clock()
        limits, budget = tenant.limits, self.budget.of(tenant.limits)
        return tenant, Use(
            requests_this_minute=(
                self.requests.add(tenant_id, 0, now) if limits.requests_per_minute else None
            ),
            sessions_today=self.sessions.starts(tenant_id, now) if limits.sessions_per_day else None,
            usd_this_hour=(
                round(self.ledger.spend(tenant_id, 0, now) * budget.usd_per_call, 6)
                if budget.tenant_calls
                else None
            ),
        )
