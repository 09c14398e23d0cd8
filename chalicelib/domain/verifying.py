"""When to ask who is in view: in sessions that were given an identity, and as rarely as honesty allows.

An answer holds for as long as the same person stays in view, which is for the gate to say. It is in doubt
from the moment the face is lost, has turned or looks like another, so much of the picture is new that it may
be another room, or the number of faces changed: from then on until an answer comes nothing is known. And it
grows old: `identity_every_s` after the last one the person is asked for again.

In doubt, the person is asked for as soon as a face is in view that can be told by what is known of the
faces: not of an empty chair, a turned head, a covered face. After a look from which nothing could be told
the next one waits for 1, 2, 4, 8 … seconds, up to `identity_every_s`; for 2 at the most once the face was
lost, and not at all once a face that could not be told can be. Where the gate does not yet know that
somebody left, one call is in vain, and no more.

A mismatch that is not an alert yet is looked into with every frame, before all else: whoever is accused is
heard, and whoever was swapped is found. Once the alert is open, the answer is asked again every few seconds,
ever more rarely, as other answers that raise a sign are, and at once where it is in doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.identity import may_tell
from chalicelib.domain.model import Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Kind, Resemblance, Verdict, View, Why

SIGNED_EVERY_S = 6.0
"""While the alert is open, the person is asked for again this soon at first."""
_SIGNED_SLOWDOWN = 4.0
"""An answer that raises a sign is asked again when this share (1/4) of the sign's age has passed."""
_DOUBTFUL = frozenset({Why.FACE_LOST, Why.FACE_TURNED, Why.GONE})
"""What the gate says of a face after which it may be another's."""
_PASSING = frozenset({Why.ALWAYS, Why.OPENING})
"""Reasons of one frame, which the next one finds out for itself."""
_IN_VAIN_LOST = 2
"""Looks in vain that count once the face was lost."""
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Due:
    """Who is in view is not known, or no longer for sure."""

    why: Why
    askable: bool
    """Whether asking now may tell."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a frame, as far as it tells of the person."""

    due: Due | None = None
    answer: Resemblance | None = None
    """What the provider's answer in this frame comes to; None if it gave none."""
    lost: bool = False
    """The gate lost the face."""
    faces_before: int = 0
    faces: int | None = None
    """How many were found; None where they were not asked for."""
    tells_again: bool = False
    """Somebody can be told by the faces that were found, and could not by those before."""


def due(
    watch: Watch,
    policy: Policy,
    at_s: float,
    interval_s: float,
    *,
    faces: Sequence[Face] | None,
    view: View,
    doubt: Why | None = None,
    upheaval: bool = False,
    alerted: bool = False,
) -> Due | None:
    """Whether the person is to be asked for; None while the last answer holds.

    `faces` are those last known, None where nothing is; `doubt` and `upheaval` are what the gate says of the
    face and of the picture; `alerted` says that an `identity_mismatch` is open.
    """
    why = _why(watch, policy, doubt, at_s + interval_s, upheaval=upheaval, alerted=alerted)
    if why is None:
        return None
    waits = why is not Why.ALWAYS and watch.age_s(Kind.IDENTITY, at_s + interval_s) <= _pause_s(
        watch, policy, doubt
    )
    return Due(why, askable=not waits and may_tell(faces, view, policy))


def accuses(watch: Watch, *, alerted: bool) -> bool:
    """Whether the last answer was a mismatch that is no alert yet."""
    return Kind.IDENTITY in watch.signed_s and not alerted


def sooner_s(every_s: float, soon_s: float, signed_for_s: float) -> float:
    """How often to ask again what raises a sign for so long: at first soon, then ever more rarely."""
    return min(every_s, max(soon_s, signed_for_s / _SIGNED_SLOWDOWN))


def verified(watch: Watch, frame: Looked, at_s: float) -> Watch:
    """The watch after a frame."""
    answer, doubt, vain = frame.answer, watch.doubt, watch.vain
    if frame.due and frame.due.why not in _PASSING:
        doubt = frame.due.why
    if frame.lost:
        vain = min(vain, _IN_VAIN_LOST)
    told = answer is not None and answer.verdict is not Verdict.UNCLEAR
    if told:
        doubt, vain = None, 0
    elif answer:
        vain += 1
    if frame.tells_again:
        vain = 0
    if frame.faces is not None and frame.faces != frame.faces_before and not told:
        doubt = doubt or (Why.NEW if frame.faces else Why.GONE)
    asked_s = {**watch.asked_s, Kind.IDENTITY: at_s} if answer else watch.asked_s
    return replace(
        watch, asked_s=asked_s, doubt=doubt, vain=vain, resemblance=answer if told else watch.resemblance
    )


def _why(
    watch: Watch, policy: Policy, doubt: Why | None, next_s: float, *, upheaval: bool, alerted: bool
) -> Why | None:
    if not policy.gate:
        return Why.ALWAYS
    reasons = (
        (Why.FIRST, watch.resemblance is None),
        (Why.OPENING, accuses(watch, alerted=alerted)),
        (doubt, doubt in _DOUBTFUL),
        (Why.NEW, upheaval),
        (watch.doubt, watch.doubt is not None),
        (Why.STALE, watch.age_s(Kind.IDENTITY, next_s) > _every_s(watch, policy, next_s)),
    )
    return next((why for why, holds in reasons if holds), None)


def _every_s(watch: Watch, policy: Policy, next_s: float) -> float:
    if Kind.IDENTITY not in watch.signed_s:
        return policy.identity_every_s
    signed_for_s = next_s - watch.signed_s[Kind.IDENTITY]
    return sooner_s(policy.identity_every_s, SIGNED_EVERY_S, signed_for_s)


def _pause_s(watch: Watch, policy: Policy, doubt: Why | None) -> float:
    vain = min(watch.vain, _IN_VAIN_LOST) if doubt is Why.FACE_LOST else watch.vain
    return min(policy.identity_every_s, 2.0 ** (min(vain, _MOST_DOUBLINGS) - 1)) if vain else 0.0
