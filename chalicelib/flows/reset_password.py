"""Reset a forgotten password: a code is mailed, and sets another one."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.errors import BadCode, TooManyRequests
from chalicelib.domain.people import PersonStatus, check_password
from chalicelib.flows.find_people import FindPeople
from chalicelib.flows.log_out import LogOut
from chalicelib.flows.ports import Accounts
from chalicelib.flows.register_person import BAD_CODE
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class ForgetPassword:
    """Says the same of every e-mail."""

    accounts: Accounts
    find: FindPeople
    new_id: Callable[[], str]

    def __call__(self, email: str, tenant_id: str | None = None) -> None:
        """Mail a code; to who has not confirmed the e-mail, one to confirm it with. Raises UpstreamDown."""
        found = {person.person_id: person for person in self.find(email, tenant_id)}
        for person_id in list(found) or [self.new_id()]:
            person = found.get(person_id)
            try:
                # Who has confirmed may be noted as who has not: then there is nothing to resend.
                unconfirmed = person and person.status is PersonStatus.REGISTERED
                if not (unconfirmed and self.accounts.resend(person_id)):
                    self.accounts.start_reset(person_id)
            except TooManyRequests:
                # To say so would tell that there is somebody.
                logger.warning("code_not_sent", person_id=person_id)


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Whoever knew the old password is logged out.

    If it breaks off in between, the code is used and the password is the new one: log in, and log out.
    """

    accounts: Accounts
    find: FindPeople
    log_out: LogOut
    new_id: Callable[[], str]

    def __call__(self, email: str, code: str, password: str, tenant_id: str | None = None) -> None:
        """Set the password by a code. Raises BadCode, BadInput for the password, TooManyRequests, Busy."""
        check_password(password)
        found = [person.person_id for person in self.find(email, tenant_id)]
        for person_id in found or [self.new_id()]:
            try:
                self.accounts.finish_reset(person_id, code, password)
            except BadCode:
                continue
            if found:
                logger.info("password_reset", person_id=person_id)
                self.log_out(person_id)
                return
        raise BadCode(BAD_CODE)
