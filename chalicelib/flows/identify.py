"""Say who the candidate of a session is meant to be, and let it be proved.

A reference picture, an enrolled username (perhaps with a live picture), or an identity document with a live
picture, which becomes the reference; or a live picture alone, held against the identity that there is. What
is not verified is not set: the decision is recorded, and the session keeps the identity that it had.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from chalicelib.domain import attention, identity, reducer
from chalicelib.domain.errors import (
    Busy,
    Conflict,
    Forbidden,
    NotEnrolled,
    NotFound,
    SessionEnded,
    UpstreamDown,
)
from chalicelib.domain.identity import Decision, GivenAs, GivenBy, Identity, Resembled, Trying
from chalicelib.domain.identity_given import Given
from chalicelib.domain.model import Session, Status
from chalicelib.domain.seen import Face, Kind, Picture
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.ask_faces import faces_in
from chalicelib.flows.ask_person import verifies
from chalicelib.flows.contention import AT_WORK_S, PATIENT, settled
from chalicelib.flows.face_ports import Comparison, Enrolments
from chalicelib.flows.ports import Clock, Evidence, Jobs, Look, Sessions, Vision
from chalicelib.flows.resemble import NOT_ENROLLED, Resemble
from chalicelib.telemetry import Metric, logger

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Made:
    """What is found out on the way to a decision."""

    session: Session
    given: Given
    by: GivenBy
    pictures: dict[str, Picture]
    at_s: float
    calls: list[str] = field(default_factory=list)
    """Operations that the provider was asked for."""


@dataclass(frozen=True, slots=True)
class Identify:
    """The same request again is decided once. No call is made for who may not ask.

    A try is taken before the first call is made, so that requests side by side cannot make more calls than
    there are tries. What fails gives it back, and the calls that were made are the session's all the same.
    """

    sessions: Sessions
    evidence: Evidence
    jobs: Jobs
    look: Look
    vision: Vision
    comparison: Comparison
    enrolments: Enrolments
    resemble: Resemble
    apart: AskApart
    clock: Clock

    def __call__(
        self, tenant_id: str, session_id: str, given: Given, by: GivenBy
    ) -> tuple[Session, Decision]:
        """The session and what was decided.

        Raises NotFound, NotEnrolled, BadInput, Forbidden, Conflict, SessionEnded, TooManyRequests, Busy,
        UpstreamDown.
        """
        session = self.sessions.load(tenant_id, session_id)
        if known := _decided(session, given, by):
            return session, known
        pictures = {
            name: self.look(encoded)
            for name in ("reference", "document", "live")
            if (encoded := getattr(given, name)) is not None
        }
        if pictures:
            self.apart.check_budget(tenant_id)
        began, session = settled(lambda: self._begin(tenant_id, session_id, given, by), tries=PATIENT)
        if not began:
            if known := _decided(session, given, by):
                return session, known
            raise Busy("This is being decided already; ask again in a moment.")
        made = _Made(session, given, by, pictures, session.at_s(self.clock()))
        try:
            decision = self._decide(made)
            self._keep(made, decision)
            saved = settled(lambda: self._save(made, decision), tries=PATIENT)
        except Exception:
            self._give_up(made)
            raise
        logger.info("identity_decided", kind=decision.kind.value, by=by.value, verified=decision.verified)
        return saved, decision

    def _begin(self, tenant_id: str, session_id: str, given: Given, by: GivenBy) -> tuple[bool, Session]:
        """Whether this is the one to decide, and the session with its try."""
        session = self.sessions.load(tenant_id, session_id)
        at_s = session.at_s(self.clock())
        trying = tuple(each for each in session.trying if each.until_s > at_s)
        if _decided(session, given, by) or any(each.request == given.fingerprint for each in trying):
            return False, session
        if by is GivenBy.CANDIDATE and not identity.tries_left(session.decisions, trying, at_s):
            raise Conflict("There are no more tries; ask who invited you.")
        this = Trying(given.fingerprint, by, round(at_s + AT_WORK_S, 3))
        return True, self.sessions.save(replace(session, trying=(*trying, this)))

    def _decide(self, made: _Made) -> Decision:
        session, given, pictures = made.session, made.given, made.pictures
        policy, kind, at_s = session.policy, given.kind, made.at_s
        goal = session.identity if kind is None else None
        named = kind or (goal.kind if goal else GivenAs.PICTURE)
        threshold = policy.document_similarity if kind is GivenAs.DOCUMENT else policy.match_similarity
        decision = Decision(at_s, named, made.by, None, None, threshold, "", request=given.fingerprint)
        username = given.username or (goal.username if goal else "")
        if username and self.enrolments.faces_of(session.tenant_id, username) is None:
            raise NotEnrolled("Nobody is enrolled under this username; enrol a face first.")
        shown = pictures.get("live") or pictures.get("reference")
        if shown and (wrong := self._wrong_with(made, shown)):
            return replace(decision, reasons=(wrong,))
        if "live" in pictures:
            resembled = self._compared(made, goal)
            reason = _reason(resembled, threshold, policy.mismatch_similarity)
            decision = replace(
                decision,
                verified=False if reason == "another_person" else None if reason else True,
                similarity=resembled.similarity,
                engine=resembled.engine,
                reasons=(reason,) if reason else (),
                against=goal,
            )
        if kind is None or ("live" in pictures and not decision.verified):
            return decision
        reference = shown.name if shown and not given.username else ""
        set_to = Identity(kind, at_s, reference, given.username, reducer.next_seq(session))
        keeps = kind is GivenAs.DOCUMENT and policy.keep_document
        return replace(decision, given=set_to, document=pictures["document"].name if keeps else "")

    def _compared(self, made: _Made, goal: Identity | None) -> Resembled:
        """The live picture against what it is to be held against."""
        session, live = made.session, made.pictures["live"].encoded
        if document := made.pictures.get("document"):
            compared = self._answer(
                made, "CompareFaces", lambda: self.comparison.compare_pictures(live, document.encoded)
            )
            return identity.on_document(compared, document.view, session.policy)
        username = made.given.username or (goal.username if goal else "")
        if not username:
            return self._answer(made, "CompareFaces", lambda: self.resemble(session, live))
        return self.resemble.to_enrolled(
            session.tenant_id,
            username,
            live,
            at_least=session.policy.mismatch_similarity,
            ask=lambda question: self._answer(made, "SearchFacesByImage", question),
        )

    def _wrong_with(self, made: _Made, picture: Picture) -> str:
        """Why a picture cannot stand for one person, in a word; empty if it can."""
        policy = made.session.policy
        faces = self._answer(made, "DetectFaces", lambda: faces_in(self.vision, picture, policy))
        return _only_face(faces) or identity.unusable(faces[0], picture.view, policy) or ""

    def _answer(self, made: _Made, operation: str, question: Callable[[], Answer]) -> Answer:
        def ask() -> Answer:
            made.calls.append(operation)
            return question()

        metric = Metric.DETECT_FACES if operation == "DetectFaces" else Metric.IDENTITY_LOOKS
        return self.apart(made.session.tenant_id, ask, operation=metric)

    def _keep(self, made: _Made, decision: Decision) -> None:
        # S3 first: the session must never point at a missing picture.
        session = made.session
        wanted = {decision.document, decision.given.reference if decision.given else ""} - {""}
        if wanted:  # erased or ended meanwhile: nothing of it is kept
            _refuse(self.sessions.load(session.tenant_id, session.session_id), made.given.kind, made.by)
        for picture in made.pictures.values():
            if picture.name in wanted:
                self.evidence.keep(session.tenant_id, session.session_id, picture)

    def _save(self, made: _Made, decision: Decision) -> Session:
        session = self.sessions.load(made.session.tenant_id, made.session.session_id)
        _refuse(session, made.given.kind, made.by)
        if session.identity != made.session.identity:
            raise Conflict("Another identity was given meanwhile; send it again if it still shall be.")
        return self.sessions.save(_with(_without(session, made), decision))

    def _give_up(self, made: _Made) -> None:
        """Take the try back, and leave nothing of what may have been kept."""

        def attempt() -> None:
            session = self.sessions.load(made.session.tenant_id, made.session.session_id)
            if session.status is Status.ACTIVE:
                self.sessions.save(_without(session, made))
            else:  # its pictures may have been tidied before this one came
                tenant_id, session_id = session.tenant_id, session.session_id
                self.jobs.send("tidy_evidence", tenant_id=tenant_id, session_id=session_id)

        # Erased: the sweep finds what came late. Else the try lapses by itself.
        with suppress(NotFound, Busy, UpstreamDown):
            settled(attempt, tries=PATIENT)


def _decided(session: Session, given: Given, by: GivenBy) -> Decision | None:
    """What was decided of this very request, if that still holds. Raises what speaks against deciding it."""
    _refuse_whoever_asks(session, given.kind, by)
    for decision in reversed(session.decisions):
        if decision.request == given.fingerprint:
            held = decision.given or decision.against
            if NOT_ENROLLED not in decision.reasons and (held is None or held == session.identity):
                return decision
            break
    _refuse_to_decide(session, given.kind, by)
    return None


def _refuse(session: Session, kind: GivenAs | None, by: GivenBy) -> None:
    _refuse_whoever_asks(session, kind, by)
    _refuse_to_decide(session, kind, by)


def _refuse_whoever_asks(session: Session, kind: GivenAs | None, by: GivenBy) -> None:
    """Raise whatever is wrong with a request, be it the first or the same again."""
    if session.status is not Status.ACTIVE:
        raise SessionEnded("The session has ended.")
    if not session.policy.identity:
        raise Conflict("The session's policy does not ask who is in view.")
    if by is GivenBy.CANDIDATE and kind in (GivenAs.PICTURE, GivenAs.USERNAME):
        raise Forbidden("A session token may prove who it is, with `live`, and not say so.")


def _refuse_to_decide(session: Session, kind: GivenAs | None, by: GivenBy) -> None:
    """Raise what stands against another decision."""
    if by is GivenBy.CANDIDATE and kind is GivenAs.DOCUMENT and session.identity:
        raise Conflict("The session has an identity; send `live` alone to be held against it.")
    if kind is None and not verifies(session):
        raise Conflict("The session has no identity to hold `live` against.")


def _only_face(faces: Collection[Face]) -> str:
    if not faces:
        return "no_face"
    return "several_faces" if len(faces) > 1 else ""


def _reason(resembled: Resembled, threshold: float, mismatch_similarity: float) -> str:
    """Why it is not verified, in a word; empty if it is."""
    if resembled.reason or not resembled.found:
        return resembled.reason or "no_face"
    alike = resembled.similarity or 0.0
    if alike >= threshold:
        return ""
    return "between_thresholds" if alike >= mismatch_similarity else "another_person"


def _without(session: Session, made: _Made) -> Session:
    """The session when the request is over: without its try, with its calls."""
    apart = dict(session.calls_apart)
    for operation in made.calls:
        apart[operation] = apart.get(operation, 0) + 1
    calls = len(made.calls)
    return replace(
        session,
        watch=attention.counted(session.watch, calls, made.at_s) if calls else session.watch,
        calls_apart=apart,
        trying=tuple(each for each in session.trying if each.request != made.given.fingerprint),
    )


def _with(session: Session, decision: Decision) -> Session:
    decided = replace(session, decisions=identity.with_decision(session.decisions, decision))
    if decision.given is None:
        return decided
    # Of the new one nothing is known; whether an alert is open is for the frames to say.
    watch = session.watch
    asked_s, signed_s = dict(watch.asked_s), dict(watch.signed_s)
    asked_s.pop(Kind.IDENTITY, None)
    signed_s.pop(Kind.IDENTITY, None)
    fresh = replace(watch, asked_s=asked_s, signed_s=signed_s, resemblance=None, doubt=None, vain=0)
    return replace(decided, identity=decision.given, watch=fresh)
