"""Rename or revoke an API key."""

from dataclasses import dataclass

from chalicelib.domain.credentials import StoredKey
from chalicelib.flows.ports import Keys
from chalicelib.flows.read_keys import own


@dataclass(frozen=True, slots=True)
class ChangeKey:
    """Both may be done again, and change nothing then."""

    keys: Keys

    def rename(self, tenant_id: str, key_id: str, name: str) -> StoredKey:
        """The key with its new name. Raises NotFound."""
        return own(self.keys.rename(tenant_id, key_id, name), tenant_id)

    def revoke(self, tenant_id: str, key_id: str) -> StoredKey:
        """The key, refused from now on, and by processes that trust it still within KEY_CACHE_S.

        Raises NotFound.
        """
        return own(self.keys.revoke(tenant_id, key_id), tenant_id)
