"""Check health: whether each service answers that this one stands on."""

import math
import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from threading import Lock

from chalicelib.domain.errors import UpstreamDown
from chalicelib.domain.model import Dependency
from chalicelib.flows.ports import Probe
from chalicelib.telemetry import logger

LIMIT_S = 3.0
"""A service that has not answered by then is down: the gateway waits for 29 s, and monitors for less."""
KEPT_S = 5.0
"""Anybody may ask: the services are not asked more often than this by one process."""


@dataclass(slots=True)
class CheckHealth:
    """Asks all services side by side, and answers the same for a while."""

    probes: Mapping[str, Probe]
    pool: Executor
    limit_s: float = LIMIT_S
    kept_s: float = KEPT_S
    _found: Mapping[str, Dependency] = field(default_factory=dict)
    _found_at: float = -math.inf
    _asking: Lock = field(default_factory=Lock)

    def __call__(self) -> Mapping[str, Dependency]:
        """What became of each probe, by its name; never an error."""
        with self._asking:  # whoever comes meanwhile gets what is found
            if time.monotonic() - self._found_at >= self.kept_s:
                self._found = self._ask()
                self._found_at = time.monotonic()
            return self._found

    def _ask(self) -> Mapping[str, Dependency]:
        asked = {name: self.pool.submit(_answer, name, probe) for name, probe in self.probes.items()}
        wait(asked.values(), timeout=self.limit_s)
        return {name: self._outcome(name, answer) for name, answer in asked.items()}

    def _outcome(self, name: str, answer: Future[Dependency]) -> Dependency:
        if answer.done():
            return answer.result()
        answer.cancel()
        logger.warning("dependency_down", dependency=name, error=TimeoutError.__name__)
        return Dependency(ok=False, ms=round(self.limit_s * 1000), error=TimeoutError.__name__)


def _answer(name: str, probe: Probe) -> Dependency:
    began = time.monotonic()
    error = None
    try:
        probe()
    except UpstreamDown as exc:
        # The name alone goes out: a text may tell of accounts and addresses.
        error = type(exc.__cause__ or exc).__name__
        logger.warning("dependency_down", dependency=name, error=error, exc_info=exc)
    return Dependency(ok=error is None, ms=round((time.monotonic() - began) * 1000), error=error)
