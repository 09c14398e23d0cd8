"""Invite a person into a tenant."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain import people
from chalicelib.domain.credentials import Scope
from chalicelib.domain.errors import Busy, Forbidden, PersonExists
from chalicelib.domain.people import INVITATION_S, NEEDS, Invitation, Person, PersonRole, PersonStatus
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
        self,
        tenant_id: str,
        email: str,
        role: PersonRole,
        name: str | None = None,
        *,
        may_hand_on: frozenset[Scope],
    ) -> tuple[Person, Invitation]:
        """The person, and the invitation: the only time that it is seen.

        Who is invited again gets another one in its place, with this role and name. Raises PersonExists for
        who has registered, Forbidden, Busy.
        """
        email = email.lower()

        def attempt() -> tuple[Person, Invitation]:
            known = self.people.with_email(email).get(tenant_id)
            if known is None:
                return self._first(tenant_id, email, role, name, may_hand_on=may_hand_on)
            return self._again(known, role, name, may_hand_on=may_hand_on)

        return settled(attempt)

    def _first(
        self, tenant_id: str, email: str, role: PersonRole, name: str | None, *, may_hand_on: frozenset[Scope]
    ) -> tuple[Person, Invitation]:
        check_may_touch(role, may_hand_on=may_hand_on)
        person = Person(self.new_id(), tenant_id, email, role, created_at=int(self.clock()), name=name or "")
        invited, invitation = self._with_invitation(person)
        self.people.add(invited)
        return invited, invitation

    def _again(
        self, person_id: str, role: PersonRole, name: str | None, *, may_hand_on: frozenset[Scope]
    ) -> tuple[Person, Invitation]:
        person = self.people.person(person_id)
        if person is None:
            raise Busy("The person is being removed; try again.")
        check_may_touch(role, person.role, may_hand_on=may_hand_on)
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


def check_may_touch(*roles: PersonRole, may_hand_on: frozenset[Scope]) -> None:
    """Raise Forbidden where somebody would be made or changed who may do more than who asks.

    An API key without those scopes could else invite itself an admin, or a proctor, and read everything.
    """
    for role in roles:
        if lacking := sorted(NEEDS[role] - may_hand_on):
            raise Forbidden(f"This API key may not make or change {role}s; it lacks {', '.join(lacking)}.")
