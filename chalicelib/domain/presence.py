"""Whether a living person is there: what happens to the challenges of a session.

The server chooses a few movements at random, and the candidate does them, in that order, before the camera. A
recording made earlier does not know them, and a picture that is held up and turned shows none of them: the
nose of a face in it does not move within the face (see `chalicelib.domain.relief`).

A challenge keeps what was seen in each frame captured while it was open, and is judged by these in the order
of their `seq`. So frames that come late, twice or in any order change no result. It is judged for good a
little later than it ends, when what is late had time to arrive.

Nobody is accused: a challenge that is not passed raises no alert and deducts nothing. It is not failed,
either, where some of its frames could not be looked at: then it is not told, and the try is free.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.challenges import Challenge, Reason, State
from chalicelib.domain.movements import judged, sample_of
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Observation

MOST_CHALLENGES = 20
"""Of a session, whatever became of them."""
LATE_S = 3.0
"""Frames that were captured in time and come within this time after the end still count."""
MOST_SAMPLES = 100
"""Of a challenge; of more frames the later ones do not count."""

Challenges = tuple[Challenge, ...]
"""All of a session, in the order in which they were asked for."""


def tries_left(challenges: Challenges, policy: Policy, *, beginning: int = 0) -> int:
    """How many more may be asked for until one is passed, which gives all tries back.

    `beginning` are those that are about to be begun.
    """
    used = 0
    for each in challenges:
        used = 0 if each.state is State.PASSED else used + (each.state is not State.NOT_TOLD)
    return max(0, min(policy.challenge_tries - used, MOST_CHALLENGES - len(challenges)) - beginning)


def wants_faces(challenges: Challenges, policy: Policy, at_s: float, *, late: bool) -> bool:
    """Whether the face must be looked at in a frame captured then. `late`: there are later ones already."""
    if not _takes(challenges, at_s):
        return False
    # Once it is decided only what comes before that could decide otherwise.
    return late or judged(challenges[-1], policy).state is State.OPEN


def sampled(challenges: Challenges, seen: Observation, policy: Policy, *, now_s: float) -> Challenges:
    """The challenges after a frame that came at `now_s`."""
    challenges = as_of(challenges, policy, now_s=now_s)
    sample = sample_of(seen) if _takes(challenges, seen.at_s) else None
    if sample is None or any(known.seq == seen.seq for known in challenges[-1].samples):
        return challenges
    samples = sorted((*challenges[-1].samples, sample), key=lambda known: known.seq)
    return (*challenges[:-1], replace(challenges[-1], samples=tuple(samples[:MOST_SAMPLES])))


def as_of(challenges: Challenges, policy: Policy, *, now_s: float) -> Challenges:
    """The challenges at this time: one that ended is judged for good."""
    if not challenges or challenges[-1].kind != "movements" or now_s <= challenges[-1].expires_s + LATE_S:
        return challenges
    return (*challenges[:-1], _settled(challenges[-1], policy))


def being_begun(beginning: Mapping[str, float], now_s: float) -> Mapping[str, float]:
    """Those of the challenges that are being begun still; what took so long is dead, and its try is free."""
    return {name: until_s for name, until_s in beginning.items() if until_s > now_s}


def with_another(challenges: Challenges, another: Challenge, policy: Policy) -> Challenges:
    """The challenges with one more. One that is open is superseded, or it is by those asked for later."""
    place = sum(each.issued_s <= another.issued_s for each in challenges)
    if place < len(challenges):
        return (*challenges[:place], replace(another, state=State.SUPERSEDED), *challenges[place:])
    return (*_concluded(challenges, policy, another.issued_s, State.SUPERSEDED, None), another)


def ended(challenges: Challenges, policy: Policy, *, now_s: float) -> Challenges:
    """The challenges of a session that ended at this time."""
    return _concluded(challenges, policy, now_s, State.NOT_TOLD, Reason.SESSION_ENDED)


def cites(challenges: Challenges, policy: Policy, seq: int) -> bool:
    """Whether the last challenge is judged by this frame."""
    return (
        any(each.frame_number == seq for each in judged(challenges[-1], policy).shown)
        if challenges
        else False
    )


def cited(challenges: Collection[Challenge]) -> set[str]:
    """The names of the pictures that challenges were judged by."""
    return {each.picture for challenge in challenges for each in challenge.shown}


def _takes(challenges: Sequence[Challenge], at_s: float) -> bool:
    """Whether a frame captured then says something of the last challenge."""
    if not challenges:
        return False
    last = challenges[-1]
    return last.kind == "movements" and last.is_open and last.issued_s <= at_s <= last.expires_s


def _settled(challenge: Challenge, policy: Policy) -> Challenge:
    """The challenge, judged for good by the frames that came."""
    if not challenge.is_open:
        return challenge
    now = judged(challenge, policy)
    unseen = sum(not sample.seen for sample in challenge.samples)
    state, reason = now.state, now.reason
    if state is State.OPEN:
        state, reason = State.FAILED, Reason.DEADLINE
    if state is State.FAILED and unseen:
        state, reason = State.NOT_TOLD, Reason.OUTAGE
    return replace(
        challenge,
        state=state,
        reason=reason,
        shown=now.shown,
        samples=(),
        frames=len(challenge.samples),
        unseen=unseen,
    )


def _concluded(
    challenges: Challenges, policy: Policy, now_s: float, state: State, reason: Reason | None
) -> Challenges:
    """With the last one judged for good now; it is `state` where nothing has decided it."""
    if not challenges or not challenges[-1].is_open:
        return challenges
    last = challenges[-1]
    settled = _settled(last, policy)
    if last.kind != "movements" or (settled.reason is Reason.DEADLINE and now_s <= last.expires_s):
        settled = replace(settled, state=state, reason=reason)
    return (*challenges[:-1], settled)
