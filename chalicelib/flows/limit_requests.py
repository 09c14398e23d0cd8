"""Refuse requests of a tenant that made as many as it may in this minute."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from chalicelib.domain.errors import TooManyRequests
from chalicelib.domain.tenants import MINUTE_S, Limits, until_next
from chalicelib.flows.ports import Clock, Requests
from chalicelib.telemetry import Metric, count

BATCH_S = 5.0
"""A process adds to the common counter no later than with its first request after this time."""
BATCHES = 200
"""Nor later than when it has counted this part of the limit, or the present request if that is more."""
AFTER_FAILURE_S = 30.0
"""So long a counter that did not answer is left alone: waiting for it would cost every request seconds."""
_MOST_TENANTS = 1000


@dataclass(slots=True)
class _Minute:
    """What one process knows of a tenant's minute."""

    number: int
    told: int = 0
    """What the common counter holds at least."""
    since: int = 0
    """Requests that it was not told of yet."""
    due_at: float = 0.0
    """When it is to be told, however few they are: of the first one at once."""


@dataclass(slots=True)
class LimitRequests:
    """Counts in the process, and adds to a counter of all processes in batches (docs/decisions/0018).

    A process lets through no more than a batch after the limit is reached, so that a minute has at most
    `limit + processes x most_of_a_batch(limit)` requests. A counter that does not answer refuses nobody:
    each process then goes by what it knows.
    """

    limits: Callable[[str], Limits]
    requests: Requests
    clock: Clock
    _minutes: dict[str, _Minute] = field(default_factory=dict)
    _quiet_until: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, tenant_id: str) -> None:
        """Count a request of a key, or of staff. Raises TooManyRequests."""
        limit = self.limits(tenant_id).requests_per_minute
        if not limit:
            return
        now = self.clock()
        with self._lock:
            known = self._minute(tenant_id, now)
            if known.told + known.since >= limit:
                count(Metric.REQUESTS_REFUSED)
                raise TooManyRequests(
                    f"Your limit of {limit} requests a minute is reached; send the same request again "
                    "when the next minute begins.",
                    until_next(MINUTE_S, now),
                )
            batch = self._batch(known, limit, now)
        if batch:
            self._add(tenant_id, known, batch, now)

    def _minute(self, tenant_id: str, now: float) -> _Minute:
        known, number = self._minutes.get(tenant_id), int(now // MINUTE_S)
        if known is None or known.number < number:
            if len(self._minutes) >= _MOST_TENANTS:
                self._minutes.clear()
            known = self._minutes[tenant_id] = _Minute(number)
        return known

    def _batch(self, known: _Minute, limit: int, now: float) -> int:
        """Count one more; how many the common counter is to be told of now."""
        known.since += 1
        is_due = known.since >= most_of_a_batch(limit) or now >= known.due_at
        if not is_due or now < self._quiet_until:
            return 0
        batch, known.since, known.due_at = known.since, 0, now + BATCH_S
        known.told += batch
        return batch

    def _add(self, tenant_id: str, known: _Minute, batch: int, now: float) -> None:
        # Outside the lock: the process's other requests do not wait for the table.
        told = self.requests.add(tenant_id, batch, now)
        with self._lock:
            if told is None:
                self._quiet_until = now + AFTER_FAILURE_S
            else:
                known.told = max(known.told, told)


def most_of_a_batch(limit: int) -> int:
    """Requests that a process may count before it tells of them."""
    return max(1, limit // BATCHES)
