"""What a process remembers for a while, so that no request pays for a read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

Value = TypeVar("Value")

MOST = 1000
"""So many are remembered; with one more, all are forgotten."""


@dataclass(slots=True)
class Remembered(Generic[Value]):
    """What was read is trusted for `trust_s`; that there is nothing is not remembered."""

    trust_s: float
    stopwatch: Callable[[], float] = monotonic
    _known: dict[str, tuple[float, Value]] = field(default_factory=dict)

    def get(self, key: str, read: Callable[[str], Value | None]) -> Value | None:
        """What is known of the key, or what `read` says now."""
        read_at, value = self._known.get(key, (0.0, None))
        # Counted from before it was read: what was revoked while the answer travelled is not trusted longer.
        asked_at = self.stopwatch()
        if value is not None and asked_at - read_at < self.trust_s:
            return value
        fresh = read(key)
        if fresh is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = (asked_at, fresh)
        return fresh

    def last(self, key: str) -> Value | None:
        """What was read last, trusted still or not."""
        return self._known.get(key, (0.0, None))[1]

    def forget(self, key: str) -> None:
        """Read it anew when it is asked for next."""
        self._known.pop(key, None)
