"""Each tenant's faces in a Rekognition collection of its own, `<prefix><tenant>`.

A face's ExternalImageId is its owner, and its generation after a dot where it is not the first: of one
picture Rekognition keeps one face for each ExternalImageId. It holds vectors, no picture and no name.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.faces import KnownFace, Match, Searched
from chalicelib.vision.rekognition.replies import Reply, ask, percent, read
from chalicelib.vision.travel import fitted

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

_ENGINE = "Amazon Rekognition"
_MISSING, _THERE, _NO_FACE = (
    "ResourceNotFoundException",
    "ResourceAlreadyExistsException",
    "InvalidParameterException",
)
_MOST_MATCHES, _PAGE = 500, 4096


class FaceCollections:
    """IndexFaces, SearchFacesByImage and what keeps collections."""

    def __init__(self, client: "RekognitionClient", prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def add(
        self, tenant_id: str, owner: str, encoded: bytes, *, generation: int = 0
    ) -> tuple[KnownFace, str] | None:
        """Add the largest face of a picture, and who did so, with its version; None if it found none.

        A collection is made when it is missing. Raises VisionUnavailable.
        """
        sent = fitted(encoded)
        try:
            reply = self._index(tenant_id, owner, sent, generation)
        except VisionUnavailable as exc:
            if str(exc) != _MISSING:
                raise
            self._make(tenant_id)
            reply = self._index(tenant_id, owner, sent, generation)
        faces = read(reply, "FaceRecords", lambda record: _known(record["Face"]))
        return (faces[0], _engine(reply)) if faces else None

    def search(self, tenant_id: str, encoded: bytes, *, at_least: float) -> Searched:
        """The known faces at least so similar to the picture's largest face. Raises VisionUnavailable."""
        sent = fitted(encoded)
        try:
            reply = ask(
                lambda: self._client.search_faces_by_image(
                    CollectionId=self._name(tenant_id),
                    Image={"Bytes": sent},
                    FaceMatchThreshold=at_least,
                    MaxFaces=_MOST_MATCHES,
                )
            )
        except VisionUnavailable as exc:
            if str(exc) == _MISSING:  # nobody was enrolled yet
                return Searched((), _ENGINE, collected=False)
            if str(exc) == _NO_FACE:
                return Searched((), _ENGINE, found=False)
            raise
        return Searched(read(reply, "FaceMatches", _match), _engine(reply))

    def remove(self, tenant_id: str, face_ids: Collection[str]) -> None:
        """Delete faces, as far as they are there. Raises VisionUnavailable."""
        wanted = sorted(face_ids)
        for start in range(0, len(wanted), _PAGE):
            self._if_there(
                lambda batch=wanted[start : start + _PAGE]: self._client.delete_faces(
                    CollectionId=self._name(tenant_id), FaceIds=batch
                )
            )

    def all(self, tenant_id: str) -> Iterator[KnownFace]:
        """All of the tenant's faces. Raises VisionUnavailable."""
        after: dict[str, Any] = {}
        while True:
            page = self._if_there(
                lambda more=after: self._client.list_faces(
                    CollectionId=self._name(tenant_id), MaxResults=_PAGE, **more
                )
            )
            if page is None:
                return
            yield from read(page, "Faces", _known)
            if not page.get("NextToken"):
                return
            after = {"NextToken": page["NextToken"]}

    def drop(self, tenant_id: str) -> None:
        """Delete the tenant's collection, if there is one. Raises VisionUnavailable."""
        self._if_there(lambda: self._client.delete_collection(CollectionId=self._name(tenant_id)))

    def _name(self, tenant_id: str) -> str:
        return f"{self._prefix}{tenant_id}"

    def _index(self, tenant_id: str, owner: str, sent: bytes, generation: int) -> Reply:
        return ask(
            lambda: self._client.index_faces(
                CollectionId=self._name(tenant_id),
                Image={"Bytes": sent},
                ExternalImageId=f"{owner}.{generation}" if generation else owner,
                MaxFaces=1,
                QualityFilter="AUTO",
            )
        )

    def _make(self, tenant_id: str) -> None:
        try:
            ask(lambda: self._client.create_collection(CollectionId=self._name(tenant_id)))
        except VisionUnavailable as exc:
            if str(exc) != _THERE:  # somebody was quicker
                raise

    def _if_there(self, call: Any) -> Reply | None:  # noqa: ANN401 - as `ask` takes it
        try:
            return ask(call)
        except VisionUnavailable as exc:
            if str(exc) != _MISSING:
                raise
            return None


def _known(face: Reply) -> KnownFace:
    owner, _, generation = str(face.get("ExternalImageId") or "").partition(".")
    return KnownFace(str(face["FaceId"]), owner, int(generation) if generation.isdecimal() else 0)


def _match(match: Reply) -> Match:
    return Match(_known(match["Face"]), percent(match["Similarity"]))


def _engine(reply: Reply) -> str:
    return f"{_ENGINE} {reply.get('FaceModelVersion', '')}".strip()
