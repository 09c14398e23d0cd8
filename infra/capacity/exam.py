"""An exam: so many candidates who start within a minute or two, each sending frames in a phase of its own."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infra.cost.measured import Measured
from infra.cost.profile import GROUPS, BadProfile, Profile

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_EARLY, _LATE = 2.0, 4.0
"""Beta distribution of the moments of joining: most come in the first half, few at the very end."""
SETTLING_S = 60.0


@dataclass(frozen=True, slots=True)
class Exam:
    """What is simulated. Raises BadProfile."""

    candidates: int
    profile: Profile = field(default_factory=Profile)
    joining_s: float = 120.0
    """Within which everybody starts."""
    seconds: float = 240.0
    seed: int = 20
    jitter_s: float = 0.1
    """Standard deviation of a frame's moment: timers and networks; assumed."""

    def __post_init__(self) -> None:
        if self.candidates < 1:
            raise BadProfile(f"candidates must be 1 at least, not {self.candidates}")
        if not 0 < self.joining_s <= self.seconds:
            raise BadProfile("candidates must join within the time that is simulated")

    @property
    def steps(self) -> int:
        """Frames of a candidate who is there from the first moment."""
        return int(self.seconds * self.profile.fps)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The candidates."""

    phase_s: Floats
    """When in each interval between frames theirs comes."""
    first_step: Integers
    """The number of the interval with their first frame."""
    group: Integers
    """Their activity: a place in GROUPS."""
    chance: np.random.Generator


def crowd(exam: Exam) -> Crowd:
    """The same ones for the same seed."""
    chance = np.random.default_rng([exam.seed, exam.candidates])
    fps = exam.profile.fps
    joined_s = chance.beta(_EARLY, _LATE, exam.candidates) * exam.joining_s
    phase_s = chance.random(exam.candidates) / fps
    shares = np.array([exam.profile.shares[name] for name in GROUPS])
    group = chance.choice(len(GROUPS), exam.candidates, p=shares / shares.sum())
    return Crowd(phase_s, np.floor(joined_s * fps).astype(np.int64), group, chance)


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a frame is asked for otherwise than by the clock, drawn as often as it was measured."""

    reach: Floats
    """[settling or settled, activity, mask of kinds]: sums of the shares of this mask and those before it."""

    @classmethod
    def of(cls, profile: Profile, measured: Measured) -> "Doubts":
        """As measured for this profile, at its frames a second."""
        way = "together" if profile.together else "spread"
        shares = np.zeros((2, len(GROUPS), MASKS))
        for place, name in enumerate(GROUPS):
            if name not in measured.groups:
                continue
            group = measured.groups[name]
            # Twice the frames a second are not twice the doubts.
            stretch = profile.fps ** (group.elasticity - 1)
            for when, at in (("settling", 0), ("settled", 1)):
                for kinds, share in group.ways[way].doubted.get(when, {}).items():
                    shares[at, place, mask_of(kinds, profile)] += share * stretch
        shares[:, :, 0] = 0.0
        return cls(np.cumsum(shares, axis=2))

    def drawn(self, crowd_: Crowd, settled: Flags, who: Integers) -> Integers:
        """For each of these candidates the mask of the kinds that are in doubt now; 0 for none."""
        luck, when, group = crowd_.chance.random(len(who)), settled.astype(np.int64), crowd_.group[who]
        masks = np.zeros(len(who), np.int64)
        doubtful = np.flatnonzero(luck < self.reach[when, group, -1])
        rows = self.reach[when[doubtful], group[doubtful]]
        masks[doubtful] = (luck[doubtful, None] >= rows).sum(axis=1)
        return masks


MASKS = 8
FACES, LABELS, TEXT = 1, 2, 4
_BITS = {"faces": FACES, "labels": LABELS, "text": TEXT}


def mask_of(kinds: str, profile: Profile) -> int:
    """Kinds that are joined by +, without those that the policy does not want."""
    wanted = FACES | LABELS * profile.labels | TEXT * profile.text
    return sum(_BITS[kind] for kind in kinds.split("+")) & wanted


def spread(values: Floats | Integers) -> dict[str, float]:
    """Median, 99th percentile and largest, rounded for people."""
    middle, late = np.percentile(values, [50, 99]).tolist()
    return {"p50": round(middle, 1), "p99": round(late, 1), "max": round(float(values.max()), 1)}
