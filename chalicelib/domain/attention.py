"""What to ask the provider about a frame: doubts, old answers and a budget, made into calls.

A kind of fact is asked for when the gate doubts that its last answer still holds, or when that answer is old:
`faces_every_s` and so on in the policy. While an answer raises a sign it is asked again sooner, at first
every few seconds, then ever more rarely, so that a book that stands on a shelf all day costs little.

The ladder. A session may make so many calls in each hour. What is left of them, after a reserve for a look
at the face every `faces_every_s` to the end of the hour, decides what may still be asked:

    more than 30 %   everything
    more than 15 %   no text
    more than 0      no text, no labels
    nothing          faces, every `faces_every_s`; who is in view, every `identity_every_s`, and with every
                     frame after a mismatch until it is an alert: the floor, which no budget cuts

When to ask who is in view is told in `chalicelib.domain.verifying`. Such a look comes after one at the face,
before objects and text, and may fill 60 % of the rate; one that follows a mismatch, all of it.

A tenant's hourly budget works alike, and so does the provider's rate: each call has an urgency, and as the
moment fills up only the urgent ones are granted. What is needed and withheld is unknown, never guessed; an
answer that is only old is reused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain import rules
from chalicelib.domain.model import Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.rules import RULES
from chalicelib.domain.seen import (
    SIGHTS,
    BoundingBox,
    Face,
    Findings,
    Kind,
    Label,
    Line,
    Observation,
    View,
    Why,
)
from chalicelib.domain.verifying import Due, sooner_s

HOUR_S = 3600.0
PATIENCE_S = 2.0
"""A frame that follows sooner than this after its predecessor may wait for a second look at something new."""

_LEAST_LEFT = {Kind.FACES: 0.0, Kind.IDENTITY: 0.0, Kind.LABELS: 0.15, Kind.TEXT: 0.30}
"""The ladder: a kind may be asked for while more than this share of the budget is left."""
_SIGNED_EVERY_S = {Kind.FACES: 6.0, Kind.LABELS: 6.0, Kind.TEXT: 30.0}
_MOST_RESERVED = 0.5
"""Share of the budget that is kept for the floor at the most."""
_TURNED_EVERY_S = 2.0
"""A face that looks away is looked at again this soon: a glance, reused, must not become an alert."""
_RECENT_S, _URGENT_S = 4.0, 11.0
"""A face that was looked at this recently waits for others; from the second on it goes before everything."""
_TEXT_MAY, _LABELS_MAY, _FACES_MAY, _GONE_MAY, _IDENTITY_MAY = 0.4, 0.5, 0.38, 0.8, 0.6
"""Shares of the rate that text, labels, recent faces, a look that may clear someone, and who it is may fill.

With these, of 200 candidates whose every frame is in doubt each is looked at within 15 s, at 50 calls/s.
"""
_TRUSTED, _DISTRUSTED, _SLIPS = 2, -2, 1
"""Right audits in a row until looks become rarer; wrong ones until there are none; tiles that may err."""
_ALONE = 4
"""After so many the next look is at the frame alone: a small face may show in no tile."""
_NO_VIEW = View(
    width=0, height=0, mean=128.0, deviation=64.0, highlight=255.0, sharpness=1.0, fingerprint=b""
)


@dataclass(frozen=True, slots=True)
class Change:
    """What the gate says of a frame: which answers it doubts, and what it wants to be told at the next."""

    doubts: Mapping[Kind, Why] = field(default_factory=dict)
    glimpse: bytes = b""
    upheaval: bool = False
    """So much is new that it may be another room, or another person."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that a frame needs. `urgency` is the share of the provider's rate it may fill, 0..1."""

    kind: Kind
    why: Why
    urgency: float


def kinds_wanted(policy: Policy, *, identified: bool = False) -> tuple[Kind, ...]:
    """What the policy wants to know of a frame, the most important first.

    `identified` says that the session was given an identity.
    """
    wanted = {
        Kind.FACES: True,
        Kind.IDENTITY: policy.identity and identified,
        Kind.LABELS: policy.labels,
        Kind.TEXT: policy.text,
    }
    return tuple(kind for kind, on in wanted.items() if on)


