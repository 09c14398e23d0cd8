"""A tenant with people, in memory: the flows of people joined to fakes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from chalicelib.domain.credentials import EVERYTHING
from chalicelib.domain.people import Login, Person, PersonRole, UserToken
from chalicelib.flows.change_person import ChangePerson, RemovePerson
from chalicelib.flows.check_token import CheckToken
from chalicelib.flows.find_people import FindPeople, ReadPeople
from chalicelib.flows.invite_person import InvitePerson
from chalicelib.flows.log_in import LogIn
from chalicelib.flows.log_out import LogOut
from chalicelib.flows.register_person import ConfirmPerson, RegisterPerson
from chalicelib.flows.reset_password import ForgetPassword, ResetPassword
from tests.fake_people import CODE, FakeAccounts, FakePeople, FakeTokens
from tests.fakes import FakeClock

TENANT, RIVAL = "t-1", "t-2"
NAMES = {TENANT: "Acme Hiring", RIVAL: "Rival"}
ADA, PASSWORD, OTHER = "ada@example.com", "Correct1horse", "Battery2staple"


def _ids() -> Iterator[str]:
    return (f"{number:032x}" for number in count(1))


@dataclass
class World:
    """Everything, with `waited` for how long log-ins waited."""

    people: FakePeople = field(default_factory=FakePeople)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    clock: FakeClock = field(default_factory=FakeClock)
    waited: list[float] = field(default_factory=list)
    trust_s: float = 1e9
    _ids: Iterator[str] = field(default_factory=_ids)

    def __post_init__(self) -> None:
        find, read = FindPeople(self.people), ReadPeople(self.people)
        self.check_token = CheckToken(self.tokens, self.people, self.trust_s)
        self.invite = InvitePerson(self.people, self.clock, self._new_id, random.Random(1).choice)
        self.register = RegisterPerson(self.people, self.accounts, self.clock)
        self.confirm = ConfirmPerson(self.people, self.accounts, find, self._new_id)
        self.log_in = LogIn(
            self.people, self.accounts, NAMES.__getitem__, find, self.clock, self.waited.append, self._new_id
        )
        self.log_out = LogOut(self.people, self.accounts, self.clock, self.check_token.forget)
        self.forget = ForgetPassword(self.accounts, find, self._new_id)
        self.reset = ResetPassword(self.accounts, find, self.log_out, self._new_id)
        self.change = ChangePerson(self.people, self.accounts, read, self.check_token.forget)
        self.remove = RemovePerson(self.people, self.accounts, read, self.check_token.forget)

    def invited(
        self, email: str = ADA, role: PersonRole = PersonRole.CANDIDATE, tenant_id: str = TENANT
    ) -> str:
        """The text of an invitation."""
        return self.invite(tenant_id, email, role, may_hand_on=EVERYTHING)[1].text

    def registered(
        self, email: str = ADA, role: PersonRole = PersonRole.CANDIDATE, tenant_id: str = TENANT
    ) -> Person:
        """Somebody with an account."""
        return self.register(self.invited(email, role, tenant_id), email, PASSWORD)

    def confirmed(
        self, email: str = ADA, role: PersonRole = PersonRole.CANDIDATE, tenant_id: str = TENANT
    ) -> Person:
        """Somebody who can log in."""
        self.registered(email, role, tenant_id)
        self.confirm(email, CODE, tenant_id)
        return self.of(email, tenant_id)

    def of(self, email: str = ADA, tenant_id: str = TENANT) -> Person:
        """The person as they are stored."""
        return self.people.people[self.people.with_email(email)[tenant_id]]

    def holding_token(self, login: Login, person: Person) -> str:
        """The access token, good from now on."""
        said = UserToken(person.person_id, login.subject, int(self.clock.at))
        self.tokens.good[login.access_token] = said
        return login.access_token

    def _new_id(self) -> str:
        return next(self._ids)
