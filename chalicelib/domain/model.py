"""The nouns: what an alert says, what a session has become. What was seen in a frame is in `seen`.

All are frozen values. Confidences are 0..100, times seconds since the session's start, unless a name says
otherwise.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from chalicelib.domain.challenges import Challenge
from chalicelib.domain.identity import Decision, Identity, Trying, Verified
from chalicelib.domain.policy import Policy
from chalicelib.domain.relief import Relief
from chalicelib.domain.seen import Findings, Kind, Look, Metrics, Observation, Resemblance, Why

_BYTES_AS_TEXT = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

Item = TypeVar("Item")


class Severity(StrEnum):
    """How much an alert asks for a person's eyes."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Status(StrEnum):
    """The states of a session."""

    ACTIVE = "active"
    ENDED = "ended"


class EndedBy(StrEnum):
    """Who ended a session."""

    CALLER = "caller"
    SERVICE = "service"
    """Nobody else did, and it took no more frames."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule's condition holds in a frame: how surely, and what a person should know about it."""

    confidence: float
    details: Mapping[str, Any] = field(default_factory=dict)
    gathers: str = ""
    """Name of a list in the details that grows with each look of the episode."""
    against: float | None = None
    """What it speaks against, where that may change: signs against two things are no one episode."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the reducer needs of an observation: small enough to keep a few of them in the session."""

    __pydantic_config__ = _BYTES_AS_TEXT

    seq: int
    at_s: float
    looks: Mapping[Kind, Look]
    signs: Mapping[str, Sign]
    fingerprint: bytes
    picture: str = ""
    numbered: bool = False
    audited: int = 0
    contradicted: int = 0
    repeated: int = 0
    metrics: Metrics | None = None
    emotions: Mapping[str, float] = field(default_factory=dict)
    identity: Resemblance | None = None
    relief: Relief | None = None
    """Of the largest face, where it was asked for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frame that an alert points at."""

    frame_number: int
    timestamp: float
    picture: str
    """Name of the stored picture."""
    url: str | None = None
    """A link to the picture that expires; made for the caller who may see it, never stored."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An episode: it opens once, extends while its condition holds, and closes with its duration.

    Its field names are those of the contract. `timestamp` is the first frame in which the condition held,
    `opened_at` the frame that was one too many; both, like `ended_at` and `duration`, in seconds.
    """

    id: str
    type: str
    severity: Severity
    message: str
    timestamp: float
    opened_at: float
    frames: int
    confidence: float
    evidence: tuple[Evidence, ...]
    details: Mapping[str, Any] = field(default_factory=dict)
    ended_at: float | None = None
    duration: float = 0.0
    withdrawn: bool = False
    """A late frame showed that the condition had not held for long enough: the alert is void."""


@dataclass(frozen=True, slots=True)
class Streak:
    """A condition that holds, or paused so briefly that it may go on. An alert once it is long enough."""

    first_seq: int
    first_s: float
    held_s: float
    """When it held last."""
    frames: int
    sign: Sign
    """The surest one so far."""
    clear_s: float | None = None
    """When it was first seen not to hold since."""
    opened_s: float | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Closed episodes of one alert type."""

    episodes: int = 0
    seconds: float = 0.0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Gaps:
    """Times without any frame."""

    count: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """One step of the emotion timeline."""

    start_s: float
    frames: int
    emotions: Mapping[str, float]
    """Sums of the confidences."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything that the frames so far add up to. Its size does not grow with their number."""

    __pydantic_config__ = _BYTES_AS_TEXT

    frames: int = 0
    """Frames received."""
    numbered: int = 0
    """Frames that their client counted."""
    highest_number: int = 0
    """What it had counted to; what is not numbered up to there never arrived."""
    unanalysed: int = 0
    """Frames whose faces are not known: the provider did not answer, or was not asked for lack of budget."""
    partial: int = 0
    """Frames of which something else is not known, for the same reasons."""
    reused: int = 0
    """Frames whose faces were known without asking."""
    audited: int = 0
    """Of these, frames that were looked at later, several in one call."""
    contradicted: int = 0
    """Of these, frames that showed something else than was reused."""
    repeated: int = 0
    """Calls for faces that followed an audit that did not agree."""
    looks: Mapping[str, int] = field(default_factory=dict)
    """`kind.look` to the number of frames."""
    verified: Verified = field(default_factory=Verified)
    expressive: int = 0
    """Frames with a face whose emotions are known."""
    sums: Mapping[str, float] = field(default_factory=dict)
    """Metric to the sum over frames."""
    measured: Mapping[str, int] = field(default_factory=dict)
    """Metric to the frames it is known of."""
    emotions: Mapping[str, float] = field(default_factory=dict)
    """Emotion to the sum of its confidences."""
    dominant: Mapping[str, int] = field(default_factory=dict)
    """Emotion to the frames it dominated."""
    span_s: float = 10.0
    """Length of a step of the timeline; doubled when there would be too many."""
    timeline: tuple[Span, ...] = ()
    gaps: Gaps = field(default_factory=Gaps)
    streaks: Mapping[str, Streak] = field(default_factory=dict)
    closed: Mapping[str, Tally] = field(default_factory=dict)
    first_seq: int = 0
    last_seq: int = 0
    last_s: float = 0.0
    fingerprint: bytes = b""
    trail: bytes = b""
    """Marks of the last frames, see `chalicelib.domain.repetition`."""
    lag: int = 0
    """Frames after which they may repeat themselves; 0 if they do not."""
    reliefs: tuple[Relief, ...] = ()
    """Of the last looks at a face."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What asking sparingly must know from frame to frame: small, stored with the session."""

    __pydantic_config__ = _BYTES_AS_TEXT

    asked_s: Mapping[Kind, float] = field(default_factory=dict)
    """When the provider answered last, by kind."""
    signed_s: Mapping[Kind, float] = field(default_factory=dict)
    """Since when that answer raises a sign."""
    turned: bool = False
    """Whether the face looked away then."""
    glimpse: bytes = b""
    """What the gate noticed in the last frame and is not sure of."""
    glimpsed_s: float = 0.0
    """When that was."""
    hour: int = 0
    """The hour of the session that `calls` is about."""
    calls: int = 0
    """Calls made in it."""
    audits: int = 0
    """Audits in a row that were right; below zero, that were wrong."""
    resemblance: Resemblance | None = None
    """What the last answer said of who is in view, match or mismatch."""
    doubt: Why | None = None
    """Why that no longer holds."""
    vain: int = 0
    """Looks since then from which nothing could be told."""
    memory: int = 0
    """Which memory of the gate belongs to this session: the version it was stored with; 0 for none."""

    def age_s(self, kind: Kind, at_s: float) -> float:
        """How old an answer is then; infinite where there is none, or where the clock was put back since."""
        age_s = at_s - self.asked_s.get(kind, math.inf)
        return age_s if age_s >= 0 else math.inf


