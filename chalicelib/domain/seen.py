"""What was seen in one frame: by OpenCV in its pixels, by Rekognition in the picture.

Positions are ratios of the picture's width and height, angles degrees, confidences 0..100, times seconds
since the session's start.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_BYTES_AS_TEXT = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

EMOTIONS = ("HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "FEAR")
"""Rekognition's names, in its order."""


def picture_name(encoded: bytes) -> str:
    """Made of the bytes: the same picture has the same name."""
    return hashlib.sha256(encoded).hexdigest()[:32]


class Look(StrEnum):
    """How one kind of fact about a frame came to be known."""

    ASKED = "asked"
    REUSED = "reused"
    FAILED = "failed"
    WITHHELD = "withheld"
    """It was needed, and the budget or the provider's rate did not allow it: nothing is known."""
    UNCLEAR = "unclear"
    """It was asked, and nothing can be told from the answer."""
    PENDING = "pending"
    """It is in doubt, and there is nothing to tell it by: nobody was asked, and nothing is known."""
    OFF = "off"


UNSEEN = frozenset({Look.FAILED, Look.WITHHELD})
"""Nothing is known, and it should be."""


class Why(StrEnum):
    """Why a kind of fact was asked for, or was needed and withheld."""

    ALWAYS = "always"
    """The policy asks for every frame."""
    FIRST = "first"
    """Nothing was known yet."""
    NEW = "new"
    """Something is in view that was not before."""
    FACE_LOST = "face_lost"
    FACE_TURNED = "face_turned"
    """The head or the eyes moved, or it is another face."""
    GONE = "gone"
    """What was found before seems gone."""
    OPENING = "opening"
    """An alert would open: not on a reused answer."""
    STALE = "stale"
    """It was asked for long ago."""
    CHALLENGE = "challenge"
    """A challenge is open: the candidate shows movements."""


class Kind(StrEnum):
    """The kinds of facts that are asked of Rekognition."""

    FACES = "faces"
    LABELS = "labels"
    TEXT = "text"
    IDENTITY = "identity"


SIGHTS = (Kind.FACES, Kind.LABELS, Kind.TEXT)
"""The kinds that a picture shows by itself: what the gate weighs. Who somebody is needs another picture."""


class Verdict(StrEnum):
    """Whether a frame shows the person that the session was given."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNCLEAR = "unclear"
    """Cannot be told, which is not a mismatch."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How like the person of a frame is to the one that the session was given, and what follows."""

    verdict: Verdict
    similarity: float | None
    """0..100, of the face that is the most alike; None where all that is known is that it is less."""
    threshold: float
    """The similarity that the verdict was judged by."""
    engine: str
    """Who says so, with its version; empty where nobody was asked."""
    reference: str = ""
    """Name of the picture that it was compared with; empty where the tenant's known faces were searched."""
    reason: str = ""
    """Why nothing can be told, in a word."""
    given_s: float = 0.0
    """When that identity was given, which tells it from those before; seconds since the session's start."""


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A rectangle, as ratios of the picture's sides; it may reach beyond the picture."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """The share of the picture it covers."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Pose:
    """Rotation of the head in degrees; all 0 when it faces the camera."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class EyeDirection:
    """Where the eyes look, in degrees from the camera, independent of the head."""

    yaw: float
    pitch: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Landmark:
    """A named point of the face, with Rekognition's name for it."""

    type: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face. What the provider did not say is None or empty."""

    box: BoundingBox
    confidence: float
    pose: Pose | None = None
    eye_direction: EyeDirection | None = None
    landmarks: tuple[Landmark, ...] = ()
    emotions: Mapping[str, float] = field(default_factory=dict)
    face_occluded: bool | None = None
    eyes_open: bool | None = None
    brightness: float | None = None
    sharpness: float | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """An object or a scene, under Rekognition's name for it."""

    name: str
    confidence: float
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    boxes: tuple[BoundingBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text."""

    text: str
    confidence: float
    box: BoundingBox | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What OpenCV says of the pixels. Grey levels 0..255, measured on a small copy of the picture."""

    __pydantic_config__ = _BYTES_AS_TEXT

    width: int
    height: int
    mean: float
    deviation: float
    highlight: float
    """98th percentile of the grey levels."""
    sharpness: float
    """Of the strongest edges, see `chalicelib.vision.checks`."""
    fingerprint: bytes
    """Mean grey of 16 x 12 cells, row by row: enough to tell whether two frames differ."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame's bytes as they came, with what the pixels say."""

    encoded: bytes
    media_type: str
    view: View
    name: str
    """Made of the bytes: the same picture has the same name."""
    small: object = field(default=None, compare=False, repr=False)
    """A small copy of the pixels, for `chalicelib.vision` alone."""


@dataclass(frozen=True, slots=True)
class Observation:
    """All that is known of one frame. What nothing is known of is None."""

    seq: int
    at_s: float
    view: View
    faces: tuple[Face, ...] | None = None
    labels: tuple[Label, ...] | None = None
    text: tuple[Line, ...] | None = None
    identity: Resemblance | None = None
    looks: Mapping[Kind, Look] = field(default_factory=dict)
    picture: str = ""
    """Name of the picture: the same bytes have the same name."""
    numbered: bool = False
    """Whether `seq` is the client's own count."""
    why: Mapping[Kind, Why] = field(default_factory=dict)
    """For each kind that was asked for or withheld."""
    audited: int = 0
    """Earlier frames that were looked at in the same call, to see whether reuse was right."""
    contradicted: int = 0
    """Of these, those that showed something else than was reused."""
    repeated: int = 0
    """Calls for faces beyond the first."""

    @property
    def primary(self) -> Face | None:
        """The largest face."""
        return max(self.faces, key=lambda face: face.box.area, default=None) if self.faces else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What Rekognition said of a picture; None where it was not asked or did not answer."""

    faces: tuple[Face, ...] | None = None
    labels: tuple[Label, ...] | None = None
    text: tuple[Line, ...] | None = None
    looks: Mapping[Kind, Look] = field(default_factory=dict)
    identity: Resemblance | None = None

    def of(self, kind: Kind) -> Any:  # noqa: ANN401 - each kind has facts of its own type
        """The facts of one kind."""
        return getattr(self, kind.value)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The five figures of a frame with a face, 0..100; None where the provider did not say enough."""

    eye_contact: float | None
    facial_expression: float | None
    engagement: float | None
    confidence: float
    posture: float | None
