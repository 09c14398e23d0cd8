"""Rekognition's replies to facts: the calls a frame needs, side by side, within one deadline."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import (
    EMOTIONS,
    BoundingBox,
    EyeDirection,
    Face,
    Findings,
    Kind,
    Label,
    Landmark,
    Line,
    Look,
    Pose,
)
from chalicelib.telemetry import logger
from chalicelib.vision.mosaic import faces_by_tile, mosaic
from chalicelib.vision.travel import fitted

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.literals import AttributeType

Reply = Mapping[str, Any]
Fact = TypeVar("Fact")

_LEAST_LABEL_CONFIDENCE = 55.0
# What a frame may bring, whatever a provider says: a frame's item stays small.
_MOST_LABELS, _MOST_LINES, _MOST_FACES, _MOST_PARTS = 40, 50, 50, 100
_LONGEST = 200
_GARBLED = (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a reply of a foreign shape raises, in botocore and here."""


class Rekognition:
    """DetectFaces, DetectLabels and DetectText for a few pictures at a time."""

    def __init__(self, client: "RekognitionClient", pool: Executor, *, deadline_s: float) -> None:
        self._client = client
        self._pool = pool
        self._deadline_s = deadline_s

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:
        """What each picture shows. A kind whose call fails or is late is None and FAILED: never an error."""
        calls: dict[Kind, Callable[[bytes, Policy], Any]] = {
            Kind.FACES: self._faces,
            Kind.LABELS: self._labels,
            Kind.TEXT: self._text,
        }
        asked = [
            {kind: self._pool.submit(calls[kind], sent, policy) for kind in sorted(kinds)}
            for sent in map(fitted, pictures)
        ]
        wait([future for each in asked for future in each.values()], timeout=self._deadline_s)
        return [_findings({kind: _answer(kind, future) for kind, future in each.items()}) for each in asked]

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        """The faces in each of up to nine pictures, as tiles of one; None if the call fails or is late."""
        sheet = mosaic(pictures)
        call = self._pool.submit(self._faces, sheet, policy)
        wait([call], timeout=self._deadline_s)
        faces = _answer(Kind.FACES, call)
        return None if faces is None else faces_by_tile(faces, len(pictures))

    def probe(self) -> None:
        """Ask Rekognition something that costs nothing: anybody may call for it. Raises VisionUnavailable."""
        _ask(lambda: self._client.list_collections(MaxResults=1))

    def _faces(self, encoded: bytes, policy: Policy) -> tuple[Face, ...]:
        wanted: list[AttributeType] = ["DEFAULT"]
        wanted += ["EYE_DIRECTION"] if policy.gaze_counts else []
        wanted += ["EMOTIONS"] if policy.emotions else []
        reply = _ask(lambda: self._client.detect_faces(Image={"Bytes": encoded}, Attributes=wanted))
        return _read(reply, "FaceDetails", _face)[:_MOST_FACES]

    def _labels(self, encoded: bytes, policy: Policy) -> tuple[Label, ...]:
        least = min(_LEAST_LABEL_CONFIDENCE, policy.object_confidence)
        reply = _ask(
            lambda: self._client.detect_labels(
                Image={"Bytes": encoded}, MinConfidence=least, MaxLabels=_MOST_LABELS
            )
        )
        return _read(reply, "Labels", _label)[:_MOST_LABELS]

    def _text(self, encoded: bytes, _policy: Policy) -> tuple[Line, ...]:
        reply = _ask(lambda: self._client.detect_text(Image={"Bytes": encoded}))
        lines = tuple(line for line in _read(reply, "TextDetections", _line) if line is not None)
        return lines[:_MOST_LINES]


def _findings(answers: Mapping[Kind, Any]) -> Findings:
    return Findings(
        faces=answers.get(Kind.FACES),
        labels=answers.get(Kind.LABELS),
        text=answers.get(Kind.TEXT),
        looks={kind: _look(kind, answers) for kind in Kind},
    )


def _answer(kind: Kind, future: Future[Any]) -> Any:  # noqa: ANN401 - each kind has facts of its own type
    if not future.done():
        future.cancel()
        logger.warning("vision_unavailable", kind=kind.value, reason="deadline")
        return None
    try:
        return future.result()
    except VisionUnavailable as exc:
        logger.warning("vision_unavailable", kind=kind.value, reason=str(exc))
        return None


