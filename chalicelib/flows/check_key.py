"""Who holds an API key."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain import credentials
from chalicelib.domain.credentials import USED_EVERY_S, StoredKey
from chalicelib.domain.errors import Unauthorized, UpstreamDown
from chalicelib.flows.ports import Clock, Keys
from chalicelib.telemetry import logger

_MOST_KNOWN = 1000


@dataclass(slots=True)
class CheckKey:
    """Remembers good keys for `trust_s`, so that no frame pays for a read, and a revoked key dies soon."""

    keys: Keys
    stage: str
    trust_s: float
    clock: Clock
    stopwatch: Callable[[], float] = monotonic
    _known: dict[str, tuple[float, StoredKey]] = field(default_factory=dict)
    _told_at: dict[str, float] = field(default_factory=dict)
    """When this process wrote down last, or tried to, that a key is in use."""

    def __call__(self, text: str) -> StoredKey:
        """What is stored of the key. Raises Unauthorized, in the same words for every reason."""
        key = credentials.parse(text)
        stored = self._stored(key.key_id) if key and key.stage == self.stage else None
        now = self.clock()
        if (
            key is None
            or stored is None
            or not stored.is_live(now)
            or not hmac.compare_digest(stored.hash, key.hash)
        ):
            raise Unauthorized(
                "The API key is not valid; send `Authorization: Bearer <key>` with a current key."
            )
        self._use(stored, now)
        return stored

    def _stored(self, key_id: str) -> StoredKey | None:
        read_at, stored = self._known.get(key_id, (0.0, None))
        # Counted from before it was read: what was revoked while the answer travelled is not trusted longer.
        asked_at = self.stopwatch()
        if stored and asked_at - read_at < self.trust_s:
            return stored
        fresh = self.keys.key(key_id)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
            self._told_at.clear()
        if fresh:
            self._known[key_id] = (asked_at, fresh)
        return fresh

    def _use(self, key: StoredKey, now: float) -> None:
        told_at = max(key.last_used_at or 0.0, self._told_at.get(key.key_id, 0.0))
        if now - told_at < USED_EVERY_S:
            return
        self._told_at[key.key_id] = now  # first: a table that does not answer is not asked by every request
        try:
            self.keys.used(key.key_id, now)
        except UpstreamDown as exc:
            logger.warning("key_use_unwritten", key_id=key.key_id, reason=str(exc.__cause__))
