"""Pictures on their way to a job, in S3: enrolments/<tenant>/<job>, one object for all pictures of a job.

No tenant is called `enrolments`. The bucket deletes after a day what nobody worked on.
"""

import io
import zipfile
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import UpstreamDown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "404"}
_BATCH_DELETE = 1000


class Uploads:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, tenant_id: str, job_id: str, pictures: Sequence[bytes]) -> None:
        """Store the pictures of a job, in the place of those that were there."""
        with _storage():
            self._client.put_object(Bucket=self._bucket, Key=_key(tenant_id, job_id), Body=_packed(pictures))

    def get(self, tenant_id: str, job_id: str) -> list[bytes] | None:
        """The pictures of a job, in their order; None if they are gone."""
        with _storage():
            try:
                stored = self._client.get_object(Bucket=self._bucket, Key=_key(tenant_id, job_id))
            except ClientError as exc:
                if exc.response["Error"]["Code"] in _GONE:
                    return None
                raise
            return _unpacked(stored["Body"].read())

    def drop(self, tenant_id: str, job_id: str) -> None:
        """Delete the pictures of a job, if they are there."""
        self._delete([_key(tenant_id, job_id)])

    def drop_all(self, tenant_id: str) -> int:
        """Delete the pictures of all jobs of a tenant; of how many jobs there were any."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=_key(tenant_id, "")
        )
        with _storage():
            keys = [stored["Key"] for page in pages for stored in page.get("Contents", [])]
        for start in range(0, len(keys), _BATCH_DELETE):
            self._delete(keys[start : start + _BATCH_DELETE])
        return len(keys)

    def _delete(self, keys: Sequence[str]) -> None:
        with _storage():
            reply = self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        if reply.get("Errors"):
            raise UpstreamDown("The service's picture storage kept some pictures; try again.")


@contextmanager
def _storage() -> "Iterator[None]":
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise UpstreamDown("The service's picture storage did not answer; try again.") from exc


def _packed(pictures: Sequence[bytes]) -> bytes:
    """As an archive that compresses nothing: pictures are compressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures):
            archive.writestr(f"{number:03d}", picture)
    return packed.getvalue()


def _unpacked(packed: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return [archive.read(name) for name in sorted(archive.namelist())]


def _key(tenant_id: str, job_id: str) -> str:
    return f"enrolments/{tenant_id}/{job_id}"
