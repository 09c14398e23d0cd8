"""Idempotency-Keys: who sends the same request again gets what the first one made."""

from chalicelib.domain.errors import Conflict
from chalicelib.domain.model import Ticket


def check_ticket(ticket: Ticket, fingerprint: str | None) -> None:
    """Raise Conflict if the request that the key came with before, of this fingerprint, was another one."""
    if fingerprint != ticket.fingerprint:
        raise Conflict("This Idempotency-Key came with another request before; use a new one.")
