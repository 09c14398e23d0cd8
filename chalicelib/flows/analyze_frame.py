"""Watch frames: the way of one frame, or of a batch from a client that was offline, through the service."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from chalicelib.domain import presence, reducer
from chalicelib.domain.errors import (
    BadInput,
    Busy,
    ProctoringError,
    SessionEnded,
    StaleSession,
    UpstreamDown,
)
from chalicelib.domain.model import Alert, FrameRecord, Moment, Session, Status
from chalicelib.domain.seen import Observation, Picture, picture_name
from chalicelib.flows import counts
from chalicelib.flows.answered import Answered
from chalicelib.flows.ask_provider import AskProvider, Plan
from chalicelib.flows.ports import Clock, Evidence, Look, Sessions
from chalicelib.flows.turns import Turns
from chalicelib.telemetry import logger

BUDGET_S = 12.0
"""After this nothing new is begun, so that the answer is in time for the gateway."""
_EARLIEST_S = -10.0
_PAUSE_S = 0.02
"""Frames that lost against each other come back at different times."""
_PATIENCE_S = 1.0
"""A frame waits no longer than this for one of its session before it, which may hang with the provider."""


@dataclass(frozen=True, slots=True)
class FrameIn:
    """A frame as a client sent it. `captured_at` in seconds since 1970, by the client's clock."""

    encoded: bytes
    seq: int | None = None
    captured_at: float | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What became of a frame: its record, or the error that says what to do."""

    record: FrameRecord | None = None
    error: ProctoringError | None = None


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was made of a frame while its session was being loaded."""

    now: float
    picture: Picture | BadInput
    session: Session | None = None
    """The session as this process knew it, which `plan` is good for and no other."""
    plan: Plan | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is asked of the provider and no picture is kept at once."""
        keeps_all = self.session is not None and self.session.policy.keep_frames == "all"
        return self.plan is not None and not self.plan.wished and not keeps_all


@dataclass(frozen=True, slots=True)
class _Seen:
    """A frame that was looked at. `seq` is None if its client neither numbers nor times its frames."""

    frame: FrameIn
    seq: int | None
    taken_at: float
    """One time for all that is made of it: its number, and how far its client's clock is off."""
    picture: Picture
    answered: Answered
    kept: bool
    """The picture is stored already."""
    unread: bool
    """The session is as this process knew it; whether it is so still was not asked."""


