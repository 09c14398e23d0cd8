"""Read what is stored of a tenant's API keys."""

from dataclasses import dataclass

from chalicelib.domain.credentials import StoredKey
from chalicelib.domain.errors import NotFound
from chalicelib.domain.model import Page
from chalicelib.flows.ports import Keys


@dataclass(frozen=True, slots=True)
class ReadKeys:
    """The keys of one tenant at a time."""

    keys: Keys

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[StoredKey]:
        """The tenant's keys, those that are over included. Raises BadInput for a foreign cursor."""
        return self.keys.page(tenant_id, limit, after)

    def one(self, tenant_id: str, key_id: str) -> StoredKey:
        """The key. Raises NotFound."""
        return own(self.keys.key(key_id), tenant_id)


def own(key: StoredKey | None, tenant_id: str) -> StoredKey:
    """The key, if it is the tenant's. Raises NotFound, in the same words for an absent key and another's."""
    if key is None or key.tenant_id != tenant_id:
        raise NotFound("There is no such key; check its id.")
    return key
