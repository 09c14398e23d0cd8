"""Make a tenant with its first API key."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ApiKey, StoredKey
from chalicelib.domain.report import rfc3339
from chalicelib.domain.tenants import NO_LIMITS, Limits
from chalicelib.flows.ports import Clock, Keys, Tenants

FIRST_KEY = "First key"


@dataclass(frozen=True, slots=True)
class OpenTenant:
    """`choose` draws a character at random, as `secrets.choice` does."""

    tenants: Tenants
    keys: Keys
    clock: Clock
    new_id: Callable[[], str]
    choose: Callable[[str], str]
    stage: str

    def __call__(self, name: str, limits: Limits = NO_LIMITS) -> ApiKey:
        """The key: the only time that it is seen."""
        now = round(self.clock(), 3)
        tenant_id = self.new_id()
        self.tenants.create(tenant_id, name, rfc3339(now), limits)
        key = credentials.mint(self.stage, self.choose)
        self.keys.add(StoredKey(key.key_id, tenant_id, key.hash, name=FIRST_KEY, created_at=now))
        return key
