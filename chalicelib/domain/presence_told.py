"""What a report says of a candidate's presence: which challenges there were, and what became of them."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from chalicelib.domain.challenges import Action, Challenge, CheckKind, Reason, State
from chalicelib.domain.model import Evidence

NOTE = (
    "A challenge that was passed says that somebody was there and did what was asked. One that was not "
    "accuses nobody and deducts nothing: light, a camera that stands aside or a misread instruction do so."
)


@dataclass(frozen=True, slots=True)
class ChallengeTold:
    """A challenge with its result."""

    id: str
    kind: CheckKind
    timestamp: float
    """When it was asked for, in seconds since the session's start."""
    steps: tuple[Action, ...]
    status: State
    reason: Reason | None
    evidence: tuple[Evidence, ...]
    """The straight look, then a frame for each step that was seen, as far as pictures are kept."""
    frames: int
    """Frames that it was judged by."""
    unseen: int
    """Of these, frames that could not be looked at."""
    confidence: float | None
    """Of Rekognition Face Liveness; the policy's `liveness_confidence` is what it was held to."""


@dataclass(frozen=True, slots=True)
class Presence:
    """All challenges of a session, in their order."""

    challenges: tuple[ChallengeTold, ...]
    passed: int
    failed: int
    not_told: int
    """Also those in whose place another one was asked for."""
    usd: float
    """What Rekognition Face Liveness cost at the configured price, beyond the spend on frames."""
    note: str = NOTE


def presence_of(challenges: Collection[Challenge]) -> Presence | None:
    """What a report says; None where nobody was asked."""
    if not challenges:
        return None
    states = [each.state for each in challenges]
    passed, failed = states.count(State.PASSED), states.count(State.FAILED)
    return Presence(
        challenges=tuple(map(_told, challenges)),
        passed=passed,
        failed=failed,
        not_told=len(states) - passed - failed,
        usd=round(sum(each.usd for each in challenges), 6),
    )


def with_kept(presence: Presence | None, kept: Collection[str]) -> Presence | None:
    """The same, pointing at no picture but these."""
    if presence is None:
        return None
    told = (
        replace(each, evidence=tuple(cited for cited in each.evidence if cited.picture in kept))
        for each in presence.challenges
    )
    return replace(presence, challenges=tuple(told))


def _told(challenge: Challenge) -> ChallengeTold:
    return ChallengeTold(
        id=challenge.id,
        kind=challenge.kind,
        timestamp=challenge.issued_s,
        steps=challenge.steps,
        status=challenge.state,
        reason=challenge.reason,
        evidence=tuple(Evidence(each.frame_number, each.timestamp, each.picture) for each in challenge.shown),
        frames=challenge.frames,
        unseen=challenge.unseen,
        confidence=challenge.confidence,
    )
