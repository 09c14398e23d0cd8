"""One small pure function per alert type: when its condition holds in a frame.

A rule says what it sees and how surely, or None. How long it must hold before it becomes an alert, how grave
the alert is and what it deducts from the integrity score stand in its decorator. Its docstring is its
documentation: `docs/alerts.md` and the alerts' messages are made from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chalicelib.domain.errors import BadInput
from chalicelib.domain.legibility import is_dark
from chalicelib.domain.metrics import line_of_sight, measure
from chalicelib.domain.model import Severity, Sign
from chalicelib.domain.policy import Policy
from chalicelib.domain.relief import Turning
from chalicelib.domain.seen import Kind, Look, Observation, Verdict

Holds = Callable[[Any, Policy], Sign | None]

PIXELS = "pixels"
"""What a rule needs that every decoded frame has."""

PREDECESSOR = "predecessor"
"""Such a rule is handed the change since the frame before (mean grey difference), not an observation."""

TRAIL = "trail"
"""Such a rule is handed the change since the frames that may be repeated (`chalicelib.domain.repetition`)."""

TURNING = "turning"
"""Such a rule is handed what the last looks at the face come to (`chalicelib.domain.relief`)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with what turns its condition into an alert."""

    type: str
    message: str
    severity: Severity
    after_frames: int
    needs: Kind | str
    weight: float
    """Points an episode deducts from the integrity score, and again for each minute it lasts."""
    holds: Holds

    def frames_to_open(self, policy: Policy) -> int:
        """Consecutive frames after which the condition is an alert."""
        return policy.after_frames.get(self.type, self.after_frames)


RULES: dict[str, Rule] = {}


def rule(
    severity: Severity, *, after_frames: int, needs: Kind | str, weight: float
) -> Callable[[Holds], Holds]:
    """Enter the decorated function into RULES, under its own name."""

    def enter(holds: Holds) -> Holds:
        name = holds.__name__
        message = (holds.__doc__ or "").strip().splitlines()[0]
        RULES[name] = Rule(name, message, severity, after_frames, needs, weight, holds)
        return holds

    return enter


def signs(seen: Observation, policy: Policy) -> dict[str, Sign]:
    """The conditions that hold in a frame by itself, by alert type."""
    known = {PIXELS} | {kind for kind in Kind if getattr(seen, kind) is not None}
    return _held(known, seen, policy)


def signs_of_change(change: float, policy: Policy) -> dict[str, Sign]:
    """The conditions that hold between a frame and its predecessor, by alert type."""
    return _held({PREDECESSOR}, change, policy)


def signs_of_repetition(change: float, policy: Policy) -> dict[str, Sign]:
    """The conditions that hold between the last frames and earlier ones, by alert type."""
    return _held({TRAIL}, change, policy)


def signs_of_turning(turning: Turning, policy: Policy) -> dict[str, Sign]:
    """The conditions that hold of the last looks at the face, by alert type."""
    return _held({TURNING}, turning, policy)


def check_names(policy: Policy) -> None:
    """Raise BadInput for an alert type that does not exist."""
    unknown = sorted((set(policy.alerts_off) | set(policy.after_frames)) - set(RULES))
    if unknown:
        raise BadInput(f"The policy names alert types that do not exist; choose from {', '.join(RULES)}.")


@rule(Severity.WARNING, after_frames=3, needs=Kind.FACES, weight=6)
def no_face_detected(seen: Observation, _policy: Policy) -> Sign | None:
    """No face is visible."""
    return None if seen.faces else Sign(confidence=100.0)


@rule(Severity.CRITICAL, after_frames=1, needs=Kind.FACES, weight=15)
def multiple_faces_detected(seen: Observation, _policy: Policy) -> Sign | None:
    """More than one face is visible."""
    faces = sorted(seen.faces or (), key=lambda face: -face.confidence)
    if len(faces) <= 1:
        return None
    return Sign(faces[1].confidence, {"face_count": len(faces)})


@rule(Severity.WARNING, after_frames=5, needs=Kind.FACES, weight=3)
def looking_away(seen: Observation, policy: Policy) -> Sign | None:
    """The candidate looks away from the screen.

    The head, or the eyes where the provider is sure of their direction, turns further than the policy allows.
    """
    face = seen.primary
    sight = line_of_sight(face, policy) if face else None
    if not face or not sight or (sight[0] <= policy.yaw_deg and sight[1] <= policy.pitch_deg):
        return None
    return Sign(face.confidence, {"yaw": round(sight[0], 1), "pitch": round(sight[1], 1)})


@rule(Severity.INFO, after_frames=10, needs=Kind.FACES, weight=0)
def low_engagement(seen: Observation, policy: Policy) -> Sign | None:
    """The engagement figure is low.

    It derives from the expression of the face, which says little about a person: it deducts nothing.
    """
    metrics = measure(seen, policy)
    if metrics is None or metrics.engagement is None or metrics.engagement >= policy.engagement_below:
        return None
    return Sign(metrics.confidence, {"engagement": round(metrics.engagement, 1)})


@rule(Severity.WARNING, after_frames=1, needs=Kind.LABELS, weight=10)
def suspicious_object(seen: Observation, policy: Policy) -> Sign | None:
    """A forbidden object is visible."""
    forbidden = _folded(policy.forbidden_objects)
    found = [
        label
        for label in seen.labels or ()
        if label.confidence > policy.object_confidence
        and not forbidden.isdisjoint(_folded((label.name, *label.aliases, *label.parents)))
    ]
    if not found:
        return None
    surest = max(label.confidence for label in found)
    return Sign(surest, {"objects": sorted({label.name for label in found})})


@rule(Severity.INFO, after_frames=1, needs=Kind.TEXT, weight=1)
def text_detected(seen: Observation, policy: Policy) -> Sign | None:
    """Written text is visible."""
    found = [
        line
        for line in seen.text or ()
        if line.confidence > policy.text_confidence and len(line.text) > policy.text_longer_than
    ]
    if not found:
        return None
    return Sign(max(line.confidence for line in found), {"lines": len(found)})


@rule(Severity.CRITICAL, after_frames=3, needs=Kind.IDENTITY, weight=40)
def identity_mismatch(seen: Observation, _policy: Policy) -> Sign | None:
    """The person in view is not the one that the session was given.

    Several looks at faces that can be told say so. A picture in which nobody can be told is no mismatch.
    """
    told = seen.identity
    if told is None or told.verdict is not Verdict.MISMATCH:
        return None
    details: dict[str, Any] = {
        "threshold": told.threshold,
        "engine": told.engine,
        "given_at": told.given_s,
    }
    if told.reference:
        details["reference"] = told.reference
    # Of each look once: an answer that is reused is no other look.
    looked = seen.looks.get(Kind.IDENTITY) is not Look.REUSED
    details["similarities"] = [told.similarity] if looked else []
    return Sign(100.0, details, gathers="similarities", against=told.given_s)


@rule(Severity.WARNING, after_frames=2, needs=PIXELS, weight=6)
def camera_blocked(seen: Observation, policy: Policy) -> Sign | None:
    """The camera is covered, or shows nothing at all."""
    view = seen.view
    blocked = (
        view.mean < policy.blocked_mean_below
        or view.deviation < policy.blocked_deviation_below
        or view.highlight < policy.blocked_highlight_below
    )
    return (
        Sign(100.0, {"mean": round(view.mean, 1), "deviation": round(view.deviation, 1)}) if blocked else None
    )


@rule(Severity.INFO, after_frames=3, needs=PIXELS, weight=0)
def low_light(seen: Observation, policy: Policy) -> Sign | None:
    """The picture is too dark to see much."""
    view = seen.view
    if not is_dark(view, policy) or camera_blocked(seen, policy):
        return None
    return Sign(100.0, {"mean": round(view.mean, 1)})


@rule(Severity.INFO, after_frames=3, needs=PIXELS, weight=0)
def blurred(seen: Observation, policy: Policy) -> Sign | None:
    """The picture is too blurred to see much."""
    if seen.view.sharpness >= policy.sharpness_below or camera_blocked(seen, policy):
        return None
    return Sign(100.0, {"sharpness": round(seen.view.sharpness, 3)})


@rule(Severity.WARNING, after_frames=5, needs=PREDECESSOR, weight=6)
def frozen_feed(change: float, policy: Policy) -> Sign | None:
    """The camera's picture stands still.

    Each frame shows the same as the one before it, to the noise of a sensor or of a JPEG coder.
    """
    if change >= policy.frozen_change_below:
        return None
    return Sign(100.0, {"change": round(change, 3)})


@rule(Severity.WARNING, after_frames=30, needs=TRAIL, weight=6)
def looped_feed(change: float, policy: Policy) -> Sign | None:
    """The camera's picture repeats itself.

    Frame after frame shows what was shown the same number of frames earlier, up to 88, to the noise.
    """
    if change >= policy.looped_change_below:
        return None
    return Sign(100.0, {"change": round(change, 3)})


@rule(Severity.INFO, after_frames=1, needs=TURNING, weight=0)
def flat_face(turning: Turning, policy: Policy) -> Sign | None:
    """The face moves as a picture that is held up.

    Over the last eight looks at it eyes, nose and mouth moved as points of one plane. That is a weak sign: it
    deducts nothing.
    """
    if turning.turned < policy.flat_turned_from or turning.raised >= policy.flat_relief_below:
        return None
    return Sign(50.0, {"turned": round(turning.turned, 2), "raised": round(turning.raised, 2)})


def _held(known: set[str], facts: Observation | Turning | float, policy: Policy) -> dict[str, Sign]:
    # What was not seen neither holds nor fails to hold: rules without their facts are passed over.
    asked = (each for each in RULES.values() if each.needs in known and each.type not in policy.alerts_off)
    return {each.type: sign for each in asked if (sign := each.holds(facts, policy))}


@lru_cache(maxsize=1000)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    # Frame after frame shows the same objects.
    return frozenset(name.casefold() for name in names)