@dataclass(frozen=True, slots=True)
class AnalyzeFrame:
    """Check, look, reduce, store. The same frame again is answered as the first time and counted once."""

    sessions: Sessions
    ask: AskProvider
    evidence: Evidence
    look: Look
    clock: Clock
    pool: Executor
    aside: Executor
    """For what has time until the provider has answered."""
    alert_opened: Callable[[Session], None]
    """Sends word that one did; never an error."""
    session_s: float
    turns: Turns = field(default_factory=lambda: Turns(_PATIENCE_S))

    def one(self, tenant_id: str, session_id: str, frame: FrameIn) -> tuple[Session, FrameRecord]:
        """The session and what was seen in the frame. Raises whatever is wrong with it."""
        session, (watched,) = self.batch(tenant_id, session_id, [frame])
        if watched.error:
            raise watched.error
        assert watched.record is not None
        return session, watched.record

    def batch(
        self, tenant_id: str, session_id: str, frames: Sequence[FrameIn]
    ) -> tuple[Session, list[Watched]]:
        """The session and what became of each frame, in order. Raises NotFound."""
        deadline = time.monotonic() + BUDGET_S
        with self.turns.of((tenant_id, session_id)):
            session, begun = self._open(tenant_id, session_id, frames[0] if frames else None)
            watched: list[Watched] = []
            for frame in frames:  # one after the other: each answer may spare the next its calls
                try:
                    session, record = self._watch(session, frame, begun, deadline)
                    watched.append(Watched(record=record))
                except (BadInput, Busy, SessionEnded, UpstreamDown) as error:
                    watched.append(Watched(error=error))
                begun = None
        return session, watched

    def _open(self, tenant_id: str, session_id: str, frame: FrameIn | None) -> tuple[Session, _Begun | None]:
        """The session, and what was made of its next frame meanwhile. Raises NotFound.

        A frame that follows on the last one that this process stored, and needs nothing of anybody, is not
        worth a read: should the session have been changed elsewhere, the write will tell.
        """
        if frame is None:
            return self.sessions.load(tenant_id, session_id), None
        known = self._before(tenant_id, session_id, frame)
        loading = None if known else self.pool.submit(self.sessions.load, tenant_id, session_id)
        begun = self._begin(known, frame)
        if known and begun.is_quiet:
            return known, begun
        loading = loading or self.pool.submit(self.sessions.load, tenant_id, session_id)
        if known and begun.plan:
            begun = replace(begun, plan=self.ask.grant(known, begun.plan, begun.now))
        return loading.result(), begun

    def _before(self, tenant_id: str, session_id: str, frame: FrameIn) -> Session | None:
        """The session, if this process stored the frame just before this one."""
        known = self.sessions.recalled(tenant_id, session_id)
        return known if known and frame.seq == reducer.next_seq(known) else None

    def _begin(self, session: Session | None, frame: FrameIn) -> _Begun:
        """Look at a frame, and plan for it by what this process knows of its session."""
        now = self.clock()
        try:
            picture = self.look(frame.encoded)
        except BadInput as error:
            return _Begun(now, error)
        if session is not None:
            with suppress(BadInput, SessionEnded, UpstreamDown):
                self._refuse(session, frame, now)
                return _Begun(now, picture, session, self._plan(session, frame, frame.seq, now, picture))
        return _Begun(now, picture)

    def _watch(
        self, session: Session, frame: FrameIn, begun: _Begun | None, deadline: float
    ) -> tuple[Session, FrameRecord]:
        now = begun.now if begun else self.clock()
        seq, known = self._find(session, frame, now)
        if known:
            return session, known
        self._refuse(session, frame, now)
        _check_time(deadline)
        begun = begun or _Begun(now, self.look(frame.encoded))
        if isinstance(begun.picture, BadInput):
            raise begun.picture
        plan = begun.plan if begun.session is session else None
        if plan is None:
            plan = self.ask.grant(session, self._plan(session, frame, seq, now, begun.picture), now)
        answered, kept = self._see(session, plan, begun.picture, now)
        seen = _Seen(frame, seq, now, begun.picture, answered, kept=kept, unread=begun.is_quiet)
        return self._commit(session, seen, deadline)

    def _plan(self, session: Session, frame: FrameIn, seq: int | None, now: float, picture: Picture) -> Plan:
        return self.ask.plan(
            session,
            self.sessions.memory(session) if session.policy.gate else None,
            picture,
            _at_s(session, frame, now),
            late=seq is not None and seq < reducer.next_seq(session),
            overtaken=session.identity is not None
            and session.identity.excuses(seq, now - session.started_at),
        )

    def _see(self, session: Session, plan: Plan, picture: Picture, now: float) -> tuple[Answered, bool]:
        """What the frame shows, and whether its picture is kept: they travel side by side."""
        keeps_all = session.policy.keep_frames == "all"
        side = self.aside if plan.granted else self.pool
        upload = side.submit(self._keep, session, picture) if keeps_all else None
        answered = self.ask(session, plan, picture, now)
        return answered, upload is not None and upload.exception() is None

    def _find(self, session: Session, frame: FrameIn, now: float) -> tuple[int | None, FrameRecord | None]:
        """The frame's number, and its record if it was counted before."""
        seq = _seq_of(_anchored(session, frame, now), frame)
        while seq is not None and reducer.may_be_known(session, seq):
            record = self.sessions.frame(session.tenant_id, session.session_id, seq)
            if record is None or frame.seq is not None or _shows(record, frame):
                return seq, record
            seq += 1  # another frame of the same moment
        return seq, None

    def _refuse(self, session: Session, frame: FrameIn, now: float) -> None:
        if session.status is not Status.ACTIVE:
            raise SessionEnded("The session has ended and takes no more frames.")
        if now - session.started_at > self.session_s:
            raise SessionEnded(f"The session has lasted its {self.session_s / 3600:.0f} hours; end it.")
        at_s = _captured_s(_anchored(session, frame, now), frame)
        if at_s is not None and not _EARLIEST_S <= at_s <= self.session_s:
            raise BadInput("captured_at lies outside the session; check the clock, or leave it out.")

    def _commit(self, session: Session, seen: _Seen, deadline: float) -> tuple[Session, FrameRecord]:
        """Step and store; on a conflict with another process's frame step again, without looking again."""
        while True:
            try:
                return self._save(session, seen, deadline)
            except StaleSession:
                if time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - no secret
            session = self.sessions.load(session.tenant_id, session.session_id)
            seq, known = self._find(session, seen.frame, seen.taken_at)
            if known:
                return session, known
            self._refuse(session, seen.frame, seen.taken_at)
            seen = replace(seen, seq=seq, unread=False)

    def _save(self, session: Session, seen: _Seen, deadline: float) -> tuple[Session, FrameRecord]:
        seen = replace(seen, answered=seen.answered.of(session))
        stepped, record, changes = self._step(session, seen)
        # S3 first: an alert must never point at a missing picture.
        moment = reducer.moment_of(record.observation, session.policy)
        if not seen.kept and _is_worth_keeping(session, stepped, moment):
            if seen.unread and self.sessions.load(session.tenant_id, session.session_id) is not session:
                raise StaleSession("The session was changed elsewhere.")  # or erased: nothing of it is kept
            _check_time(deadline)
            self._keep(session, seen.picture)
        late = record.observation.seq < reducer.next_seq(session)
        watch = seen.answered.watch(session.watch, version=session.version + 1, late=late)
        memory = None if late else seen.answered.memory
        saved = self.sessions.save(replace(stepped, watch=watch), [record], changes, memory)
        counts.frame(record)
        for alert in record.opened:
            logger.info("alert_opened", type=alert.type)
        if record.opened:
            self.alert_opened(saved)
        return saved, record

    def _step(self, session: Session, seen: _Seen) -> tuple[Session, FrameRecord, tuple[Alert, ...]]:
        now = seen.taken_at
        session = _anchored(session, seen.frame, now)
        found = seen.answered.findings
        observation = Observation(
            seq=reducer.next_seq(session) if seen.seq is None else seen.seq,
            at_s=_at_s(session, seen.frame, now),
            view=seen.picture.view,
            faces=found.faces,
            labels=found.labels,
            text=found.text,
            identity=found.identity,
            looks=found.looks,
            picture=seen.picture.name,
            numbered=seen.frame.seq is not None,
            why=seen.answered.why,
            audited=seen.answered.audited,
            contradicted=seen.answered.contradicted,
            repeated=seen.answered.repeated,
        )
        before = {alert.id for alert in reducer.open_alerts(session)}
        stepped, changes = reducer.step(session, observation)
        now_s = now - session.started_at
        stepped = replace(
            stepped,
            challenges=presence.sampled(session.challenges, observation, session.policy, now_s=now_s),
            beginning=presence.being_begun(session.beginning, now_s),
        )
        opened = tuple(alert for alert in changes if alert.id not in before and not alert.withdrawn)
        return stepped, FrameRecord(observation, opened), changes

    def _keep(self, session: Session, picture: Picture) -> None:
        self.evidence.keep(session.tenant_id, session.session_id, picture)


