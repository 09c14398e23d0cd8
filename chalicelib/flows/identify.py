"""Say who the candidate of a session is meant to be, and let it be proved.

A reference picture, an enrolled username (perhaps with a live picture), or an identity document with a live
picture, which becomes the reference; or a live picture alone, held against the identity that there is. What
is not verified is not set: the decision is recorded, and the session keeps the identity that it had.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from chalicelib.domain import attention, identity
from chalicelib.domain.errors import (
    BadInput,
    Busy,
    Conflict,
    Forbidden,
    NotEnrolled,
    SessionEnded,
    TooManyRequests,
)
from chalicelib.domain.identity import Decision, GivenAs, GivenBy, Identity, Resembled
from chalicelib.domain.model import Session, Status
from chalicelib.domain.seen import Face, Kind, Picture, picture_name
from chalicelib.flows import counts
from chalicelib.flows.ask_faces import faces_in
from chalicelib.flows.ask_person import verifies
from chalicelib.flows.contention import settled
from chalicelib.flows.face_ports import Comparison, Enrolled
from chalicelib.flows.ports import Clock, Evidence, Ledger, Look, Sessions, Vision
from chalicelib.flows.resemble import Resemble
from chalicelib.flows.tenant_spend import TenantSpend
from chalicelib.telemetry import Metric, logger

MOST_TRIES = 10
"""Times that a candidate may try to prove who it is."""
_URGENCY = 0.5
"""The share of the provider's rate that these calls may fill: frames of those who are watched go first."""
_SAVES = 20


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent."""

    reference: bytes | None = None
    username: str = ""
    document: bytes | None = None
    live: bytes | None = None

    @property
    def kind(self) -> GivenAs | None:
        """What it is given as; None for a live picture alone. Raises BadInput."""
        sent = (
            self.reference is not None,
            bool(self.username),
            self.document is not None,
            self.live is not None,
        )
        match sent:
            case (True, False, False, False):
                return GivenAs.PICTURE
            case (False, True, False, _):
                return GivenAs.USERNAME
            case (False, False, True, True):
                return GivenAs.DOCUMENT
            case (False, False, False, True):
                return None
            case _:
                raise BadInput(
                    "Send one of these: reference; username, or username and live; document and live; live."
                )

    @property
    def fingerprint(self) -> str:
        """The same for the same request."""
        names = [picture_name(each) if each else "" for each in (self.reference, self.document, self.live)]
        return hashlib.sha256("\n".join([*names, self.username]).encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Made:
    """What is found out on the way to a decision."""

    session: Session
    calls: list[str] = field(default_factory=list)
    """Operations that the provider was asked for."""


@dataclass(frozen=True, slots=True)
class Identify:
    """The same request again is decided once. No call is made for who may not ask."""

    sessions: Sessions
    evidence: Evidence
    look: Look
    vision: Vision
    comparison: Comparison
    enrolled: Enrolled
    resemble: Resemble
    ledger: Ledger
    spend: TenantSpend
    clock: Clock

    def __call__(
        self, tenant_id: str, session_id: str, given: Given, by: GivenBy
    ) -> tuple[Session, Decision]:
        """The session and what was decided.

        Raises NotFound, NotEnrolled, BadInput, Forbidden, Conflict, SessionEnded, TooManyRequests, Busy,
        UpstreamDown.
        """
        session = self.sessions.load(tenant_id, session_id)
        kind = given.kind
        _refuse(session, kind, by)
        if known := _decided(session, given):
            return session, known
        _check_tries(session, by)
        pictures = {
            name: self.look(encoded)
            for name in ("reference", "document", "live")
            if (encoded := getattr(given, name)) is not None
        }
        made = _Made(session)
        decision = self._decide(made, kind, given, pictures, by)
        self._keep(session, decision, pictures, kind)
        saved = self._save(made, decision, kind)
        logger.info("identity_decided", kind=decision.kind.value, by=by.value, verified=decision.verified)
        return saved, decision

    def _decide(
        self, made: _Made, kind: GivenAs | None, given: Given, pictures: dict[str, Picture], by: GivenBy
    ) -> Decision:
        session, policy = made.session, made.session.policy
        at_s = round(max(0.0, self.clock() - session.started_at), 3)
        goal = session.identity if kind is None else None
        named = kind or (goal.kind if goal else GivenAs.PICTURE)
        threshold = policy.document_similarity if kind is GivenAs.DOCUMENT else policy.match_similarity
        decision = Decision(at_s, named, by, None, None, threshold, "", request=given.fingerprint)
        if kind is GivenAs.USERNAME and self.enrolled.faces_of(session.tenant_id, given.username) is None:
            raise NotEnrolled("Nobody is enrolled under this username; enrol a face first.")
        shown = pictures.get("live") or pictures.get("reference")
        if shown and (wrong := self._wrong_with(made, shown)):
            return replace(decision, reasons=(wrong,))
        if "live" in pictures:
            resembled = self._compared(made, given, pictures, goal)
            alike = resembled.similarity is not None and resembled.similarity >= threshold
            reason = "" if alike else _reason(resembled, policy.mismatch_similarity)
            decision = replace(
                decision,
                verified=True if alike else False if reason == "another_person" else None,
                similarity=resembled.similarity,
                engine=resembled.engine,
                reasons=(reason,) if reason else (),
                against=goal,
            )
        if kind is None or ("live" in pictures and not decision.verified):
            return decision
        set_to = Identity(kind, at_s, shown.name if shown and not given.username else "", given.username)
        keeps = kind is GivenAs.DOCUMENT and policy.keep_document
        return replace(decision, given=set_to, document=pictures["document"].name if keeps else "")

    def _compared(
        self, made: _Made, given: Given, pictures: dict[str, Picture], goal: Identity | None
    ) -> Resembled:
        """The live picture against what it is to be held against."""
        session, live = made.session, pictures["live"].encoded
        if document := pictures.get("document"):
            # A document may show its face twice: the best one counts.
            self._take_turn(made, "CompareFaces")
            compared = self.comparison.compare_pictures(live, document.encoded)
            alike = max(compared.similarities, default=None)
            reason = "" if compared.similarities else "no_face_in_document"
            return Resembled(alike, compared.engine, found=bool(compared.similarities), reason=reason)
        username = given.username or (goal.username if goal else "")
        self._take_turn(made, "SearchFacesByImage" if username else "CompareFaces")
        if username:
            least = session.policy.mismatch_similarity
            return self.resemble.to_enrolled(session.tenant_id, username, live, at_least=least)
        return self.resemble(session, live)

    def _wrong_with(self, made: _Made, picture: Picture) -> str:
        """Why a picture cannot stand for one person, in a word; empty if it can."""
        session = made.session
        self._take_turn(made, "DetectFaces")
        faces = faces_in(self.vision, picture, session.policy)
        return _only_face(faces) or identity.unusable(faces[0], picture.view, session.policy) or ""

    def _take_turn(self, made: _Made, operation: str) -> None:
        """Count a call that is about to be made, if it may be."""
        tenant_id, now = made.session.tenant_id, self.clock()
        if self.spend.left(tenant_id, now) <= 0:
            raise TooManyRequests(
                "The calls to the provider that you may make in an hour are used up.", retry_after_s=60
            )
        if not self.ledger.grant([_URGENCY], now):
            raise Busy("The provider's rate leaves no room at the moment; try again.")
        self.spend.told(tenant_id, self.spend.count(tenant_id, 1, now), now)
        metric = Metric.DETECT_FACES if operation == "DetectFaces" else Metric.IDENTITY_LOOKS
        counts.call(metric, self.spend.budget.usd_per_call, answered=True)
        made.calls.append(operation)

    def _keep(
        self, session: Session, decision: Decision, pictures: dict[str, Picture], kind: GivenAs | None
    ) -> None:
        # S3 first: the session must never point at a missing picture.
        wanted = {decision.document, decision.given.reference if decision.given else ""} - {""}
        if wanted:  # erased or ended meanwhile: nothing of it is kept
            _refuse(self.sessions.load(session.tenant_id, session.session_id), kind, decision.by)
        for picture in pictures.values():
            if picture.name in wanted:
                self.evidence.keep(session.tenant_id, session.session_id, picture)

    def _save(self, made: _Made, decision: Decision, kind: GivenAs | None) -> Session:
        def attempt() -> Session:
            session = self.sessions.load(made.session.tenant_id, made.session.session_id)
            _refuse(session, kind, decision.by)
            _check_tries(session, decision.by)
            if session.identity != made.session.identity:
                raise Conflict("Another identity was given meanwhile; send it again if it still shall be.")
            return self.sessions.save(_with(session, decision, made.calls))

        # Frames come between.
        return settled(attempt, tries=_SAVES)


def _refuse(session: Session, kind: GivenAs | None, by: GivenBy) -> None:
    if session.status is not Status.ACTIVE:
        raise SessionEnded("The session has ended.")
    if not session.policy.identity:
        raise Conflict("The session's policy does not ask who is in view.")
    if by is GivenBy.CANDIDATE and kind in (GivenAs.PICTURE, GivenAs.USERNAME):
        raise Forbidden("A session token may prove who it is, with `live`, and not say so.")
    if by is GivenBy.CANDIDATE and kind is GivenAs.DOCUMENT and session.identity:
        raise Conflict("The session has an identity; send `live` alone to be held against it.")
    if kind is None and not verifies(session):
        raise Conflict("The session has no identity to hold `live` against.")


def _check_tries(session: Session, by: GivenBy) -> None:
    tries = sum(each.by is GivenBy.CANDIDATE for each in session.decisions)
    if by is GivenBy.CANDIDATE and tries >= MOST_TRIES:
        raise Conflict("There are no more tries; ask who invited you.")


def _decided(session: Session, given: Given) -> Decision | None:
    """What was decided of this very request, if that still holds."""
    for decision in reversed(session.decisions):
        if decision.request == given.fingerprint:
            held = decision.given or decision.against
            return decision if held is None or held == session.identity else None
    return None


def _only_face(faces: Collection[Face]) -> str:
    if not faces:
        return "no_face"
    return "several_faces" if len(faces) > 1 else ""


def _reason(resembled: Resembled, mismatch_similarity: float) -> str:
    if resembled.reason or not resembled.found:
        return resembled.reason or "no_face"
    alike = resembled.similarity
    return "between_thresholds" if alike is not None and alike >= mismatch_similarity else "another_person"


def _with(session: Session, decision: Decision, calls: Collection[str]) -> Session:
    apart = dict(session.calls_apart)
    for operation in calls:
        apart[operation] = apart.get(operation, 0) + 1
    watch = attention.counted(session.watch, len(calls), decision.at_s) if calls else session.watch
    decided = replace(
        session,
        watch=watch,
        calls_apart=apart,
        decisions=identity.with_decision(session.decisions, decision),
    )
    if decision.given is None:
        return decided
    # Of the new one nothing is known; whether an alert is open is for the frames to say.
    asked_s, signed_s = dict(watch.asked_s), dict(watch.signed_s)
    asked_s.pop(Kind.IDENTITY, None)
    signed_s.pop(Kind.IDENTITY, None)
    fresh = replace(watch, asked_s=asked_s, signed_s=signed_s, resemblance=None, doubt=None, vain=0)
    return replace(decided, identity=decision.given, watch=fresh)
