"""Rekognition Face Liveness: begun here, done by the candidate's browser with Rekognition itself.

The browser streams a video to Rekognition with AWS's FaceLivenessDetector, by credentials that its page must
get for it (`rekognition:StartFaceLivenessSession`); we hand out none. No picture is kept.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.domain.challenges import Challenge, Reason, State
from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.policy import Policy
from chalicelib.vision.rekognition.replies import LONGEST, ask, percent

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

_LASTS_S = 180.0
"""Then a session that nobody has finished expires, as Rekognition says."""
_UNFINISHED = frozenset({"CREATED", "IN_PROGRESS"})
_GARBLED = (TypeError, ValueError, KeyError)


class Liveness:
    """CreateFaceLivenessSession and GetFaceLivenessSessionResults."""

    def __init__(self, client: "RekognitionClient", *, usd: float) -> None:
        self._client = client
        self.usd = usd

    def begin(self, challenge: Challenge, policy: Policy) -> Challenge:  # noqa: ARG002 - the port's
        """The challenge with Rekognition's session. Raises VisionUnavailable."""
        reply = ask(
            lambda: self._client.create_face_liveness_session(
                ClientRequestToken=challenge.id, Settings={"AuditImagesLimit": 0}
            )
        )
        session_id = reply.get("SessionId")
        if not isinstance(session_id, str) or not 0 < len(session_id) <= LONGEST:
            raise VisionUnavailable("garbled reply")
        return replace(
            challenge,
            expires_s=round(challenge.issued_s + _LASTS_S, 3),
            liveness_session_id=session_id,
            region=self._client.meta.region_name,
        )

    def judge(self, challenge: Challenge, policy: Policy) -> Challenge:
        """The challenge with what Rekognition says of it by now. Raises VisionUnavailable."""
        reply = ask(
            lambda: self._client.get_face_liveness_session_results(SessionId=challenge.liveness_session_id)
        )
        status = str(reply.get("Status"))
        if status in _UNFINISHED:
            return challenge
        if status in {"FAILED", "EXPIRED"}:
            return replace(challenge, state=State.FAILED, reason=Reason.PROVIDER)
        try:
            confidence = percent(reply["Confidence"]) if status == "SUCCEEDED" else None
        except _GARBLED as exc:
            raise VisionUnavailable("garbled reply") from exc
        if confidence is None:
            raise VisionUnavailable("garbled reply")
        passed = confidence >= policy.liveness_confidence
        return replace(
            challenge,
            state=State.PASSED if passed else State.FAILED,
            reason=None if passed else Reason.NOT_LIVE,
            confidence=confidence,
        )
