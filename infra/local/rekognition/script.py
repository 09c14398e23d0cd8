"""Scripts: what Rekognition shall answer for a picture, written by people.

A script is plain JSON, in a staged picture or in the answers file, and everything in it is optional. A part
that is absent (`faces`, `labels`, `text`) is None here: the reader decides what that means. Inside a face
whatever is not given is that of a calm person who looks into the camera.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from infra.local.rekognition.frontal import LANDMARKS, posed_landmarks
from infra.local.rekognition.seen import EMOTIONS, Box, Face, Gaze, Label, Line, Pose, Quality, Verdict

T = TypeVar("T")

CALM = {"CALM": 97.0, "HAPPY": 1.0, "SAD": 1.0, "CONFUSED": 1.0}
VERDICTS = {
    "smile": "Smile",
    "eyes_open": "EyesOpen",
    "mouth_open": "MouthOpen",
    "face_occluded": "FaceOccluded",
    "eyeglasses": "Eyeglasses",
    "sunglasses": "Sunglasses",
}
FRONTAL = {"smile": False, "eyes_open": True, "mouth_open": False, "face_occluded": False}


class FaceScript(TypedDict, total=False):
    """A face: angles in degrees, confidences 0..100, `box` and landmarks as ratios of the picture."""

    box: Sequence[float]
    confidence: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    gaze_yaw_deg: float
    gaze_pitch_deg: float
    gaze_confidence: float
    emotions: Mapping[str, float]
    landmarks: Mapping[str, Sequence[float]]
    smile: bool
    eyes_open: bool
    mouth_open: bool
    face_occluded: bool
    eyeglasses: bool
    sunglasses: bool
    verdict_confidence: float
    brightness: float
    sharpness: float
    person: str


class LabelScript(TypedDict, total=False):
    """A label; `name` is required, `boxes` are its instances."""

    name: str
    confidence: float
    parents: Sequence[str]
    aliases: Sequence[str]
    categories: Sequence[str]
    boxes: Sequence[Sequence[float]]


class LineScript(TypedDict, total=False):
    """A line of text; `text` is required."""

    text: str
    confidence: float
    box: Sequence[float]


class Script(TypedDict, total=False):
    """What to answer for a picture."""

    faces: Sequence[FaceScript]
    labels: Sequence[LabelScript]
    text: Sequence[LineScript]


class ScriptInvalid(ValueError):
    """A script that cannot be played; says where it is wrong."""


@dataclass(frozen=True, slots=True)
class Told:
    """A script as facts. A part that it does not give is None."""

    faces: tuple[Face, ...] | None = None
    labels: tuple[Label, ...] | None = None
    text: tuple[Line, ...] | None = None


def read_script(script: object) -> Told:
    """Read a script. Raises `ScriptInvalid` with the path of whatever is wrong."""
    parts = _known(script, Script, "script")
    return Told(
        faces=_each(parts, "faces", _face),
        labels=_each(parts, "labels", _label),
        text=_each(parts, "text", _line),
    )


def _each(
    parts: Mapping[str, object], name: str, read: Callable[[object, int, int], T]
) -> tuple[T, ...] | None:
    items = parts.get(name)
    if items is None:
        return None
    if not isinstance(items, list | tuple):
        raise ScriptInvalid(f"{name}: must be a list")
    return tuple(_at(f"{name}[{i}]", read, item, i, len(items)) for i, item in enumerate(items))


def _at(place: str, read: Callable[[object, int, int], T], item: object, index: int, count: int) -> T:
    try:
        return read(item, index, count)
    except (KeyError, TypeError, ValueError) as exc:
        raise ScriptInvalid(f"{place}: {exc}") from exc


def _known(given: object, kind: type, name: str) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise ScriptInvalid(f"{name}: must be an object")
    if unknown := set(given) - set(kind.__annotations__):
        raise ScriptInvalid(f"{name}: does not know {', '.join(sorted(map(str, unknown)))}")
    return given


def _face(given: object, index: int, count: int) -> Face:
    face = _known(given, FaceScript, "a face")
    box = _box(face["box"]) if face.get("box") is not None else _side_by_side(index, count)
    pose = Pose(
        yaw_deg=_degrees(face, "yaw_deg"),
        pitch_deg=_degrees(face, "pitch_deg"),
        roll_deg=_degrees(face, "roll_deg"),
    )
    return Face(
        box=box,
        confidence=_percent(face, "confidence", 99.9),
        landmarks=posed_landmarks(box, pose) | _landmarks(face.get("landmarks", {})),
        pose=pose,
        quality=Quality(_percent(face, "brightness", 80.0), _percent(face, "sharpness", 90.0)),
        # Who turns the head and says nothing of the eyes looks where the head points.
        gaze=Gaze(
            yaw_deg=_degrees(face, "gaze_yaw_deg", pose.yaw_deg),
            pitch_deg=_degrees(face, "gaze_pitch_deg", pose.pitch_deg),
            confidence=_percent(face, "gaze_confidence", 99.0),
        ),
        emotions=_emotions(face.get("emotions", CALM)),
        verdicts=_verdicts(face),
        person=_person(face.get("person")),
    )


def _label(given: object, _index: int, _count: int) -> Label:
    label = _known(given, LabelScript, "a label")
    return Label(
        name=_text(label["name"]),
        confidence=_percent(label, "confidence", 99.0),
        parents=_texts(label.get("parents", ())),
        aliases=_texts(label.get("aliases", ())),
        categories=_texts(label.get("categories", ())),
        boxes=tuple(_box(box) for box in _sequence(label.get("boxes", ()))),
    )


def _line(given: object, index: int, _count: int) -> Line:
    line = _known(given, LineScript, "a line")
    box = _box(line["box"]) if line.get("box") is not None else Box(0.1, 0.1 + 0.06 * (index % 14), 0.5, 0.05)
    right, bottom = box.left + box.width, box.top + box.height
    corners = ((box.left, box.top), (right, box.top), (right, bottom), (box.left, bottom))
    return Line(_text(line["text"]), _percent(line, "confidence", 99.0), corners)


def _side_by_side(index: int, count: int) -> Box:
    """Give each face without a box a place of its own; a single one sits in the middle."""
    width = 0.3 if count == 1 else 0.6 / count
    return Box(left=(index + 0.5) / count - width / 2, top=0.25, width=width, height=min(0.5, width * 1.6))


def _emotions(given: object) -> dict[str, float]:
    if not isinstance(given, Mapping) or not set(given) <= set(EMOTIONS):
        raise ValueError(f"emotions must be among {', '.join(EMOTIONS)}")
    return {str(name): _percent(given, name, 0.0) for name in given}


def _landmarks(given: object) -> dict[str, tuple[float, float]]:
    if not isinstance(given, Mapping) or not set(given) <= set(LANDMARKS):
        raise ValueError("landmarks must have Rekognition's names")
    return {str(name): (_number(point[0]), _number(point[1])) for name, point in given.items()}


def _verdicts(face: Mapping[str, object]) -> dict[str, Verdict]:
    sure = _percent(face, "verdict_confidence", 98.0)
    told = {name: face.get(name, FRONTAL.get(name)) for name in VERDICTS}
    return {
        VERDICTS[name]: Verdict(value=bool(value), confidence=sure)
        for name, value in told.items()
        if value is not None
    }


def _person(given: object) -> str | None:
    return None if given is None else _text(given)


def _box(given: object) -> Box:
    left, top, width, height = (_number(side) for side in _sequence(given))
    if width <= 0 or height <= 0:
        raise ValueError("a box is [left, top, width, height], as ratios, with an area")
    return Box(left, top, width, height)


def _degrees(given: Mapping[str, object], name: str, default: float = 0.0) -> float:
    return _within(given, name, default, low=-180.0, high=180.0)


def _percent(given: Mapping[str, object], name: str, default: float) -> float:
    return _within(given, name, default, low=0.0, high=100.0)


def _within(given: Mapping[str, object], name: str, default: float, *, low: float, high: float) -> float:
    number = _number(given.get(name, default))
    if not low <= number <= high:
        raise ValueError(f"{name} must be within {low:g}..{high:g}")
    return number


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise TypeError(f"{given!r} is not a number")
    return float(given)


def _text(given: object) -> str:
    if not isinstance(given, str) or not given:
        raise TypeError(f"{given!r} is not a text")
    return given


def _texts(given: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _sequence(given))


def _sequence(given: object) -> Sequence[object]:
    if not isinstance(given, list | tuple):
        raise TypeError(f"{given!r} is not a list")
    return given
