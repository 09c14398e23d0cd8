"""A challenge by movements: which they are, and whether frames show them.

Judged by a fold over what was seen in each frame, in the order of their `seq`: a straight look, then one
movement after the other, measured from it. A movement that was not asked for fails the challenge, else a
recording of all of them would pass any. Those that were done already may be shown again, on the way back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.domain.challenges import Action, Challenge, Reason, Sample, Shown, State
from chalicelib.domain.policy import Policy
from chalicelib.domain.relief import moved_across, moved_up, relief_of
from chalicelib.domain.seen import UNSEEN, Face, Kind, Look, Observation, Pose

Choose = Callable[[Sequence[int]], int]
"""Chooses one of these numbers at random."""

_MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What the samples of a challenge come to so far."""

    state: State
    reason: Reason | None
    shown: tuple[Shown, ...]

    @property
    def step(self) -> int:
        """How many steps were seen; -1 before the straight look."""
        return len(self.shown) - 1


def steps_at_random(choose: Choose) -> tuple[Action, ...]:
    """Two or three different movements, at least one of them a turn to a side."""
    left = list(Action)
    steps = [left.pop(choose((0, 1)))]
    steps += [left.pop(choose(range(len(left)))) for _ in range(choose((1, _MOST_STEPS - 1)))]
    # The turn may be any of them.
    steps.insert(choose(range(len(steps))), steps.pop(0))
    return tuple(steps)


def sample_of(seen: Observation) -> Sample | None:
    """What a frame says of a challenge; None where an earlier answer was reused for it."""
    look, face = seen.looks.get(Kind.FACES), seen.primary
    if look in UNSEEN:
        return Sample(seen.seq, seen.at_s, seen=False)
    if look is not Look.ASKED:
        return None
    if face is None:
        return Sample(seen.seq, seen.at_s, picture=seen.picture)
    return Sample(
        seen.seq,
        seen.at_s,
        picture=seen.picture,
        pose=_pose(face),
        eyes_open=face.eyes_open,
        relief=relief_of(face, seen.view.width, seen.view.height),
    )


def judged(challenge: Challenge, policy: Policy) -> Judged:
    """What its frames show so far, be it that all have come or not."""
    if not challenge.is_open:
        return Judged(challenge.state, challenge.reason, challenge.shown)
    shown: list[Sample] = []
    closed_s: float | None = None
    for sample in challenge.samples:
        closed_s = _closed_since(sample, closed_s)
        if not shown:
            shown += [sample] if _is_straight(sample, policy) else []
            continue
        *done, asked = challenge.steps[: len(shown)]
        showing = _turns(shown[0], sample, policy, mirrored=challenge.mirrored)
        if closed_s is not None and sample.at_s - closed_s >= policy.challenge_closed_s:
            showing |= {Action.BLINK}
        if asked in showing:
            shown.append(sample)
            closed_s = None
        elif showing - {Action.BLINK, *done}:
            return Judged(State.FAILED, Reason.WRONG_MOVE, _cited(shown))
        if len(shown) > len(challenge.steps):
            return Judged(State.PASSED, None, _cited(shown))
    return Judged(State.OPEN, None, _cited(shown))


def _pose(face: Face) -> Pose | None:
    pose = face.pose
    return pose and Pose(round(pose.yaw, 1), round(pose.pitch, 1), round(pose.roll, 1))


def _is_straight(sample: Sample, policy: Policy) -> bool:
    """Whether somebody looks at the camera. Laptops stand low: up and down it may be further off."""
    pose = sample.pose
    return (
        pose is not None
        and sample.relief is not None
        and sample.eyes_open is not False
        and abs(pose.yaw) <= policy.challenge_straight_deg
        and abs(pose.pitch) <= 2 * policy.challenge_straight_deg
    )


def _turns(straight: Sample, sample: Sample, policy: Policy, *, mirrored: bool) -> set[Action]:
    """The movements of the head that a frame shows, measured from the straight look."""
    if not (straight.pose and straight.relief and sample.pose and sample.relief):
        return set()
    turn, least = (straight.pose, sample.pose), policy.challenge_relief_from
    # To the picture's right is to the candidate's left, unless the client mirrors.
    to_left = (sample.pose.yaw - straight.pose.yaw) * (-1 if mirrored else 1)
    if abs(to_left) >= policy.challenge_turn_deg:
        if moved_across(straight.relief, sample.relief, turn) < least:
            return set()
        return {Action.TURN_LEFT if to_left > 0 else Action.TURN_RIGHT}
    up = sample.pose.pitch - straight.pose.pitch
    if up >= policy.challenge_up_deg and moved_up(straight.relief, sample.relief, turn) >= least:
        return {Action.LOOK_UP}
    return set()


def _closed_since(sample: Sample, closed_s: float | None) -> float | None:
    """Since when the eyes are closed; None while they are open, or nothing is known of them."""
    if not sample.seen:
        return closed_s
    if sample.eyes_open is not False:
        return None
    return sample.at_s if closed_s is None else closed_s


def _cited(samples: Sequence[Sample]) -> tuple[Shown, ...]:
    return tuple(Shown(each.seq, each.at_s, each.picture) for each in samples)
