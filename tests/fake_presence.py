"""Face Liveness without a face: what became of a check is what a test says."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from chalicelib.domain.challenges import Challenge, Reason, State
from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.policy import Policy


@dataclass
class FakeLiveness:
    """Checks by number; `results` says what became of each: a confidence, or Rekognition's word."""

    usd: float = 0.015
    down: bool = False
    results: dict[str, float | str] = field(default_factory=dict)
    begun: Counter[str] = field(default_factory=Counter)
    """By the challenge's id."""
    meanwhile: Callable[[], object] | None = None
    """What others do while the next check is begun."""
    meanwhile_judged: Callable[[], object] | None = None
    """What others do while the next result is fetched."""

    def begin(self, challenge: Challenge, policy: Policy) -> Challenge:  # noqa: ARG002 - the port's
        """The challenge with a session."""
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        self._check()
        self.begun[challenge.id] += 1
        return replace(
            challenge,
            expires_s=challenge.issued_s + 180.0,
            liveness_session_id=f"session-of-{challenge.id}",
            region="us-east-1",
        )

    def judge(self, challenge: Challenge, policy: Policy) -> Challenge:
        """The challenge with what the test said."""
        others, self.meanwhile_judged = self.meanwhile_judged, None
        if others:
            others()
        self._check()
        result = self.results.get(challenge.liveness_session_id)
        if result is None:
            return challenge
        if isinstance(result, str):
            return replace(challenge, state=State.FAILED, reason=Reason.PROVIDER)
        passed = result >= policy.liveness_confidence
        return replace(
            challenge,
            state=State.PASSED if passed else State.FAILED,
            reason=None if passed else Reason.NOT_LIVE,
            confidence=result,
        )

    def say(self, challenge: Challenge, result: float | str) -> None:
        """Let this become of the check."""
        self.results[challenge.liveness_session_id] = result

    def _check(self) -> None:
        if self.down:
            raise VisionUnavailable("ThrottlingException")
