"""A challenge: what a candidate is asked to do to show that they are there, and what became of it.

How it is judged is in `chalicelib.domain.movements`, what happens to it in `chalicelib.domain.presence`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from chalicelib.domain.relief import Relief
from chalicelib.domain.seen import Pose

CheckKind = Literal["movements", "rekognition"]
"""By movements that frames show, or by Rekognition Face Liveness."""


class Action(StrEnum):
    """What the candidate is asked to do. Left and right are the candidate's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    BLINK = "blink"
    """Close the eyes for so long that frames show it: a blink of a second's third falls between them."""


INSTRUCTIONS = {
    Action.TURN_LEFT: "Turn your head to your left, and hold it there for a moment.",
    Action.TURN_RIGHT: "Turn your head to your right, and hold it there for a moment.",
    Action.LOOK_UP: "Lift your chin and look up, and hold it there for a moment.",
    Action.BLINK: "Close your eyes, count to three, and open them.",
}
LOOK_STRAIGHT = "Look straight into the camera."
DONE = "Thank you. That was all."


class State(StrEnum):
    """What has become of a challenge."""

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    """Another one was asked for before it ended."""
    NOT_TOLD = "not_told"
    """Frames could not be looked at, or the session ended: it says nothing, and cost no try."""


class Reason(StrEnum):
    """Why a challenge was not passed."""

    DEADLINE = "deadline"
    """Not all was seen in time."""
    WRONG_MOVE = "wrong_move"
    """Another movement was seen than the one that was asked for."""
    OUTAGE = "outage"
    """The provider did not answer for some of its frames, or was not asked for lack of budget."""
    SESSION_ENDED = "session_ended"
    NOT_LIVE = "not_live"
    """Rekognition Face Liveness was not sure enough."""
    PROVIDER = "provider"
    """Rekognition Face Liveness says that it failed or expired."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one frame says of a challenge."""

    seq: int
    at_s: float
    seen: bool = True
    """Whether its faces are known."""
    picture: str = ""
    pose: Pose | None = None
    eyes_open: bool | None = None
    relief: Relief | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The frame that showed a step; the first of all is that of the straight look."""

    frame_number: int
    timestamp: float
    picture: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """One time that a candidate was asked to show that they are there. Times since the session's start."""

    id: str
    kind: CheckKind
    issued_s: float
    expires_s: float
    steps: tuple[Action, ...] = ()
    mirrored: bool = False
    """The client mirrors its frames."""
    state: State = State.OPEN
    reason: Reason | None = None
    samples: tuple[Sample, ...] = ()
    """While it is open."""
    shown: tuple[Shown, ...] = ()
    """What it was judged by."""
    frames: int = 0
    """Frames that it was judged by, and of these, those that could not be looked at."""
    unseen: int = 0
    liveness_session_id: str = ""
    """Rekognition's, of a challenge of that kind."""
    region: str = ""
    """Where that is."""
    confidence: float | None = None
    """Rekognition's, once it is told."""
    usd: float = 0.0
    """List price of the check."""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be judged."""
        return self.state is State.OPEN
