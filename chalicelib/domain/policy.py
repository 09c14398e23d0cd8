"""What is watched, and from which value on it matters: one set of switches and numbers for every rule.

The defaults are those of the contract. A tenant, an exam or one candidate's accommodation may override any
of them; the report records the values that were used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, get_args

Overrides = Mapping[str, Any]
"""Some of a policy's fields, each with the value that it shall have."""

KeepFrames = Literal["all", "evidence", "none"]
Liveness = Literal["movements", "rekognition"]
KeepImagesDays = Literal[1, 7, 30, 90]
KEEP_IMAGES_DAYS: tuple[KeepImagesDays, ...] = get_args(KeepImagesDays)
"""The bucket deletes annotated pictures after one of these times."""

FORBIDDEN_OBJECTS = (
    "Mobile Phone",
    "Cell Phone",
    "Phone",
    "Book",
    "Paper",
    "Document",
    "Tablet Computer",
    "Laptop",
    "Monitor",
    "Screen",
    "TV",
)

_MOST_NAMES, _LONGEST, _MOST_COUNTED = 100, 80, 1_000_000
_MOST_TRIES = 10
_RANGES = {
    "_every_s": (1, 86_400),
    "_deg": (0, 180),
    "_s": (0, 86_400),
    "_confidence": (0, 100),
    "_below": (0, 255),
    "_similarity": (0, 100),
    "_px": (0, 10_000),
    "_from": (0, 100),
    "_to": (0, 100),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Switches and thresholds of one session. Angles in degrees, confidences 0..100, times in seconds.

    Raises ValueError for a number that no frame could meet.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read once

    emotions: bool = True
    """Ask for emotions. Off: they are not requested, not scored, and no alert derives from them."""
    labels: bool = True
    """Ask for objects."""
    text: bool = True
    """Ask for text."""
    keep_frames: KeepFrames = "evidence"
    """Pictures kept: `all`; `evidence`: those an alert cites; `none`: only the one each alert opened with."""
    keep_images_days: KeepImagesDays = 30
    """The tenant's: days for which jobs of POST /api/image and their annotated pictures are kept."""
    gate: bool = True
    """Ask the provider only where something may have changed. Off: about every frame."""
    faces_every_s: float = 15.0
    """Faces are asked for at least this often, whatever the budget."""
    audit_every_s: float = 27.0
    """Where audits of nine frames in one call proved right, faces are asked for this often, in an audit."""
    labels_every_s: float = 600.0
    """Objects are asked for at least this often, as far as the budget allows."""
    text_every_s: float = 1200.0
    """Text is asked for at least this often, as far as the budget allows."""
    calls_per_hour: int = 0
    """Calls to the provider that a session may make in each of its hours; 0 for no limit."""
    usd_per_hour: float = 2.0
    """The same in money, at the configured price of a call; 0 for no limit."""
    alerts_off: tuple[str, ...] = ()
    """Alert types that are not raised."""
    after_frames: dict[str, int] = field(default_factory=dict)
    """Alert type to consecutive frames before it opens, where that differs from the rule's own number."""
    episode_gap_s: float = 3.0
    """A condition that pauses for no longer than this is one episode, not two."""
    gap_after_s: float = 30.0
    """Time without any frame that counts as a gap in coverage; no episode extends over one."""

    yaw_deg: float = 30.0
    """looking_away: turned left or right by more than this."""
    pitch_deg: float = 25.0
    """looking_away: turned up or down by more than this."""
    gaze_counts: bool = True
    """looking_away and eye_contact: the direction of the eyes counts as that of the head does."""
    gaze_confidence: float = 80.0
    """The direction of the eyes counts from this confidence on."""
    engagement_below: float = 40.0
    """low_engagement: the metric is below this."""
    object_confidence: float = 70.0
    """suspicious_object: the label's confidence is above this."""
    forbidden_objects: tuple[str, ...] = FORBIDDEN_OBJECTS
    """suspicious_object: whole labels of Rekognition's taxonomy, met by name, alias or parent."""
    text_confidence: float = 80.0
    """text_detected: the line's confidence is above this."""
    text_longer_than: int = 5
    """text_detected: the line has more characters than this."""

    blocked_mean_below: float = 18.0
    """camera_blocked: mean grey level, 0..255."""
    blocked_deviation_below: float = 10.0
    """camera_blocked: standard deviation of the grey levels."""
    blocked_highlight_below: float = 45.0
    """camera_blocked: 98th percentile of the grey levels."""
    dark_mean_below: float = 45.0
    """low_light: mean grey level, together with the next."""
    dark_highlight_below: float = 140.0
    """low_light: 98th percentile of the grey levels."""
    sharpness_below: float = 0.075
    """blurred: sharpness of the strongest edges (see `chalicelib.vision.checks`)."""
    frozen_change_below: float = 0.08
    """frozen_feed: mean grey difference of two frames on 16 x 12 cells."""
    looped_change_below: float = 0.5
    """looped_feed: difference from earlier frames, where frames in a row differ from each other by 1."""
    flat_turned_from: float = 0.12
    """flat_face: how much the triangle of eyes and mouth varied over eight looks."""
    flat_relief_below: float = 0.4
    """flat_face: how much the nose moved within it, for each 1 of that."""

    liveness: Liveness = "movements"
    """What a challenge is that names no kind. `rekognition`: Face Liveness, at the price of 15 calls."""
    liveness_confidence: float = 80.0
    """Face Liveness: passed from this confidence on."""
    challenge_s: float = 30.0
    """Time for the movements of a challenge."""
    challenge_tries: int = 3
    """Challenges that may be asked for until one is passed."""
    challenge_straight_deg: float = 15.0
    """A look is straight up to so far to a side, and up to twice as far up or down."""
    challenge_turn_deg: float = 25.0
    """turn_left and turn_right: turned further than the straight look by this."""
    challenge_up_deg: float = 15.0
    """look_up: the same upwards."""
    challenge_relief_from: float = 0.2
    """Movement of the nose within the face with a turn, below which it is a picture that is turned."""
    challenge_closed_s: float = 0.8
    """blink: the eyes are closed in frames at least so far apart, and in all between them."""

    identity: bool = True
    """Ask who is in view, in sessions that were given an identity."""
    identity_every_s: float = 60.0
    """Who is in view is asked at least this often, as far as a face is in view that can be told."""
    match_similarity: float = 80.0
    """A face at least this similar, 0..100, is the same person."""
    mismatch_similarity: float = 50.0
    """identity_mismatch: below this similarity it is another person; between the two it cannot be told."""
    document_similarity: float = 70.0
    """An identity document shows the person who is before the camera from this similarity on."""
    keep_document: bool = False
    """Keep the identity document's picture with the session's evidence."""
    identity_face_px: int = 48
    """The shorter side of a face that can be told, in pixels of the frame."""
    identity_yaw_deg: float = 40.0
    """A face that is turned left or right by more than this cannot be told."""
    identity_pitch_deg: float = 35.0
    """A face that is turned up or down by more than this cannot be told."""
    identity_brightness_from: float = 25.0
    """A face that is darker than this, on the provider's scale of 0..100, cannot be told."""
    identity_sharpness_from: float = 10.0
    """A face that is less sharp than this, on the provider's scale of 0..100, cannot be told."""
    enrol_face_px: int = 50
    """Enrolment: the face is at least so many pixels wide and high in the picture that was sent."""
    enrol_yaw_deg: float = 35.0
    """Enrolment: turned left or right by no more than this."""
    enrol_pitch_deg: float = 30.0
    """Enrolment: turned up or down by no more than this."""
    enrol_sharpness_from: float = 20.0
    """Enrolment: the face's sharpness as the provider has it, 0..100."""
    enrol_brightness_from: float = 15.0
    """Enrolment: the face's brightness as the provider has it, 0..100: darker is too dark."""
    enrol_brightness_to: float = 92.0
    """Enrolment: brighter is too bright."""

    def __post_init__(self) -> None:
        for name, low, high in _ranged():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be from {low} to {high}")
        if len(self.forbidden_objects) > _MOST_NAMES or any(
            len(name) > _LONGEST for name in self.forbidden_objects
        ):
            raise ValueError(f"forbidden_objects may hold {_MOST_NAMES} labels of {_LONGEST} characters")
        if not (0 <= self.calls_per_hour <= _MOST_COUNTED and 0 <= self.usd_per_hour <= _MOST_COUNTED):
            raise ValueError(f"calls_per_hour and usd_per_hour must be from 0 to {_MOST_COUNTED}")
        if self.keep_images_days not in KEEP_IMAGES_DAYS:
            raise ValueError(f"keep_images_days must be one of {KEEP_IMAGES_DAYS}")
        if len(self.alerts_off) > _MOST_NAMES:
            raise ValueError(f"alerts_off may hold {_MOST_NAMES} alert types")
        if any(not 1 <= frames <= _MOST_COUNTED for frames in self.after_frames.values()):
            raise ValueError(f"after_frames must count from 1 to {_MOST_COUNTED} frames")
        if not 0 <= self.challenge_tries <= _MOST_TRIES:
            raise ValueError(f"challenge_tries must be from 0 to {_MOST_TRIES}")
        if not 0 <= self.text_longer_than <= _MOST_COUNTED:
            raise ValueError(f"text_longer_than must be from 0 to {_MOST_COUNTED}")


@cache
def _ranged() -> tuple[tuple[str, int, int], ...]:
    """Fields with the range that their ending tells: every stored session has a policy to check."""
    return tuple(
        (name, low, high)
        for name in Policy.__slots__
        for ending, (low, high) in _RANGES.items()
        if name.endswith(ending)
    )


def layered(*layers: Overrides) -> Policy:
    """The defaults under these layers, the later over the earlier. Raises ValueError."""
    chosen: dict[str, Any] = {}
    for layer in layers:
        # JSON has no tuples.
        chosen |= {name: tuple(each) if isinstance(each, list) else each for name, each in layer.items()}
    return Policy(**chosen)
