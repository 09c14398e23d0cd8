"""What to do when two requests change the same thing at once: read it anew and try again, a few times."""

from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.errors import Busy

Made = TypeVar("Made")

AT_WORK_S = 30.0
"""A request is at work no longer than this, or is ended."""
LATE_S = 60
"""After this nothing that began before is still at work: no request, and no picture on its way."""
PATIENT = 20
"""Tries for what must not be lost to others."""
_TRIES = 4


def settled(attempt: Callable[[], Made], *, tries: int = _TRIES) -> Made:
    """What the attempt made, which reads, changes and writes. Raises Busy if others were always quicker."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except Busy:
            continue
    return attempt()
