"""The formulas of the contract: what a face says in five figures from 0 to 100."""

from collections.abc import Mapping

from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import EMOTIONS, Face, Metrics, Observation

AVERAGED = ("eye_contact", "facial_expression", "engagement", "confidence", "posture")


def measure(seen: Observation, policy: Policy) -> Metrics | None:
    """The metrics of the largest face; None without a face.

    eye_contact        clamp 0..100 of 100 - 0.8 |yaw| - 0.6 |pitch|
    facial_expression  min(100, 1.2 (HAPPY + CALM))
    engagement         min(100, 0.6 facial_expression + 0.4 eye_contact), of unrounded inputs
    confidence         the face detection's confidence
    posture            clamp 60..100 of 95 - (0.8 |pitch| + 0.6 |roll|)

    Source: contract, section 3. What the provider did not say makes the figure None: nothing is scored that
    was not measured. The eyes count too: see `line_of_sight`.
    """
    face = seen.primary
    if face is None:
        return None
    eye_contact = _eye_contact(face, policy)
    expression = _expression(face, policy)
    engagement = None
    if eye_contact is not None and expression is not None:
        engagement = min(100.0, 0.6 * expression + 0.4 * eye_contact)
    return Metrics(
        eye_contact=eye_contact,
        facial_expression=expression,
        engagement=engagement,
        confidence=face.confidence,
        posture=_posture(face),
    )


def line_of_sight(face: Face, policy: Policy) -> tuple[float, float] | None:
    """How far (|yaw|, |pitch|) in degrees the face looks away from the camera; None if unknown.

    The head's rotation; where the provider gives a confident eye direction, the larger of the two on each
    axis, because a candidate who reads beside the screen turns the eyes and not the head.
    """
    if face.pose is None:
        return None
    yaw, pitch = abs(face.pose.yaw), abs(face.pose.pitch)
    eyes = face.eye_direction
    if eyes and policy.gaze_counts and eyes.confidence >= policy.gaze_confidence:
        return max(yaw, abs(eyes.yaw)), max(pitch, abs(eyes.pitch))
    return yaw, pitch


def dominant_emotion(emotions: Mapping[str, float]) -> str | None:
    """The emotion with the highest confidence; among equals the first in Rekognition's order."""
    known = [name for name in EMOTIONS if name in emotions]
    return max(known, key=lambda name: emotions[name], default=None)


def _eye_contact(face: Face, policy: Policy) -> float | None:
    sight = line_of_sight(face, policy)
    return None if sight is None else _clamp(100 - 0.8 * sight[0] - 0.6 * sight[1], low=0)


def _expression(face: Face, policy: Policy) -> float | None:
    if not policy.emotions or not face.emotions:
        return None
    return min(100.0, 1.2 * (face.emotions.get("HAPPY", 0.0) + face.emotions.get("CALM", 0.0)))


def _posture(face: Face) -> float | None:
    if face.pose is None:
        return None
    return _clamp(95 - (0.8 * abs(face.pose.pitch) + 0.6 * abs(face.pose.roll)), low=60)


def _clamp(figure: float, low: float) -> float:
    return max(low, min(100.0, figure))
