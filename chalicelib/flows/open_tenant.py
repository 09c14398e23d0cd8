"""Make a tenant with its first API key."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ApiKey, StoredKey
from chalicelib.domain.report import rfc3339
from chalicelib.flows.ports import Clock, Tenants


@dataclass(frozen=True, slots=True)
class OpenTenant:
    """`choose` draws a character at random, as `secrets.choice` does."""

    tenants: Tenants
    clock: Clock
    new_id: Callable[[], str]
    choose: Callable[[str], str]
    stage: str

    def __call__(self, name: str) -> ApiKey:
        """The key: the only time that it is seen."""
        created_at = rfc3339(self.clock())
        tenant_id = self.new_id()
        self.tenants.create(tenant_id, name, created_at)
        key = credentials.mint(self.stage, self.choose)
        self.tenants.add_key(StoredKey(key.key_id, tenant_id, key.hash), created_at)
        return key
