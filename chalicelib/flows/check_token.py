"""Who holds a user token."""

from dataclasses import dataclass, field
from time import monotonic

from chalicelib.domain.errors import Unauthorized
from chalicelib.domain.people import Person, UserToken
from chalicelib.flows.ports import People, UserTokens

NOT_VALID = "The user token is not valid, or no longer; log in again."
_MOST_KNOWN = 1000


@dataclass(slots=True)
class CheckToken:
    """Remembers people for `trust_s`: no request pays for a read, and who is removed is soon nobody."""

    tokens: UserTokens
    people: People
    trust_s: float
    _known: dict[str, tuple[float, Person]] = field(default_factory=dict)

    def __call__(self, token: str) -> Person:
        """The person. Raises Unauthorized, in the same words for every reason; UpstreamDown."""
        said = self.tokens.read(token)
        person = self._person(said.person_id)
        if person is None or not _is_theirs(said, person):
            raise Unauthorized(NOT_VALID)
        return person

    def forget(self, person_id: str) -> None:
        """Read the person anew when they come next."""
        self._known.pop(person_id, None)

    def _person(self, person_id: str) -> Person | None:
        read_at, person = self._known.get(person_id, (0.0, None))
        if person and monotonic() - read_at < self.trust_s:
            return person
        fresh = self.people.person(person_id)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        if fresh:
            self._known[person_id] = (monotonic(), fresh)
        return fresh


def _is_theirs(token: UserToken, person: Person) -> bool:
    # Who has never logged in here has no subject, and so no token.
    return (
        bool(person.subject) and token.subject == person.subject and token.logged_in_at >= person.tokens_from
    )
