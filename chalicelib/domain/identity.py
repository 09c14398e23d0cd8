"""Whose face it is meant to be, and what a look says of it.

A session may be given an identity: a reference picture, the username of somebody whose face is enrolled, or
an identity document together with a live picture of the person, which then is the reference. From then on
looks at frames are held against it. A similarity from `match_similarity` on is a match, below
`mismatch_similarity` a mismatch; all else is unclear, and so is a mismatch of a face that cannot be told:
too small, turned, dark, blurred or covered, or one of several where only the largest was searched for.
Nobody is accused of what a poor picture cannot show. A match counts however poor the picture is: that makes
people less alike, not more.

Measured on 29 pictures and clips of 14 people with the offline engine, each face against a reference of every
other clip: of faces that can be told, 314 pairs of one person are 69 to 100 alike, all but two above 84, also
when blurred (sigma 3 at 640 pixels) or made four times smaller; of 8,754 pairs of two people 1.3 % are above
50 (siblings, and one clip that the engine takes for another) and 0.05 % above 80. Faces of 80 pixels made
four times smaller fall to 3, faces in the dark (a gain of 0.3) stay above 77, with two people above 80 as
often as in the light: 0.03 %.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.faces import Compared
from chalicelib.domain.legibility import is_below, is_blurred, is_dark, is_turned, side_px
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Resemblance, Verdict, View

MOST_TRIES = 10
"""Times that a candidate may try to prove who it is."""
MOST_DECISIONS = 20
"""Decisions that a session remembers: all of the candidate's, and the newest others."""
_LATE_S = 60.0
"""Frames are late by no more than this when an identity is given."""
_PORTRAIT = 0.6
"""A smaller share of the side of a document's largest face is no portrait of its own."""


class GivenAs(StrEnum):
    """What an identity was given as."""

    PICTURE = "picture"
    """A picture of the person."""
    USERNAME = "username"
    """Who is enrolled under this name."""
    DOCUMENT = "document"
    """An identity document with a live picture that proved to show the same person."""


class GivenBy(StrEnum):
    """Who gave it."""

    PLATFORM = "platform"
    CANDIDATE = "candidate"
    """The candidate's browser, which may only prove, never say, who it is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the person before the camera is meant to be."""

    kind: GivenAs
    given_s: float
    """Seconds since the session's start."""
    reference: str = ""
    """Name of the reference picture among the session's pictures; empty for a username."""
    username: str = ""
    from_seq: int = 0
    """Number of the frame that was to come next when it was given."""

    def excuses(self, seq: int | None, now_s: float) -> bool:
        """Whether a frame of this number, which came then, was overtaken before the identity was given.

        A minute later whatever comes is held against it: nobody escapes by numbering frames backwards.
        """
        return seq is not None and seq < self.from_seq and now_s - self.given_s <= _LATE_S


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an identity that was given, or of a live picture that was held against it."""

    at_s: float
    """Seconds since the session's start."""
    kind: GivenAs
    by: GivenBy
    verified: bool | None
    """None where nothing was compared, or it cannot be told."""
    similarity: float | None
    """None where nothing was compared, or all that is known is that it is less than the threshold."""
    threshold: float
    engine: str
    """Who compared, with its version."""
    reasons: tuple[str, ...] = ()
    """Why it is not verified: words of the list in docs/identity.md."""
    request: str = ""
    """A fingerprint of what was sent: the same again is decided once."""
    against: Identity | None = None
    """The identity that a live picture alone was held against."""
    given: Identity | None = None
    """The identity that the session was given by it, if it was."""
    document: str = ""
    """Name of the document's picture, where the policy keeps it."""


@dataclass(frozen=True, slots=True)
class Trying:
    """A request that is being decided. It takes its try before anybody is asked."""

    request: str
    """As `Decision.request`."""
    by: GivenBy
    until_s: float
    """From then on it is taken for dead; seconds since the session's start."""


@dataclass(frozen=True, slots=True)
class Resembled:
    """What the provider says of a frame against the session's identity, before anybody judges it."""

    similarity: float | None
    """Of the face that is the most alike; None where all that is known is that it is less than asked for."""
    engine: str
    found: bool = True
    """Whether there is a face at all."""
    faces: tuple[Face, ...] = ()
    """The faces that were compared, where the provider tells of them."""
    largest_only: bool = False
    """Only the largest face was looked for."""
    reason: str = ""
    """Why nothing can be told, where that is known without a look."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the looks at who is in view add up to."""

    frames: int = 0
    """Frames in which it was to be known."""
    known: int = 0
    """Of these, frames of which an answer holds that it is the right person."""
    matched: int = 0
    """Looks of which the person is the right one."""
    mismatched: int = 0
    unclear: int = 0
    measured: int = 0
    """Looks whose similarity is known."""
    similarity: float = 0.0
    """Sum of these."""
    lowest: float | None = None


