"""Change or remove a person."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain.credentials import Scope
from chalicelib.domain.errors import Conflict
from chalicelib.domain.people import Person, PersonRole, PersonStatus
from chalicelib.flows.contention import settled
from chalicelib.flows.find_people import ReadPeople
from chalicelib.flows.invite_person import check_may_touch
from chalicelib.flows.ports import Accounts, People
from chalicelib.telemetry import logger

_NOT_ONESELF = "Nobody changes their own role or removes themselves; another admin must do that."


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """First the pool's group, then the person: what breaks off in between is mended by the same request.

    No admin ends being one by their own doing, so that admins never leave their tenant without one.
    """

    people: People
    accounts: Accounts
    read: ReadPeople
    forget: Callable[[str], None]

    def __call__(
        self,
        tenant_id: str,
        person_id: str,
        *,
        role: PersonRole | None = None,
        name: str | None = None,
        by: str | None,
        may_hand_on: frozenset[Scope],
    ) -> Person:
        """The person as changed; `by`: the person who asks. Raises NotFound, Conflict, Forbidden, Busy."""

        def attempt() -> Person:
            person = self.read.person(tenant_id, person_id)
            wanted = replace(person, role=role or person.role, name=person.name if name is None else name)
            check_may_touch(person.role, wanted.role, may_hand_on=may_hand_on)
            return self._save(person, wanted, by)

        changed = settled(attempt)
        self.forget(person_id)
        logger.info("person_changed", person_id=person_id, role=changed.role)
        return changed

    def _save(self, person: Person, wanted: Person, by: str | None) -> Person:
        if wanted == person:
            return person
        if wanted.role is not person.role:
            if person.person_id == by:
                raise Conflict(_NOT_ONESELF)
            if person.status is not PersonStatus.INVITED:
                self.accounts.put_in_group(person.person_id, wanted.role, before=person.role)
        return self.people.save(wanted)


@dataclass(frozen=True, slots=True)
class RemovePerson:
    """First the account, then the person: what breaks off in between is finished by the same request."""

    people: People
    accounts: Accounts
    read: ReadPeople
    forget: Callable[[str], None]

    def __call__(
        self, tenant_id: str, person_id: str, *, by: str | None, may_hand_on: frozenset[Scope]
    ) -> None:
        """Remove account, person and e-mail. Raises NotFound, Conflict, Forbidden, Busy."""

        def attempt() -> None:
            person = self.read.person(tenant_id, person_id)
            check_may_touch(person.role, may_hand_on=may_hand_on)
            if person_id == by:
                raise Conflict(_NOT_ONESELF)
            self.accounts.delete(person_id)
            self.people.remove(person)

        settled(attempt)
        self.forget(person_id)
        logger.info("person_removed", person_id=person_id)
