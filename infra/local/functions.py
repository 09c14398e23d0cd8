"""Lambda on this machine: the app's functions that events call, by their names, and its Invoke API."""

import json
import logging
import re
from dataclasses import dataclass
from typing import Any

from chalice.app import Chalice
from chalice.local import LambdaContext

from infra.local.roles import running

INVOKE = re.compile(r"/2015-03-31/functions/(?:[\w-]+-)?(\w+)/invocations")
"""The path by which `aws lambda invoke --function-name proctoring-dev-...` runs a function by hand."""
TIMEOUT_MS = 60_000
"""What a function sees as its time limit."""

logger = logging.getLogger("functions")


@dataclass(frozen=True, slots=True)
class Invoked:
    """How a function ended: what it returned, or what it raised, as JSON."""

    payload: bytes
    failed: bool = False


class Functions:
    """The handlers that the Chalice app has registered for queues and schedules."""

    def __init__(self, app: Chalice) -> None:
        self._handlers: dict[str, Any] = app.handler_map

    def __contains__(self, name: str) -> bool:
        return name in self._handlers

    def call(self, name: str, event: object) -> Any:  # noqa: ANN401 - whatever it returns
        """What the function returns; raises whatever it raises."""
        context = LambdaContext(name, memory_size=128, max_runtime_ms=TIMEOUT_MS)
        with running(name):
            return self._handlers[name](event, context)

    def invoke(self, name: str, payload: bytes) -> Invoked:
        """Call it with an event in JSON."""
        try:
            return Invoked(json.dumps(self.call(name, json.loads(payload or b"{}"))).encode())
        except Exception as error:  # whatever a function raises, its caller is told
            logger.exception("function_failed")
            raised = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return Invoked(json.dumps(raised).encode(), failed=True)
