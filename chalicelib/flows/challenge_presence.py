"""Ask a candidate to show that they are there, and say what became of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain import attention, presence
from chalicelib.domain.challenges import Challenge, CheckKind
from chalicelib.domain.errors import Busy, Conflict, NotFound, SessionEnded, UpstreamDown
from chalicelib.domain.model import Session, Status
from chalicelib.domain.movements import Choose, steps_at_random
from chalicelib.domain.policy import Policy
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.contention import AT_WORK_S, PATIENT, settled
from chalicelib.flows.ports import Clock, Sessions
from chalicelib.flows.presence_ports import PresenceCheck
from chalicelib.telemetry import logger


@dataclass(frozen=True, slots=True)
class Movements:
    """The check by movements chosen at random: the frames of the session say what became of it."""

    choose: Choose
    usd: None = None

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
    apart: AskApart
    clock: Clock
    new_id: Callable[[], str]

    def ask(
        self, tenant_id: str, session_id: str, kind: CheckKind | None = None, *, mirrored: bool = False
    ) -> Session:
        """The session with another challenge; one that is open is superseded.

        One for which the provider is asked takes its try before that, so that requests side by side cannot
        begin more than there are. It is given back if the provider does not answer, and what was open stays.
        Raises NotFound, SessionEnded, Conflict where the tries are used up or the policy does not allow the
        kind, StaleSession, TooManyRequests, Busy, VisionUnavailable.
        """
        session = self._open(tenant_id, session_id)
        kind = kind or session.policy.liveness
        if kind == "rekognition" and session.policy.liveness != kind:
            raise Conflict("The session's policy does not ask for Rekognition Face Liveness; see `liveness`.")
        # Another process's clock may have been ahead of ours.
        now_s = max([session.at_s(self.clock()), *(each.issued_s for each in session.challenges)])
        check, asked = self.checks[kind], Challenge(self.new_id(), kind, now_s, now_s, mirrored=mirrored)
        if check.usd is None:
            begun = check.begin(asked, session.policy)
            return settled(lambda: self._add(self._open(tenant_id, session_id), begun))
        self.apart.check_budget(tenant_id)
        return self._begin(tenant_id, session_id, check, check.usd, asked)

    def read(self, tenant_id: str, session_id: str) -> Session:
        """The session with what has become of its challenges by now.

        Raises NotFound, StaleSession, VisionUnavailable.
        """
        session = self._as_of_now(self.sessions.load(tenant_id, session_id))
        last = session.challenges[-1] if session.challenges else None
        if last is None or not last.is_open or session.status is not Status.ACTIVE:
            return session
        judged = self.checks[last.kind].judge(last, session.policy)
        if judged == last:
            return session
        logger.info("challenge_judged", kind=judged.kind, state=judged.state.value)
        return settled(lambda: self._mark(tenant_id, session_id, judged))

    def _begin(
        self, tenant_id: str, session_id: str, check: PresenceCheck, usd: float, asked: Challenge
    ) -> Session:
        reserved = settled(lambda: self._reserve(tenant_id, session_id, asked))
        try:
            begun = self.apart(tenant_id, lambda: check.begin(asked, reserved.policy), usd=usd)
        except (Busy, UpstreamDown):
            with suppress(NotFound, Busy, UpstreamDown):  # else the try lapses by itself
                settled(lambda: self._release(tenant_id, session_id, asked), tries=PATIENT)
            raise
        begun, calls = replace(begun, usd=usd), self.apart.calls_for(usd)
        return settled(lambda: self._add(self._active(tenant_id, session_id), begun, calls), tries=PATIENT)

    def _reserve(self, tenant_id: str, session_id: str, asked: Challenge) -> Session:
        session = self._open(tenant_id, session_id)
        beginning = {**session.beginning, asked.id: asked.issued_s + AT_WORK_S}
        return self.sessions.save(replace(session, beginning=beginning))

    def _release(self, tenant_id: str, session_id: str, asked: Challenge) -> None:
        session = self.sessions.load(tenant_id, session_id)
        if session.status is Status.ACTIVE:
            self.sessions.save(replace(session, beginning=_without(session, asked)))

    def _add(self, session: Session, begun: Challenge, calls: int = 0) -> Session:
        added = presence.with_another(session.challenges, begun, session.policy)
        watch = attention.counted(session.watch, calls, begun.issued_s) if calls else session.watch
        beginning = _without(session, begun)
        return self.sessions.save(replace(session, challenges=added, beginning=beginning, watch=watch))

    def _mark(self, tenant_id: str, session_id: str, judged: Challenge) -> Session:
        """The session with what became of this challenge, if that is not known already."""
        session = self.sessions.load(tenant_id, session_id)
        marked = tuple(
            judged if each.id == judged.id and each.is_open else each for each in session.challenges
        )
        if marked == session.challenges:
            return session  # another request was quicker, or the end
        return self.sessions.save(replace(session, challenges=marked))

    def _open(self, tenant_id: str, session_id: str) -> Session:
        """The session, if another may be asked for."""
        session = self._active(tenant_id, session_id)
        if not presence.tries_left(session.challenges, session.policy, beginning=len(session.beginning)):
            raise Conflict("All tries are used up; the report says what became of them.")
        return session

    def _active(self, tenant_id: str, session_id: str) -> Session:
        session = self._as_of_now(self.sessions.load(tenant_id, session_id))
        if session.status is not Status.ACTIVE:
            raise SessionEnded("The session has ended; nobody is asked to show anything.")
        return session

    def _as_of_now(self, session: Session) -> Session:
        """With what is over judged for good, and without tries whose request is dead."""
        now_s = self.clock() - session.started_at
        challenges = presence.as_of(session.challenges, session.policy, now_s=now_s)
        beginning = presence.being_begun(session.beginning, now_s)
        return replace(session, challenges=challenges, beginning=beginning)


def _without(session: Session, challenge: Challenge) -> dict[str, float]:
    return {name: until_s for name, until_s in session.beginning.items() if name != challenge.id}
