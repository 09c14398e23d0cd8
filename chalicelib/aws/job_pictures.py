"""Pictures of image jobs in S3; the bucket deletes each when its time is over.

pictures/<tenant>/<image>.<...>     waits for the job, sent by the service; a day at the most
uploads/<tenant>/<image>.<...>      the same, uploaded by its caller; S3 tells the queue
images/<days>/<tenant>/<image>.jpg  annotated, kept for so many days

No tenant is called like one of these.
"""

from typing import TYPE_CHECKING

from chalicelib.aws.bucket import Bucket
from chalicelib.domain.image_jobs import ImageJob, UploadForm
from chalicelib.domain.policy import KEEP_IMAGES_DAYS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_JPEG = "image/jpeg"
_WAITING = ("pictures", "uploads")


class JobPictures:
    """Every method but `form` and `link` raises UpstreamDown."""

    def __init__(self, client: "S3Client", bucket: str, *, link_s: int) -> None:
        self._bucket = Bucket(client, bucket)
        self._link_s = link_s

    def put(self, tenant_id: str, name: str, encoded: bytes, media_type: str) -> None:
        """Store a picture that waits for its job."""
        self._bucket.put(f"pictures/{tenant_id}/{name}", encoded, media_type)

    def get(self, tenant_id: str, name: str, *, uploaded: bool) -> bytes | None:
        """The picture that waits, sent by the service or uploaded by its caller; None if it is gone."""
        return self._bucket.get(f"{'uploads' if uploaded else 'pictures'}/{tenant_id}/{name}")

    def drop(self, tenant_id: str, name: str) -> None:
        """Delete a picture that waits."""
        self._bucket.delete([f"{place}/{tenant_id}/{name}" for place in _WAITING])

    def erase(self, tenant_id: str, image_id: str) -> None:
        """Delete all pictures of a job, whatever they are called."""
        waiting = [self._bucket.keys(f"{place}/{tenant_id}/{image_id}.") for place in _WAITING]
        drawn = [f"images/{days}/{tenant_id}/{image_id}.jpg" for days in KEEP_IMAGES_DAYS]
        self._bucket.delete([*(key for keys in waiting for key in keys), *drawn])

    def form(self, tenant_id: str, name: str, *, most_bytes: int, expires_s: int) -> UploadForm:
        """By which its caller may upload a picture. Made without asking S3."""
        made = self._bucket.client.generate_presigned_post(
            self._bucket.name,
            f"uploads/{tenant_id}/{name}",
            Conditions=[["content-length-range", 1, most_bytes]],
            ExpiresIn=expires_s,
        )
        return UploadForm(made["url"], made["fields"])

    def keep_annotated(self, job: ImageJob, annotated: bytes) -> None:
        """Store the annotated JPEG."""
        self._bucket.put(_annotated(job), annotated, _JPEG)

    def annotated(self, job: ImageJob) -> bytes | None:
        """The annotated JPEG; None if it is gone."""
        return self._bucket.get(_annotated(job))

    def link(self, job: ImageJob) -> str:
        """A link to the annotated JPEG that expires. Made without asking S3."""
        return self._bucket.client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket.name, "Key": _annotated(job)}, ExpiresIn=self._link_s
        )

    def drop_annotated(self, job: ImageJob) -> None:
        """Delete the annotated JPEG."""
        self._bucket.delete([_annotated(job)])

    def drop_all(self, tenant_id: str) -> None:
        """Delete all pictures of a tenant's image jobs."""
        for place in (*_WAITING, *(f"images/{days}" for days in KEEP_IMAGES_DAYS)):
            self._bucket.delete(self._bucket.keys(f"{place}/{tenant_id}/"))


def _annotated(job: ImageJob) -> str:
    return f"images/{job.keep_days}/{job.tenant_id}/{job.image_id}.jpg"
