"""Slow work, handed over through SQS."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import UpstreamDown

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Jobs:
    """The queue that `app.run_job` is fed from."""

    def __init__(self, client: "SQSClient", queue: str) -> None:
        self._client = client
        self._queue = queue
        self._url: str | None = None

    def send(self, job: str, *, delay_s: int = 0, **about: str) -> None:
        """Hand over a job, named as in `chalicelib.workers.jobs`. Raises UpstreamDown."""
        try:
            self._url = self._url or self._client.get_queue_url(QueueName=self._queue)["QueueUrl"]
            body = json.dumps({"job": job, **about})
            self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_s)
        except (ClientError, BotoCoreError) as exc:
            raise UpstreamDown("The service's queue did not answer; try again.") from exc
