"""Ask the provider about faces that shall be known or recognised: after the frames of those who are watched.

Each call takes its turn in the provider's rate, and counts towards the tenant's hourly budget, as the calls
of frames do.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.domain.attention import HOUR_S
from chalicelib.domain.errors import Busy, TooManyRequests, VisionUnavailable
from chalicelib.domain.faces import KnownFace, Searched
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Kind, Picture
from chalicelib.flows import counts
from chalicelib.flows.face_ports import KnownFaces
from chalicelib.flows.ports import Clock, Ledger, Vision
from chalicelib.flows.tenant_spend import TenantSpend
from chalicelib.telemetry import Metric

Answer = TypeVar("Answer")

PATIENCE_S = 4.0
"""A call waits no longer than this for its turn."""
_URGENCY, _IMPATIENCE = 0.35, 0.2
"""The share of the rate that calls may fill at first, and by how much more each second that they wait.

Below every share that `domain.attention` gives to frames; but where the rate is so low that this is no whole
call, they would wait for ever.
"""
_PAUSE_S = 0.2
_NO_ANSWER = "The provider did not answer; try again."


@dataclass(frozen=True, slots=True)
class AskFaces:
    """Every question raises VisionUnavailable, and Busy if the provider's rate leaves no room for it."""

    vision: Vision
    known_faces: KnownFaces
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

    def detect(self, tenant_id: str, picture: Picture, policy: Policy) -> tuple[Face, ...]:
        """The faces in a picture."""
        return self._answer(tenant_id, Metric.DETECT_FACES, lambda: faces_in(self.vision, picture, policy))

    def add(
        self, tenant_id: str, owner: str, picture: Picture, *, generation: int
    ) -> tuple[KnownFace, str] | None:
        """The face of a picture, learned, and who learned it; None if the provider finds it too poor."""
        return self._answer(
            tenant_id,
            Metric.KNOWN_FACES,
            lambda: self.known_faces.add(tenant_id, owner, picture.encoded, generation=generation),
        )

    def search(self, tenant_id: str, picture: Picture, *, at_least: float) -> Searched:
        """The known faces at least so similar to the picture's largest one."""
        return self._answer(
            tenant_id,
            Metric.KNOWN_FACES,
            lambda: self.known_faces.search(tenant_id, picture.encoded, at_least=at_least),
        )

    def _answer(self, tenant_id: str, operation: Metric, question: Callable[[], Answer]) -> Answer:
        self._take_turn()
        try:
            answer = question()
        except VisionUnavailable as exc:
            self._count(tenant_id, operation, answered=False)
            raise VisionUnavailable(_NO_ANSWER) from exc
        self._count(tenant_id, operation, answered=True)
        return answer

    def _take_turn(self) -> None:
        waited = 0.0
        while not self.ledger.grant([min(1.0, _URGENCY + waited * _IMPATIENCE)], self.clock()):
            if waited >= PATIENCE_S:
                counts.withheld(1, 1, 0)
                raise Busy("The provider's rate leaves no room at the moment; try again.")
            self.sleep(_PAUSE_S)
            waited += _PAUSE_S

    def _count(self, tenant_id: str, operation: Metric, *, answered: bool) -> None:
        counts.call(operation, self.spend.budget.usd_per_call, answered=answered)
        if self.spend.most(tenant_id):
            self.ledger.spend(tenant_id, 1, self.clock())


def faces_in(vision: Vision, picture: Picture, policy: Policy) -> tuple[Face, ...]:
    """The faces in a picture that is no frame: nothing else is asked of them. Raises VisionUnavailable."""
    asked = replace(policy, emotions=False, gaze_counts=False)
    (found,) = vision.look([picture.encoded], [Kind.FACES], asked)
    if found.faces is None:
        raise VisionUnavailable(_NO_ANSWER)
    return found.faces