def wishes(
    watch: Watch,
    change: Change,
    policy: Policy,
    at_s: float,
    interval_s: float,
    *,
    covered: bool = False,
    opening: Collection[Kind] = (),
    identity: Due | None = None,
    challenged: bool = False,
) -> tuple[Wish, ...]:
    """The calls that a frame needs, the most important first, whatever the budget.

    `interval_s` is the time since the frame before: what would be too old by the next frame is asked now.
    `covered` says that the frames since the last look can still be looked at, in an audit that is trusted.
    `opening` are the kinds whose facts, reused once more, would open an alert; `identity` says whether it is
    to be asked who is in view; `challenged` that the candidate may be showing the movements of a challenge.
    """
    wished: list[Wish] = []
    asks_who = identity is not None and identity.askable
    accused = asks_who and identity is not None and identity.why is Why.OPENING
    for kind in kinds_wanted(policy, identified=asks_who):
        if kind is Kind.IDENTITY:
            why = identity.why if identity else None
        else:
            why = _reason(kind, watch, change, opening, policy)
            if challenged and kind is Kind.FACES:
                why = Why.CHALLENGE
            if why is None and _is_stale(kind, watch, policy, next_s=at_s + interval_s, covered=covered):
                why = Why.STALE
            if accused and kind is Kind.FACES:  # a hand before the face is seen by who looks for faces alone
                why = why if why and why is not Why.STALE else Why.OPENING
        if why:
            urgency = 1.0 if accused else _urgency(kind, why, watch.age_s(kind, at_s))
            # Nothing goes before what is more important.
            wished.append(Wish(kind, why, min([urgency, *(before.urgency for before in wished)])))
    return tuple(wished)


def affordable(wished: Sequence[Wish], watch: Watch, left: float, policy: Policy, at_s: float) -> list[Wish]:
    """Those of them that the ladder allows with this share of the budget left."""
    floor = {Kind.FACES} if watch.age_s(Kind.FACES, at_s) >= policy.faces_every_s else set()
    accused = any(wish.kind is Kind.IDENTITY and wish.why is Why.OPENING for wish in wished)
    if accused or watch.age_s(Kind.IDENTITY, at_s) >= policy.identity_every_s:
        floor.add(Kind.IDENTITY)
    if accused:  # who is accused is heard: a hand before the face is seen by who looks for faces
        floor.add(Kind.FACES)
    return [wish for wish in wished if left > _LEAST_LEFT[wish.kind] or wish.kind in floor]


