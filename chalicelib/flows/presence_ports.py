"""What the flow about presence needs of the world: a Protocol that `chalicelib.wiring` joins to adapters."""

from typing import Protocol

from chalicelib.domain.challenges import Challenge
from chalicelib.domain.policy import Policy


class PresenceCheck(Protocol):
    """A way to see whether a living person is there.

    See `chalicelib.flows.challenge_presence.Movements` and `chalicelib.vision.rekognition.liveness`.
    """

    @property
    def usd(self) -> float | None:
        """List price of one; None where nobody else is asked for it."""

    def begin(self, challenge: Challenge, policy: Policy) -> Challenge:
        """The challenge with all that the candidate needs for it, and until when it lasts.

        The same challenge again is begun once. Raises VisionUnavailable.
        """

    def judge(self, challenge: Challenge, policy: Policy) -> Challenge:
        """The challenge with its result, or as it is while there is none. Raises VisionUnavailable."""
