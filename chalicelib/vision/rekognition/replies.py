"""Rekognition's replies as facts: what every call of it shares, and faces, which most of them tell of."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.seen import EMOTIONS, BoundingBox, EyeDirection, Face, Landmark, Pose

Reply = Mapping[str, Any]
Fact = TypeVar("Fact")

LONGEST = 200
"""Characters of a name or a line, whatever a provider says: what is stored of a frame stays small."""
_MOST_PARTS = 100
_GARBLED = (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a reply of a foreign shape raises, in botocore and here."""


def ask(call: Callable[[], Any]) -> Reply:
    """What Rekognition replies. Raises VisionUnavailable with its own code for the reason."""
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


def read(reply: Reply, member: str, translate: Callable[[Reply], Fact]) -> tuple[Fact, ...]:
    """A list in a reply, each of its members translated. Raises VisionUnavailable where there is none."""
    # A reply without the member does not say "none": it says nothing.
    try:
        listed = reply[member]
        if not isinstance(listed, list):
            raise VisionUnavailable("garbled reply")
        return tuple(translate(each) for each in listed)
    except _GARBLED as exc:
        raise VisionUnavailable("garbled reply") from exc


def face_of(detail: Reply) -> Face:
    """A face of a reply, with whatever is said of it."""
    pose, eyes = detail.get("Pose"), detail.get("EyeDirection")
    quality = detail.get("Quality") or {}
    return Face(
        box=box_of(detail["BoundingBox"]),
        confidence=percent(detail["Confidence"]),
        pose=Pose(_degrees(pose["Yaw"]), _degrees(pose["Pitch"]), _degrees(pose["Roll"])) if pose else None,
        eye_direction=_eye_direction(eyes) if eyes else None,
        landmarks=tuple(
            Landmark(str(point["Type"])[:LONGEST], _ratio(point["X"]), _ratio(point["Y"]))
            for point in parts(detail, "Landmarks")
        ),
        emotions={
            each["Type"]: percent(each["Confidence"])
            for each in detail.get("Emotions") or ()
            if each["Type"] in EMOTIONS
        },
        face_occluded=_verdict(detail, "FaceOccluded"),
        eyes_open=_verdict(detail, "EyesOpen"),
        brightness=percent(quality["Brightness"]) if quality else None,
        sharpness=percent(quality["Sharpness"]) if quality else None,
    )


def parts(whole: Reply, member: str) -> list[Reply]:
    """The first members of a list that may be absent."""
    listed: list[Reply] = whole.get(member) or []
    return listed[:_MOST_PARTS]


def box_of(box: Reply) -> BoundingBox:
    """A rectangle; it may reach beyond the picture, but not by pictures."""
    return BoundingBox(_ratio(box["Left"]), _ratio(box["Top"]), _ratio(box["Width"]), _ratio(box["Height"]))


def percent(figure: Any) -> float:  # noqa: ANN401 - a reply may hold anything
    """A confidence. Raises ValueError for what is none."""
    return _within(figure, low=0, high=100)


def _verdict(detail: Reply, member: str) -> bool | None:
    verdict = detail.get(member)
    return bool(verdict["Value"]) if verdict else None


def _eye_direction(eyes: Reply) -> EyeDirection:
    return EyeDirection(_degrees(eyes["Yaw"]), _degrees(eyes["Pitch"]), percent(eyes["Confidence"]))


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
