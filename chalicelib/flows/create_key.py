"""Make an API key."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ApiKey, Scope, StoredKey
from chalicelib.domain.errors import BadInput, Conflict, Forbidden
from chalicelib.domain.model import Ticket
from chalicelib.flows.ports import Clock, Keys
from chalicelib.flows.tickets import check_ticket

MOST_LIVE = 100
"""Keys of a tenant that are good for something. Those of the last second may come on top."""


@dataclass(frozen=True, slots=True)
class CreateKey:
    """`choose` draws a character at random, as `secrets.choice` does."""

    keys: Keys
    clock: Clock
    choose: Callable[[str], str]
    stage: str

    def __call__(
        self,
        tenant_id: str,
        *,
        name: str,
        scopes: frozenset[Scope] | None,
        expires_at: float | None,
        may: frozenset[Scope],
        ticket: Ticket | None,
    ) -> tuple[ApiKey, StoredKey]:
        """The key, the only time that it is seen, and what is stored of it.

        `may`: the scopes that the caller may hand on; all of them if none are named. Raises Forbidden for
        others, BadInput for an expiry that lies in the past, Conflict for a ticket that was used and where
        there are too many keys.
        """
        now = round(self.clock(), 3)
        wanted = may if scopes is None else scopes
        check_scopes(wanted, may)
        key_id = credentials.key_id_of(tenant_id, ticket.key) if ticket else None
        if ticket and key_id and (made := self.keys.key(key_id)):
            raise self._was_made(made, ticket)
        if expires_at is not None and expires_at <= now:
            raise BadInput("The key would expire before it is made; let expires_at lie in the future.")
        check_room(self.keys, tenant_id, now)
        key = credentials.mint(self.stage, self.choose, key_id)
        stored = StoredKey(
            key.key_id,
            tenant_id,
            key.hash,
            scopes=wanted,
            name=name,
            expires_at=expires_at,
            created_at=now,
            fingerprint=ticket.fingerprint if ticket else None,
        )
        if not self.keys.add(stored):
            # The same request may have won the race a moment ago.
            raise self._was_made(stored, ticket)
        return key, stored

    def _was_made(self, made: StoredKey, ticket: Ticket | None) -> Conflict:
        if ticket:
            check_ticket(ticket, made.fingerprint)
        return Conflict(
            f"This request made the key {credentials.prefix(self.stage, made.key_id)} before. Its secret was "
            "shown then and cannot be shown again: if it is lost, revoke that key and create another one, "
            "with a new Idempotency-Key."
        )


def check_scopes(wanted: frozenset[Scope], may: frozenset[Scope]) -> None:
    """Raise Forbidden for scopes that the caller has not."""
    if beyond := wanted - may:
        raise Forbidden(
            "An API key may hand on only scopes that it has itself; "
            f"this one has not: {', '.join(sorted(beyond))}."
        )


def check_room(keys: Keys, tenant_id: str, now: float) -> None:
    """Raise Conflict for a tenant that has as many keys as it may."""
    if keys.live(tenant_id, now) >= MOST_LIVE:
        raise Conflict(f"There are {MOST_LIVE} keys in use already; revoke one that is not needed.")
