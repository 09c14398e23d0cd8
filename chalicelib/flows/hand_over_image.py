"""Hand a picture over to the queue, or say where to upload it; and what a caller may see of it later."""

import hashlib
from dataclasses import dataclass, replace

from chalicelib.domain import image_jobs
from chalicelib.domain.callback_urls import check_url
from chalicelib.domain.errors import Busy, Conflict, NotFound
from chalicelib.domain.image_jobs import UPLOAD_S, ImageJob, UploadForm
from chalicelib.domain.policy import layered
from chalicelib.domain.queued import JobStatus
from chalicelib.flows.image_ports import ImageJobs, JobPictures
from chalicelib.flows.ports import Clock, Jobs, Look, Tenants

MOST_UPLOADED_BYTES = 15 * 1024 * 1024
"""What Rekognition takes of a picture in S3."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants to become of a picture."""

    request_id: str
    callback_url: str = ""
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class HandOverImage:
    """The same request again finds the job that it made; one that failed is begun anew.

    The picture first, then the job, then the message: what is lost on the way, the same request makes good.
    """

    store: ImageJobs
    pictures: JobPictures
    jobs: Jobs
    look: Look
    tenants: Tenants
    clock: Clock
    local_callbacks: bool
    retention_days: int

    def __call__(self, tenant_id: str, asked: Asked, encoded: bytes) -> ImageJob:
        """The job. Raises BadInput, BadPicture, UpstreamDown; Conflict for another request's request_id."""
        picture = self.look(encoded)
        known, made = self._begin(tenant_id, asked, picture.name)
        if known:
            if not known.is_finished and not known.failures:  # its message may never have been sent
                self._send(known)
            return known
        self.pictures.put(tenant_id, made.waits_as, encoded, picture.media_type)
        job = self._save(made)
        self._send(job)
        return job

    def by_upload(self, tenant_id: str, asked: Asked) -> tuple[ImageJob, UploadForm | None]:
        """The job, and the form by which its picture is to be uploaded; None if it has come already.

        Raises BadInput, Conflict, UpstreamDown.
        """
        known, made = self._begin(tenant_id, asked, "upload")
        job = known or self._save(replace(made, by_upload=True))
        if not job.awaits_upload:
            return job, None
        left_s = int(job.created_at + UPLOAD_S - self.clock())
        form = self.pictures.form(
            tenant_id, job.waits_as, most_bytes=MOST_UPLOADED_BYTES, expires_s=max(1, left_s)
        )
        return job, form

    def _begin(self, tenant_id: str, asked: Asked, picture: str) -> tuple[ImageJob | None, ImageJob]:
        """The job that this request made before, if it goes on; and the one that it makes else."""
        if asked.callback_url:
            check_url(asked.callback_url, local=self.local_callbacks)
        now = round(self.clock(), 3)
        told = (asked.request_id, picture, asked.callback_url, str(asked.numbers))
        policy = layered(self.tenants.tenant(tenant_id).policy)
        made = ImageJob(
            tenant_id,
            image_jobs.image_id_of(tenant_id, asked.request_id),
            asked.request_id,
            created_at=now,
            keep_days=policy.keep_images_days,
            fingerprint=hashlib.sha256("\n".join(told).encode()).hexdigest(),
            callback_url=asked.callback_url,
            numbers=asked.numbers,
            retention_days=self.retention_days,
        )
        stored = self.store.load(tenant_id, made.image_id)
        if stored is None:
            return None, made
        made = replace(made, version=stored.version)
        if now >= stored.expires_at:
            return None, made
        _check_same(stored, made)
        failed = image_jobs.as_seen(stored, now).status is JobStatus.FAILED
        return None if failed else stored, made

    def _save(self, job: ImageJob) -> ImageJob:
        try:
            return self.store.save(job)
        except Busy:  # the same request, at the same time
            stored = self.store.load(job.tenant_id, job.image_id)
            if stored is None:
                raise
            _check_same(stored, job)
            return stored

    def _send(self, job: ImageJob) -> None:
        self.jobs.send("detect_image", tenant_id=job.tenant_id, image_id=job.image_id)


def _check_same(stored: ImageJob, made: ImageJob) -> None:
    if stored.fingerprint != made.fingerprint:
        raise Conflict(
            "This request_id came with another picture, callback_url or format before; use a new one."
        )


@dataclass(frozen=True, slots=True)
class ReadImage:
    """A job and its annotated picture, until they expire or are deleted."""

    store: ImageJobs
    pictures: JobPictures
    clock: Clock

    def job(self, tenant_id: str, image_id: str) -> ImageJob:
        """The job as it is now. Raises NotFound, UpstreamDown."""
        job, now = self.store.load(tenant_id, image_id), self.clock()
        if job is None or now >= job.expires_at:
            raise NotFound("There is no such image; check its id. It is forgotten after a while.")
        return image_jobs.as_seen(job, now)

    def completed(self, tenant_id: str, image_id: str) -> ImageJob:
        """The job, which has an annotated picture. Raises NotFound, Conflict, UpstreamDown."""
        job = self.job(tenant_id, image_id)
        if job.status is JobStatus.FAILED:
            raise Conflict(f"There is no annotated picture: {job.error}")
        if job.status is not JobStatus.COMPLETED:
            raise Conflict("There is no annotated picture yet; ask the status_url until it is completed.")
        return job

    def annotated(self, job: ImageJob) -> bytes:
        """The annotated JPEG. Raises NotFound, UpstreamDown."""
        found = self.pictures.annotated(job)
        if found is None:
            raise NotFound("The annotated picture is gone.")
        return found

    def link(self, tenant_id: str, image_id: str) -> str | None:
        """A link to the annotated picture; None if there is none any more."""
        job = self.store.load(tenant_id, image_id)
        return self.pictures.link(job) if job and job.status is JobStatus.COMPLETED else None

    def erase(self, tenant_id: str, image_id: str) -> None:
        """Delete the job with its pictures. Raises NotFound, UpstreamDown."""
        self.job(tenant_id, image_id)
        # Itself after them: who died half-way is finished by the same request. And once more what a worker
        # kept meanwhile; one that comes later finds no job, and keeps nothing.
        self.pictures.erase(tenant_id, image_id)
        self.store.remove(tenant_id, image_id)
        self.pictures.erase(tenant_id, image_id)


@dataclass(frozen=True, slots=True)
class ForgetImages:
    """Delete all image jobs of a tenant that is removed."""

    store: ImageJobs
    pictures: JobPictures

    def __call__(self, tenant_id: str) -> int:
        """How many there were. Raises UpstreamDown."""
        self.pictures.drop_all(tenant_id)
        return self.store.forget(tenant_id)