def judged(
    resembled: Resembled, faces: Sequence[Face] | None, view: View, policy: Policy, goal: Identity
) -> Resemblance:
    """The verdict of a look that was held against `goal`.

    `faces` are those that are known to be in the frame, with what covers them. None: they should be known and
    are not, and then nothing speaks against anybody.
    """
    similarity = resembled.similarity
    if similarity is not None and similarity >= policy.match_similarity:
        verdict, threshold, reason = Verdict.MATCH, policy.match_similarity, ""
    else:
        threshold = policy.mismatch_similarity
        reason = _cannot_tell(resembled, faces, view, policy)
        verdict = Verdict.UNCLEAR if reason else Verdict.MISMATCH
    engine, reference, given_s = resembled.engine, goal.reference, goal.given_s
    return Resemblance(verdict, similarity, threshold, engine, reference, reason, given_s)


def may_tell(faces: Sequence[Face] | None, view: View, policy: Policy) -> bool:
    """Whether asking may tell who is in view, by the faces as they are known; None: nothing is known."""
    return faces is None or any(unusable(face, view, policy) is None for face in faces)


def unusable(face: Face, view: View, policy: Policy) -> str | None:
    """Why nobody can be told by this face, in a word; None if one can."""
    reasons = {
        "small": side_px(face, view) < policy.identity_face_px,
        "covered": face.face_occluded is True,
        "turned": is_turned(face, yaw_deg=policy.identity_yaw_deg, pitch_deg=policy.identity_pitch_deg),
        "dark": is_below(face.brightness, policy.identity_brightness_from) or is_dark(view, policy),
        "blurred": is_blurred(face, view, policy, sharpness_from=policy.identity_sharpness_from),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def on_document(compared: Compared, view: View, policy: Policy) -> Resembled:
    """How like a live face is to that of a document, whose picture this view is of.

    A document may show its face once more, small and pale. But two portraits, of which one is of somebody
    else, are more than one document, or none.
    """
    if not compared.similarities:
        return Resembled(None, compared.engine, found=False, reason="no_face_in_document")
    sides = [side_px(face, view) for face in compared.faces] or [1.0] * len(compared.similarities)
    portraits = [
        similarity
        for similarity, side in zip(compared.similarities, sides, strict=True)
        if side >= _PORTRAIT * max(sides)
    ]
    several = len(portraits) > 1 and min(portraits) < policy.mismatch_similarity
    reason = "several_faces_in_document" if several else ""
    return Resembled(max(portraits), compared.engine, reason=reason)


def tries_left(decisions: Iterable[Decision], trying: Iterable[Trying], at_s: float) -> int:
    """How often a candidate may try still, with those that are under way then."""
    tried = [each.by for each in decisions] + [each.by for each in trying if each.until_s > at_s]
    return max(0, MOST_TRIES - tried.count(GivenBy.CANDIDATE))


def with_decision(decisions: Iterable[Decision], decision: Decision) -> tuple[Decision, ...]:
    """The decisions with one more, without the platform's oldest where there are too many."""
    kept = [*decisions, decision]
    for each in kept[:]:
        if len(kept) > MOST_DECISIONS and each.by is not GivenBy.CANDIDATE:
            kept.remove(each)
    return tuple(kept)


def _cannot_tell(resembled: Resembled, faces: Sequence[Face] | None, view: View, policy: Policy) -> str:
    if resembled.reason or not resembled.found:
        return resembled.reason or "no_face"
    compared = resembled.faces or faces
    if faces is None or not compared:
        return "faces_unknown"
    if resembled.largest_only and len(compared) > 1:
        return "several_faces"
    # What covers a face, only the one who looked for faces says.
    for face in (*compared, *(each for each in faces if each.face_occluded)):
        if reason := unusable(face, view, policy):
            return reason
    similarity = resembled.similarity
    between = similarity is not None and similarity >= policy.mismatch_similarity
    return "between_thresholds" if between else ""