@dataclass(frozen=True, slots=True)
class Memory:
    """What the provider said last, and what the picture looked like. Stored only when it was asked."""

    facts: Findings
    pixels: bytes
    """The gate's own."""


@dataclass(frozen=True, slots=True)
class AttemptOf:
    """What a session of an exam is an attempt at, and whose."""

    exam_id: str
    candidate_id: str
    accommodated: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the policy that differ for this candidate, with the values that hold for the others."""


@dataclass(frozen=True, slots=True)
class Session:
    """One proctored interview or exam.

    `settled` is what the frames up to `settled.last_seq` add up to; `window` holds the frames after a hole
    in the sequence that a late frame may still fill (see `chalicelib.domain.reducer`).
    """

    tenant_id: str
    session_id: str
    started_at: float
    """Seconds since 1970, UTC."""
    policy: Policy = field(default_factory=Policy)
    job: Mapping[str, Any] = field(default_factory=dict)
    candidate: Mapping[str, Any] = field(default_factory=dict)
    consent: Mapping[str, Any] = field(default_factory=dict)
    attempt: AttemptOf | None = None
    """None where no exam of ours is taken."""
    identity: Identity | None = None
    """Who the candidate is meant to be; None where nobody said so."""
    decisions: tuple[Decision, ...] = ()
    """What became of identities that were given, the newest last."""
    trying: tuple[Trying, ...] = ()
    """Requests about the identity that are being decided."""
    calls_apart: Mapping[str, int] = field(default_factory=dict)
    """Operation to the calls that were made to decide on these."""
    status: Status = Status.ACTIVE
    ended_at: float | None = None
    ended_by: EndedBy | None = None
    settled: Progress = field(default_factory=Progress)
    window: tuple[Moment, ...] = ()
    replay_needed: bool = False
    """A frame came too late for the window: its alerts are found by replaying all frames at the end."""
    clock_offset_s: float | None = None
    """How far the client's clock is ahead of ours; None until a frame tells."""
    watch: Watch = field(default_factory=Watch)
    challenges: tuple[Challenge, ...] = ()
    """See `chalicelib.domain.presence`."""
    beginning: Mapping[str, float] = field(default_factory=dict)
    """Challenges that the provider is asked to begin, by id: until when each holds its try."""
    version: int = 0
    """Counts the writes, for optimistic locking."""

    def at_s(self, now: float) -> float:
        """How long after its start a time since 1970 is, to the millisecond; 0 if it is before."""
        return round(max(0.0, now - self.started_at), 3)


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """A frame as it is stored: what was seen, and the alerts that opened with it."""

    observation: Observation
    opened: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list."""

    session_id: str
    is_active: bool
    start_time: str
    frames_analyzed: int
    alert_count: int


@dataclass(frozen=True, slots=True)
class Dependency:
    """What became of a question to a service that this one stands on."""

    ok: bool
    ms: int
    error: str | None = None
    """The class of what was raised."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list, with where to go on."""

    items: tuple[Item, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A page of a tenant's sessions, with the number of all of them."""

    items: tuple[SessionRow, ...]
    total: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """An Idempotency-Key, with a fingerprint of the request that came with it."""

    key: str
    fingerprint: str
