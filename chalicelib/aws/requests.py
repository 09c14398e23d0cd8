"""A tenant's requests in a minute, in the ledger's table: pk = requests#<tenant>#<minute since 1970>."""

from typing import TYPE_CHECKING

from chalicelib.aws.dynamodb import storage
from chalicelib.domain.errors import UpstreamDown
from chalicelib.domain.tenants import MINUTE_S
from chalicelib.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Requests:
    """Counters of a minute, to which processes add what they have counted."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, tenant_id: str, requests: int, now: float) -> int | None:
        """Count a tenant's requests; how many there were in the running minute, these included.

        None if the table does not answer; what it was told may count all the same, and twice if the client
        told it again.
        """
        minute = int(now // MINUTE_S)
        numbers = {":requests": requests, ":expires_at": (minute + 60) * MINUTE_S}
        try:
            with storage():
                reply = self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": f"requests#{tenant_id}#{minute}"}},
                    UpdateExpression="ADD requests :requests SET expires_at = :expires_at",
                    ExpressionAttributeValues={name: {"N": str(number)} for name, number in numbers.items()},
                    ReturnValues="ALL_NEW",
                )
        except UpstreamDown as exc:
            logger.warning("requests_uncounted", uncounted=requests, reason=str(exc.__cause__))
            return None
        return int(reply["Attributes"]["requests"]["N"])