def _is_worth_keeping(session: Session, stepped: Session, moment: Moment) -> bool:
    """Whether an alert, or what became of a challenge, may come to point at this frame."""
    if reducer.worth_keeping(session, moment):
        return True
    cited = presence.cites(stepped.challenges, session.policy, moment.seq)
    return cited and session.policy.keep_frames != "none"


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise UpstreamDown("There was no time left for this frame; send it again.")


def _shows(record: FrameRecord, frame: FrameIn) -> bool:
    return record.observation.picture == picture_name(frame.encoded)


def _anchored(session: Session, frame: FrameIn, now: float) -> Session:
    if frame.captured_at is None:
        return session
    return reducer.anchored(session, frame.captured_at, frame.seq, now)


def _at_s(session: Session, frame: FrameIn, now: float) -> float:
    """When the frame was captured, or else came, since the session's start."""
    at_s = _captured_s(_anchored(session, frame, now), frame)
    return round(max(0.0, now - session.started_at if at_s is None else at_s), 3)


def _captured_s(session: Session, frame: FrameIn) -> float | None:
    """When the frame was captured, since the session's start, by our clock."""
    if frame.captured_at is None:
        return None
    return frame.captured_at - session.started_at - (session.clock_offset_s or 0.0)


def _seq_of(session: Session, frame: FrameIn) -> int | None:
    """The frame's number: the client's, or made of its time; None if it says neither."""
    if frame.seq is not None:
        return frame.seq
    at_s = _captured_s(session, frame)
    return None if at_s is None else max(0, round((at_s - _EARLIEST_S) * 1000))
