"""The people of a tenant: invite, list, change, remove."""

from chalice.app import Blueprint
from pydantic import Field

from chalicelib import wiring
from chalicelib.api.account import Email, Name, PersonRow, row
from chalicelib.api.auth import Caller
from chalicelib.api.bodies import Answer, Body
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.domain.errors import (
    BadInput,
    Busy,
    Conflict,
    NotFound,
    PersonExists,
    TooManyRequests,
    UpstreamDown,
)
from chalicelib.domain.people import PersonRole
from chalicelib.domain.report import rfc3339
from chalicelib.telemetry import know

people = Blueprint(__name__)


class InviteRequest(Body):
    """Who shall be invited."""

    email: Email
    """Capital and small letters are the same here."""
    role: PersonRole
    name: Name | None = None
    """Anything; given back in lists, and never in a log."""


class InviteAnswer(Answer):
    """The person, with the invitation: this once."""

    person: PersonRow
    invitation: str
    """Send it to the person, by your own e-mail: the service sends none. Only a hash of it is kept."""
    expires_at: str
    """RFC 3339, UTC: thirty days from now."""


class PeopleQuery(Body):
    """Which page of whom."""

    role: PersonRole | None = None
    """Only these."""
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)


class PeopleList(Answer):
    """A page of people, those who were invited last first."""

    people: list[PersonRow]
    next_cursor: str | None
    """Where the next page begins; null on the last one. With a `role`, a page may hold fewer than `limit`."""


class ChangePersonRequest(Body):
    """What shall be another."""

    role: PersonRole | None = None
    name: Name | None = None


class ChangePersonAnswer(Answer):
    """The person as they are now."""

    person: PersonRow


class RemovePersonAnswer(Answer):
    """Who is gone."""

    person_id: str


@endpoint(
    people,
    "POST",
    "/api/people",
    body=InviteRequest,
    answer=InviteAnswer,
    status=201,
    errors=(PersonExists, Busy, UpstreamDown),
)
def invite_person(call: Call) -> InviteAnswer:
    """Invite a person.

    Send them the invitation; /api/register takes it, with their e-mail. Whoever is invited again before that
    gets another invitation, which takes the former one's place. Only admins and API keys with every scope
    invite admins.
    """
    wanted: InviteRequest = call.body
    person, invitation = wiring.invite_person()(
        call.tenant_id, wanted.email, wanted.role, wanted.name, may_hand_on=call.may_hand_on
    )
    know(invited_id=person.person_id)
    return InviteAnswer(
        person=row(person),
        invitation=invitation.text,
        expires_at=rfc3339(person.invitation_expires_at),
    )


@endpoint(people, "GET", "/api/people", query=PeopleQuery, answer=PeopleList, errors=(BadInput,))
def list_people(call: Call) -> PeopleList:
    """List your people, those who were invited last first."""
    page = wiring.read_people().page(call.tenant_id, call.query.limit, call.query.cursor, call.query.role)
    return PeopleList(people=[row(person) for person in page.items], next_cursor=page.cursor)


@endpoint(
    people,
    "PATCH",
    "/api/people/{person_id}",
    body=ChangePersonRequest,
    answer=ChangePersonAnswer,
    errors=(NotFound, Conflict, TooManyRequests, Busy),
)
def change_person(call: Call, person_id: str) -> ChangePersonAnswer:
    """Change a person's role or name; it holds everywhere within a minute.

    Nobody changes their own role. Only admins and API keys with every scope make admins, or change them.
    """
    changed = wiring.change_person()(
        call.tenant_id,
        person_id,
        role=call.body.role,
        name=call.body.name,
        by=_person_id(call.caller),
        may_hand_on=call.may_hand_on,
    )
    return ChangePersonAnswer(person=row(changed))


@endpoint(
    people,
    "DELETE",
    "/api/people/{person_id}",
    answer=RemovePersonAnswer,
    errors=(NotFound, Conflict, TooManyRequests, Busy),
)
def remove_person(call: Call, person_id: str) -> RemovePersonAnswer:
    """Remove a person: the account, the e-mail and every token of theirs.

    Nobody removes themselves: an admin is left, unless an API key with every scope removes the last one,
    which can invite another.
    """
    wiring.remove_person()(
        call.tenant_id,
        person_id,
        by=_person_id(call.caller),
        may_hand_on=call.may_hand_on,
    )
    return RemovePersonAnswer(person_id=person_id)


def _person_id(caller: Caller | None) -> str | None:
    return caller.person_id if caller else None
