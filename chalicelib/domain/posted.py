"""What became of a message that was posted to somebody's server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Posted:
    """An answer, or why there was none."""

    status: int | None = None
    """What HTTP says; None if nothing was answered."""
    error: str = ""
    """Why nothing was answered: `bad_url`, `not_resolved`, `refused_address`, `connection`, `tls`, `timeout`
    or `bad_answer`."""
    ms: int = 0
    """How long it took."""
