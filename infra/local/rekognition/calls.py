"""Calls: how many came, how they ended, and how many a second are let through."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable


class Calls:
    """Counts calls by operation and by how they ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, operation: str, end: str) -> None:
        """Count a call. `end` is "ok", an error code, or "fault:" with the fault's kind."""
        with self._lock:
            self._ends[operation][end] += 1

    def counted(self) -> dict[str, dict[str, int]]:
        """Sum up: operation to `{"calls": n, "ok": n, "ThrottlingException": n, ...}`."""
        with self._lock:
            return {name: {"calls": ends.total(), **ends} for name, ends in self._ends.items()}

    def reset(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._ends.clear()


class Rate:
    """A token bucket that holds one second's worth."""

    def __init__(self, per_s: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = max(per_s or 0.0, 1.0)
        self._at_s = clock()

    def admits(self) -> bool:
        """Let a call through, or not. Without a rate all pass."""
        if self._per_s is None:
            return True
        with self._lock:
            now_s = self._clock()
            room = max(self._per_s, 1.0)
            self._tokens = min(room, self._tokens + (now_s - self._at_s) * self._per_s)
            self._at_s = now_s
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True
