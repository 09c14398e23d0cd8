"""Find people: by e-mail, whoever's they are, and a tenant's."""

from dataclasses import dataclass

from chalicelib.domain.model import Page
from chalicelib.domain.people import Person, PersonRole, PersonStatus, no_such_person
from chalicelib.flows.ports import People


@dataclass(frozen=True, slots=True)
class FindPeople:
    """By e-mail: those who have an account. Who is only invited is nobody to who may log in."""

    people: People

    def __call__(self, email: str, tenant_id: str | None = None) -> list[Person]:
        """People with accounts and this e-mail, in whatever case it is written; of one tenant, if given."""
        ids = self.people.with_email(email.lower())
        wanted = [
            person_id for tenant, person_id in sorted(ids.items()) if tenant_id is None or tenant == tenant_id
        ]
        found = [person for person_id in wanted if (person := self.people.person(person_id))]
        return [person for person in found if person.status is not PersonStatus.INVITED]


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """The people of one tenant."""

    people: People

    def person(self, tenant_id: str, person_id: str) -> Person:
        """The person. Raises NotFound, of another tenant's in the same words."""
        person = self.people.person(person_id)
        if person is None or person.tenant_id != tenant_id:
            raise no_such_person()
        return person

    def page(self, tenant_id: str, limit: int, after: str | None, role: PersonRole | None) -> Page[Person]:
        """The tenant's people, those who were invited last first. Raises BadInput for a foreign cursor."""
        return self.people.page(tenant_id, limit, after, role)