def _look(kind: Kind, answers: Mapping[Kind, object]) -> Look:
    if kind not in answers:
        return Look.OFF
    return Look.FAILED if answers[kind] is None else Look.ASKED


def _ask(call: Callable[[], Any]) -> Reply:
    try:
        reply: Reply = call()
    except ClientError as exc:
        raise VisionUnavailable(exc.response.get("Error", {}).get("Code", "ClientError")) from exc
    except (BotoCoreError, ResponseParserError) as exc:
        raise VisionUnavailable(type(exc).__name__) from exc
    except _GARBLED as exc:
        # botocore trips over replies of a foreign shape in these ways.
        raise VisionUnavailable("garbled reply") from exc
    return reply


def _read(reply: Reply, member: str, translate: Callable[[Reply], Fact]) -> tuple[Fact, ...]:
    # A reply without the member does not say "none": it says nothing.
    try:
        listed = reply[member]
        if not isinstance(listed, list):
            raise VisionUnavailable("garbled reply")
        return tuple(translate(each) for each in listed)
    except _GARBLED as exc:
        raise VisionUnavailable("garbled reply") from exc


def _face(detail: Reply) -> Face:
    pose, eyes, occluded = detail.get("Pose"), detail.get("EyeDirection"), detail.get("FaceOccluded")
    quality = detail.get("Quality") or {}
    return Face(
        box=_box(detail["BoundingBox"]),
        confidence=_percent(detail["Confidence"]),
        pose=Pose(_degrees(pose["Yaw"]), _degrees(pose["Pitch"]), _degrees(pose["Roll"])) if pose else None,
        eye_direction=_eye_direction(eyes) if eyes else None,
        landmarks=tuple(
            Landmark(str(point["Type"])[:_LONGEST], _ratio(point["X"]), _ratio(point["Y"]))
            for point in _parts(detail, "Landmarks")
        ),
        emotions={
            each["Type"]: _percent(each["Confidence"])
            for each in detail.get("Emotions") or ()
            if each["Type"] in EMOTIONS
        },
        face_occluded=bool(occluded["Value"]) if occluded else None,
        brightness=_percent(quality["Brightness"]) if quality else None,
        sharpness=_percent(quality["Sharpness"]) if quality else None,
    )


def _eye_direction(eyes: Reply) -> EyeDirection:
    return EyeDirection(_degrees(eyes["Yaw"]), _degrees(eyes["Pitch"]), _percent(eyes["Confidence"]))


def _label(label: Reply) -> Label:
    return Label(
        name=str(label["Name"])[:_LONGEST],
        confidence=_percent(label["Confidence"]),
        parents=tuple(str(parent["Name"])[:_LONGEST] for parent in _parts(label, "Parents")),
        aliases=tuple(str(alias["Name"])[:_LONGEST] for alias in _parts(label, "Aliases")),
        boxes=tuple(
            _box(each["BoundingBox"]) for each in _parts(label, "Instances") if each.get("BoundingBox")
        ),
    )


def _parts(whole: Reply, member: str) -> list[Reply]:
    parts: list[Reply] = whole.get(member) or []
    return parts[:_MOST_PARTS]


def _line(detection: Reply) -> Line | None:
    if detection["Type"] != "LINE":
        return None
    box = (detection.get("Geometry") or {}).get("BoundingBox")
    text = str(detection["DetectedText"])[:_LONGEST]
    return Line(text, _percent(detection["Confidence"]), _box(box) if box else None)


def _box(box: Reply) -> BoundingBox:
    return BoundingBox(_ratio(box["Left"]), _ratio(box["Top"]), _ratio(box["Width"]), _ratio(box["Height"]))


def _percent(figure: Any) -> float:  # noqa: ANN401 - a reply may hold anything
    return _within(figure, low=0, high=100)


def _degrees(figure: Any) -> float:  # noqa: ANN401
    return _within(figure, low=-180, high=180)


def _ratio(figure: Any) -> float:  # noqa: ANN401
    # A face at the edge reaches beyond the picture, but not by pictures.
    return _within(figure, low=-2, high=3)


def _within(figure: Any, low: float, high: float) -> float:  # noqa: ANN401
    # Out of range is as good as no answer: nobody is accused by nonsense. NaN is in no range.
    number = float(figure)
    if not low <= number <= high:
        raise ValueError("out of range")
    return round(number, 4)
