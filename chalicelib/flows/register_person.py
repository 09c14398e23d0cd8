"""Register: an invited person makes an account, and confirms its e-mail."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain import people
from chalicelib.domain.errors import BadCode, PersonExists
from chalicelib.domain.people import Person, PersonStatus
from chalicelib.flows.contention import settled
from chalicelib.flows.find_people import FindPeople
from chalicelib.flows.ports import Accounts, Clock, People
from chalicelib.telemetry import logger

_BAD_INVITATION = "The invitation is not valid for this e-mail, or no longer; ask for another one."
BAD_CODE = "The code is not valid for this e-mail, or no longer; ask for another one."


@dataclass(frozen=True, slots=True)
class RegisterPerson:
    """First the account, then the person, so that nobody is registered who has none.

    If it breaks off in between, the person is invited still, and the same request again makes the account
    anew. That also takes it from whoever made one under this username without an invitation, which the pool
    cannot know.
    """

    people: People
    accounts: Accounts
    clock: Clock

    def __call__(self, invitation: str, email: str, password: str, name: str | None = None) -> Person:
        """The person. Raises BadCode, PersonExists, BadInput for the password, TooManyRequests, Busy."""
        people.check_password(password)
        person = self._invited(invitation, email)
        self._make_account(person, password)

        def attempt() -> Person:
            fresh = self._invited(invitation, email)
            if fresh.role is not person.role:
                self.accounts.put_in_group(fresh.person_id, fresh.role, before=person.role)
            renamed = fresh.name if name is None else name
            return self.people.save(replace(fresh, status=PersonStatus.REGISTERED, name=renamed))

        registered = settled(attempt)
        logger.info("person_registered", person_id=registered.person_id, role=registered.role)
        return registered

    def _make_account(self, person: Person, password: str) -> None:
        try:
            self.accounts.sign_up(person.person_id, person.email, password)
        except PersonExists:
            self.accounts.delete(person.person_id)
            self.accounts.sign_up(person.person_id, person.email, password)
        self.accounts.put_in_group(person.person_id, person.role)

    def _invited(self, text: str, email: str) -> Person:
        invitation = people.read_invitation(text)
        person = invitation and self.people.person(invitation.person_id)
        if not invitation or not person or not person.holds(invitation) or person.email != email.lower():
            raise BadCode(_BAD_INVITATION)
        if person.status is not PersonStatus.INVITED:
            raise PersonExists("This invitation was used: you are registered already; log in.")
        if person.invitation_expires_at <= self.clock():
            raise BadCode(_BAD_INVITATION)
        return person


@dataclass(frozen=True, slots=True)
class ConfirmPerson:
    """If it breaks off between the account and the person, the first log-in notes it."""

    people: People
    accounts: Accounts
    find: FindPeople
    new_id: Callable[[], str]

    def __call__(self, email: str, code: str, tenant_id: str | None = None) -> None:
        """Confirm the e-mail by a code that was mailed. Raises BadCode, TooManyRequests, Busy."""
        waiting = [
            person for person in self.find(email, tenant_id) if person.status is PersonStatus.REGISTERED
        ]
        # Nobody is asked about, too, so that the time taken does not tell who is known.
        for person_id in [person.person_id for person in waiting] or [self.new_id()]:
            try:
                self.accounts.confirm(person_id, code)
            except BadCode:
                continue
            if waiting:
                settled(lambda: note_confirmed(self.people, person_id))  # noqa: B023 - called at once
                logger.info("person_confirmed", person_id=person_id)
                return
        raise BadCode(BAD_CODE)


def note_confirmed(people: People, person_id: str, subject: str = "") -> Person | None:
    """The person as one who can log in, with the account's own id once it is known; None if removed."""
    person = people.person(person_id)
    if person is None:
        return None
    confirmed = replace(person, status=PersonStatus.CONFIRMED, subject=person.subject or subject)
    return confirmed if confirmed == person else people.save(confirmed)
