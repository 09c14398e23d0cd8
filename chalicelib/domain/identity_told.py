"""What a report says of who sat there: who it was meant to be, what was decided, and what frames showed."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from chalicelib.domain.identity import Decision, GivenAs, GivenBy, Identity, Verified

ENOUGH = 0.5
"""The share of the frames in which it was to be known that must be verified for no word about it."""
NOTE = (
    "Frames that are not verified accuse nobody: a face that was turned, covered, small or in bad light "
    "tells nothing, and nor does a provider that did not answer. A person compares the pictures and decides."
)


@dataclass(frozen=True, slots=True)
class DecisionTold:
    """What became of an identity that was given, or of a live picture that was held against it."""

    timestamp: float
    """Seconds since the session's start."""
    kind: GivenAs
    by: GivenBy
    accepted: bool
    """Whether frames were held against it from then on."""
    verified: bool | None
    """Null where nothing was compared."""
    similarity: float | None
    threshold: float | None
    """Null for who scores an exam: it may be another than that of the other candidates."""
    engine: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdentityTold:
    """Who the candidate was meant to be, and how often it was so. Similarities are 0..100."""

    kind: GivenAs | None
    """Null where nothing that was given was accepted."""
    username: str
    """Empty where a picture stands for the person."""
    reference: str
    """Name of the reference picture; it is kept where an `identity_mismatch` was raised."""
    decisions: tuple[DecisionTold, ...]
    frames: int
    """Frames in which it was to be known."""
    verified: int
    """Of these, frames of which an answer holds that it was the right person."""
    matched: int
    """Looks that showed the right person."""
    mismatched: int | None
    """Looks that showed somebody else; like the next ones null for the candidate's browser."""
    unclear: int | None
    """Looks from which nothing could be told."""
    lowest_similarity: float | None
    mean_similarity: float | None
    note: str = NOTE


def identity_of(
    identity: Identity | None, decisions: Collection[Decision], seen: Verified
) -> IdentityTold | None:
    """What a report says; None where nobody was named, and nobody tried."""
    if identity is None and not decisions:
        return None
    return IdentityTold(
        kind=identity.kind if identity else None,
        username=identity.username if identity else "",
        reference=identity.reference if identity else "",
        decisions=tuple(map(_told, decisions)),
        frames=seen.frames,
        verified=seen.known,
        matched=seen.matched,
        mismatched=seen.mismatched,
        unclear=seen.unclear,
        lowest_similarity=seen.lowest,
        mean_similarity=round(seen.similarity / seen.measured, 2) if seen.measured else None,
    )


def without_thresholds(told: IdentityTold | None) -> IdentityTold | None:
    """The same for who scores an exam: a threshold may be an accommodation."""
    if told is None:
        return None
    return replace(told, decisions=tuple(replace(each, threshold=None) for each in told.decisions))


def is_thin(told: IdentityTold) -> bool:
    """Whether the right person was known in too few frames."""
    return told.verified < ENOUGH * told.frames


def _told(decision: Decision) -> DecisionTold:
    return DecisionTold(
        timestamp=decision.at_s,
        kind=decision.kind,
        by=decision.by,
        accepted=decision.given is not None,
        verified=decision.verified,
        similarity=decision.similarity,
        threshold=decision.threshold,
        engine=decision.engine,
        reasons=decision.reasons,
    )
