"""What an exam does to DynamoDB: units a second, on each partition that the hash of the real keys leads to.

AWS does not publish its hash: any good one spreads keys alike. A partition takes 1,000 write units and 3,000
read units a second; that a table lends unused units of the last minutes to a partition is not promised, and
left out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chalicelib.aws import items
from infra.capacity.exam import Exam, Floats, Integers
from infra.capacity.rate import Interval

PARTITION_WRU, PARTITION_RRU = 1000, 3000
NEW_PARTITIONS = 4
"""Of a new on-demand table: 4,000 write units, 12,000 read units."""
MOST_REFUSED = 0.001
"""What partitions that are enough may refuse: it is asked for once more by botocore, unseen by the client."""
_TENANT = "hiring"


def hashed(pk: str) -> int:
    """Where a key lies, evenly spread."""
    return int.from_bytes(hashlib.blake2b(pk.encode(), digest_size=4).digest())


@dataclass(slots=True)
class Spread:
    """Units by second and partition, for several numbers of partitions at once."""

    seconds: int
    partitions: Sequence[int]
    units: dict[int, Floats] = field(init=False)

    def __post_init__(self) -> None:
        self.units = {count: np.zeros((self.seconds, count)) for count in self.partitions}

    def add(self, second: Integers, key: Integers, units: Floats) -> None:
        """More units, each of a second and of a hashed key."""
        for count in self.partitions:
            place = second * count + key % count
            more = np.bincount(place, units, self.seconds * count)
            self.units[count] += more.reshape(self.seconds, count)

    @property
    def busiest(self) -> float:
        """The table's units in its busiest second."""
        return float(self.units[self.partitions[0]].sum(axis=1).max())

    def hottest(self, partitions: int) -> float:
        """The most that one partition gets in a second."""
        return float(self.units[partitions].max())

    def refused(self, partitions: int, most: float) -> float:
        """The share that partitions refuse which take no more than this in a second."""
        units = self.units[partitions]
        return float(np.maximum(units - most, 0).sum() / max(1.0, units.sum()))

    def enough(self, most: float) -> int | None:
        """The fewest of these partitions that refuse next to nothing; None if none are enough."""
        return next((count for count in self.partitions if self.refused(count, most) <= MOST_REFUSED), None)


@dataclass(frozen=True, slots=True)
class Units:
    """What a frame uses of the table of sessions: one without calls, one with."""

    quiet: float
    asking: float


@dataclass(slots=True)
class Sessions:
    """The table of sessions, and its index by start, whose key is the tenant."""

    exam: Exam
    write: Units
    read: Units
    writes: Spread = field(init=False)
    reads: Spread = field(init=False)
    starts: Integers = field(init=False)
    asking: Integers = field(init=False)
    """Frames with calls by second: writes to the counter of the tenant's hour, where there is one."""
    _keys: Integers = field(init=False)

    def __post_init__(self) -> None:
        seconds, count = int(self.exam.seconds) + 1, self.exam.candidates
        frames_per_s = count * self.exam.profile.fps
        self.writes = Spread(seconds, _sizes(frames_per_s * self.write.quiet / PARTITION_WRU))
        self.reads = Spread(seconds, _sizes(frames_per_s * self.read.quiet / PARTITION_RRU))
        self.starts, self.asking = np.zeros(seconds, np.int64), np.zeros(seconds, np.int64)
        self._keys = np.array([hashed(items.pk(_TENANT, f"{number:032x}")) for number in range(count)])

    def see(self, interval: Interval) -> None:
        """One more interval."""
        second, keys, asked = interval.at_s.astype(np.int64), self._keys[interval.who], interval.granted > 0
        self.writes.add(second, keys, np.where(asked, self.write.asking, self.write.quiet))
        self.reads.add(second, keys, np.where(asked, self.read.asking, self.read.quiet))
        self.asking += np.bincount(second[asked], minlength=len(self.asking))
        self.starts += np.bincount(second[interval.first], minlength=len(self.starts))


@dataclass(slots=True)
class Counters:
    """The ledger's table: each slot's counters, or as it would be with one counter for each slot."""

    exam: Exam
    per_s: int
    shards: int
    writes: Spread = field(init=False)
    hottest: float = 0.0
    """Writes a second into one counter while its slot lasts."""
    hottest_alone: float = 0.0
    """The same if each slot had one counter."""

    def __post_init__(self) -> None:
        frames_per_s = self.exam.candidates * self.exam.profile.fps
        self.writes = Spread(int(self.exam.seconds) + 1, _sizes(frames_per_s / PARTITION_WRU / 10))

    def see(self, interval: Interval) -> None:
        """One more interval."""
        asked = interval.counters >= 0
        counters, place = np.unique(interval.counters[asked], return_inverse=True)
        if not len(counters):
            return
        writes = np.bincount(place, interval.writes[asked]).astype(np.float64)
        _, whole = np.unique(counters // self.shards, return_inverse=True)
        self.hottest = max(self.hottest, float(writes.max()) * self.per_s)
        self.hottest_alone = max(self.hottest_alone, float(np.bincount(whole, writes).max()) * self.per_s)
        second = np.zeros(len(counters), np.int64)
        np.maximum.at(second, place, interval.at_s[asked].astype(np.int64))
        self.writes.add(second, np.array([hashed(self._pk(int(each))) for each in counters]), writes)

    def _pk(self, counter: int) -> str:
        slot, shard = divmod(counter, self.shards)
        return f"slot#{slot}" if self.shards == 1 else f"slot#{slot}#{shard}"


def _sizes(partitions: float) -> list[int]:
    """A new table's, and some larger ones around what this demand needs."""
    larger = {int(np.ceil(partitions * stretch)) for stretch in (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)}
    return [NEW_PARTITIONS, *sorted(size for size in larger if size > NEW_PARTITIONS)]
