"""The ledger's grants, for many frames at once: slots and shares are those of `chalicelib.aws.ledger`."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from chalicelib.aws.ledger import Slots
from infra.capacity.exam import Floats, Integers
from infra.capacity.wishes import Wishes

_BEGAN_AT_S = 1_800_000_000.0
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Grants:
    """A ledger that remembers its counters; asked for many frames at once, in their order."""

    wishes: Wishes
    slots: Slots
    chance: np.random.Generator
    limited: bool
    rooms: dict[int, Integers] = field(default_factory=dict)
    """Calls of a counter to the table of rooms, which depends on nothing else."""
    used: dict[int, int] = field(default_factory=dict)
    """By counter: frames of two intervals may lie in one slot."""

    def of(self, states: Integers, at_s: Floats) -> tuple[Integers, Integers, Integers]:
        """For each frame the calls that are granted, the counter that is asked, and the writes it takes."""
        wished = self.wishes.count[states]
        if not self.limited:
            return wished, np.full(len(states), -1), np.zeros(len(states), np.int64)
        granted, writes = np.zeros(len(states), np.int64), np.zeros(len(states), np.int64)
        counters = np.full(len(states), -1)
        asking = np.flatnonzero(wished)
        slots = np.floor((_BEGAN_AT_S + at_s[asking]) * self.slots.per_s).astype(np.int64)
        shards = self.chance.integers(self.slots.shards, size=len(asking))
        counters[asking] = slots * self.slots.shards + shards
        order = np.argsort(counters[asking], kind="stable")
        asking, numbers = asking[order], counters[asking][order]
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        for start, end in pairwise([*starts, len(numbers)]):
            chosen, counter = asking[start:end], int(numbers[start])
            rooms = self._rooms(*divmod(counter, self.slots.shards))[states[chosen]]
            granted[chosen], writes[chosen] = counted(rooms, used=self.used.get(counter, 0))
            self.used[counter] = self.used.get(counter, 0) + int(granted[chosen].sum())
        return granted, counters, writes

    def _rooms(self, slot: int, shard: int) -> Integers:
        calls = self.slots.share(slot, shard)
        if calls not in self.rooms:
            self.rooms[calls] = self.wishes.rooms(self.slots, slot, shard)
        return self.rooms[calls]


def counted(rooms: Integers, used: int = 0) -> tuple[Integers, Integers]:
    """For each frame the calls granted, and the writes, one after the other: `Ledger.grant` on one counter.

    `used` of its calls are gone already. The processes know nothing of it, as where many serve few frames
    each: whoever is refused has written once, and once more where fewer of the calls fit.
    """
    granted, writes = np.zeros(len(rooms), np.int64), (rooms[:, 0] >= 0).astype(np.int64)
    most = int(rooms[:, 0].max())
    for start in range(0, len(rooms), _AT_ONCE):
        if used > most:  # all that follow are refused
            break
        for place, (one, two, three) in enumerate(rooms[start : start + _AT_ONCE].tolist(), start):
            calls = (used <= one) + (used <= two) + (used <= three)
            if calls:
                used += calls
                granted[place] = calls
                # What would fit an empty counter is written first.
                writes[place] += calls < (one >= 0) + (two >= 0) + (three >= 0)
    return granted, writes
