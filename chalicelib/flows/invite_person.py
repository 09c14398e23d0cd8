"""Invite a person into a tenant."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain import people
from chalicelib.domain.errors import Busy, Forbidden, PersonExists
from chalicelib.domain.people import INVITATION_S, Invitation, Person, PersonRole, PersonStatus
from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Clock, People


@dataclass(frozen=True, slots=True)
class InvitePerson:
    """`choose` draws a character at random, as `secrets.choice` does."""

    people: People
    clock: Clock
    new_id: Callable[[], str]
    choose: Callable[[str], str]

    def __call__(
        self, tenant_id: str, email: str, role: PersonRole, name: str | None = None, *, may_make_admins: bool
    ) -> tuple[Person, Invitation]:
        """The person, and the invitation: the only time that it is seen.

        Who is invited again gets another one in its place, with this role and name. Raises PersonExists for
        who has registered, Forbidden, Busy.
        """
        email = email.lower()

        def attempt() -> tuple[Person, Invitation]:
            known = self.people.with_email(email).get(tenant_id)
            if known is None:
                return self._first(tenant_id, email, role, name, may_make_admins=may_make_admins)
            return self._again(known, role, name, may_make_admins=may_make_admins)

        return settled(attempt)

    def _first(
        self, tenant_id: str, email: str, role: PersonRole, name: str | None, *, may_make_admins: bool
    ) -> tuple[Person, Invitation]:
        check_may_touch(role, may_make_admins=may_make_admins)
        person = Person(self.new_id(), tenant_id, email, role, created_at=int(self.clock()), name=name or "")
        invited, invitation = self._with_invitation(person)
        self.people.add(invited)
        return invited, invitation

    def _again(
        self, person_id: str, role: PersonRole, name: str | None, *, may_make_admins: bool
    ) -> tuple[Person, Invitation]:
        person = self.people.person(person_id)
        if person is None:
            raise Busy("The person is being removed; try again.")
        check_may_touch(role, person.role, may_make_admins=may_make_admins)
        if person.status is not PersonStatus.INVITED:
            raise PersonExists("Somebody with this e-mail is registered already; change their role instead.")
        renamed = person.name if name is None else name
        invited, invitation = self._with_invitation(replace(person, role=role, name=renamed))
        return self.people.save(invited), invitation

    def _with_invitation(self, person: Person) -> tuple[Person, Invitation]:
        invitation = people.invite(person.person_id, self.choose)
        expires_at = int(self.clock()) + INVITATION_S
        invited = replace(person, invitation_hash=invitation.hash, invitation_expires_at=expires_at)
        return invited, invitation


def check_may_touch(*roles: PersonRole, may_make_admins: bool) -> None:
    """Raise Forbidden where an admin would be made or changed by who may do less than an admin.

    An API key without every scope could else invite itself an admin, and do everything.
    """
    if PersonRole.ADMIN in roles and not may_make_admins:
        raise Forbidden("This API key may not make or change admins; it would need every scope.")
