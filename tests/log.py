"""The log of this process, as lines that were written."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.telemetry import logger

Line = dict[str, Any]


@dataclass(slots=True)
class Log:
    """What was written so far."""

    _stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        """As it was written."""
        return self._stream.getvalue()

    @property
    def lines(self) -> list[Line]:
        """Decoded."""
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[Line]:
        """The lines of one event."""
        return [line for line in self.lines if line["message"] == event]

    def clear(self) -> None:
        """Forget what was written."""
        self._stream.seek(0)
        self._stream.truncate()


@contextmanager
def written() -> Iterator[Log]:
    """What the service's logger writes until the end of the block, instead of to the terminal."""
    log = Log()
    handler: Any = logger.registered_handler
    before = handler.setStream(log._stream)  # noqa: SLF001 - its own
    try:
        yield log
    finally:
        handler.setStream(before)
