"""Ask the provider what is not about a frame: after the frames of those who are watched.

Each call takes its turn in the provider's rate, and counts towards the tenant's hourly budget, as the calls
of frames do.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chalicelib.domain.attention import HOUR_S
from chalicelib.domain.errors import Busy, TooManyRequests, VisionUnavailable
from chalicelib.flows import counts
from chalicelib.flows.ports import Clock, Ledger
from chalicelib.flows.tenant_spend import TenantSpend
from chalicelib.telemetry import Metric

Answer = TypeVar("Answer")

PATIENCE_S = 4.0
"""A call waits no longer than this for its turn."""
NO_ANSWER = "The provider did not answer; try again."
_URGENCY, _IMPATIENCE = 0.35, 0.2
"""The share of the rate that calls may fill at first, and by how much more each second that they wait.

Below every share that `domain.attention` gives to frames; but where the rate is so low that this is no whole
call, they would wait for ever.
"""
_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class AskApart:
    """A budget and a rate for whoever asks."""

    ledger: Ledger
    clock: Clock
    sleep: Callable[[float], None]
    spend: TenantSpend

    def check_budget(self, tenant_id: str) -> None:
        """Raise TooManyRequests if the tenant has spent what it may in the running hour."""
        limit, now = self.spend.most(tenant_id), self.clock()
        if limit and self.ledger.spend(tenant_id, 0, now) >= limit:
            raise TooManyRequests(
                "The calls to the provider that you may make in an hour are used up; come again in the next.",
                retry_after_s=int(HOUR_S - now % HOUR_S) + 1,
            )

    def __call__(
        self,
        tenant_id: str,
        question: Callable[[], Answer],
        *,
        operation: Metric | None = None,
        usd: float | None = None,
    ) -> Answer:
        """The answer to one call. Raises VisionUnavailable, and Busy if the rate leaves no room for it.

        `operation` is what it is counted as beside all calls; `usd` what an answer costs, where that is not
        the price of a call.
        """
        self._take_turn()
        try:
            answer = question()
        except VisionUnavailable as exc:
            self._count(tenant_id, operation, self._usd_per_call, answered=False)
            raise VisionUnavailable(NO_ANSWER) from exc
        self._count(tenant_id, operation, self._usd_per_call if usd is None else usd, answered=True)
        return answer

    def calls_for(self, usd: float) -> int:
        """How many calls cost as much."""
        return math.ceil(usd / self._usd_per_call) if self._usd_per_call else 0

    @property
    def _usd_per_call(self) -> float:
        return self.spend.budget.usd_per_call

    def _take_turn(self) -> None:
        waited = 0.0
        while not self.ledger.grant([min(1.0, _URGENCY + waited * _IMPATIENCE)], self.clock()):
            if waited >= PATIENCE_S:
                counts.withheld(1, 1, 0)
                raise Busy("The provider's rate leaves no room at the moment; try again.")
            self.sleep(_PAUSE_S)
            waited += _PAUSE_S

    def _count(self, tenant_id: str, operation: Metric | None, usd: float, *, answered: bool) -> None:
        counts.call(operation, usd, answered=answered)
        if self.spend.most(tenant_id):
            self.ledger.spend(tenant_id, max(1, self.calls_for(usd)), self.clock())
