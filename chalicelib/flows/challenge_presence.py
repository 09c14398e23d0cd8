"""Ask a candidate to show that they are there, and say what became of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chalicelib.domain import attention, presence
from chalicelib.domain.challenges import Challenge, CheckKind
from chalicelib.domain.errors import Conflict, SessionEnded
from chalicelib.domain.model import Session, Status
from chalicelib.domain.movements import Choose, steps_at_random
from chalicelib.domain.policy import Policy
from chalicelib.flows import counts
from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Clock, Ledger, Sessions
from chalicelib.flows.presence_ports import PresenceCheck
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class Movements:
    """The check by movements chosen at random: the frames of the session say what became of it."""

    choose: Choose

    def begin(self, challenge: Challenge, policy: Policy) -> Challenge:
        """The challenge with its movements."""
        expires_s = round(challenge.issued_s + policy.challenge_s, 3)
        return replace(challenge, steps=steps_at_random(self.choose), expires_s=expires_s)

    def judge(self, challenge: Challenge, policy: Policy) -> Challenge:  # noqa: ARG002 - the port's
        """The challenge as it is: each frame is judged when it comes."""
        return challenge


@dataclass(frozen=True, slots=True)
class ChallengePresence:
    """Challenges of a session, one at a time."""

    sessions: Sessions
    checks: Mapping[CheckKind, PresenceCheck]
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]
    usd_per_call: float

    def ask(
        self, tenant_id: str, session_id: str, kind: CheckKind | None = None, *, mirrored: bool = False
    ) -> Session:
        """The session with another challenge; one that is open is superseded.

        Raises NotFound, SessionEnded, Conflict where the tries are used up or the policy does not allow the
        kind, StaleSession, VisionUnavailable.
        """
        session = self._open(tenant_id, session_id)
        begun = self._begin(session, kind or session.policy.liveness, mirrored=mirrored)
        return settled(lambda: self._add(tenant_id, session_id, begun))

    def read(self, tenant_id: str, session_id: str) -> Session:
        """The session with what has become of its challenges by now.

        Raises NotFound, StaleSession, VisionUnavailable.
        """
        session = self.sessions.load(tenant_id, session_id)
        last = session.challenges[-1] if session.challenges else None
        if last is None or not last.is_open or session.status is not Status.ACTIVE:
            return session
        judged = self.checks[last.kind].judge(last, session.policy)
        if judged == last:
            return self._as_of_now(session)
        logger.info("challenge_judged", kind=judged.kind, state=judged.state.value)
        return settled(lambda: self._put(tenant_id, session_id, judged))

    def _open(self, tenant_id: str, session_id: str) -> Session:
        session = self._as_of_now(self.sessions.load(tenant_id, session_id))
        if session.status is not Status.ACTIVE:
            raise SessionEnded("The session has ended; nobody is asked to show anything.")
        if not presence.tries_left(session.challenges, session.policy):
            raise Conflict("All tries are used up; the report says what became of them.")
        return session

    def _begin(self, session: Session, kind: CheckKind, *, mirrored: bool) -> Challenge:
        if kind == "rekognition" and session.policy.liveness != kind:
            raise Conflict("The session's policy does not ask for Rekognition Face Liveness; see `liveness`.")
        now_s = round(max(0.0, self.clock() - session.started_at), 3)
        asked = Challenge(self.new_id(), kind, now_s, now_s, mirrored=mirrored)
        begun = self.checks[kind].begin(asked, session.policy)
        if begun.usd:
            self.ledger.spend(session.tenant_id, self._calls(begun), self.clock())
            counts.check(begun.usd)
        return begun

    def _add(self, tenant_id: str, session_id: str, begun: Challenge) -> Session:
        session = self._open(tenant_id, session_id)
        return self.sessions.save(
            replace(
                session,
                challenges=presence.with_another(session.challenges, begun, session.policy),
                watch=attention.counted(session.watch, self._calls(begun), begun.issued_s),
            )
        )

    def _put(self, tenant_id: str, session_id: str, judged: Challenge) -> Session:
        session = self.sessions.load(tenant_id, session_id)
        last = session.challenges[-1]
        if last.id != judged.id or not last.is_open:
            return session  # another request was quicker
        return self.sessions.save(replace(session, challenges=(*session.challenges[:-1], judged)))

    def _as_of_now(self, session: Session) -> Session:
        now_s = self.clock() - session.started_at
        return replace(session, challenges=presence.as_of(session.challenges, session.policy, now_s=now_s))

    def _calls(self, begun: Challenge) -> int:
        """Calls that cost as much."""
        return math.ceil(begun.usd / self.usd_per_call) if self.usd_per_call else 0
