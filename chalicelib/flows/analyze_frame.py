"""Watch frames: the way of one frame, or of a batch from a client that was offline, through the service."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from chalicelib.domain import reducer
from chalicelib.domain.errors import (
    BadInput,
    BadPicture,
    Busy,
    NotFound,
    ProctoringError,
    SessionEnded,
    StaleSession,
    UpstreamDown,
)
from chalicelib.domain.model import Alert, FrameRecord, Session, Status
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Findings, Kind, Observation, Picture
from chalicelib.flows.ports import Clock, Evidence, Look, Sessions, Vision
from chalicelib.telemetry import logger

SIDE_BY_SIDE = 4
"""Frames of a batch that are looked at together."""
BATCH_BUDGET_S = 18.0
"""After this a batch's remaining frames are handed back, so that the answer is in time for the gateway."""
CONFLICT_BUDGET_S = 12.0
"""So long a write that lost against others is tried again."""
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
    frame: FrameIn
    picture: Picture
    findings: Findings
    kept: bool
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
        """The session and what became of each frame, in order. Raises NotFound, SessionEnded."""
        session = self.sessions.load(tenant_id, session_id)
        outcomes: dict[int, Watched] = {}
        fresh: list[tuple[int, FrameIn]] = []
        for place, frame in enumerate(frames):
            known = self._known(session, frame)
            if known:
                outcomes[place] = Watched(record=known)
            else:
                fresh.append((place, frame))
        if fresh:
            self._refuse_closed(session)
        started = time.monotonic()
        for start in range(0, len(fresh), SIDE_BY_SIDE):
            part = fresh[start : start + SIDE_BY_SIDE]
            if start and time.monotonic() - started > BATCH_BUDGET_S:
                late = UpstreamDown("There was no time left for this frame; send it again.")
                outcomes |= {place: Watched(error=late) for place, _ in part}
                continue
            session, watched = self._watch(session, [frame for _, frame in part])
            outcomes |= dict(zip((place for place, _ in part), watched, strict=True))
        return session, [outcomes[place] for place in range(len(frames))]

    def _known(self, session: Session, frame: FrameIn) -> FrameRecord | None:
        seq = _seq_of(session, frame)
        if seq is None or not reducer.may_be_known(session, seq):
            return None
        return self.sessions.frame(session.tenant_id, session.session_id, seq)

    def _refuse_closed(self, session: Session) -> None:
        if session.status is not Status.ACTIVE:
            raise SessionEnded("The session has ended and takes no more frames.")
        if self.clock() - session.started_at > self.session_s:
            raise SessionEnded(f"The session has lasted its {self.session_s / 3600:.0f} hours; end it.")

    def _watch(self, session: Session, frames: Sequence[FrameIn]) -> tuple[Session, list[Watched]]:
        watched: list[Watched] = []
        looked = self._look(session, frames)
        for seen in looked:
            if isinstance(seen, BadPicture):
                watched.append(Watched(error=seen))
                continue
            try:
                session, record = self._commit(session, seen)
            except NotFound:
                # Erased in the meantime: none of these pictures may stay behind.
                names = [each.picture.name for each in looked if isinstance(each, _Seen)]
                self.evidence.drop(session.tenant_id, session.session_id, names)
                raise
            except (BadInput, Busy, UpstreamDown) as error:
                watched.append(Watched(error=error))
            else:
                watched.append(Watched(record=record))
        return session, watched

    def _look(self, session: Session, frames: Sequence[FrameIn]) -> list[_Seen | BadPicture]:
        pictures = [self._check(frame) for frame in frames]
        whole = [picture for picture in pictures if isinstance(picture, Picture)]
        # Pictures travel to S3 while Rekognition looks at them.
        uploads = [self.pool.submit(self._keep, session, picture) for picture in whole if _keeps_all(session)]
        findings = self.vision.look(
            [picture.encoded for picture in whole], kinds_wanted(session.policy), session.policy
        )
        kept = [upload.exception() is None for upload in uploads] or [False] * len(whole)
        found = iter(zip(findings, kept, strict=True))
        return [
            _Seen(frame, picture, *next(found)) if isinstance(picture, Picture) else picture
            for frame, picture in zip(frames, pictures, strict=True)
        ]

    def _check(self, frame: FrameIn) -> Picture | BadPicture:
        try:
            return self.look(frame.encoded)
        except BadPicture as error:
            return error

    def _commit(self, session: Session, seen: _Seen) -> tuple[Session, FrameRecord]:
        """Step and store; on a conflict with another frame reload and step again, without looking again."""
        with suppress(StaleSession):
            return self._save(session, seen)
        deadline = time.monotonic() + CONFLICT_BUDGET_S
        # Frames that lost take turns within a process; between processes a random pause spreads them.
        with self._turns[hash(session.session_id) % len(self._turns)]:
            while True:
                session = self.sessions.load(session.tenant_id, session.session_id)
                known = self._known(session, seen.frame)
                if known:
                    return session, known
                self._refuse_closed(session)
                try:
                    return self._save(session, seen)
                except StaleSession:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(random.uniform(0, 0.02))  # noqa: S311 - no secret

    def _save(self, session: Session, seen: _Seen) -> tuple[Session, FrameRecord]:
        stepped, record, changes = self._step(session, seen)
        # S3 first: an alert must never point at a missing picture.
        moment = reducer.moment_of(record.observation, session.policy)
        if not seen.kept and reducer.worth_keeping(session, moment):
            self._keep(session, seen.picture)
        return self.sessions.save(stepped, [record], changes), record

    def _step(self, session: Session, seen: _Seen) -> tuple[Session, FrameRecord, tuple[Alert, ...]]:
        now = self.clock()
        if seen.frame.captured_at is not None:
            session = reducer.anchored(session, seen.frame.captured_at, seen.frame.seq, now)
        observation = self._observation(session, seen, now)
        before = {alert.id for alert in reducer.open_alerts(session)}
        stepped, changes = reducer.step(session, observation)
        opened = tuple(alert for alert in changes if alert.id not in before and not alert.withdrawn)
        for alert in opened:
            logger.info("alert_opened", type=alert.type, session_id=session.session_id)
        return stepped, FrameRecord(observation, opened), changes

    def _observation(self, session: Session, seen: _Seen, now: float) -> Observation:
        at_s = _captured_s(session, seen.frame)
        if at_s is not None and not _EARLIEST_S <= at_s <= self.session_s:
            raise BadInput("captured_at lies outside the session; check the clock, or leave it out.")
        seq = _seq_of(session, seen.frame)
        return Observation(
            seq=reducer.next_seq(session) if seq is None else seq,
            at_s=round(max(0.0, now - session.started_at if at_s is None else at_s), 3),
            view=seen.picture.view,
            faces=seen.findings.faces,
            labels=seen.findings.labels,
            text=seen.findings.text,
            looks=seen.findings.looks,
            picture=seen.picture.name,
        )

    def _keep(self, session: Session, picture: Picture) -> None:
        self.evidence.keep(session.tenant_id, session.session_id, picture)


def kinds_wanted(policy: Policy) -> frozenset[Kind]:
    """What the policy wants to know of a frame."""
    wanted = {Kind.FACES: True, Kind.LABELS: policy.labels, Kind.TEXT: policy.text}
    return frozenset(kind for kind, on in wanted.items() if on)


def _keeps_all(session: Session) -> bool:
    return session.policy.keep_frames == "all"


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
