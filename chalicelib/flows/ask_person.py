"""Ask who is in view: the call beside those about what a frame shows, and what its answer comes to."""

import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from chalicelib.domain import identity, reducer, verifying
from chalicelib.domain.attention import Change
from chalicelib.domain.errors import UpstreamDown, VisionUnavailable
from chalicelib.domain.identity import Resembled
from chalicelib.domain.model import Memory, Session
from chalicelib.domain.seen import Face, Findings, Kind, Look, Picture, Resemblance, Verdict, Why
from chalicelib.domain.verifying import Due, Looked
from chalicelib.flows.face_ports import Likeness
from chalicelib.telemetry import logger

_DEADLINE_S = 8.0
"""It may take as long as the provider's eyes."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A call that is on its way, and until when it is waited for (of the monotonic clock)."""

    answer: Future[Resembled]
    until: float


@dataclass(frozen=True, slots=True)
class AskPerson:
    """In sessions that were given an identity. No failure is an accusation."""

    likeness: Likeness
    pool: Executor

    def due(
        self,
        session: Session,
        memory: Memory | None,
        picture: Picture,
        change: Change,
        when: tuple[float, float],
        *,
        overtaken: bool,
    ) -> Due | None:
        """Why it is to be asked, if it is, of a frame of then, so long after the one before.

        `overtaken`: later frames came before the session was given its identity.
        """
        if not verifies(session):
            return None
        at_s, interval_s = when
        if overtaken:  # of who sat there then nothing was said
            return Due(Why.FIRST, askable=False)
        return verifying.due(
            session.watch,
            session.policy,
            at_s,
            interval_s,
            faces=memory.facts.faces if memory else None,
            view=picture.view,
            doubt=change.doubts.get(Kind.FACES),
            upheaval=change.upheaval,
            alerted=reducer.is_open(session, "identity_mismatch"),
        )

    def begin(self, session: Session, picture: Picture) -> Asking:
        """The call, on its way."""
        answer = self.pool.submit(self.likeness, session, picture.encoded)
        return Asking(answer, time.monotonic() + _DEADLINE_S)

    def told(
        self, asking: Asking, session: Session, picture: Picture, faces: Sequence[Face] | None
    ) -> Resemblance | None:
        """What its answer comes to, by the faces that are known to be in view; None if there is none.

        `faces` is None where they are in doubt and were not told.
        """
        assert session.identity is not None
        try:
            resembled = asking.answer.result(timeout=max(0.0, asking.until - time.monotonic()))
        except (UpstreamDown, TimeoutError) as exc:
            asking.answer.cancel()
            reason = str(exc) if isinstance(exc, VisionUnavailable) else type(exc).__name__
            logger.warning("vision_unavailable", kind=Kind.IDENTITY.value, reason=reason)
            return None
        return identity.judged(resembled, faces, picture.view, session.policy, session.identity)


def verifies(session: Session) -> bool:
    """Whether it is to be known who is in view."""
    return session.policy.identity and session.identity is not None


def look_of(told: Resemblance | None) -> Look:
    """How it came to be known, where it was asked."""
    if told is None:
        return Look.FAILED
    if not told.engine:
        return Look.PENDING
    return Look.UNCLEAR if told.verdict is Verdict.UNCLEAR else Look.ASKED


def looked(
    session: Session, picture: Picture, facts: Findings, found: Findings, due: Due | None, *, lost: bool
) -> Looked | None:
    """What became of a frame, as far as it tells of the person. `facts` are those known before."""
    if not verifies(session):
        return None
    before, now, policy, view = facts.faces, found.faces, session.policy, picture.view
    return Looked(
        due=due,
        answer=found.identity,
        lost=lost,
        faces_before=len(before or ()),
        faces=None if now is None or before is None else len(now),
        tells_again=now is not None
        and identity.may_tell(now, view, policy)
        and not identity.may_tell(before, view, policy),
    )
