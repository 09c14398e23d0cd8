"""What every operation works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.liveness import LivenessSessions
from infra.local.rekognition.memory import Memory
from infra.local.rekognition.picture import MAX_S3_BYTES, Picture, open_picture
from infra.local.rekognition.sight import Sight
from infra.local.rekognition.storage import Storage

Parameters = Mapping[str, object]
"""A request as `parameters` checked it: types, ranges and patterns hold."""


@dataclass(frozen=True, slots=True)
class Room:
    """Eyes, memory, and the way to pictures in S3."""

    sight: Sight
    memory: Memory
    storage: Storage
    liveness: LivenessSessions = field(default_factory=LivenessSessions)

    def picture(self, parameters: Parameters, member: str = "Image") -> Picture:
        """Open the picture that a request carries or points at."""
        image = parameters[member]
        assert isinstance(image, dict)
        blob, place = image.get("Bytes"), image.get("S3Object")
        if blob is not None and place is None:
            return open_picture(blob)
        if blob is None and place is not None:
            return open_picture(self._stored(place), max_bytes=MAX_S3_BYTES)
        raise Refused(
            Code.INVALID_PARAMETER, f"Request has invalid parameters: {member} needs Bytes or S3Object."
        )

    def _stored(self, place: Parameters) -> bytes:
        return self.storage.read(
            bucket=text(place, "Bucket"), name=text(place, "Name"), version=text(place, "Version")
        )


def number(parameters: Parameters, name: str, default: float) -> float:
    """Take a number from a request."""
    given = parameters.get(name, default)
    assert isinstance(given, int | float)
    return given


def text(parameters: Parameters, name: str) -> str:
    """Take a text from a request; empty where it is absent."""
    given = parameters.get(name, "")
    assert isinstance(given, str)
    return given


def texts(parameters: Parameters, name: str) -> list[str]:
    """Take a list of texts from a request; empty where it is absent."""
    given = parameters.get(name, [])
    assert isinstance(given, list)
    return given
