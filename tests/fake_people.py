"""In-memory stand-ins for people, their accounts and their tokens, as in tests/fakes.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import (
    BadCode,
    BadInput,
    Busy,
    NotConfirmed,
    PersonExists,
    Unauthorized,
    UpstreamDown,
)
from chalicelib.domain.model import Page
from chalicelib.domain.people import LEAST_PASSWORD, Login, Person, PersonRole, UserToken

CODE = "123456"
"""What every mail says."""


@dataclass
class FakePeople:
    """People in a dictionary. `race` runs before the next write, as another request would."""

    people: dict[str, Person] = field(default_factory=dict)
    reads: int = 0
    races: list[Callable[[], object]] = field(default_factory=list)

    def add(self, person: Person) -> None:
        """Store a new person."""
        self._race()
        if person.person_id in self.people or person.tenant_id in self.with_email(person.email):
            raise Busy("changed")
        self.people[person.person_id] = person

    def save(self, person: Person) -> Person:
        """Store the person's next version."""
        self._race()
        self._check_unchanged(person)
        saved = replace(person, version=person.version + 1)
        self.people[person.person_id] = saved
        return saved

    def person(self, person_id: str) -> Person | None:
        """A person of whichever tenant."""
        self.reads += 1
        return self.people.get(person_id)

    def with_email(self, email: str) -> Mapping[str, str]:
        """The ids of the people with this e-mail, by tenant."""
        return {each.tenant_id: each.person_id for each in self.people.values() if each.email == email}

    def page(self, tenant_id: str, limit: int, after: str | None, role: PersonRole | None) -> Page[Person]:
        """The tenant's people, newest first."""
        if after is not None and not after.startswith("after:"):
            raise BadInput("The cursor is not one that this list gave; start again without it.")
        found = [
            each
            for _, each in sorted(self.people.items(), reverse=True)
            if each.tenant_id == tenant_id
            and (role is None or each.role is role)
            and (after is None or each.person_id < after.removeprefix("after:"))
        ]
        shown = tuple(found[:limit])
        return Page(shown, f"after:{shown[-1].person_id}" if len(found) > limit else None)

    def remove(self, person: Person) -> None:
        """Delete the person."""
        self._race()
        self._check_unchanged(person)
        del self.people[person.person_id]

    def _check_unchanged(self, person: Person) -> None:
        stored = self.people.get(person.person_id)
        if stored is None or stored.version != person.version:
            raise Busy("changed")

    def _race(self) -> None:
        if self.races:
            self.races.pop(0)()


@dataclass
class Account:
    """What the pool holds of a person."""

    email: str
    password: str
    subject: str
    confirmed: bool = False
    code: str | None = CODE
    groups: set[PersonRole] = field(default_factory=set)


@dataclass
class FakeAccounts:
    """Accounts in a dictionary. `mails` takes down to whom codes were sent, `calls` what was asked for.

    `breaks` names methods that fail once, after they have done what they do: as an answer that was lost.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    refresh_tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    _made: int = 0

    def sign_up(self, person_id: str, email: str, password: str) -> None:
        """Make an account."""
        self.calls.append("sign_up")
        if person_id in self.accounts:
            raise PersonExists("There is an account already.")
        _check(password)
        self.accounts[person_id] = Account(email, password, subject=f"subject-{self._next()}")
        self.mails.append(email)
        self._break("sign_up")

    def resend(self, person_id: str) -> bool:
        """Mail another code."""
        self.calls.append("resend")
        account = self.accounts.get(person_id)
        if account is None:
            return True
        if account.confirmed:
            return False
        account.code = CODE
        self.mails.append(account.email)
        return True

    def confirm(self, person_id: str, code: str) -> None:
        """Confirm the e-mail."""
        self.calls.append("confirm")
        account = self.accounts.get(person_id)
        if account is None or account.confirmed:
            raise BadCode("no")
        self._use(account, code)
        account.confirmed = True
        self._break("confirm")

    def log_in(self, person_id: str, password: str) -> Login:
        """What the password opens."""
        self.calls.append("log_in")
        account = self.accounts.get(person_id)
        if account is None or account.password != password:
            raise Unauthorized("no")
        if not account.confirmed:
            raise NotConfirmed("not yet")
        refresh_token = f"refresh-{self._next()}"
        self.refresh_tokens[refresh_token] = person_id, account.subject
        return self._login(person_id, refresh_token)

    def refresh(self, refresh_token: str) -> Login:
        """Another access token."""
        self.calls.append("refresh")
        person_id, _ = self.refresh_tokens.get(refresh_token, ("", ""))
        if person_id not in self.accounts:
            raise Unauthorized("no")
        return self._login(person_id, None)

    def sign_out_everywhere(self, person_id: str) -> None:
        """Forget the refresh tokens."""
        self.calls.append("sign_out_everywhere")
        self._forget_tokens(person_id)
        self._break("sign_out_everywhere")

    def start_reset(self, person_id: str) -> None:
        """Mail a code."""
        self.calls.append("start_reset")
        account = self.accounts.get(person_id)
        if account and account.confirmed:
            account.code = CODE
            self.mails.append(account.email)

    def finish_reset(self, person_id: str, code: str, password: str) -> None:
        """Set the password."""
        self.calls.append("finish_reset")
        account = self.accounts.get(person_id)
        if account is None or not account.confirmed:
            raise BadCode("no")
        _check(password)
        self._use(account, code)
        account.password = password

    def put_in_group(self, person_id: str, role: PersonRole, *, before: PersonRole | None = None) -> None:
        """Let the groups say the role."""
        self.calls.append("put_in_group")
        if person_id in self.accounts:
            self.accounts[person_id].groups -= {before} if before else set()
            self.accounts[person_id].groups.add(role)
        self._break("put_in_group")

    def delete(self, person_id: str) -> None:
        """Delete the account."""
        self.calls.append("delete")
        self.accounts.pop(person_id, None)
        self._forget_tokens(person_id)
        self._break("delete")

    def _login(self, person_id: str, refresh_token: str | None) -> Login:
        subject = self.accounts[person_id].subject
        return Login(f"access-{self._next()}", 3600, subject, refresh_token)

    def _use(self, account: Account, code: str) -> None:
        if account.code != code:
            raise BadCode("no")
        account.code = None

    def _forget_tokens(self, person_id: str) -> None:
        theirs = [token for token, (whose, _) in self.refresh_tokens.items() if whose == person_id]
        for token in theirs:
            del self.refresh_tokens[token]

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _break(self, method: str) -> None:
        if method in self.breaks:
            self.breaks.remove(method)
            raise UpstreamDown("The user pool did not answer; try again.")


@dataclass
class FakeTokens:
    """User tokens in a dictionary."""

    good: dict[str, UserToken] = field(default_factory=dict)
    down: bool = False

    def read(self, token: str) -> UserToken:
        """What it says."""
        if self.down:
            raise UpstreamDown("down")
        if token not in self.good:
            raise Unauthorized("no")
        return self.good[token]


def _check(password: str) -> None:
    if len(password) < LEAST_PASSWORD:
        raise BadInput("too short")
