"""Change what a tenant decides for itself: its name, and its own layer of every session's policy."""

from dataclasses import dataclass

from chalicelib.domain import rules
from chalicelib.domain.policy import Overrides, layered
from chalicelib.domain.tenants import Tenant
from chalicelib.flows.ports import Tenants


@dataclass(frozen=True, slots=True)
class ChangeTenant:
    """Sessions that are under way keep the policy that they were started with."""

    tenants: Tenants

    def __call__(self, tenant_id: str, *, name: str | None = None, policy: Overrides | None = None) -> Tenant:
        """The tenant; a policy takes the place of the one before. Raises BadInput, NotFound."""
        rules.check_names(layered(policy or {}))
        return self.tenants.change(tenant_id, name=name, policy=policy)
