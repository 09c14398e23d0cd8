"""Log in by e-mail and password."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chalicelib.domain.errors import NotConfirmed, SeveralTenants, TooManyRequests, Unauthorized
from chalicelib.domain.people import Login, Person, PersonStatus
from chalicelib.flows.contention import settled
from chalicelib.flows.find_people import FindPeople
from chalicelib.flows.ports import Accounts, Clock, People
from chalicelib.flows.register_person import note_confirmed
from chalicelib.telemetry import logger

_WRONG = "The e-mail or the password is wrong."
_SEVERAL = "You belong to several tenants: send the tenant_id of one of them, too."
_NOT_CONFIRMED = "Your e-mail is not confirmed: another code was mailed to you; send it to /api/confirm."
_MARGIN_S = 0.1
"""By so much the pool's clock may be behind ours."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """Who does not exist is asked about as who does, so that neither words nor time tell of them."""

    people: People
    accounts: Accounts
    tenant_name: Callable[[str], str]
    find: FindPeople
    clock: Clock
    wait: Callable[[float], None]
    new_id: Callable[[], str]

    def __call__(self, email: str, password: str, tenant_id: str | None = None) -> tuple[Person, Login]:
        """The person, and what opens the service to them.

        Raises Unauthorized, NotConfirmed, SeveralTenants if no tenant is given and the password fits several,
        TooManyRequests, Busy.
        """
        found = {person.person_id: person for person in self.find(email, tenant_id)}
        self._wait_for(found.values())
        opened: list[tuple[Person, Login]] = []
        waiting: list[str] = []
        for person_id in list(found) or [self.new_id()]:
            try:
                login = self.accounts.log_in(person_id, password)
            except Unauthorized:
                continue
            except NotConfirmed:
                waiting += [person_id]
                continue
            opened += [(found[person_id], login)] if person_id in found else []
        if len(opened) > 1:
            raise SeveralTenants(_SEVERAL, tuple(self._named(person.tenant_id) for person, _ in opened))
        if opened:
            return self._noted(*opened[0])
        self._send_codes([person_id for person_id in waiting if person_id in found])
        raise Unauthorized(_WRONG)

    def _wait_for(self, found: Iterable[Person]) -> None:
        # A token of the second in which somebody logged out is refused, one of the next is good.
        early_s = max((person.tokens_from for person in found), default=0) - self.clock()
        if early_s > 0:
            self.wait(min(early_s, 1.0) + _MARGIN_S)

    def _noted(self, person: Person, login: Login) -> tuple[Person, Login]:
        if person.status is not PersonStatus.CONFIRMED or not person.subject:
            noted = settled(lambda: note_confirmed(self.people, person.person_id, login.subject))
            if noted is None:
                raise Unauthorized(_WRONG)
            person = noted
        if person.subject != login.subject:
            # Not the account that the person had: somebody took the username when it was gone.
            raise Unauthorized(_WRONG)
        logger.info("person_logged_in", person_id=person.person_id, role=person.role)
        return person, login

    def _named(self, tenant_id: str) -> dict[str, object]:
        return {"tenant_id": tenant_id, "name": self.tenant_name(tenant_id)}

    def _send_codes(self, waiting: list[str]) -> None:
        for person_id in waiting:
            try:
                self.accounts.resend(person_id)
            except TooManyRequests:
                logger.warning("code_not_sent", person_id=person_id)
        if waiting:
            raise NotConfirmed(_NOT_CONFIRMED)
