"""Pictures on their way to a job, in S3: enrolments/<tenant>/<job>, one object for all pictures of a job.

No tenant is called `enrolments`. The bucket deletes after a day what nobody worked on.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.aws.bucket import Bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Uploads:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._bucket = Bucket(client, bucket)

    def put(self, tenant_id: str, job_id: str, pictures: Sequence[bytes]) -> None:
        """Store the pictures of a job, in the place of those that were there."""
        self._bucket.put(_key(tenant_id, job_id), _packed(pictures))

    def get(self, tenant_id: str, job_id: str) -> list[bytes] | None:
        """The pictures of a job, in their order; None if they are gone."""
        packed = self._bucket.get(_key(tenant_id, job_id))
        return None if packed is None else _unpacked(packed)

    def drop(self, tenant_id: str, job_id: str) -> None:
        """Delete the pictures of a job, if they are there."""
        self._bucket.delete([_key(tenant_id, job_id)])

    def drop_all(self, tenant_id: str) -> int:
        """Delete the pictures of all jobs of a tenant; of how many jobs there were any."""
        keys = self._bucket.keys(_key(tenant_id, ""))
        self._bucket.delete(keys)
        return len(keys)


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
