"""What the flows about pictures need of the world: Protocols that `chalicelib.wiring` joins to adapters."""

from collections.abc import Callable, Sequence
from typing import Protocol

from chalicelib.domain.detection import DetectedFace
from chalicelib.domain.image_jobs import ImageJob, UploadForm
from chalicelib.domain.seen import Face

Cascades = Callable[[bytes], tuple[DetectedFace, ...]]
"""`chalicelib.vision.cascades.faces`."""

Draw = Callable[[bytes, Sequence[DetectedFace]], bytes]
"""`chalicelib.vision.draw.annotated`."""


class Detector(Protocol):
    """The provider's eyes for faces alone. See `chalicelib.vision.rekognition.looks`."""

    def detect(self, encoded: bytes, *, all_landmarks: bool) -> tuple[Face, ...]:
        """The faces in a picture, with five landmarks or with all there are. Raises VisionUnavailable."""


class JobPictures(Protocol):
    """Pictures of image jobs, while they wait by their name (`ImageJob.waits_as`), and annotated.

    See `chalicelib.aws.job_pictures`. Every method raises UpstreamDown.
    """

    def put(self, tenant_id: str, name: str, encoded: bytes, media_type: str) -> None:
        """Store a picture that waits for its job."""

    def get(self, tenant_id: str, name: str, *, uploaded: bool) -> bytes | None:
        """The picture that waits, sent by the service or uploaded by its caller; None if it is gone."""

    def drop(self, tenant_id: str, name: str) -> None:
        """Delete a picture that waits."""

    def erase(self, tenant_id: str, image_id: str) -> None:
        """Delete all pictures of a job, whatever they are called."""

    def form(self, tenant_id: str, name: str, *, most_bytes: int, expires_s: int) -> UploadForm:
        """By which its caller may upload a picture. Made without asking S3."""

    def keep_annotated(self, job: ImageJob, annotated: bytes) -> None:
        """Store the annotated JPEG."""

    def annotated(self, job: ImageJob) -> bytes | None:
        """The annotated JPEG; None if it is gone."""

    def link(self, job: ImageJob) -> str:
        """A link to the annotated JPEG that expires. Made without asking S3."""

    def drop_annotated(self, job: ImageJob) -> None:
        """Delete the annotated JPEG."""

    def drop_all(self, tenant_id: str) -> None:
        """Delete all pictures of a tenant's image jobs."""


class ImageJobs(Protocol):
    """Pictures that the queue looks at. See `chalicelib.aws.image_jobs`. Every method raises UpstreamDown."""

    def load(self, tenant_id: str, image_id: str) -> ImageJob | None:
        """The job; None if there is none. It may have expired."""

    def save(self, job: ImageJob) -> ImageJob:
        """Store the job's next version; version 0 is new. Raises Busy if another was stored since."""

    def remove(self, tenant_id: str, image_id: str) -> None:
        """Delete the job, if there is one."""

    def forget(self, tenant_id: str) -> int:
        """Delete all jobs of a tenant; how many there were."""
