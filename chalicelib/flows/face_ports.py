"""What the flows about faces need of the world: Protocols that `chalicelib.wiring` joins to adapters."""

from collections.abc import Collection, Iterator
from typing import Protocol

from chalicelib.domain.faces import Compared, KnownFace, Searched
from chalicelib.domain.identity import Resembled
from chalicelib.domain.model import Session


class KnownFaces(Protocol):
    """Each tenant's faces, apart from all others'. See `chalicelib.vision.rekognition.collection`.

    A tenant's collection is made when it first adds a face. Every method raises VisionUnavailable.
    """

    def add(self, tenant_id: str, owner: str, encoded: bytes) -> tuple[KnownFace, str] | None:
        """Add the largest face of a picture, and who did so, with its version; None if it found none.

        The same picture of the same owner again adds nothing and gives the same face.
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


class Enrolled(Protocol):
    """Whose faces are whose: the registry, which alone is believed."""

    def faces_of(self, tenant_id: str, username: str) -> Collection[str] | None:
        """The ids of a person's faces; None if nobody of this name is enrolled. Raises UpstreamDown."""


class Search(Protocol):
    """Searches a tenant's known faces: as much of `KnownFaces` as a session needs."""

    def search(self, tenant_id: str, encoded: bytes, *, at_least: float) -> Searched:
        """The known faces at least so similar to the picture's largest face. Raises VisionUnavailable."""


class Likeness(Protocol):
    """How like a frame's face is to who the session was given. See `chalicelib.flows.resemble`."""

    def __call__(self, session: Session, encoded: bytes) -> Resembled:
        """By one call to the provider, or none. Raises UpstreamDown."""
