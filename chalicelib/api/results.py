"""A frame's record, and alerts, as callers see them."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from chalicelib.api.access import Role
from chalicelib.domain.discretion import without_likeness
from chalicelib.domain.metrics import dominant_emotion, measure
from chalicelib.domain.model import Alert, FrameRecord
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import EMOTIONS_OFF
from chalicelib.domain.scoring import Told, without_threshold
from chalicelib.domain.seen import (
    UNSEEN,
    BoundingBox,
    EyeDirection,
    Face,
    Kind,
    Landmark,
    Look,
    Pose,
    Resemblance,
    Verdict,
    Why,
)

NO_FACE = "No face is visible."
UNANALYSED = "The provider did not answer for this frame; nothing is concluded from it."
WITHHELD = "The provider was not asked about this frame, for lack of budget; nothing is concluded from it."
NOT_SAID = "The provider did not say."


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True)


class FaceResult(_Part):
    """A face, the largest first. Ratios of the picture, degrees, confidences 0..100."""

    box: BoundingBox
    confidence: float
    pose: Pose | None
    eye_direction: EyeDirection | None
    landmarks: list[Landmark]
    face_occluded: bool | None
    eyes_open: bool | None
    brightness: float | None
    sharpness: float | None


class MetricsResult(_Part):
    """The largest face in five figures, 0..100; null with a reason."""

    eye_contact: float | None
    facial_expression: float | None
    engagement: float | None
    confidence: float | None
    posture: float | None


class LabelResult(_Part):
    """An object or a scene, by Rekognition's name."""

    name: str
    confidence: float
    parents: list[str]


class TextResult(_Part):
    """A line of text."""

    text: str
    confidence: float


class IdentityResult(_Part):
    """Whether it is the person that the session was given."""

    verdict: Verdict
    similarity: float | None
    """0..100, of the face that is the most alike; null where all that is known is that it is less."""
    threshold: float
    engine: str
    """Who compared, with its version as far as it is told."""
    reason: str
    """Why it cannot be told: a word of docs/identity.md; else empty."""


class AnalysisResult(_Part):
    """What was looked at, what was reused, what failed, and what the pixels say."""

    status: str
    """`analysed`, `partial` (objects, text or the person are not known) or `unanalysed` (faces are not).

    Candidates are not told of the person here either.
    """
    faces: Look
    labels: Look
    text: Look
    identity: Look | None
    """Null for candidates."""
    why: dict[Kind, Why]
    """For what was asked for, or needed and withheld: the reason. Empty for candidates."""
    brightness: float
    """Mean grey level, 0..255."""
    sharpness: float


class FrameResult(_Part):
    """What was seen in one frame."""

    timestamp: float
    """Seconds since the session's start."""
    frame_number: int
    face_count: int | None
    """Null where the frame is unanalysed."""
    faces: list[FaceResult]
    metrics: MetricsResult
    emotions: dict[str, float] | None
    dominant_emotion: str | None
    labels_detected: list[LabelResult]
    text_detected: list[TextResult]
    alerts: list[Alert]
    """Alerts that opened with this frame."""
    identity: IdentityResult | None
    """Null where nothing is known of it, where no identity was given, and for candidates."""
    analysis: AnalysisResult
    reasons: dict[str, str]
    """Why a field is null."""


def result_of(record: FrameRecord, policy: Policy, *, to_candidate: bool = False) -> FrameResult:
    """The record as a caller sees it; candidates are told nothing of likenesses."""
    seen = record.observation
    face, faces = seen.primary, sorted(seen.faces or (), key=lambda face: -face.box.area)
    emotions = {name: round(figure, 2) for name, figure in face.emotions.items()} if face else {}
    metrics = _metrics(record, policy)
    return FrameResult(
        timestamp=seen.at_s,
        frame_number=seen.seq,
        face_count=None if seen.faces is None else len(seen.faces),
        faces=[_face(each) for each in faces],
        metrics=metrics,
        emotions=emotions if policy.emotions and seen.faces is not None else None,
        dominant_emotion=dominant_emotion(emotions) if policy.emotions else None,
        labels_detected=[
            LabelResult(name=label.name, confidence=label.confidence, parents=list(label.parents))
            for label in seen.labels or ()
        ],
        text_detected=[TextResult(text=line.text, confidence=line.confidence) for line in seen.text or ()],
        alerts=[without_likeness(alert) if to_candidate else alert for alert in record.opened],
        identity=None if to_candidate or seen.identity is None else _identity(seen.identity),
        analysis=_analysis(record, to_candidate=to_candidate),
        reasons=_reasons(record, policy, metrics),
    )


def as_may_be_seen(alerts: Iterable[Told], role: Role) -> list[Told]:
    """Alerts as this role may know them: a proctor without what may tell of an accommodation."""
    return list(map(without_threshold, alerts) if role is Role.PROCTOR else alerts)


def _face(face: Face) -> FaceResult:
    return FaceResult(
        box=face.box,
        confidence=face.confidence,
        pose=face.pose,
        eye_direction=face.eye_direction,
        landmarks=list(face.landmarks),
        face_occluded=face.face_occluded,
        eyes_open=face.eyes_open,
        brightness=face.brightness,
        sharpness=face.sharpness,
    )


def _identity(told: Resemblance) -> IdentityResult:
    return IdentityResult(
        verdict=told.verdict,
        similarity=told.similarity,
        threshold=told.threshold,
        engine=told.engine,
        reason=told.reason,
    )


def _metrics(record: FrameRecord, policy: Policy) -> MetricsResult:
    measured = measure(record.observation, policy)
    figures = {name: getattr(measured, name, None) for name in MetricsResult.model_fields}
    return MetricsResult(**{name: None if each is None else round(each, 2) for name, each in figures.items()})


def _analysis(record: FrameRecord, *, to_candidate: bool) -> AnalysisResult:
    seen = record.observation
    hidden = {Kind.IDENTITY} if to_candidate else set()
    looks = {kind: seen.looks.get(kind, Look.OFF) for kind in Kind if kind not in hidden}
    status = "analysed"
    if looks[Kind.FACES] in UNSEEN:
        status = "unanalysed"
    elif not UNSEEN.isdisjoint(looks.values()):
        status = "partial"
    return AnalysisResult(
        status=status,
        faces=looks[Kind.FACES],
        labels=looks[Kind.LABELS],
        text=looks[Kind.TEXT],
        identity=looks.get(Kind.IDENTITY),
        why={} if to_candidate else dict(seen.why),
        brightness=seen.view.mean,
        sharpness=seen.view.sharpness,
    )


def _reasons(record: FrameRecord, policy: Policy, metrics: MetricsResult) -> dict[str, str]:
    faces = record.observation.faces
    withheld = record.observation.looks.get(Kind.FACES) is Look.WITHHELD
    unseen = WITHHELD if withheld else UNANALYSED
    why = unseen if faces is None else NOT_SAID if faces else NO_FACE
    empty = [name for name in MetricsResult.model_fields if getattr(metrics, name) is None]
    reasons = dict.fromkeys(empty, why)
    face = record.observation.primary
    if face is None or dominant_emotion(face.emotions) is None:
        reasons["dominant_emotion"] = why
    if faces is None:
        reasons["face_count"] = unseen
        reasons["emotions"] = unseen
    if not policy.emotions:
        reasons |= dict.fromkeys(
            ("emotions", "dominant_emotion", "facial_expression", "engagement"), EMOTIONS_OFF
        )
    return reasons
