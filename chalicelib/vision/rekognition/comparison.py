"""Whether two pictures show the same face: CompareFaces."""

from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.faces import Compared
from chalicelib.domain.seen import Face
from chalicelib.vision.rekognition.replies import Reply, ask, face_of, percent, read
from chalicelib.vision.travel import fitted

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

ENGINE = "Amazon Rekognition CompareFaces"
"""It does not tell its version."""
_NO_FACE = "InvalidParameterException"
"""What Rekognition calls a picture without a face."""


class Comparison:
    """Compares the largest face of a reference picture with all faces of another."""

    def __init__(self, client: "RekognitionClient", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def compare(self, tenant_id: str, session_id: str, reference: str, encoded: bytes) -> Compared:
        """How similar the faces of a picture are to that of a kept picture (its name in the evidence).

        Raises VisionUnavailable.
        """
        name = f"{tenant_id}/{session_id}/{reference}"
        return self._compared({"S3Object": {"Bucket": self._bucket, "Name": name}}, encoded)

    def compare_pictures(self, reference: bytes, encoded: bytes) -> Compared:
        """The same for a picture that is not kept. Raises VisionUnavailable."""
        return self._compared({"Bytes": fitted(reference)}, encoded)

    def _compared(self, reference: Any, encoded: bytes) -> Compared:  # noqa: ANN401 - a picture, as boto3 takes it
        try:
            reply = ask(
                # At 0 all faces come with their figures: what they mean is not for the provider to say.
                lambda: self._client.compare_faces(
                    SourceImage=reference, TargetImage={"Bytes": fitted(encoded)}, SimilarityThreshold=0.0
                )
            )
        except VisionUnavailable as exc:
            if str(exc) == _NO_FACE:
                return Compared((), ENGINE)
            raise
        found = sorted(read(reply, "FaceMatches", _match), key=lambda match: -match[0])
        return Compared(tuple(each for each, _ in found), ENGINE, tuple(face for _, face in found))


def _match(match: Reply) -> tuple[float, Face]:
    return percent(match["Similarity"]), face_of(match["Face"])
