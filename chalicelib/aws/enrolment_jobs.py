"""Enrolments that the queue works on, in the table of faces: pk = <tenant>#faces, sk = job#<job>."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import Item, key_of
from chalicelib.aws.enrolments import partition
from chalicelib.aws.table import Table
from chalicelib.domain.enrolment_jobs import KEPT_S, EnrolmentJob

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class EnrolmentJobs:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def load(self, tenant_id: str, job_id: str) -> EnrolmentJob | None:
        """The job; None if there is none, or none any more."""
        item = self._table.get(_key(tenant_id, job_id))
        return unpack(EnrolmentJob, item["job"]["B"]) if item else None

    def save(self, job: EnrolmentJob) -> EnrolmentJob:
        """Store the job's next version; version 0 is new. Raises Busy if another was stored since."""
        saved = replace(job, version=job.version + 1)
        item = _key(job.tenant_id, job.job_id) | {
            "job": {"B": pack(saved)},
            "expires_at": {"N": str(math.ceil(job.created_at + KEPT_S))},
        }
        self._table.put_version(item, job.version)
        return saved


def _key(tenant_id: str, job_id: str) -> Item:
    return key_of(partition(tenant_id), f"job#{job_id}")
