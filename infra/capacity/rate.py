"""The exam, interval by interval: what each frame wishes for, and what of it the ledger grants.

Within an interval frames come in the order of their phases and of their delays, and slots are stretches of
them; frames of two intervals that overtake each other are not told apart. A frame that is refused is in doubt
still and asks again with the next one, as in the service. Answers are taken as given at once, and each quota
is looked at by itself: here nothing but Rekognition's rate refuses anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from chalicelib.aws.ledger import Slots
from infra.capacity.exam import FACES, SETTLING_S, Crowd, Doubts, Exam, Flags, Floats, Integers, crowd
from infra.capacity.wishes import Wishes
from infra.cost.measured import Measured

NO_LIMIT_TPS = 0
_BEGAN_AT_S = 1_800_000_000.0
_NEVER = -1
_AT_ONCE = 256
_TRUSTED = 2
"""Looks after which audits are believed in, and looks become rarer."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The frames that came in one interval, in their order; all columns are of these."""

    who: Integers
    """Places of their candidates in the crowd."""
    at_s: Floats
    """Since the exam began."""
    wished: Integers
    granted: Integers
    """Calls."""
    unmet: Integers
    """The kinds that were in doubt and are not known, as a mask."""
    looked: Integers
    """Whether the face was looked at: 0 or 1."""
    first: Flags
    """A candidate's first frame."""
    counters: Integers
    """The counter that each was to ask, numbered by slot and shard; -1 for frames without wishes."""
    writes: Integers
    """Of the ledger."""


@dataclass(slots=True)
class _State:
    """What is in doubt about each candidate, and when the face was looked at."""

    doubts: Integers
    looked_step: Integers
    looks: Integers


def intervals(exam: Exam, measured: Measured, tps: int) -> Iterator[Interval]:
    """The exam on an account of this rate; 0 for one without a limit."""
    people, profile = crowd(exam), exam.profile
    wishes, doubts = Wishes.of(profile), Doubts.of(profile, measured)
    grants = _Grants(wishes, Slots(tps or 1), people, limited=bool(tps))
    count = exam.candidates
    first = FACES | (2 * profile.labels) | (4 * profile.text)
    state = _State(np.full(count, first), np.full(count, _NEVER), np.zeros(count, np.int64))
    for step in range(exam.steps):
        who = np.flatnonzero(people.first_step <= step)
        if not len(who):
            continue
        late_s = people.chance.normal(0, exam.jitter_s, len(who))
        at_s = np.clip(step / profile.fps + people.phase_s[who] + late_s, 0, exam.seconds)
        order = np.argsort(at_s)
        who, at_s = who[order], at_s[order]
        settled = step - people.first_step[who] >= SETTLING_S * profile.fps
        known = state.looked_step[who] != _NEVER
        drawn = doubts.drawn(people, settled, who)
        state.doubts[who] |= np.where(known, drawn if profile.gate else first, 0)
        age = np.where(known, step - state.looked_step[who], _NEVER)
        audited = (state.looks[who] >= _TRUSTED) & profile.together
        states = wishes.state(state.doubts[who], audited.astype(np.int64), age)
        granted, counters, writes = grants.of(states, at_s)
        met = wishes.bits[states, granted]
        state.doubts[who] &= ~met
        looked = met & FACES
        state.looked_step[who] = np.where(looked, step, state.looked_step[who])
        state.looks[who] += looked
        yield Interval(
            who=who,
            at_s=at_s,
            wished=wishes.count[states],
            granted=granted,
            unmet=state.doubts[who],
            looked=looked,
            first=people.first_step[who] == step,
            counters=counters,
            writes=writes,
        )


@dataclass(frozen=True, slots=True)
class _Grants:
    """The ledger, for frames in their order."""

    wishes: Wishes
    slots: Slots
    people: Crowd
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
        shards = self.people.chance.integers(self.slots.shards, size=len(asking))
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
