"""Sessions that began long ago."""

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws import items
from chalicelib.aws.sessions import Sessions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "proctoring-dev-sessions"
HOURS_S = 13 * 3600.0


def grow_old(client: "DynamoDBClient", session_id: str) -> None:
    """Let the session have started thirteen hours ago: one more than it may last."""
    (row,) = [
        item
        for item in client.scan(TableName=TABLE)["Items"]
        if item["pk"]["S"].endswith(f"#{session_id}") and item["sk"]["S"] == "session"
    ]
    session = Sessions(client, TABLE, retention_s=1).load(row["tenant_id"]["S"], session_id)
    aged = replace(session, started_at=session.started_at - HOURS_S)
    client.put_item(TableName=TABLE, Item=items.session_item(aged))