def share_left(
    watch: Watch, policy: Policy, at_s: float, usd_per_call: float, *, identified: bool = False
) -> float:
    """The share of this hour's calls that is left beyond the floor's reserve; 1 without a limit."""
    limits = [float(policy.calls_per_hour)] if policy.calls_per_hour else []
    limits += [policy.usd_per_hour / usd_per_call] if policy.usd_per_hour and usd_per_call else []
    if not limits:
        return 1.0
    into_hour_s = at_s % HOUR_S
    made = watch.calls if watch.hour >= int(at_s // HOUR_S) else 0
    # A floor that takes it all would leave objects and text unseen from the start.
    looks_per_s = 1 / policy.faces_every_s
    if Kind.IDENTITY in kinds_wanted(policy, identified=identified):
        looks_per_s += 1 / policy.identity_every_s
    reserve = min((HOUR_S - into_hour_s) * looks_per_s, min(limits) * _MOST_RESERVED)
    return (min(limits) - made - reserve) / min(limits)


def counted(watch: Watch, calls: int, at_s: float) -> Watch:
    """The watch after so many more calls."""
    hour = max(watch.hour, int(at_s // HOUR_S))  # a late frame does not turn the clock back
    return replace(watch, hour=hour, calls=calls + (watch.calls if watch.hour == hour else 0))


def answered(
    watch: Watch, kinds: Sequence[Kind], signed_kinds: Sequence[Kind], at_s: float, *, turned: bool = False
) -> Watch:
    """The watch after the provider answered for these kinds; of all kinds, these raise a sign now.

    `turned` says that the face's sign is that it looks away.
    """
    return replace(
        watch,
        turned=turned,
        asked_s={**watch.asked_s, **dict.fromkeys(kinds, at_s)},
        signed_s={kind: watch.signed_s.get(kind, at_s) for kind in signed_kinds},
    )


def signed(facts: Findings, policy: Policy) -> dict[Kind, tuple[BoundingBox, ...]]:
    """The kinds whose facts raise a sign that deducts points, with the boxes of what raises it."""
    seen = Observation(0, 0.0, _NO_VIEW, facts.faces, facts.labels, facts.text, facts.identity)
    kinds = {RULES[name].needs for name in rules.signs(seen, policy) if RULES[name].weight}
    boxes = {
        Kind.FACES: [face.box for face in facts.faces or () if face is not seen.primary],
        Kind.LABELS: [
            box
            for label in facts.labels or ()
            if _signs_alone(policy, labels=(label,))
            for box in label.boxes
        ],
        Kind.TEXT: [line.box for line in facts.text or () if line.box and _signs_alone(policy, text=(line,))],
        Kind.IDENTITY: [],
    }
    return {kind: tuple(places) for kind, places in boxes.items() if kind in kinds}


def is_audited(watch: Watch, wished: Sequence[Wish]) -> bool:
    """Whether the look at the face that is due may as well be an audit."""
    sights = [(wish.kind, wish.why) for wish in wished if wish.kind in SIGHTS]
    due = sights == [(Kind.FACES, Why.STALE)]
    return due and _DISTRUSTED < watch.audits < _ALONE


def is_trusted(watch: Watch) -> bool:
    """Whether audits proved right."""
    return watch.audits >= _TRUSTED


def is_worth_keeping(watch: Watch) -> bool:
    """Whether frames may still be audited."""
    return watch.audits > _DISTRUSTED


def after_a_look_alone(audits: int) -> int:
    """The count of right audits after a look at a frame by itself."""
    return min(audits, _TRUSTED)


def trust(audits: int, *, agreed: bool, reuse_was_wrong: bool, contradicted: int) -> int:
    """The count of right audits in a row after one more; below zero, of wrong ones.

    Right is an audit whose newest tile shows what a look at that frame alone shows. Where the audit was right
    and the reuse was not, looks become frequent again.
    """
    if not agreed:
        return min(0, audits) - 1
    if reuse_was_wrong or contradicted > _SLIPS:
        return 0
    return min(max(0, audits) + 1, _ALONE)


def told(faces: Sequence[Face], policy: Policy) -> tuple[int, bool]:
    """What an audit compares: no, one or more faces, and whether they raise a sign."""
    return min(len(faces), 2), Kind.FACES in signed(Findings(faces=tuple(faces)), policy)


def _reason(
    kind: Kind, watch: Watch, change: Change, opening: Collection[Kind], policy: Policy
) -> Why | None:
    """Why the last answer does not do, however fresh it is."""
    if not policy.gate:
        return Why.ALWAYS
    if kind not in watch.asked_s:
        return Why.FIRST
    if kind in change.doubts:
        return change.doubts[kind]
    return Why.OPENING if kind in opening else None


def _is_stale(kind: Kind, watch: Watch, policy: Policy, *, next_s: float, covered: bool) -> bool:
    """Whether the last answer will be too old by the next frame."""
    every_s = {
        Kind.FACES: max(policy.faces_every_s, policy.audit_every_s) if covered else policy.faces_every_s,
        Kind.LABELS: policy.labels_every_s,
        Kind.TEXT: policy.text_every_s,
    }[kind]
    if kind in watch.signed_s:
        turned = kind is Kind.FACES and watch.turned
        soon_s = _TURNED_EVERY_S if turned else _SIGNED_EVERY_S[kind]
        every_s = sooner_s(every_s, soon_s, next_s - watch.signed_s[kind])
    return watch.age_s(kind, next_s) > every_s


def _urgency(kind: Kind, why: Why, age_s: float) -> float:
    if kind is Kind.TEXT:
        return _TEXT_MAY
    if kind is Kind.LABELS:
        return _LABELS_MAY
    if kind is Kind.IDENTITY:
        return _IDENTITY_MAY
    waited = min(1.0, max(0.0, (age_s - _RECENT_S) / (_URGENT_S - _RECENT_S)))
    # Who is accused, or shows that they are there, is looked at before those who may have done something.
    return max(_GONE_MAY if why in {Why.GONE, Why.CHALLENGE} else 0.0, _FACES_MAY + (1 - _FACES_MAY) * waited)


def _signs_alone(
    policy: Policy, labels: tuple[Label, ...] | None = None, text: tuple[Line, ...] | None = None
) -> bool:
    """Whether these facts raise a sign by themselves."""
    raised = rules.signs(Observation(0, 0.0, _NO_VIEW, labels=labels, text=text), policy)
    return any(RULES[name].needs in (Kind.LABELS, Kind.TEXT) for name in raised)
