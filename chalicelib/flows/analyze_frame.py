"""Watch frames: the way of one frame, or of a batch from a client that was offline, through the service."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Lock

from chalicelib.domain import reducer
from chalicelib.domain.errors import (
    BadInput,
    Busy,
    ProctoringError,
    SessionEnded,
    StaleSession,
    UpstreamDown,
)
from chalicelib.domain.model import Alert, FrameRecord, Session, Status
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Findings, Kind, Observation, Picture, picture_name
from chalicelib.flows.ports import Clock, Evidence, Look, Sessions, Vision
from chalicelib.telemetry import logger

SIDE_BY_SIDE = 4
"""Frames of a batch that are looked at together."""
BUDGET_S = 12.0
"""After this nothing new is begun, so that the answer is in time for the gateway."""
_EARLIEST_S = -10.0


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
class _Seen:
    """A frame that was looked at. `seq` is None if its client neither numbers nor times its frames."""

    frame: FrameIn
    seq: int | None
    taken_at: float
    """One time for all that is made of it: its number, and how far its client's clock is off."""
    picture: Picture
    findings: Findings = field(default_factory=Findings)
    kept: bool = False
    """The picture is stored already."""


@dataclass(frozen=True, slots=True)
class AnalyzeFrame:
    """Check, look, reduce, store. The same frame again is answered as the first time and counted once."""

    sessions: Sessions
    vision: Vision
    evidence: Evidence
    look: Look
    clock: Clock
    pool: Executor
    session_s: float
    _turns: tuple[Lock, ...] = field(default_factory=lambda: tuple(Lock() for _ in range(64)))

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
        session = self.sessions.load(tenant_id, session_id)
        watched: list[Watched] = []
        for start in range(0, len(frames), SIDE_BY_SIDE):
            session, more = self._watch(session, frames[start : start + SIDE_BY_SIDE], deadline)
            watched += more
        return session, watched

    def _watch(
        self, session: Session, frames: Sequence[FrameIn], deadline: float
    ) -> tuple[Session, list[Watched]]:
        taken = [self._take(session, frame, deadline) for frame in frames]
        looked = iter(self._look(session, [each for each in taken if isinstance(each, _Seen)]))
        watched: list[Watched] = []
        for each in taken:
            if isinstance(each, Watched):
                watched.append(each)
                continue
            try:
                session, record = self._commit(session, next(looked), deadline)
                watched.append(Watched(record=record))
            except (BadInput, Busy, SessionEnded, UpstreamDown) as error:
                watched.append(Watched(error=error))
        return session, watched

    def _take(self, session: Session, frame: FrameIn, deadline: float) -> Watched | _Seen:
        """What became of the frame before, or the frame with what its pixels say."""
        try:
            now = self.clock()
            seq, known = self._find(session, frame, now)
            if known:
                return Watched(record=known)
            self._refuse(session, frame, now)
            _check_time(deadline)
            return _Seen(frame, seq, now, self.look(frame.encoded))
        except (BadInput, SessionEnded, UpstreamDown) as error:
            return Watched(error=error)

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

    def _look(self, session: Session, taken: Sequence[_Seen]) -> list[_Seen]:
        # Pictures travel to S3 while Rekognition looks at them.
        keeps_all = session.policy.keep_frames == "all"
        uploads = [self.pool.submit(self._keep, session, each.picture) for each in taken if keeps_all]
        findings = self.vision.look(
            [each.picture.encoded for each in taken], kinds_wanted(session.policy), session.policy
        )
        kept = [upload.exception() is None for upload in uploads] or [False] * len(taken)
        return [
            replace(each, findings=found, kept=stored)
            for each, found, stored in zip(taken, findings, kept, strict=True)
        ]

    def _commit(self, session: Session, seen: _Seen, deadline: float) -> tuple[Session, FrameRecord]:
        """Step and store; on a conflict with another frame reload and step again, without looking again."""
        with suppress(StaleSession):
            return self._save(session, seen, deadline)
        # Frames that lost take turns within a process; between processes a random pause spreads them.
        turn = self._turns[hash(session.session_id) % len(self._turns)]
        if not turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise StaleSession("Too many frames of this session came at once; send this one again.")
        try:
            return self._commit_in_turn(session, seen, deadline)
        finally:
            turn.release()

    def _commit_in_turn(self, session: Session, seen: _Seen, deadline: float) -> tuple[Session, FrameRecord]:
        while True:
            session = self.sessions.load(session.tenant_id, session.session_id)
            seq, known = self._find(session, seen.frame, seen.taken_at)
            if known:
                return session, known
            self._refuse(session, seen.frame, seen.taken_at)
            try:
                return self._save(session, replace(seen, seq=seq), deadline)
            except StaleSession:
                if time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0, 0.02))  # noqa: S311 - no secret

    def _save(self, session: Session, seen: _Seen, deadline: float) -> tuple[Session, FrameRecord]:
        stepped, record, changes = self._step(session, seen)
        # S3 first: an alert must never point at a missing picture.
        moment = reducer.moment_of(record.observation, session.policy)
        if not seen.kept and reducer.worth_keeping(session, moment):
            _check_time(deadline)
            self._keep(session, seen.picture)
        saved = self.sessions.save(stepped, [record], changes)
        for alert in record.opened:
            logger.info("alert_opened", type=alert.type, session_id=session.session_id)
        return saved, record

    def _step(self, session: Session, seen: _Seen) -> tuple[Session, FrameRecord, tuple[Alert, ...]]:
        now = seen.taken_at
        session = _anchored(session, seen.frame, now)
        at_s = _captured_s(session, seen.frame)
        observation = Observation(
            seq=reducer.next_seq(session) if seen.seq is None else seen.seq,
            at_s=round(max(0.0, now - session.started_at if at_s is None else at_s), 3),
            view=seen.picture.view,
            faces=seen.findings.faces,
            labels=seen.findings.labels,
            text=seen.findings.text,
            looks=seen.findings.looks,
            picture=seen.picture.name,
            numbered=seen.frame.seq is not None,
        )
        before = {alert.id for alert in reducer.open_alerts(session)}
        stepped, changes = reducer.step(session, observation)
        opened = tuple(alert for alert in changes if alert.id not in before and not alert.withdrawn)
        return stepped, FrameRecord(observation, opened), changes

    def _keep(self, session: Session, picture: Picture) -> None:
        self.evidence.keep(session.tenant_id, session.session_id, picture)


def kinds_wanted(policy: Policy) -> frozenset[Kind]:
    """What the policy wants to know of a frame."""
    wanted = {Kind.FACES: True, Kind.LABELS: policy.labels, Kind.TEXT: policy.text}
    return frozenset(kind for kind, on in wanted.items() if on)


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise UpstreamDown("There was no time left for this frame; send it again.")


def _shows(record: FrameRecord, frame: FrameIn) -> bool:
    return record.observation.picture == picture_name(frame.encoded)


def _anchored(session: Session, frame: FrameIn, now: float) -> Session:
    if frame.captured_at is None:
        return session
    return reducer.anchored(session, frame.captured_at, frame.seq, now)


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
