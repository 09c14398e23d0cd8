"""Who holds an API key."""

import hmac
from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain import credentials
from chalicelib.domain.credentials import StoredKey
from chalicelib.domain.errors import Unauthorized
from chalicelib.flows.ports import Tenants

_MOST_KNOWN = 1000


@dataclass(slots=True)
class CheckKey:
    """Remembers good keys for `trust_s`, so that no frame pays for a read, and a revoked key dies soon."""

    tenants: Tenants
    stage: str
    trust_s: float
    _known: dict[str, tuple[float, StoredKey]] = field(default_factory=dict)

    def __call__(self, text: str) -> StoredKey:
        """What is stored of the key. Raises Unauthorized, in the same words for every reason."""
        key = credentials.parse(text)
        stored = self._stored(key.key_id) if key and key.stage == self.stage else None
        if key is None or stored is None or stored.revoked or not hmac.compare_digest(stored.hash, key.hash):
            raise Unauthorized(
                "The API key is not valid; send `Authorization: Bearer <key>` with a current key."
            )
        return stored

    def _stored(self, key_id: str) -> StoredKey | None:
        read_at, stored = self._known.get(key_id, (0.0, None))
        if stored and monotonic() - read_at < self.trust_s:
            return stored
        fresh = self.tenants.key(key_id)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        if fresh:
            self._known[key_id] = (monotonic(), fresh)
        return fresh
