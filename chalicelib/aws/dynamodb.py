"""What every table's adapter needs of DynamoDB: its error codes, opaque cursors, batches."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import BadInput, UpstreamDown

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

CONDITION_FAILED, CONFLICT = "ConditionalCheckFailed", "TransactionConflict"
_BATCH_WRITE = 25
_LONGEST_KEY = 500
FOREIGN_CURSOR = "The cursor is not one that this list gave; start again without it."


class ConditionFailedError(Exception):
    """A transaction lost against another write; `reasons` are codes, one for each of its parts."""

    def __init__(self, reasons: Sequence[str] = ()) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


@contextmanager
def storage() -> Iterator[None]:
    """Tell the caller that the table does not answer. Raises UpstreamDown."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        kind = type(exc).__name__
        raise UpstreamDown(f"The service's storage did not answer; try again ({kind}).") from exc


def key_of(pk: str, sk: str) -> Item:
    """The key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def condition_failed(error: ClientError) -> bool:
    """Whether a write lost against another one, in or out of a transaction."""
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return bool({CONDITION_FAILED, CONFLICT} & set(reasons(error)))
    return code in {
        "ConditionalCheckFailedException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }


def reasons(error: ClientError) -> list[str]:
    """What became of each part of a transaction: a code, or "None"."""
    return [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])]


def cursor(*parts: str) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def parts_of(text: str, count: int) -> list[str]:
    """What a cursor holds. Raises BadInput."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError) as exc:
        raise BadInput(FOREIGN_CURSOR) from exc
    if not isinstance(parts, list) or len(parts) != count or not all(_is_key(part) for part in parts):
        raise BadInput(FOREIGN_CURSOR)
    return parts


def _is_key(part: object) -> bool:
    return isinstance(part, str) and 0 < len(part) <= _LONGEST_KEY


def delete_all(client: "DynamoDBClient", table: str, keys: Iterable[Item]) -> int:
    """Delete the items; how many there were."""
    deleted = 0
    for batch in batches(keys, _BATCH_WRITE):
        unprocessed: Any = {table: [{"DeleteRequest": {"Key": key}} for key in batch]}
        while unprocessed:
            unprocessed = client.batch_write_item(RequestItems=unprocessed).get("UnprocessedItems")
        deleted += len(batch)
    return deleted


def batches(keys: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The keys in lists of up to `size`."""
    batch: list[Item] = []
    for key in keys:
        batch.append(key)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
