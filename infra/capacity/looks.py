"""What candidates have of an exam on an account with some rate: looks at faces, and what is withheld."""

from dataclasses import dataclass, field

import numpy as np

from infra.capacity.exam import FACES, LABELS, TEXT, Exam, Floats, Integers, spread
from infra.capacity.rate import Interval

FACES_WITHIN_S, OBJECTS_WITHIN_S, MOST_UNANALYSED = 15.0, 5.0, 0.01
"""What the rate to ask for shall give: every face is looked at this often, the objects of 99 of 100
candidates within so long after a doubt, and no more frames than this share are unanalysed."""


@dataclass(slots=True)
class Looks:
    """How long faces went unseen and objects waited, and how much was withheld."""

    exam: Exam
    frames: int = 0
    wished: int = 0
    granted: int = 0
    unanalysed: int = 0
    partial: int = 0
    per_second: Integers = field(init=False)
    """Calls granted."""
    _seen_at: Floats = field(init=False)
    _longest: Floats = field(init=False)
    _objects_since: Floats = field(init=False)
    _objects_longest: Floats = field(init=False)

    def __post_init__(self) -> None:
        count = self.exam.candidates
        self._seen_at, self._objects_since = np.full(count, np.nan), np.full(count, np.nan)
        self.per_second = np.zeros(int(self.exam.seconds) + 1, np.int64)
        self._longest, self._objects_longest = np.zeros(count), np.zeros(count)

    def see(self, interval: Interval) -> None:
        """One more interval."""
        who, at_s, unmet = interval.who, interval.at_s, interval.unmet
        self.frames += len(who)
        self.wished += int(interval.wished.sum())
        self.granted += int(interval.granted.sum())
        seconds = interval.at_s.astype(np.int64)
        self.per_second += np.bincount(seconds, interval.granted, len(self.per_second)).astype(np.int64)
        unseen = (unmet & FACES) > 0
        self.unanalysed += int(unseen.sum())
        self.partial += int((~unseen & ((unmet & (LABELS | TEXT)) > 0)).sum())
        self._seen_at[who] = np.where(np.isnan(self._seen_at[who]), at_s, self._seen_at[who])  # joined
        self._longest[who] = np.maximum(self._longest[who], at_s - self._seen_at[who])
        self._seen_at[who] = np.where(interval.looked > 0, at_s, self._seen_at[who])
        waiting = (unmet & LABELS) > 0
        since = np.where(np.isnan(self._objects_since[who]), at_s, self._objects_since[who])
        waited = np.where(waiting, at_s + 1 / self.exam.profile.fps - since, 0.0)
        self._objects_longest[who] = np.maximum(self._objects_longest[who], waited)
        self._objects_since[who] = np.where(waiting, since, np.nan)

    @property
    def unseen_s(self) -> dict[str, float]:
        """Longest time without a look at the face, over the candidates."""
        return spread(self._longest)

    @property
    def objects_wait_s(self) -> dict[str, float]:
        """Longest time that objects were in doubt and not looked at."""
        return spread(self._objects_longest)

    @property
    def is_good(self) -> bool:
        """Whether the rate is enough."""
        return (
            self.unseen_s["max"] <= FACES_WITHIN_S + 1 / self.exam.profile.fps
            and self.objects_wait_s["p99"] <= OBJECTS_WITHIN_S
            and self.unanalysed <= MOST_UNANALYSED * self.frames
        )
