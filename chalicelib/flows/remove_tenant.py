"""Remove a tenant: who could get in first, itself last, so that the next call finishes a dead one."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from chalicelib.domain.errors import NotFound
from chalicelib.flows.contention import LATE_S, settled
from chalicelib.flows.erase_session import EraseSession
from chalicelib.flows.ports import Accounts, Attempts, Exams, Keys, People, Sessions, Tenants
from chalicelib.telemetry import logger

Listed_co = TypeVar("Listed_co", covariant=True)

Forget = Callable[[str], int]
"""Forgets all of one kind that a tenant has; how many records there were. Raises UpstreamDown."""

_PAGE = 100


class Pages(Protocol[Listed_co]):
    """A page of a list, whatever else it says."""

    @property
    def items(self) -> tuple[Listed_co, ...]:
        """What it shows."""

    @property
    def cursor(self) -> str | None:
        """Where to go on, if there is more."""


@dataclass(frozen=True, slots=True)
class RemoveTenant:
    """Nothing of the tenant is left but what only counts, and expires by itself.

    For `trust_s` other processes believe a key or a person that is gone, and with that another key could be
    made. So it waits until nobody is believed, and looks again. What else is to be forgotten it forgets
    twice, the last time when a picture that was on its way has come.
    """

    tenants: Tenants
    keys: Keys
    people: People
    accounts: Accounts
    sessions: Sessions
    erase_session: EraseSession
    exams: Exams
    attempts: Attempts
    forget: Mapping[str, Forget]
    """By what they are called."""
    trust_s: float
    wait: Callable[[float], object]

    def __call__(self, tenant_id: str) -> dict[str, int]:
        """What this call removed, by kind; another one goes on. Raises NotFound, Busy, UpstreamDown."""
        self.tenants.tenant(tenant_id)
        removed = Counter(dict.fromkeys(("keys", "people", "sessions", "exams", "attempts"), 0))
        self._shut_out(tenant_id, removed)
        self._forget(tenant_id, removed)
        self._erase_sessions(tenant_id, removed)
        self._remove_exams(tenant_id, removed)
        self.wait(max(self.trust_s, LATE_S))
        self._forget(tenant_id, removed)
        self.tenants.remove(tenant_id)
        logger.info("tenant_removed", tenant_id=tenant_id)
        return dict(removed)

    def _forget(self, tenant_id: str, removed: Counter[str]) -> None:
        for kind, forget in self.forget.items():
            removed[kind] += forget(tenant_id)

    def _shut_out(self, tenant_id: str, removed: Counter[str]) -> None:
        self._remove_credentials(tenant_id, removed)
        while True:
            self.wait(self.trust_s)
            if not self._remove_credentials(tenant_id, removed):
                return

    def _remove_credentials(self, tenant_id: str, removed: Counter[str]) -> bool:
        """Whether there were any."""
        keys = _all(lambda after: self.keys.page(tenant_id, _PAGE, after))
        for key in keys:
            self.keys.remove(key.key_id)
            removed["keys"] += 1
        people = _all(lambda after: self.people.page(tenant_id, _PAGE, after, None))
        for person in people:
            settled(partial(self._remove_person, person.person_id))
            removed["people"] += 1
        return bool(keys or people)

    def _remove_person(self, person_id: str) -> None:
        """First the account, as `RemovePerson` does."""
        self.accounts.delete(person_id)
        if person := self.people.person(person_id):
            self.people.remove(person)

    def _erase_sessions(self, tenant_id: str, removed: Counter[str]) -> None:
        for row in _all(lambda after: self.sessions.rows(tenant_id, _PAGE, after)):
            with suppress(NotFound):  # it expired, or a list lags
                self.erase_session(tenant_id, row.session_id)
                removed["sessions"] += 1

    def _remove_exams(self, tenant_id: str, removed: Counter[str]) -> None:
        for exam in _all(lambda after: self.exams.page(tenant_id, _PAGE, after)):
            removed["attempts"] += self.attempts.clear(tenant_id, exam.exam_id)
            self.exams.remove(tenant_id, exam.exam_id)
            removed["exams"] += 1


def _all(page: Callable[[str | None], Pages[Listed_co]]) -> list[Listed_co]:
    """What is listed, before anything of it is deleted: a list that changes is no list."""
    listed: list[Listed_co] = []
    after: str | None = None
    while True:
        shown = page(after)
        listed += shown.items
        after = shown.cursor
        if after is None:
            return listed
