"""The exam, interval by interval: what each frame wishes for, and what of it the ledger grants.

Within an interval frames come in the order of their phases and of their delays, and slots are stretches of
them; frames of two intervals that overtake each other are not told apart. A frame that is refused is in doubt
still and asks again with the next one, as in the service. Answers are taken as given at once, and each quota
is looked at by itself: here nothing but Rekognition's rate refuses anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from chalicelib.aws.ledger import Slots
from infra.capacity.exam import (
    FACES,
    LABELS,
    SETTLING_S,
    TEXT,
    Crowd,
    Doubts,
    Exam,
    Flags,
    Floats,
    Integers,
    crowd,
)
from infra.capacity.grants import Grants
from infra.capacity.wishes import Wishes
from infra.cost.measured import Measured

NO_LIMIT_TPS = 0
_NEVER = -1
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


def intervals(exam: Exam, measured: Measured, tps: int) -> Iterator[Interval]:
    """The exam on an account of this rate; 0 for one without a limit."""
    people, wishes = crowd(exam), Wishes.of(exam.profile)
    doubts, known = Doubts.of(exam.profile, measured), _Known(exam)
    grants = Grants(wishes, Slots(tps or 1), people.chance, limited=bool(tps))
    for step in range(exam.steps):
        who, at_s = _arrived(exam, people, step)
        if not len(who):
            continue
        first = people.first_step[who] == step
        settled = step - people.first_step[who] >= SETTLING_S * exam.profile.fps
        known.doubt(who, doubts.drawn(people, settled, who))
        states = known.states(who, step, wishes)
        granted, counters, writes = grants.of(states, at_s)
        looked = known.answer(who, step, wishes.bits[states, granted])
        wished, unmet = wishes.count[states], known.doubts[who]
        yield Interval(who, at_s, wished, granted, unmet, looked, first, counters, writes)


def _arrived(exam: Exam, people: Crowd, step: int) -> tuple[Integers, Floats]:
    """Whose frames come in this interval, and when, in their order."""
    who = np.flatnonzero(people.first_step <= step)
    late_s = people.chance.normal(0, exam.jitter_s, len(who))
    at_s = np.clip(step / exam.profile.fps + people.phase_s[who] + late_s, 0, exam.seconds)
    order = np.argsort(at_s)
    return who[order], at_s[order]


@dataclass(slots=True)
class _Known:
    """What is in doubt about each candidate, and when the face was looked at."""

    exam: Exam
    doubts: Integers = field(init=False)
    _looked_step: Integers = field(init=False)
    _looks: Integers = field(init=False)

    def __post_init__(self) -> None:
        count = self.exam.candidates
        self.doubts, self._looked_step = np.full(count, self._all), np.full(count, _NEVER)
        self._looks = np.zeros(count, np.int64)

    @property
    def _all(self) -> int:
        """What the policy wants to know, as a mask."""
        return FACES | (LABELS * self.exam.profile.labels) | (TEXT * self.exam.profile.text)

    def doubt(self, who: Integers, drawn: Integers) -> None:
        """More is in doubt of these candidates; of whom nothing is known yet, all is."""
        more = drawn if self.exam.profile.gate else np.full(len(who), self._all)
        self.doubts[who] |= np.where(self._looked_step[who] == _NEVER, 0, more)

    def states(self, who: Integers, step: int, wishes: Wishes) -> Integers:
        """Their states, as `Wishes` numbers them."""
        looked_step = self._looked_step[who]
        age = np.where(looked_step == _NEVER, _NEVER, step - looked_step)
        audited = (self._looks[who] >= _TRUSTED) & self.exam.profile.together
        return wishes.state(self.doubts[who], audited.astype(np.int64), age)

    def answer(self, who: Integers, step: int, met: Integers) -> Integers:
        """These kinds are known now; of whom the face was looked at, 0 or 1."""
        self.doubts[who] &= ~met
        looked: Integers = met & FACES
        self._looked_step[who] = np.where(looked, step, self._looked_step[who])
        self._looks[who] += looked
        return looked
