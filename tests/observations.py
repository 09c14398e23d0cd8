"""Frames by what they show: a person, an empty room, a phone on the desk, a covered camera."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace

from chalicelib.domain import reducer
from chalicelib.domain.model import Alert, Session
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import (
    SIGHTS,
    BoundingBox,
    EyeDirection,
    Face,
    Kind,
    Label,
    Landmark,
    Line,
    Look,
    Observation,
    Pose,
    Resemblance,
    Verdict,
    View,
)

STARTED_AT = 1_800_000_000.0
FINGERPRINT_BYTES = 192
CALM: Mapping[str, float] = {"CALM": 90.0, "HAPPY": 5.0}
SULLEN: Mapping[str, float] = {"ANGRY": 80.0, "CALM": 1.0}


def session(policy: Policy | None = None, *, tenant_id: str = "acme", session_id: str = "s-1") -> Session:
    """A session that has just started."""
    return Session(tenant_id, session_id, started_at=STARTED_AT, policy=policy or Policy())


def face(
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    side: float = 0.4,
    confidence: float = 99.5,
    emotions: Mapping[str, float] = CALM,
    eyes: EyeDirection | None = None,
) -> Face:
    """A face that looks into the camera unless it is turned."""
    return Face(
        box=BoundingBox(left=0.3, top=0.2, width=side, height=side),
        confidence=confidence,
        pose=Pose(yaw=yaw, pitch=pitch, roll=roll),
        eye_direction=eyes,
        emotions=emotions,
    )


def view(
    *,
    mean: float = 120.0,
    deviation: float = 50.0,
    highlight: float = 220.0,
    sharpness: float = 0.15,
    grey: int = 120,
) -> View:
    """A well-lit, sharp picture, each of its cells of one grey."""
    fingerprint = bytes([grey]) * FINGERPRINT_BYTES
    return View(640, 480, mean, deviation, highlight, sharpness, fingerprint)


def seen(
    frame_no: int,
    *,
    faces: Iterable[Face] | None = None,
    labels: Iterable[Label] = (),
    text: Iterable[Line] = (),
    failed: Iterable[Kind] = (),
    at_s: float | None = None,
    pixels: View | None = None,
) -> Observation:
    """A frame a second, of one person unless it says otherwise; no two frames in a row look the same."""
    down = set(failed)
    return Observation(
        seq=frame_no,
        at_s=float(frame_no) if at_s is None else at_s,
        view=pixels or view(grey=frame_no * 7 % 200),
        faces=None if Kind.FACES in down else tuple([face()] if faces is None else faces),
        labels=None if Kind.LABELS in down else tuple(labels),
        text=None if Kind.TEXT in down else tuple(text),
        looks={
            **{kind: Look.FAILED if kind in down else Look.ASKED for kind in SIGHTS},
            Kind.IDENTITY: Look.OFF,
        },
        picture=f"picture-{frame_no}",
    )


def told(
    frame_no: int,
    verdict: Verdict,
    similarity: float | None = None,
    *,
    look: Look | None = None,
    at_s: float | None = None,
    given_s: float = 0.0,
) -> Observation:
    """A frame of a session with an identity, in which a look said this of the person."""
    threshold = 80.0 if verdict is Verdict.MATCH else 50.0
    resemblance = Resemblance(verdict, similarity, threshold, "engine 1", "reference", given_s=given_s)
    if look is None:
        look = Look.UNCLEAR if verdict is Verdict.UNCLEAR else Look.ASKED
    frame = seen(frame_no, at_s=at_s)
    return replace(frame, identity=resemblance, looks={**frame.looks, Kind.IDENTITY: look})


def stranger(frame_no: int) -> Observation:
    """Another person than the session was given."""
    return told(frame_no, Verdict.MISMATCH, 4.0)


def candidate(frame_no: int) -> Observation:
    """The person that the session was given."""
    return told(frame_no, Verdict.MATCH, 98.0)


def pending(frame_no: int) -> Observation:
    """In doubt who it is, and nothing to tell it by."""
    frame = seen(frame_no)
    return replace(frame, looks={**frame.looks, Kind.IDENTITY: Look.PENDING})


def empty_room(frame_no: int) -> Observation:
    """Nobody is there."""
    return seen(frame_no, faces=())


def two_people(frame_no: int) -> Observation:
    """A second, smaller face."""
    return seen(frame_no, faces=(face(), face(side=0.2, confidence=91.0)))


def turned_away(frame_no: int) -> Observation:
    """The head is turned by 40 degrees."""
    return seen(frame_no, faces=(face(yaw=40.0),))


def sullen(frame_no: int) -> Observation:
    """A face that shows little engagement and looks into the camera."""
    return seen(frame_no, faces=(face(emotions=SULLEN, yaw=25.0),))


def masked(frame_no: int) -> Observation:
    """A hand before the face."""
    return seen(frame_no, faces=(replace(face(), face_occluded=True),))


def phone(frame_no: int) -> Observation:
    """A phone in view."""
    return seen(frame_no, labels=(Label("Mobile Phone", 88.0),))


def note(frame_no: int) -> Observation:
    """A line of text in view."""
    return seen(frame_no, text=(Line("E = m c2", 97.0),))


def covered(frame_no: int) -> Observation:
    """A finger on the camera."""
    dark = view(mean=5.0, deviation=2.0, highlight=12.0, sharpness=0.01, grey=frame_no * 7 % 200)
    return seen(frame_no, faces=(), pixels=dark)


def dim(frame_no: int) -> Observation:
    """Too little light."""
    return seen(frame_no, pixels=view(mean=30.0, highlight=100.0, grey=frame_no * 7 % 200))


def smeared(frame_no: int) -> Observation:
    """Out of focus."""
    return seen(frame_no, pixels=view(sharpness=0.03, grey=frame_no * 7 % 200))


def still(frame_no: int) -> Observation:
    """The picture of the frame before."""
    return seen(frame_no, pixels=view(grey=77))


def looped(frame_no: int) -> Observation:
    """A recording of five frames, over and over."""
    fingerprint = random.Random(frame_no % 5).randbytes(FINGERPRINT_BYTES)
    return seen(frame_no, pixels=replace(view(), fingerprint=fingerprint))


def head(
    *, yaw: float = 0.0, pitch: float = 0.0, is_picture: bool = False, eyes_open: bool | None = True
) -> Face:
    """A head with its landmarks, or a picture of one that is turned in its place: then the nose stays."""
    across, down = math.cos(math.radians(yaw)), math.cos(math.radians(pitch))
    out = 0.0 if is_picture else 1.0
    points = {
        "eyeLeft": (-0.09 * across, -0.08 * down),
        "eyeRight": (0.09 * across, -0.08 * down),
        "mouthLeft": (-0.06 * across, 0.12 * down),
        "mouthRight": (0.06 * across, 0.12 * down),
        "nose": (
            0.12 * out * math.sin(math.radians(yaw)),
            0.04 * down - 0.12 * out * math.sin(math.radians(pitch)),
        ),
    }
    landmarks = tuple(Landmark(name, 0.5 + x, 0.4 + y) for name, (x, y) in points.items())
    return replace(face(yaw=yaw, pitch=pitch), landmarks=landmarks, eyes_open=eyes_open)


def picture_of_a_head(frame_no: int) -> Observation:
    """A picture that is held up, turned by hand."""
    return seen(frame_no, faces=(head(yaw=55.0 * math.sin(frame_no), is_picture=True),))


def outage(frame_no: int) -> Observation:
    """The provider answered nothing."""
    return seen(frame_no, failed=SIGHTS)


def reused(frame_no: int, *kinds: Kind) -> Observation:
    """One person, of whom these kinds of facts (all, if none is named) were known without asking."""
    each = seen(frame_no)
    return replace(each, looks={**each.looks, **dict.fromkeys(kinds or SIGHTS, Look.REUSED)})


def withheld(frame_no: int, *kinds: Kind) -> Observation:
    """A frame of which the budget withheld these kinds of facts: they are unknown."""
    each = seen(frame_no, failed=kinds)
    return replace(each, looks={**each.looks, **dict.fromkeys(kinds, Look.WITHHELD)})


def watched(
    *observations: Observation, policy: Policy | None = None, onto: Session | None = None
) -> tuple[Session, tuple[Alert, ...]]:
    """The session after frames that came one by one, with each alert as it was last told of."""
    current = onto or session(policy)
    told: dict[str, Alert] = {}
    for each in observations:
        current, changes = reducer.step(current, each)
        told |= {alert.id: alert for alert in changes}
    return current, tuple(alert for alert in told.values() if not alert.withdrawn)


def ended(
    *observations: Observation, policy: Policy | None = None, at_s: float = 1000.0
) -> tuple[Session, tuple[Alert, ...]]:
    """The same, and the session ended."""
    current, told = watched(*observations, policy=policy)
    current, changes = reducer.close(current, STARTED_AT + at_s)
    alerts = {alert.id: alert for alert in (*told, *changes)}
    return current, tuple(alerts[name] for name in sorted(alerts))


def later(seconds: float, each: Observation) -> Observation:
    """The same frame, captured later."""
    return replace(each, at_s=each.at_s + seconds)
