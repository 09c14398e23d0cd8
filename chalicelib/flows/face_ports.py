"""What the flows about faces need of the world: Protocols that `chalicelib.wiring` joins to adapters."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from chalicelib.domain.enrolment import Enrolment
from chalicelib.domain.enrolment_jobs import EnrolmentJob
from chalicelib.domain.faces import Compared, KnownFace, Searched
from chalicelib.domain.identity import Resembled
from chalicelib.domain.model import Page, Session


class KnownFaces(Protocol):
    """Each tenant's faces, apart from all others'. See `chalicelib.vision.rekognition.collection`.

    A tenant's collection is made when it first adds a face. Every method raises VisionUnavailable.
    """

    def add(
        self, tenant_id: str, owner: str, encoded: bytes, *, generation: int = 0
    ) -> tuple[KnownFace, str] | None:
        """Add the largest face of a picture, and who did so, with its version; None if it found none.

        The same picture of the same owner and generation again adds nothing and gives the same face; of
        another generation it gives another one.
        """

    def search(self, tenant_id: str, encoded: bytes, *, at_least: float) -> Searched:
        """The known faces at least so similar to the picture's largest face."""

    def remove(self, tenant_id: str, face_ids: Collection[str]) -> None:
        """Delete faces, as far as they are there."""

    def all(self, tenant_id: str) -> Iterator[KnownFace]:
        """All of the tenant's faces, as the provider has them."""

    def drop(self, tenant_id: str) -> None:
        """Delete the tenant's faces with their collection, if there is one."""


class Comparison(Protocol):
    """Compares faces of two pictures. See `chalicelib.vision.rekognition.comparison`."""

    def compare(self, tenant_id: str, session_id: str, reference: str, encoded: bytes) -> Compared:
        """How similar the faces of a picture are to that of a kept picture (its name in the evidence).

        Raises VisionUnavailable.
        """

    def compare_pictures(self, reference: bytes, encoded: bytes) -> Compared:
        """The same for a picture that is not kept. Raises VisionUnavailable."""


class Likeness(Protocol):
    """How like a frame's face is to who the session was given. See `chalicelib.flows.resemble`."""

    def __call__(self, session: Session, encoded: bytes) -> Resembled:
        """By one call to the provider, or none. Raises UpstreamDown."""


class Enrolments(Protocol):
    """Which faces belong to which username: this registry alone is believed. See `chalicelib.aws.enrolments`.

    Every method is about one tenant, and raises UpstreamDown.
    """

    def load(self, tenant_id: str, username: str) -> Enrolment | None:
        """What is known of the username; it may have no faces, or none any more."""

    def faces_of(self, tenant_id: str, username: str) -> tuple[str, ...] | None:
        """The ids of the username's faces; None if it is not enrolled."""

    def several(self, tenant_id: str, owners: Collection[str]) -> Mapping[str, Enrolment]:
        """What is known of these owners, by owner."""

    def save(self, enrolment: Enrolment) -> Enrolment:
        """Store the enrolment's next version. Raises Busy if another was stored since it was read."""

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Enrolment]:
        """Enrolments that have faces, in an order of no meaning. Raises BadInput for a foreign cursor.

        A page may hold fewer than there are, and have a cursor still.
        """

    def forget(self, tenant_id: str) -> int:
        """Delete everything of the tenant, jobs included; how many items there were."""


class EnrolmentJobs(Protocol):
    """Enrolments that the queue works on. See `chalicelib.aws.enrolment_jobs`."""

    def load(self, tenant_id: str, job_id: str) -> EnrolmentJob | None:
        """The job; None if there is none, or none any more."""

    def save(self, job: EnrolmentJob) -> EnrolmentJob:
        """Store the job's next version; version 0 is new. Raises Busy if another was stored since."""


class Uploads(Protocol):
    """Pictures on their way to a job. See `chalicelib.aws.uploads`. Every method raises UpstreamDown."""

    def put(self, tenant_id: str, job_id: str, pictures: Sequence[bytes]) -> None:
        """Store the pictures of a job, in the place of those that were there."""

    def get(self, tenant_id: str, job_id: str) -> list[bytes] | None:
        """The pictures of a job, in their order; None if they are gone."""

    def drop(self, tenant_id: str, job_id: str) -> None:
        """Delete the pictures of a job, if they are there."""

    def drop_all(self, tenant_id: str) -> int:
        """Delete the pictures of all jobs of a tenant; of how many jobs there were any."""
