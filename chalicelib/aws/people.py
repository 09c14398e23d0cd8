"""People in DynamoDB, in the tenants' table.

pk = person#<person id>: the person. The index `by_tenant` lists them.
pk = email#<e-mail in lower case>: `people`, from tenant id to person id.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.aws.dynamodb import ConditionFailedError, Item, cursor, parts_of, storage
from chalicelib.aws.table import NEW, Table, still_at
from chalicelib.domain.errors import Busy
from chalicelib.domain.model import Page
from chalicelib.domain.people import Person, PersonRole, PersonStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PERSON, _EMAIL = "person#", "email#"
_BY_TENANT = "by_tenant"
_MOST_QUERIES = 10
"""Looking for a role of few, a page gives up after so many reads, and says where to go on."""


class People:
    """Who belongs to which tenant."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def add(self, person: Person) -> None:
        """Store a new person, found by e-mail from now on. Raises Busy if the tenant has the e-mail."""
        before = self.with_email(person.email)
        if person.tenant_id in before:
            raise Busy("Somebody with this e-mail was invited at the same time; try again.")
        self._transact(
            {"Put": {"Item": _item(person), **NEW}},
            _email_write(person.email, before, {**before, person.tenant_id: person.person_id}),
        )

    def save(self, person: Person) -> Person:
        """Store the person's next version. Raises Busy if it was changed since it was read."""
        item = _item(person) | {"version": {"N": str(person.version + 1)}}
        self._transact({"Put": {"Item": item, **still_at(person.version)}})
        return _person(item)

    def person(self, person_id: str) -> Person | None:
        """A person of whichever tenant. Raises UpstreamDown."""
        item = self._table.get(_key(_PERSON + person_id))
        return _person(item) if item else None

    def with_email(self, email: str) -> Mapping[str, str]:
        """The ids of the people with this e-mail, by tenant. Raises UpstreamDown."""
        item = self._table.get(_key(_EMAIL + email))
        return {tenant_id: each["S"] for tenant_id, each in item["people"]["M"].items()} if item else {}

    def page(self, tenant_id: str, limit: int, after: str | None, role: PersonRole | None) -> Page[Person]:
        """The tenant's people, those who were invited last first. Raises BadInput, UpstreamDown."""
        query = _list_of(tenant_id, limit, role)
        last = _PERSON + parts_of(after, 1)[0] if after else None
        found: list[Item] = []
        for _ in range(_MOST_QUERIES):
            start: Any = {"ExclusiveStartKey": {"pk": {"S": last}, "tenant_id": {"S": tenant_id}}}
            with storage():
                reply = self._table.client.query(
                    TableName=self._table.name, **query, **(start if last else {})
                )
            found += reply["Items"]
            last = str(reply["LastEvaluatedKey"]["pk"]["S"]) if reply.get("LastEvaluatedKey") else None
            if last is None or len(found) >= limit:
                break
        shown = found[:limit]
        if len(found) > limit:
            last = shown[-1]["pk"]["S"]
        return Page(tuple(map(_person, shown)), cursor(last.removeprefix(_PERSON)) if last else None)

    def remove(self, person: Person) -> None:
        """Delete the person, and from what their e-mail leads to. Raises Busy if it was changed meanwhile."""
        before = self.with_email(person.email)
        after = {tenant_id: each for tenant_id, each in before.items() if each != person.person_id}
        writes = [{"Delete": {"Key": _key(_PERSON + person.person_id), **still_at(person.version)}}]
        self._transact(*writes, *([_email_write(person.email, before, after)] if before != after else []))

    def _transact(self, *writes: Any) -> None:  # noqa: ANN401 - handed on to the client
        table = {"TableName": self._table.name}
        try:
            self._table.transact(
                [{kind: {**table, **write} for kind, write in each.items()} for each in writes]
            )
        except ConditionFailedError as exc:
            raise Busy("The person was changed at the same time; try again.") from exc


def _list_of(tenant_id: str, limit: int, role: PersonRole | None) -> Any:  # noqa: ANN401 - for the client
    query: dict[str, Any] = {
        "IndexName": _BY_TENANT,
        "KeyConditionExpression": "tenant_id = :tenant AND begins_with(pk, :person)",
        "ExpressionAttributeValues": {":tenant": {"S": tenant_id}, ":person": {"S": _PERSON}},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if role:
        query["FilterExpression"] = "#role = :role"
        query["ExpressionAttributeNames"] = {"#role": "role"}  # a reserved word
        query["ExpressionAttributeValues"][":role"] = {"S": role.value}
    return query


def _email_write(email: str, before: Mapping[str, str], after: Mapping[str, str]) -> Any:  # noqa: ANN401 - one of two kinds
    condition: Item = NEW
    if before:
        condition = {
            "ConditionExpression": "people = :before",
            "ExpressionAttributeValues": {":before": _map(before)},
        }
    key = _key(_EMAIL + email)
    if not after:
        # An e-mail that leads to nobody is nobody's business.
        return {"Delete": {"Key": key, **condition}}
    return {"Put": {"Item": {**key, "people": _map(after)}, **condition}}


def _map(people: Mapping[str, str]) -> Item:
    return {"M": {tenant_id: {"S": person_id} for tenant_id, person_id in people.items()}}


def _key(pk: str) -> Item:
    return {"pk": {"S": pk}}


def _item(person: Person) -> Item:
    return _key(_PERSON + person.person_id) | {
        "tenant_id": {"S": person.tenant_id},
        "email": {"S": person.email},
        "name": {"S": person.name},
        "role": {"S": person.role.value},
        "status": {"S": person.status.value},
        "created_at": {"N": str(person.created_at)},
        "tokens_from": {"N": str(person.tokens_from)},
        "invitation_hash": {"S": person.invitation_hash},
        "invitation_expires_at": {"N": str(person.invitation_expires_at)},
        "subject": {"S": person.subject},
        "version": {"N": str(person.version)},
    }


def _person(item: Item) -> Person:
    return Person(
        person_id=item["pk"]["S"].removeprefix(_PERSON),
        tenant_id=item["tenant_id"]["S"],
        email=item["email"]["S"],
        role=PersonRole(item["role"]["S"]),
        created_at=int(item["created_at"]["N"]),
        name=item["name"]["S"],
        status=PersonStatus(item["status"]["S"]),
        tokens_from=int(item["tokens_from"]["N"]),
        invitation_hash=item["invitation_hash"]["S"],
        invitation_expires_at=int(item["invitation_expires_at"]["N"]),
        subject=item["subject"]["S"],
        version=int(item["version"]["N"]),
    )
