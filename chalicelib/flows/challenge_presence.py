"""Ask a candidate to show that they are there, and say what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chalicelib.domain import attention, presence
from chalicelib.domain.challenges import Challenge, CheckKind
from chalicelib.domain.errors import Busy, Conflict, SessionEnded, UpstreamDown
from chalicelib.domain.model import Session, Status
from chalicelib.domain.movements import Choose, steps_at_random
from chalicelib.domain.policy import Policy
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Clock, Sessions
from chalicelib.flows.presence_ports import PresenceCheck
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class Movements:
    """The check by movements chosen at random: the frames of the session say what became of it."""

    choose: Choose

    def prepare(self, challenge: Challenge, policy: Policy) -> Challenge:
        """The challenge with its movements."""
        expires_s = round(challenge.issued_s + policy.challenge_s, 3)
        return replace(challenge, steps=steps_at_random(self.choose), expires_s=expires_s)

    def begin(self, challenge: Challenge) -> Challenge:
        """The challenge as it is: nobody else is needed for it."""
        return challenge

    def judge(self, challenge: Challenge, policy: Policy) -> Challenge:  # noqa: ARG002 - the port's
        """The challenge as it is: each frame is judged when it comes."""
        return challenge


@dataclass(frozen=True, slots=True)
class ChallengePresence:
    """Challenges of a session, one at a time."""

    sessions: Sessions
    checks: Mapping[CheckKind, PresenceCheck]
    apart: AskApart
    clock: Clock
    new_id: Callable[[], str]

    def ask(
        self, tenant_id: str, session_id: str, kind: CheckKind | None = None, *, mirrored: bool = False
    ) -> Session:
        """The session with another challenge; one that is open is superseded.

        A try that costs something is taken before it is begun, so that requests side by side cannot begin
        more than there are; it is given back if the provider does not answer. Raises NotFound, SessionEnded,
        Conflict where the tries are used up or the policy does not allow the kind, StaleSession,
        TooManyRequests, Busy, VisionUnavailable.
        """
        session = self._open(tenant_id, session_id)
        prepared = self._prepared(session, kind or session.policy.liveness, mirrored=mirrored)
        if prepared.usd:
            self.apart.check_budget(tenant_id)
        before, session = settled(lambda: self._add(tenant_id, session_id, prepared))
        return self._begun(before, prepared) if prepared.usd else session

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
        challenges = (*session.challenges[:-1], judged)
        return settled(lambda: self._put(tenant_id, session_id, judged.id, challenges))

    def _open(self, tenant_id: str, session_id: str) -> Session:
        session = self._as_of_now(self.sessions.load(tenant_id, session_id))
        if session.status is not Status.ACTIVE:
            raise SessionEnded("The session has ended; nobody is asked to show anything.")
        if not presence.tries_left(session.challenges, session.policy):
            raise Conflict("All tries are used up; the report says what became of them.")
        return session

    def _prepared(self, session: Session, kind: CheckKind, *, mirrored: bool) -> Challenge:
        if kind == "rekognition" and session.policy.liveness != kind:
            raise Conflict("The session's policy does not ask for Rekognition Face Liveness; see `liveness`.")
        now_s = round(max(0.0, self.clock() - session.started_at), 3)
        asked = Challenge(self.new_id(), kind, now_s, now_s, mirrored=mirrored)
        return self.checks[kind].prepare(asked, session.policy)

    def _begun(self, before: Session, prepared: Challenge) -> Session:
        """`before`: the session before the challenge was added."""
        tenant_id, session_id, check = before.tenant_id, before.session_id, self.checks[prepared.kind]
        try:
            begun = self.apart(tenant_id, lambda: check.begin(prepared), usd=prepared.usd)
        except (Busy, UpstreamDown):
            settled(lambda: self._put(tenant_id, session_id, prepared.id, before.challenges))
            raise
        calls = self.apart.calls_for(begun.usd)
        challenges = presence.with_another(before.challenges, begun, before.policy)
        return settled(lambda: self._put(tenant_id, session_id, prepared.id, challenges, calls=calls))

    def _add(self, tenant_id: str, session_id: str, prepared: Challenge) -> tuple[Session, Session]:
        """The session before and after."""
        before = self._open(tenant_id, session_id)
        added = presence.with_another(before.challenges, prepared, before.policy)
        return before, self.sessions.save(replace(before, challenges=added))

    def _put(
        self,
        tenant_id: str,
        session_id: str,
        challenge_id: str,
        challenges: tuple[Challenge, ...],
        *,
        calls: int = 0,
    ) -> Session:
        """The session with these challenges, if this one is still its last and open."""
        session = self.sessions.load(tenant_id, session_id)
        last = session.challenges[-1] if session.challenges else None
        if last is None or last.id != challenge_id or not last.is_open:
            return session  # another request was quicker
        watch = attention.counted(session.watch, calls, last.issued_s) if calls else session.watch
        return self.sessions.save(replace(session, challenges=challenges, watch=watch))

    def _as_of_now(self, session: Session) -> Session:
        now_s = self.clock() - session.started_at
        return replace(session, challenges=presence.as_of(session.challenges, session.policy, now_s=now_s))
