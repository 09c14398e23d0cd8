"""What an exam does to Lambda and to the gateway before it: executions at once, environments, requests."""

from dataclasses import dataclass, field

import numpy as np

from infra.capacity.exam import Exam, Integers, spread
from infra.capacity.rate import Interval

BINS_PER_S = 100
_TAIL_S = 30
_SPREAD_OF_DURATIONS = 0.25
"""Standard deviation of a duration's logarithm: assumed."""


@dataclass(slots=True)
class Executions:
    """Concurrent executions of the function, as if every frame found an environment at once."""

    exam: Exam
    quiet_s: float
    asking_s: float
    _changes: Integers = field(init=False)
    _chance: np.random.Generator = field(init=False)
    arrivals: Integers = field(init=False)

    def __post_init__(self) -> None:
        bins = int((self.exam.seconds + _TAIL_S) * BINS_PER_S)
        self._changes, self.arrivals = np.zeros(bins, np.int64), np.zeros(bins, np.int64)
        self._chance = np.random.default_rng(self.exam.seed)

    def see(self, interval: Interval) -> None:
        """One more interval."""
        mean_s = np.where(interval.granted > 0, self.asking_s, self.quiet_s)
        took_s = mean_s * self._chance.lognormal(
            -(_SPREAD_OF_DURATIONS**2) / 2, _SPREAD_OF_DURATIONS, len(mean_s)
        )
        ends = interval.at_s + took_s
        starts_bin = (interval.at_s * BINS_PER_S).astype(np.int64)
        ends_bin = np.minimum((ends * BINS_PER_S).astype(np.int64), len(self._changes) - 1)
        bins = len(self._changes)
        came = np.bincount(starts_bin, minlength=bins)
        self._changes += came - np.bincount(ends_bin, minlength=bins)
        self.arrivals += came

    @property
    def busy(self) -> Integers:
        """Executions at the end of each bin."""
        return np.cumsum(self._changes)[: int(self.exam.seconds * BINS_PER_S)]

    @property
    def concurrent(self) -> dict[str, float]:
        """Over the tenths of a second after everybody has joined; `max` over all."""
        busy = self.busy
        steady = spread(busy[int(self.exam.joining_s * BINS_PER_S) :])
        return steady | {"max": float(busy.max())}


def environments(busy: Integers, *, quota: float, per_10_s: float, cold_start_s: float) -> dict[str, float]:
    """How an account of this quota follows the demand: environments, and the shares that wait or fail.

    Environments are started as executions need them, `per_10_s` in any 10 s, refilled evenly; one serves
    after `cold_start_s`. Executions that find none wait for one that starts; beyond the quota, or the rate,
    they fail.
    """
    starting = [0] * max(1, round(cold_start_s * BINS_PER_S))
    ready, underway, tokens, waited, failed = 0, 0, per_10_s, 0.0, 0.0
    for number, needed in enumerate(busy.tolist()):
        place = number % len(starting)
        ready, underway = ready + starting[place], underway - starting[place]
        tokens = min(per_10_s, tokens + per_10_s / 10 / BINS_PER_S)
        new = int(max(0, min(needed - ready - underway, tokens, quota - ready - underway)))
        starting[place], tokens, underway = new, tokens - new, underway + new
        failed += max(0, needed - ready - underway)
        waited += min(max(0, needed - ready), underway)
    total = max(1.0, float(busy.sum()))
    return {
        "environments": float(ready + underway),
        "waited": round(waited / total, 4),
        "failed": round(failed / total, 4),
    }


def gateway(arrivals: Integers, *, rps: float, burst: float) -> dict[str, float]:
    """The gateway's token bucket: the busiest second's requests, and the share that is refused."""
    tokens, refused = burst, 0.0
    for came in arrivals.tolist():
        tokens = min(burst, tokens + rps / BINS_PER_S)
        refused += max(0.0, came - tokens)
        tokens = max(0.0, tokens - came)
    seconds = arrivals[: len(arrivals) // BINS_PER_S * BINS_PER_S].reshape(-1, BINS_PER_S).sum(axis=1)
    return {
        "max_rps": float(seconds.max()),
        "refused": round(refused / max(1, int(arrivals.sum())), 4),
    }
