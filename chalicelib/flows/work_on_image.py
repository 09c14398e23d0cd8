"""Look at a picture that was handed over, and tell who asked."""

import math
from dataclasses import dataclass

from chalicelib.domain import image_jobs, image_told
from chalicelib.domain.errors import BadPicture, Busy, TooManyRequests, UpstreamDown
from chalicelib.domain.image_jobs import ImageJob
from chalicelib.flows.announce import Announce, callback
from chalicelib.flows.detect_faces import DetectFaces
from chalicelib.flows.image_ports import Draw, ImageJobs, JobPictures
from chalicelib.flows.ports import Clock, Jobs, Look
from chalicelib.telemetry import logger, tell

GONE = "Its picture is gone; send it again."


@dataclass(frozen=True, slots=True)
class WorkOnImage:
    """What was found is stored before anybody is told, and whoever was not told is told by the next message.

    `look` takes pictures as large as may be uploaded.
    """

    store: ImageJobs
    pictures: JobPictures
    look: Look
    detect: DetectFaces
    draw: Draw
    announce: Announce
    jobs: Jobs
    clock: Clock

    def __call__(self, tenant_id: str, image_id: str, *, upload: str = "", redriven: bool = False) -> None:
        """Done again it changes nothing. Raises UpstreamDown.

        `upload`: what was uploaded, where that is why; `redriven`: though the job had failed.
        """
        job = self.store.load(tenant_id, image_id)
        if job is None:  # erased, or never made: nobody may see what was kept for it
            self.pictures.erase(tenant_id, image_id)
            return
        if upload and upload != job.waits_as:  # by the form of a job that was begun anew since
            self.pictures.drop(tenant_id, upload)
            return
        if redriven and job.gave_up:
            job = image_jobs.revived(job)
        if job.next_at > self.clock():  # whoever asks earlier does not use up its tries
            self._hand_on(job)
            return
        held = image_jobs.begun(job, self.clock())
        if held is None:
            if job.is_finished:  # who finished it may have died before this
                self._leave(job)
            return
        try:
            self._leave(self._save(self._worked_on(self.store.save(held))))
        except Busy:
            logger.info("job_in_other_hands")

    def give_up(self, tenant_id: str, image_id: str) -> None:
        """Say of a job that the service failed at it, time after time. Raises Busy, UpstreamDown."""
        job = self.store.load(tenant_id, image_id)
        if job and not job.is_finished:
            self._leave(self.store.save(image_jobs.given_up(job, image_jobs.LOST, self.clock())))

    def _worked_on(self, job: ImageJob) -> ImageJob:
        try:
            encoded = self.pictures.get(job.tenant_id, job.waits_as, uploaded=job.by_upload)
            if encoded is None:
                return image_jobs.given_up(job, GONE, self.clock())
            picture = self.look(encoded)
            detection = self.detect.by_provider(job.tenant_id, picture)
            self.pictures.keep_annotated(job, self.draw(encoded, detection.faces))
        except BadPicture as error:
            return image_jobs.given_up(job, str(error), self.clock())
        except (Busy, TooManyRequests, UpstreamDown) as error:
            return image_jobs.held_up(job, str(error), self.clock())
        return image_jobs.completed(job, detection, self.clock())

    def _save(self, job: ImageJob) -> ImageJob:
        try:
            return self.store.save(job)
        except Busy:
            if self.store.load(job.tenant_id, job.image_id) is None:  # erased meanwhile
                self.pictures.drop_annotated(job)
            raise

    def _leave(self, job: ImageJob) -> None:
        tell(status=job.status.value)
        if not job.is_finished:
            self._hand_on(job)
            return
        self.announce(job.tenant_id, [image_told.event_of(job)])
        if job.callback_url:
            self.announce.send([callback(job)])
        # A picture that the service failed at is kept for who redrives its message; it expires in a day.
        if not job.gave_up:
            self.pictures.drop(job.tenant_id, job.waits_as)

    def _hand_on(self, job: ImageJob) -> None:
        left_s = math.ceil(max(0.0, job.next_at - self.clock()))
        self.jobs.send("detect_image", delay_s=left_s, tenant_id=job.tenant_id, image_id=job.image_id)
