"""The cheapest harmless question to each resource: whether it is there, and may be used.

Each asks for what cannot exist, and raises UpstreamDown if there is no answer.
"""

from typing import TYPE_CHECKING

from chalicelib.aws.dynamodb import Item, storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_NOBODY = "probe"
"""No tenant's id, nor what any key begins with."""


def ask_table(client: "DynamoDBClient", table: str, *, sorted_by: tuple[str, ...] = ()) -> None:
    """Read an item that cannot exist; `sorted_by` names the key's attributes beside pk."""
    key: Item = {name: {"S": _NOBODY} for name in ("pk", *sorted_by)}
    with storage():
        client.get_item(TableName=table, Key=key)


def ask_bucket(client: "S3Client", bucket: str) -> None:
    """List what lies under a prefix that cannot exist."""
    with storage():
        client.list_objects_v2(Bucket=bucket, Prefix=f"{_NOBODY}/", MaxKeys=1)


def ask_queue(client: "SQSClient", queue: str) -> None:
    """Ask where the queue is."""
    with storage():
        client.get_queue_url(QueueName=queue)
