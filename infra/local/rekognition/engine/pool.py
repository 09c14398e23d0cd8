"""Detectors are not safe to share between threads: each call borrows one, and no more exist than cores."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Lends things out, one to each borrower. The first is made at once, so that a failure shows at start."""

    def __init__(self, make: Callable[[], T], *, size: int | None = None) -> None:
        self._make = make
        self._places = threading.Semaphore(size or max(1, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._idle = [make()]

    @contextmanager
    def one(self) -> Iterator[T]:
        """Borrow one; waits while all are out."""
        with self._places:
            with self._lock:
                thing = self._idle.pop() if self._idle else None
            if thing is None:
                thing = self._make()
            try:
                yield thing
            finally:
                with self._lock:
                    self._idle.append(thing)
