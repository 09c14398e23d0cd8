"""What each state of a candidate makes the service wish for, and what of a slot each call may use.

Tables, filled by the service's own code: `domain.attention` says what is asked for and how urgently,
`aws.ledger.Slots` how much of a slot may be used before each call. So the simulation cannot differ from them.
"""

from dataclasses import dataclass

import numpy as np

from chalicelib.aws.ledger import Slots
from chalicelib.domain import attention
from chalicelib.domain.attention import Change
from chalicelib.domain.model import Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Kind, Why
from infra.capacity.exam import FACES, LABELS, MASKS, TEXT, Integers
from infra.cost.profile import Profile

OLDEST_S = 40.0
"""Of a look at the face: one that is older is wished for as urgently."""
_BIT = {Kind.FACES: FACES, Kind.LABELS: LABELS, Kind.TEXT: TEXT}
_NOW_S = 1000.0
_REFUSED = -1


@dataclass(frozen=True, slots=True)
class Wishes:
    """State to wishes. A state: a mask of doubts, the age of the face in frames, whether it is audited."""

    ages: int
    urgencies: tuple[tuple[float, ...], ...]
    count: Integers
    bits: Integers
    """[state, n]: the kinds of the first n wishes, as a mask."""

    @classmethod
    def of(cls, profile: Profile) -> "Wishes":
        """For the policy of this profile."""
        policy = Policy(labels=profile.labels, text=profile.text, gate=profile.gate)
        ages = int(OLDEST_S * profile.fps) + 2  # the last one: it was never looked at
        wished = [
            _wished(mask, age / profile.fps if age < ages - 1 else None, policy, profile.fps, audited=audited)
            for mask in range(MASKS)
            for audited in (False, True)
            for age in range(ages)
        ]
        bits = np.zeros((len(wished), 4), np.int64)
        for state, wishes in enumerate(wished):
            for place, wish in enumerate(wishes, 1):
                bits[state, place:] |= _BIT[wish.kind]
        urgencies = tuple(tuple(wish.urgency for wish in wishes) for wishes in wished)
        return cls(ages, urgencies, np.array([len(each) for each in urgencies]), bits)

    def state(self, mask: Integers, audited: Integers, age: Integers) -> Integers:
        """The number of each candidate's state; an age of -1 says that the face was never looked at."""
        clipped = np.where(age < 0, self.ages - 1, np.minimum(age, self.ages - 2))
        state: Integers = (mask * 2 + audited) * self.ages + clipped
        return state

    def rooms(self, slots: Slots, slot: int, shard: int = 0) -> Integers:
        """[state, n]: how much of the slot may be used before its wish n + 1 and those before it are met."""
        known: dict[tuple[float, ...], list[int]] = {}
        table = np.full((len(self.urgencies), 3), _REFUSED, np.int64)
        for state, urgencies in enumerate(self.urgencies):
            if urgencies not in known:
                known[urgencies] = slots.rooms(slot, urgencies, shard)
            table[state, : len(urgencies)] = known[urgencies]
        return table


def _wished(
    mask: int, age_s: float | None, policy: Policy, fps: float, *, audited: bool
) -> tuple[attention.Wish, ...]:
    asked_s = dict.fromkeys(SIGHTS, _NOW_S)
    if age_s is None:  # nothing was ever asked that is in doubt now
        asked_s = {kind: at_s for kind, at_s in asked_s.items() if not mask & _BIT[kind]}
    else:
        asked_s[Kind.FACES] -= age_s
    doubts = {kind: Why.NEW for kind, bit in _BIT.items() if mask & bit}
    return attention.wishes(
        Watch(asked_s), Change(doubts), policy, _NOW_S, interval_s=1 / fps, covered=audited
    )
