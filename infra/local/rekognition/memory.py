"""Collections of faces, in memory: gone when the program ends."""

import threading
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.seen import Box, Vector

MODEL_VERSION = "7.0"


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face in a collection."""

    face_id: str
    image_id: str
    box: Box
    confidence: float
    likeness: Vector
    external_image_id: str | None = None


@dataclass(slots=True)
class FaceCollection:
    """Faces by id, in the order they came."""

    name: str
    created_s: float
    faces: dict[str, KnownFace] = field(default_factory=dict)


class Memory:
    """All collections, for all threads. Methods that name one raise `Refused` where it is missing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._collections: dict[str, FaceCollection] = {}

    def create(self, name: str) -> None:
        """Add an empty collection."""
        with self._lock:
            if name in self._collections:
                raise Refused(Code.RESOURCE_ALREADY_EXISTS, f"The collection id: {name} already exists")
            self._collections[name] = FaceCollection(name, created_s=round(time.time(), 3))

    def delete(self, name: str) -> None:
        """Drop a collection and its faces."""
        with self._lock:
            self._named(name)
            del self._collections[name]

    def names(self) -> list[str]:
        """List the collections by name."""
        with self._lock:
            return sorted(self._collections)

    def described(self, name: str) -> tuple[int, float]:
        """Tell how many faces a collection holds and when it was made."""
        with self._lock:
            collection = self._named(name)
            return len(collection.faces), collection.created_s

    def faces(self, name: str) -> list[KnownFace]:
        """List a collection's faces in the order they came."""
        with self._lock:
            return list(self._named(name).faces.values())

    def add(self, name: str, face: KnownFace) -> KnownFace:
        """Add a face. One of the same picture, place and external id is added only once."""
        with self._lock:
            faces = self._named(name).faces
            for known in faces.values():
                if _place(known) == _place(face):
                    return known
            faces[face.face_id] = face
            return face

    def remove(self, name: str, face_ids: Collection[str]) -> list[str]:
        """Remove faces and tell which of them were there."""
        with self._lock:
            faces = self._named(name).faces
            return [face_id for face_id in dict.fromkeys(face_ids) if faces.pop(face_id, None)]

    def _named(self, name: str) -> FaceCollection:
        collection = self._collections.get(name)
        if collection is None:
            raise Refused(Code.RESOURCE_NOT_FOUND, f"The collection id: {name} does not exist")
        return collection


def new_face_id() -> str:
    """Make an id for a face."""
    return str(uuid.uuid4())


def image_id(sha256: str) -> str:
    """Name a picture: the same bytes always get the same id."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, sha256))


def _place(face: KnownFace) -> tuple[str, Box, str | None]:
    return face.image_id, face.box, face.external_image_id
