"""The nouns of the emulator: what can be said of a picture, whoever says it.

An engine, a staged picture and the answers file all speak in these values; `shapes` turns them into
Rekognition's JSON. Positions are ratios of the picture's sides, angles degrees, confidences 0..100.
None or empty means "not known", and what is not known is left out of the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EMOTIONS = ("HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "FEAR")

Point = tuple[float, float]
Vector = tuple[float, ...]
"""An embedding: the nearer two of them, the likelier one person."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. It may reach beyond the picture."""

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
    """Rotation of the head: yaw > 0 to the picture's right, pitch > 0 up, roll > 0 clockwise."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class Gaze:
    """The line of sight, measured from the camera; signs as in `Pose`."""

    yaw_deg: float
    pitch_deg: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes or no, and how surely."""

    value: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Brightness and sharpness of a face, 0..100."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face."""

    box: Box
    confidence: float
    landmarks: Mapping[str, Point] = field(default_factory=dict)
    pose: Pose | None = None
    quality: Quality | None = None
    gaze: Gaze | None = None
    emotions: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """Rekognition's member name (Smile, EyesOpen ...) to what was found."""
    person: str | None = None
    """Who it is, where a script says so."""


@dataclass(frozen=True, slots=True)
class Label:
    """An object or a scene."""

    name: str
    confidence: float
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and the corners around it, clockwise from its first letter's top."""

    text: str
    confidence: float
    polygon: tuple[Point, Point, Point, Point]


def largest(faces: tuple[Face, ...]) -> Face | None:
    """Choose the face that Rekognition compares and searches with."""
    return max(faces, key=lambda face: face.box.area, default=None)
