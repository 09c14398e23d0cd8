"""Learn from pictures of one person: check each, add its face to the collection, then say whose it is."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from chalicelib.domain.enrolment import (
    MOST_FACES,
    EnrolledFace,
    Enrolment,
    Outcome,
    Reason,
    reason_of,
    with_faces,
    wrong_with,
)
from chalicelib.domain.errors import BadPicture, Busy, Conflict, UpstreamDown
from chalicelib.domain.policy import Policy, layered
from chalicelib.domain.seen import Picture, picture_name
from chalicelib.flows.ask_faces import AskFaces
from chalicelib.flows.contention import LATE_S, settled
from chalicelib.flows.face_ports import Enrolments
from chalicelib.flows.ports import Clock, Jobs, Look, Tenants
from chalicelib.telemetry import logger

BUDGET_S = 12.0
"""After this no call is begun, so that the answer is in time for the gateway."""
TRIES = 40
"""Many may enrol one username at once: in each round one of them gets on."""
DELETED = "The username was deleted meanwhile; send the pictures again if its face shall be known."


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture as it was sent. `wrong` says why it is none, if that is known already."""

    encoded: bytes
    name: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Learned:
    """What became of pictures, up to the first one that nothing is known of because of `error`."""

    enrolment: Enrolment
    outcomes: tuple[Outcome, ...]
    error: Busy | UpstreamDown | None = None


@dataclass(frozen=True, slots=True)
class _Tried:
    outcome: Outcome
    face: EnrolledFace | None = None
    error: Busy | UpstreamDown | None = None


@dataclass(frozen=True, slots=True)
class LearnFaces:
    """The collection first, then the registry: a face that is not in it yet is nobody's."""

    enrolments: Enrolments
    ask: AskFaces
    look: Look
    tenants: Tenants
    jobs: Jobs
    clock: Clock
    pool: Executor
    stopwatch: Callable[[], float] = time.monotonic

    def policy(self, tenant_id: str) -> Policy:
        """The tenant's."""
        return layered(self.tenants.tenant(tenant_id).policy)

    def begin(self, tenant_id: str, username: str) -> Enrolment:
        """The enrolment, stored: from now on a deletion is one of what is under way. Raises Busy."""

        def attempt() -> Enrolment:
            known = self.enrolments.load(tenant_id, username) or Enrolment(tenant_id, username)
            return known if known.faces else self.enrolments.save(replace(known, awaited=True))

        return settled(attempt, tries=TRIES)

    def __call__(self, begun: Enrolment, sent: Sequence[Sent], policy: Policy, *, first: int = 0) -> Learned:
        """Learn from these pictures, of which the first has the number `first`.

        What was learned stays, whatever became of the others. Raises Conflict if the username was deleted
        since the enrolment was begun, UpstreamDown.
        """
        once = {picture_name(each.encoded): each for each in reversed(sent)}
        until = self.stopwatch() + BUDGET_S
        asked = {
            name: self.pool.submit(self._try, begun, each, name, policy, until) for name, each in once.items()
        }
        tried = {name: future.result() for name, future in asked.items()}
        learned = [each.face for each in tried.values() if each.face]
        enrolment = self._keep(begun, learned)
        surplus = [face for face in learned if face.face_id not in enrolment.face_ids]
        if surplus:  # others filled it meanwhile
            self._forget(begun.tenant_id, surplus)
        outcomes: list[Outcome] = []
        for number, each in enumerate(sent):
            known = tried[picture_name(each.encoded)]
            if known.error:
                return Learned(enrolment, tuple(outcomes), known.error)
            outcome = replace(known.outcome, index=first + number, name=each.name)
            outcomes.append(outcome.rejected(Reason.ENOUGH_FACES) if known.face in surplus else outcome)
        return Learned(enrolment, tuple(outcomes))

    def _try(self, begun: Enrolment, sent: Sent, name: str, policy: Policy, until: float) -> _Tried:
        outcome = Outcome(0)
        if name in begun.pictures:
            return _Tried(outcome)
        if sent.wrong:
            return _Tried(outcome.rejected(Reason.NOT_A_PICTURE, sent.wrong))
        if len(begun.faces) >= MOST_FACES:
            return _Tried(outcome.rejected(Reason.ENOUGH_FACES))
        try:
            return self._learn(begun, self.look(sent.encoded), policy, until)
        except BadPicture as error:
            return _Tried(outcome.rejected(reason_of(error), str(error)))
        except (Busy, UpstreamDown) as error:
            return _Tried(outcome, error=error)

    def _learn(self, begun: Enrolment, picture: Picture, policy: Policy, until: float) -> _Tried:
        outcome = Outcome(0)
        self._check_time(until)
        reason = wrong_with(picture.view, self.ask.detect(begun.tenant_id, picture, policy), policy)
        if reason:
            return _Tried(outcome.rejected(reason))
        self._check_time(until)
        added = self.ask.add(begun.tenant_id, begun.owner, picture, generation=begun.generation)
        if added is None:
            return _Tried(outcome.rejected(Reason.UNCLEAR))
        face, engine = added
        return _Tried(outcome, EnrolledFace(face.face_id, picture.name, round(self.clock(), 3), engine))

    def _check_time(self, until: float) -> None:
        if self.stopwatch() > until:
            raise UpstreamDown("There was no time left for all pictures; send them again.")

    def _keep(self, begun: Enrolment, faces: Sequence[EnrolledFace]) -> Enrolment:
        def attempt() -> Enrolment:
            known = self.enrolments.load(begun.tenant_id, begun.username)
            if known is None or known.generation != begun.generation:
                raise Conflict(DELETED)
            kept = with_faces(known, faces, round(self.clock(), 3))
            return known if kept == known else self.enrolments.save(kept)

        try:
            return settled(attempt, tries=TRIES)
        except Conflict:
            self._forget(begun.tenant_id, faces)
            raise
        except (Busy, UpstreamDown):
            # Whether they are known is not known: the sweep will see.
            self._sweep(begun.tenant_id, faces)
            raise

    def _forget(self, tenant_id: str, faces: Sequence[EnrolledFace]) -> None:
        """Delete faces that nobody can say to be somebody's any more."""
        try:
            self.ask.known_faces.remove(tenant_id, {face.face_id for face in faces})
        except UpstreamDown:
            self._sweep(tenant_id, faces)

    def _sweep(self, tenant_id: str, faces: Sequence[EnrolledFace]) -> None:
        if not faces:
            return
        try:
            self.jobs.send("sweep_faces", delay_s=LATE_S, tenant_id=tenant_id)
        except UpstreamDown:
            logger.warning("sweep_not_sent")
