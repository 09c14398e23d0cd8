"""What is priced: how candidates sit their interviews, and what of it is assumed rather than measured."""

import math
from dataclasses import dataclass, fields
from typing import Literal

GROUPS = ("calm", "dense", "hard")
"""Kinds of activity, as `make bench` measures them."""
MOST_FPS = 30.0
_SUM_OFF = 1e-6

KeepFrames = Literal["all", "evidence", "none"]


class BadProfile(Exception):
    """A profile that nobody could sit; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Figures that are not measured: of AWS, of the deployment, of Lambda's processor against another."""

    provider_s: float = 0.3
    """A Rekognition call, as the function waits for it."""
    dynamodb_s: float = 0.01
    """A request to DynamoDB."""
    slowness: float = 2.0
    """How much longer our own work takes on a Lambda of 1769 MB, one vCPU, than where it was measured."""
    cold_starts_per_million: float = 500.0
    """Invocations that find no warm environment."""
    cold_start_s: float = 3.0
    """Until such an environment has imported the app and made its clients."""
    log_line_bytes: float = 700.0
    """The service's own line about a frame."""
    log_platform_bytes: float = 300.0
    """Lambda's lines about an invocation."""
    log_days: float = 30.0
    """How long logs are kept."""
    answer_head_bytes: float = 500.0
    """Status line and headers of an answer."""
    retention_days: float = 90.0
    """RETENTION_DAYS: how long items and pictures are kept."""
    reads_per_session: float = 20.0
    """Requests beside frames: somebody looks at metrics, alerts, the report."""
    traced: float = 0.05
    """Share of the requests that X-Ray records: its own rule, but for the first request of each second."""
    custom_metrics: float = 20.0
    alarms: float = 23.0
    """Metrics that alarms watch: one that reckons with three is paid for three times."""
    dashboards: float = 1.0
    secrets: float = 1.0
    idle_polls_per_month: float = 650_000.0
    """Of an empty queue by Lambda's pollers: five, each asking every 20 s."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Sessions that are alike. Raises BadProfile."""

    fps: float = 1.0
    minutes: float = 60.0
    calm: float = 0.9
    dense: float = 0.1
    hard: float = 0.0
    sessions_per_day: float = 1000.0
    keep_frames: KeepFrames = "evidence"
    labels: bool = True
    text: bool = True
    gate: bool = True
    together: bool = False
    """All frames of a session come to one process. On Lambda they do not, once many sit at once."""
    assumed: Assumed = Assumed()

    def __post_init__(self) -> None:
        self._check_numbers()
        if abs(sum(self.shares.values()) - 1) > _SUM_OFF:
            added = " + ".join(f"{name} {share:g}" for name, share in self.shares.items())
            raise BadProfile(f"shares of activity must add up to 1, and {added} do not")
        if self.keep_frames not in ("all", "evidence", "none"):
            raise BadProfile(f"keep_frames is all, evidence or none, not {self.keep_frames}")

    @property
    def shares(self) -> dict[str, float]:
        """Activity to its share of the time."""
        return {name: getattr(self, name) for name in GROUPS}

    @property
    def seconds(self) -> float:
        """Of a session."""
        return self.minutes * 60

    @property
    def frames(self) -> float:
        """Of a session."""
        return max(1.0, self.fps * self.seconds)

    def _check_numbers(self) -> None:
        for name in ("fps", "minutes", "sessions_per_day"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BadProfile(f"{name} must be above 0, not {getattr(self, name):g}")
        if self.fps > MOST_FPS:
            raise BadProfile(f"fps must be {MOST_FPS:g} at the most, not {self.fps:g}")
        for name, share in self.shares.items():
            if not 0 <= share <= 1:
                raise BadProfile(f"{name} is a share from 0 to 1, not {share:g}")
        for each in fields(self.assumed):
            if not (math.isfinite(assumed := getattr(self.assumed, each.name)) and assumed >= 0):
                raise BadProfile(f"{each.name} must not be below 0, and is {assumed:g}")
