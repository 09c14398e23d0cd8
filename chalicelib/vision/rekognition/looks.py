"""Rekognition's replies to facts: the calls a frame needs, side by side, within one deadline."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Face, Findings, Kind, Label, Line, Look
from chalicelib.telemetry import logger
from chalicelib.vision.mosaic import faces_by_tile, mosaic
from chalicelib.vision.rekognition.replies import LONGEST, Reply, ask, box_of, face_of, parts, percent, read
from chalicelib.vision.travel import fitted

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.literals import AttributeType

_LEAST_LABEL_CONFIDENCE = 55.0
# What a frame may bring, whatever a provider says: a frame's item stays small.
_MOST_LABELS, _MOST_LINES, _MOST_FACES = 40, 50, 50


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

    def detect(self, encoded: bytes, *, all_landmarks: bool) -> tuple[Face, ...]:
        """The faces in a picture, with five landmarks or with all there are. Raises VisionUnavailable."""
        wanted: list[AttributeType] = ["ALL" if all_landmarks else "DEFAULT"]
        sent = fitted(encoded)
        reply = ask(lambda: self._client.detect_faces(Image={"Bytes": sent}, Attributes=wanted))
        return read(reply, "FaceDetails", face_of)

    def probe(self) -> None:
        """Ask Rekognition something that costs nothing: anybody may call for it. Raises VisionUnavailable."""
        ask(lambda: self._client.list_collections(MaxResults=1))

    def _faces(self, encoded: bytes, policy: Policy) -> tuple[Face, ...]:
        wanted: list[AttributeType] = ["DEFAULT", "FACE_OCCLUDED", "EYES_OPEN"]
        wanted += ["EYE_DIRECTION"] if policy.gaze_counts else []
        wanted += ["EMOTIONS"] if policy.emotions else []
        reply = ask(lambda: self._client.detect_faces(Image={"Bytes": encoded}, Attributes=wanted))
        return read(reply, "FaceDetails", face_of)[:_MOST_FACES]

    def _labels(self, encoded: bytes, policy: Policy) -> tuple[Label, ...]:
        least = min(_LEAST_LABEL_CONFIDENCE, policy.object_confidence)
        reply = ask(
            lambda: self._client.detect_labels(
                Image={"Bytes": encoded}, MinConfidence=least, MaxLabels=_MOST_LABELS
            )
        )
        return read(reply, "Labels", _label)[:_MOST_LABELS]

    def _text(self, encoded: bytes, _policy: Policy) -> tuple[Line, ...]:
        reply = ask(lambda: self._client.detect_text(Image={"Bytes": encoded}))
        lines = tuple(line for line in read(reply, "TextDetections", _line) if line is not None)
        return lines[:_MOST_LINES]


def _findings(answers: Mapping[Kind, Any]) -> Findings:
    return Findings(
        faces=answers.get(Kind.FACES),
        labels=answers.get(Kind.LABELS),
        text=answers.get(Kind.TEXT),
        looks={kind: _look(kind, answers) for kind in SIGHTS},
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


def _label(label: Reply) -> Label:
    return Label(
        name=str(label["Name"])[:LONGEST],
        confidence=percent(label["Confidence"]),
        parents=tuple(str(parent["Name"])[:LONGEST] for parent in parts(label, "Parents")),
        aliases=tuple(str(alias["Name"])[:LONGEST] for alias in parts(label, "Aliases")),
        boxes=tuple(
            box_of(each["BoundingBox"]) for each in parts(label, "Instances") if each.get("BoundingBox")
        ),
    )


def _line(detection: Reply) -> Line | None:
    if detection["Type"] != "LINE":
        return None
    box = (detection.get("Geometry") or {}).get("BoundingBox")
    text = str(detection["DetectedText"])[:LONGEST]
    return Line(text, percent(detection["Confidence"]), box_of(box) if box else None)
