"""Two hundred candidates on an account that allows fifty calls a second."""

import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Findings, Kind
from chalicelib.flows.analyze_frame import FrameIn
from tests.fakes import FakeLedger, FakeVision
from tests.observations import STARTED_AT
from tests.unit.flows.world import World

CANDIDATES, SECONDS, TPS = 200, 45, 50
APART_S = 15.0


@dataclass
class TimedVision(FakeVision):
    """Takes down when it is called, and for whom a face was looked at."""

    world: World | None = None
    at: list[float] = field(default_factory=list)
    looks: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:
        """What each picture shows; the number of each is the candidate's."""
        assert self.world is not None
        now = self.world.clock.at
        self.at += [now] * len(kinds)
        if Kind.FACES in kinds:
            self.looks[int(pictures[0].split()[1])].append(now)
        return super().look(pictures, kinds, policy)


@pytest.mark.parametrize("seed", [1, 7])
def test_the_rate_is_never_exceeded_and_nobody_waits_for_long(seed: int) -> None:
    chance = random.Random(seed)
    vision = TimedVision()
    world = World(vision=vision, ledger=FakeLedger(tps=TPS))  # the gate doubts every frame
    vision.world = world
    for candidate in range(CANDIDATES):
        world.start(session_id=f"s-{candidate}")
    flow = world.analyzer()
    offsets = [chance.random() for _ in range(CANDIDATES)]
    moments = sorted(
        (second + offsets[candidate] + chance.uniform(-0.05, 0.05), candidate, second + 1)
        for second in range(SECONDS)
        for candidate in range(CANDIDATES)
    )
    for at_s, candidate, seq in moments:
        world.clock.at = STARTED_AT + max(0.0, at_s)
        flow.one("acme", f"s-{candidate}", FrameIn(f"person {candidate}".encode(), seq))

    busiest = max(
        sum(0 <= later - each < 1 for later in vision.at[n : n + TPS + 2]) for n, each in enumerate(vision.at)
    )
    gaps = [
        later - earlier
        for times in vision.looks.values()
        for earlier, later in pairwise([STARTED_AT, *times, STARTED_AT + SECONDS])
    ]
    assert busiest <= TPS
    assert len(vision.looks) == CANDIDATES
    assert max(gaps) <= APART_S
