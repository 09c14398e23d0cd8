"""Who holds a user token."""

from dataclasses import dataclass, field

from chalicelib.domain.errors import Unauthorized
from chalicelib.domain.people import Person, UserToken
from chalicelib.flows.ports import People, UserTokens
from chalicelib.flows.remembered import Remembered

NOT_VALID = "The user token is not valid, or no longer; log in again."


@dataclass(slots=True)
class CheckToken:
    """Remembers people for `trust_s`: no request pays for a read, and who is removed is soon nobody."""

    tokens: UserTokens
    people: People
    trust_s: float
    _known: Remembered[Person] = field(init=False)

    def __post_init__(self) -> None:
        self._known = Remembered(self.trust_s)

    def __call__(self, token: str) -> Person:
        """The person. Raises Unauthorized, in the same words for every reason; UpstreamDown."""
        said = self.tokens.read(token)
        person = self._known.get(said.person_id, self.people.person)
        if person is None or not _is_theirs(said, person):
            raise Unauthorized(NOT_VALID)
        return person

    def forget(self, person_id: str) -> None:
        """Read the person anew when they come next."""
        self._known.forget(person_id)


def _is_theirs(token: UserToken, person: Person) -> bool:
    # Who has never logged in here has no subject, and so no token.
    return (
        bool(person.subject) and token.subject == person.subject and token.logged_in_at >= person.tokens_from
    )
