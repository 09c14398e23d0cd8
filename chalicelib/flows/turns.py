"""Turns: frames of one session that meet in a process follow one another.

Each answer may spare the next its calls, and no frame has to be stepped again because another was quicker.
Between processes nothing keeps them apart but the session's version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakValueDictionary

Place = tuple[str, str]
"""A session: its tenant and its id."""


@dataclass(frozen=True, slots=True)
class Turns:
    """One frame of a session at a time; who has waited for `patience_s` goes on all the same."""

    patience_s: float
    _locks: WeakValueDictionary[Place, Lock] = field(default_factory=WeakValueDictionary)
    """Of the sessions of which a frame is on its way."""
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def of(self, place: Place) -> Iterator[None]:
        """A turn of this session."""
        with self._lock:
            turn = self._locks.setdefault(place, Lock())
        mine = turn.acquire(timeout=self.patience_s)
        try:
            yield
        finally:
            if mine:
                turn.release()
