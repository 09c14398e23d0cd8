"""A table whose items have a `pk` and an `sk`: items, pages of a partition, writes that go together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.aws.dynamodb import (
    ConditionFailedError,
    Item,
    condition_failed,
    cursor,
    key_of,
    parts_of,
    reasons,
    storage,
)
from chalicelib.domain.errors import Busy
from chalicelib.domain.model import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEW: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
"""The condition that there is no such item yet."""
BATCH_READ = 100
"""Items that are read at once, at the most."""
_PAGE = 1000


class Table:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Item) -> Any:  # noqa: ANN401 - an item holds what its kind holds
        """The item with this key, or None."""
        with storage():
            return self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item")

    def get_some(self, keys: Sequence[Item], **only: Any) -> list[Item | None]:  # noqa: ANN401 - a projection
        """The items with these keys, up to BATCH_READ; None for what is not there."""
        found: dict[tuple[str, str], Item] = {}
        once = list(
            {_place(key): key for key in keys}.values()
        )  # DynamoDB refuses a key that it is given twice
        wanted: Any = {self.name: {"Keys": once, "ConsistentRead": True, **only}} if keys else {}
        with storage():
            while wanted:
                reply = self.client.batch_get_item(RequestItems=wanted)
                found |= {_place(item): item for item in reply["Responses"].get(self.name, [])}
                wanted = reply.get("UnprocessedKeys")
        return [found.get(_place(key)) for key in keys]

    def query(self, pk: str, prefix: str, *, only: str | None = None) -> Iterator[Any]:
        """The items of a partition whose sort keys begin with this, in order."""
        after: str | None = None
        while True:
            page = self.page(pk, prefix, _PAGE, after, only=only)
            yield from page.items
            after = page.cursor
            if after is None:
                return

    def page(
        self,
        pk: str,
        prefix: str,
        limit: int,
        after: str | None,
        *,
        newest_first: bool = False,
        only: str | None = None,
    ) -> Page[Any]:
        """The same, a page at a time. Raises BadInput for a foreign cursor."""
        query: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)" if prefix else "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}} | ({":prefix": {"S": prefix}} if prefix else {}),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
            "Limit": limit,
        }
        if only:
            query["ProjectionExpression"] = only
        if after:
            query["ExclusiveStartKey"] = key_of(pk, prefix + parts_of(after, 1)[0])
        with storage():
            reply = self.client.query(**query)
        last = reply.get("LastEvaluatedKey")
        return Page(tuple(reply["Items"]), cursor(str(last["sk"]["S"])[len(prefix) :]) if last else None)

    def put(self, item: Item, **condition: Any) -> None:  # noqa: ANN401 - handed on to the client
        """Store an item. Raises ConditionFailedError."""
        with conditional():
            self.client.put_item(TableName=self.name, Item=item, **condition)

    def put_version(self, item: Item, version: int, following: int | None = None) -> None:
        """Store an item in the place of its version; 0: as a new one. Raises Busy if another was stored.

        `following`: the version that it has from then on, if that is not the next number.
        """
        version_after = version + 1 if following is None else following
        condition = still_at(version) if version else NEW
        try:
            self.put(item | {"version": {"N": str(version_after)}}, **condition)
        except ConditionFailedError as exc:
            raise Busy("It was changed at the same time; send it again.") from exc

    def update(self, key: Item, **changes: Any) -> Any:  # noqa: ANN401 - `setting`'s, and an item
        """Change an item; the item as it is from now on. Raises ConditionFailedError."""
        with conditional():
            reply = self.client.update_item(TableName=self.name, Key=key, ReturnValues="ALL_NEW", **changes)
        return reply["Attributes"]

    def delete(self, key: Item, **condition: Any) -> None:  # noqa: ANN401 - handed on to the client
        """Delete an item. Raises ConditionFailedError."""
        with conditional():
            self.client.delete_item(TableName=self.name, Key=key, **condition)

    def transact(self, writes: list[Any]) -> None:
        """All of these writes or none. Raises ConditionFailedError."""
        with conditional():
            self.client.transact_write_items(TransactItems=writes)


@contextmanager
def conditional() -> Iterator[None]:
    """A write that may lose against another one. Raises ConditionFailedError, UpstreamDown."""
    with storage():
        try:
            yield
        except ClientError as exc:
            if condition_failed(exc):
                raise ConditionFailedError(reasons(exc)) from exc
            raise


def setting(values: Item, condition: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - attributes
    """An update that sets these attributes if the condition holds, in which `given` stand as `:name`."""
    return {
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in values},  # `name` is reserved
        "ExpressionAttributeValues": {f":{name}": value for name, value in {**values, **given}.items()},
    }


def still_at(version: int) -> dict[str, Any]:
    """The condition that the stored item has this version."""
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _place(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]
