"""Pictures that the queue looks at, in DynamoDB: pk = <tenant>#images#<first digit of the id>, sk = <id>.

A tenant's jobs are spread over sixteen partitions: thousands may come at once.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import Item, delete_all, key_of, storage
from chalicelib.aws.table import Table
from chalicelib.domain.image_jobs import ImageJob

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DIGITS = "0123456789abcdef"


class ImageJobs:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def load(self, tenant_id: str, image_id: str) -> ImageJob | None:
        """The job; None if there is none. It may have expired."""
        item = self._table.get(_key(tenant_id, image_id))
        return unpack(ImageJob, item["job"]["B"]) if item else None

    def save(self, job: ImageJob) -> ImageJob:
        """Store the job's next version; version 0 is new. Raises Busy if another was stored since."""
        # From its time on: one that was erased and made anew has no version that the other one had.
        saved = replace(job, version=job.version + 1 if job.version else int(job.created_at * 1000))
        item = _key(job.tenant_id, job.image_id) | {
            "job": {"B": pack(saved)},
            "expires_at": {"N": str(math.ceil(job.expires_at))},
        }
        self._table.put_version(item, job.version, saved.version)
        return saved

    def remove(self, tenant_id: str, image_id: str) -> None:
        """Delete the job, if there is one."""
        self._table.delete(_key(tenant_id, image_id))

    def forget(self, tenant_id: str) -> int:
        """Delete all jobs of a tenant; how many there were."""
        with storage():
            return delete_all(self._table.client, self._table.name, self._keys(tenant_id))

    def _keys(self, tenant_id: str) -> Iterator[Item]:
        for digit in _DIGITS:
            for item in self._table.query(_partition(tenant_id, digit), "", only="pk, sk"):
                yield {"pk": item["pk"], "sk": item["sk"]}


def _partition(tenant_id: str, digit: str) -> str:
    return f"{tenant_id}#images#{digit}"


def _key(tenant_id: str, image_id: str) -> Item:
    return key_of(_partition(tenant_id, image_id[:1]), image_id)
