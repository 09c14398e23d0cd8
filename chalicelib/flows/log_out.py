"""Log out everywhere."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Accounts, Clock, People
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class LogOut:
    """First access tokens, then refresh tokens: what a refresh token still brings is of an old log-in.

    `forget` makes this process read the person anew; others do within KEY_CACHE_S.
    """

    people: People
    accounts: Accounts
    clock: Clock
    forget: Callable[[str], None]

    def __call__(self, person_id: str) -> None:
        """Refuse every token that the person has. Raises Busy, UpstreamDown, TooManyRequests."""
        settled(lambda: self._refuse_tokens(person_id))
        self.accounts.sign_out_everywhere(person_id)
        logger.info("person_logged_out", person_id=person_id)

    def _refuse_tokens(self, person_id: str) -> None:
        person = self.people.person(person_id)
        if person:
            self.people.save(person.signed_out(self.clock()))
        self.forget(person_id)
