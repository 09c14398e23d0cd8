"""Who holds an API key."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain import credentials
from chalicelib.domain.credentials import USED_EVERY_S, StoredKey
from chalicelib.domain.errors import Unauthorized, UpstreamDown
from chalicelib.flows.ports import Clock, Keys
from chalicelib.flows.remembered import MOST, Remembered
from chalicelib.telemetry import logger


@dataclass(slots=True)
class CheckKey:
    """Remembers good keys for `trust_s`, so that no frame pays for a read, and a revoked key dies soon."""

    keys: Keys
    stage: str
    trust_s: float
    clock: Clock
    stopwatch: Callable[[], float] = monotonic
    _known: Remembered[StoredKey] = field(init=False)
    _told_at: dict[str, float] = field(default_factory=dict)
    """When this process wrote down last, or tried to, that a key is in use."""

    def __post_init__(self) -> None:
        self._known = Remembered(self.trust_s, self.stopwatch)

    def __call__(self, text: str) -> StoredKey:
        """What is stored of the key. Raises Unauthorized, in the same words for every reason."""
        key = credentials.parse(text)
        stored = self._known.get(key.key_id, self.keys.key) if key and key.stage == self.stage else None
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

    def _use(self, key: StoredKey, now: float) -> None:
        told_at = max(key.last_used_at or 0.0, self._told_at.get(key.key_id, 0.0))
        if now - told_at < USED_EVERY_S:
            return
        if len(self._told_at) >= MOST:
            self._told_at.clear()
        self._told_at[key.key_id] = now  # first: a table that does not answer is not asked by every request
        try:
            self.keys.used(key.key_id, now)
        except UpstreamDown as exc:
            logger.warning("key_use_unwritten", key_id=key.key_id, reason=str(exc.__cause__))
