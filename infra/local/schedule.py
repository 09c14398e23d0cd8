"""What EventBridge does: calls the app's scheduled functions at their rates."""

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from chalice.app import Chalice, Rate, ScheduledEventConfig

from chalicelib.domain.report import rfc3339
from infra.local.functions import Functions

UNITS_S: Mapping[str, float] = {Rate.MINUTES: 60.0, Rate.HOURS: 3600.0, Rate.DAYS: 86_400.0}

logger = logging.getLogger("schedule")


class Schedule:
    """A thread for each scheduled function, which is called first when one interval has passed."""

    def __init__(self, app: Chalice, units_s: Mapping[str, float] = UNITS_S) -> None:
        self._functions = Functions(app)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(config.name, _interval_s(config, units_s)))
            for config in app.event_sources
            if isinstance(config, ScheduledEventConfig)
        ]

    def start(self) -> None:
        """Begin to wait."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End when the functions that are running are done."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, name: str, interval_s: float) -> None:
        while not self._stopping.wait(interval_s):
            try:
                self._functions.call(name, scheduled_event())
            except Exception:  # whatever a function raises, its next time comes
                logger.exception("function_failed")


def scheduled_event() -> dict[str, Any]:
    """An event as EventBridge sends it."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": rfc3339(time.time()),
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }


def _interval_s(config: ScheduledEventConfig, units_s: Mapping[str, float]) -> float:
    """Raises NotImplementedError for what is no rate."""
    rate = config.schedule_expression
    if not isinstance(rate, Rate):
        raise NotImplementedError(f"{config.name} has no rate: {rate}")
    return rate.value * units_s[rate.unit]
