"""Put a new API key in the place of another one.

A line of keys, each rotated to the next, has at most two that live: the newest, and one in its grace. So a
key is rotated once, and while the one before it lives still, it gets no grace of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ApiKey, Scope, StoredKey
from chalicelib.domain.errors import Busy, Conflict
from chalicelib.flows.contention import settled
from chalicelib.flows.create_key import check_room, check_scopes
from chalicelib.flows.ports import Clock, Keys
from chalicelib.flows.read_keys import ReadKeys


@dataclass(frozen=True, slots=True)
class RotateKey:
    """`choose` draws a character at random, as `secrets.choice` does."""

    keys: Keys
    clock: Clock
    choose: Callable[[str], str]
    stage: str

    def __call__(
        self, tenant_id: str, key_id: str, *, grace_s: float, may: frozenset[Scope]
    ) -> tuple[ApiKey, StoredKey]:
        """The new key, the only time that it is seen, and what is stored of it.

        It has the name, the scopes and the expiry of the old one, which goes on for `grace_s`. Raises
        NotFound, Forbidden for a key with scopes that the caller may not hand on, Conflict for one that is
        over or was rotated before, Busy.
        """
        return settled(lambda: self._rotated(tenant_id, key_id, grace_s, may))

    def _rotated(
        self, tenant_id: str, key_id: str, grace_s: float, may: frozenset[Scope]
    ) -> tuple[ApiKey, StoredKey]:
        old = ReadKeys(self.keys).one(tenant_id, key_id)
        check_scopes(old.scopes, may)
        now = round(self.clock(), 3)
        before = self._before(old, now)
        self._check(old, before, now, grace_s)
        key = credentials.mint(self.stage, self.choose)
        new = replace(
            old,
            key_id=key.key_id,
            hash=key.hash,
            created_at=now,
            last_used_at=None,
            replaces=(before or old).key_id,
            fingerprint=None,
        )
        if not self.keys.rotate(old.retired(key.key_id, now, grace_s), new):
            raise Busy("The key is changed by others at this moment; look at your keys and try again.")
        return key, new

    def _before(self, old: StoredKey, now: float) -> StoredKey | None:
        """The key that this one was put in the place of, if it lives still."""
        before = self.keys.key(old.replaces) if old.replaces else None
        return before if before and before.is_live(now) else None

    def _check(self, old: StoredKey, before: StoredKey | None, now: float, grace_s: float) -> None:
        if old.replaced_by:
            raise Conflict(
                f"This key was rotated before, to {self._named(old.replaced_by)}. If the secret of that one "
                "is lost, rotate that one with grace_s 0: this one keeps the grace that it has."
            )
        if not old.is_live(now):
            raise Conflict("This key is revoked or has expired; create a new one.")
        if before and grace_s:
            raise Conflict(
                f"The key before this one, {self._named(before.key_id)}, is in its grace still; revoke it, "
                "or rotate with grace_s 0."
            )
        if grace_s:
            check_room(self.keys, old.tenant_id, now)

    def _named(self, key_id: str) -> str:
        return credentials.prefix(self.stage, key_id)
