"""Ask the provider about a frame: only what is needed, what the budget allows, and what its rate grants."""

import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from chalicelib.domain import attention, presence, reducer
from chalicelib.domain.attention import PATIENCE_S, Change, Wish
from chalicelib.domain.model import Memory, Session
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Findings, Kind, Look, Picture, Verdict, Why
from chalicelib.domain.verifying import Due
from chalicelib.flows import counts
from chalicelib.flows.answered import Answered
from chalicelib.flows.ask_person import AskPerson, look_of, looked
from chalicelib.flows.audit_reuse import TILES, Audit, Strips, spread
from chalicelib.flows.ports import Gate, Ledger, Vision
from chalicelib.flows.tenant_spend import TenantSpend
from chalicelib.telemetry import took

_NOTHING = Findings()
_ANSWERED = (Look.ASKED, Look.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a frame needs to be asked for, and what of that was granted."""

    at_s: float
    memory: Memory | None
    glimpse: bytes
    strip: Sequence[bytes]
    """Frames that could be audited along with it."""
    wished: Sequence[Wish]
    late: bool
    """Frames after it are known already."""
    due: Due | None = None
    """Why it is to be asked who is in view."""
    lost: bool = False
    """The gate lost the face."""
    allowed: Sequence[Wish] = ()
    """By the budget."""
    granted: Sequence[Wish] = ()
    """Of those, by the rate."""


@dataclass(frozen=True, slots=True)
class AskProvider:
    """The gate says what is in doubt, the domain what that means, the ledger what may be asked now."""

    vision: Vision
    gate: Gate
    ledger: Ledger
    pool: Executor
    aside: Executor
    """For what has time until the provider has answered."""
    spend: TenantSpend
    person: AskPerson
    strips: Strips = field(default_factory=Strips)

    def plan(
        self,
        session: Session,
        memory: Memory | None,
        picture: Picture,
        at_s: float,
        *,
        late: bool,
        overtaken: bool = False,
    ) -> Plan:
        """What a frame needs to be asked for, by its pixels and by what is known of its session.

        `late`: later frames came before it; `overtaken`: and the session was given its identity since.
        """
        watch, interval_s = session.watch, at_s - session.watch.glimpsed_s
        patient = not late and 0 <= interval_s <= PATIENCE_S
        change = self._change(session, memory, picture, patient=patient)
        strip = self._strip(session, at_s)
        when = at_s, max(0.0, interval_s)
        due = self.person.due(session, memory, picture, change, when, overtaken=overtaken)
        wished = attention.wishes(
            watch,
            change,
            session.policy,
            at_s,
            interval_s=max(0.0, interval_s),
            covered=bool(strip) and attention.is_trusted(watch),
            opening=reducer.about_to_open(session),
            identity=due,
            challenged=presence.wants_faces(session.challenges, session.policy, at_s, late=late),
        )
        if late:
            wished = tuple(wish for wish in wished if wish.why is not Why.STALE)
            due = due if due and due.why is not Why.STALE else None
        lost = change.doubts.get(Kind.FACES) is Why.FACE_LOST
        return Plan(at_s, memory, change.glimpse, strip, wished, late=late, due=due, lost=lost)

    def grant(self, session: Session, plan: Plan, now: float) -> Plan:
        """The plan with what the budget allows and the rate grants; a grant that is not used is lost."""
        if not plan.wished:
            return plan
        left = min(
            attention.share_left(
                session.watch,
                session.policy,
                plan.at_s,
                self.spend.budget.usd_per_call,
                identified=session.identity is not None,
            ),
            self.spend.left(session.tenant_id, now),
        )
        allowed = attention.affordable(plan.wished, session.watch, left, session.policy, plan.at_s)
        granted = allowed[: self.ledger.grant([wish.urgency for wish in allowed], now)] if allowed else []
        return replace(plan, allowed=allowed, granted=granted)

    def __call__(self, session: Session, plan: Plan, picture: Picture, now: float) -> Answered:  # noqa: D102 - described by the class
        watch, memory, late = session.watch, plan.memory, plan.late
        facts = memory.facts if memory else _NOTHING
        drafting = self._drafting(session, plan, picture)
        began = time.monotonic()
        found, audit = self._found(session, picture, facts, plan, now=now)
        if plan.granted:
            took(provider=time.monotonic() - began)
        answer = Answered(
            findings=_merged(session, facts, found, plan),
            why={wish.kind: wish.why for wish in plan.wished},
            at_s=plan.at_s,
            made=tuple(wish.kind for wish in plan.granted if found.looks.get(wish.kind) is not Look.PENDING),
            known=tuple(wish.kind for wish in plan.granted if found.looks.get(wish.kind) in _ANSWERED),
            glimpse=None if late else plan.glimpse,
            signed=tuple(watch.signed_s),
            audits=audit.trust(watch) if audit else None,
            audited=audit.audited if audit else 0,
            contradicted=audit.contradicted if audit else 0,
            repeated=audit.repeated if audit else 0,
            looked=looked(session, picture, facts, found, plan.due, lost=plan.lost),
            identity=session.identity,
        )
        counts.withheld(len(plan.wished), len(plan.allowed), len(plan.granted))
        counts.calls(answer.made, found.looks, answer.repeated, self.spend.budget.usd_per_call)
        if late:
            return answer
        self._keep(session, picture, plan.at_s, answer.findings.looks[Kind.FACES], now=now)
        return self._learned(session, answer, facts, drafting, found)

    def _drafting(self, session: Session, plan: Plan, picture: Picture) -> Future[object] | None:
        """What the gate will learn of, made while the provider is waited for; None if it learns nothing."""
        asked = any(wish.kind in SIGHTS for wish in plan.granted)
        if plan.late or not asked or not session.policy.gate:
            return None
        return self.aside.submit(self.gate.draft, picture, plan.memory.pixels if plan.memory else None)

    def _found(
        self,
        session: Session,
        picture: Picture,
        facts: Findings,
        plan: Plan,
        *,
        now: float,
    ) -> tuple[Findings, Audit | None]:
        """What the provider says; of the face perhaps by an audit."""
        granted, strip = plan.granted, plan.strip
        counting = self.spend.count(session.tenant_id, len(granted), now)
        kinds, audit = [wish.kind for wish in granted if wish.kind in SIGHTS], None
        asking = self.person.begin(session, picture) if len(kinds) < len(granted) else None
        if strip and attention.is_audited(session.watch, granted):
            audit = self._audit(picture, strip, facts, session.policy, now)
            kinds.remove(Kind.FACES)
        found = self._look(picture, kinds, session.policy)
        counted = self.spend.told(session.tenant_id, counting, now)
        if audit is not None:
            self.spend.told(session.tenant_id, self.spend.count(session.tenant_id, audit.repeated, now), now)
            found = replace(found, faces=audit.faces, looks={**found.looks, Kind.FACES: audit.look})
        if asking is not None:
            faces = facts.faces if found.faces is None else found.faces
            in_doubt = found.faces is None and any(wish.kind is Kind.FACES for wish in plan.wished)
            told = self.person.told(asking, session, picture, None if in_doubt else faces or ())
            found = replace(found, identity=told, looks={**found.looks, Kind.IDENTITY: look_of(told)})
        if counted and found.looks.get(Kind.IDENTITY) is Look.PENDING:  # nobody was asked for it
            self.spend.count(session.tenant_id, -1, now)
        return found, audit

    def _change(self, session: Session, memory: Memory | None, picture: Picture, *, patient: bool) -> Change:
        if not session.policy.gate or memory is None:
            return Change(dict.fromkeys(SIGHTS, Why.FIRST))
        before = session.window[-1].fingerprint if session.window else session.settled.fingerprint
        return self.gate.weigh(picture, memory.pixels, session.watch.glimpse, before, patient=patient)

    def _look(self, picture: Picture, kinds: Sequence[Kind], policy: Policy) -> Findings:
        return self.vision.look([picture.encoded], kinds, policy)[0] if kinds else _NOTHING

    def _strip(self, session: Session, at_s: float) -> list[bytes]:
        """Frames that could be audited."""
        asked_s = session.watch.asked_s.get(Kind.FACES)
        if asked_s is None:
            return []
        return self.strips.since(session, asked_s, at_s, session.policy.faces_every_s)

    def _keep(self, session: Session, picture: Picture, at_s: float, look: Look, *, now: float) -> None:
        self.strips.forget(now)
        if look is Look.ASKED or not attention.is_worth_keeping(session.watch):
            self.strips.clear(session)
        elif look is Look.REUSED:
            self.strips.add(session, at_s, picture.encoded, session.policy.audit_every_s / TILES, now=now)

    def _audit(
        self, picture: Picture, strip: Sequence[bytes], facts: Findings, policy: Policy, now: float
    ) -> Audit:
        """Look at the frame and earlier ones in one call; where that does not agree, at the frame alone."""
        began = time.monotonic()
        tiles = self.vision.audit([*spread(strip), picture.encoded], policy)
        if tiles is None:
            return Audit(None, Look.FAILED)
        believed = attention.told(facts.faces or (), policy)
        *earlier, newest = tiles
        seen = attention.told(newest, policy)
        contradicted = sum(attention.told(tile, policy) != believed for tile in earlier)
        if seen == believed:
            return Audit(newest, Look.ASKED, len(earlier), contradicted)
        if not self.ledger.grant([1.0], now + time.monotonic() - began):
            return Audit(None, Look.WITHHELD, repeated=1)
        (alone,) = self.vision.look([picture.encoded], [Kind.FACES], policy)
        if alone.faces is None:
            return Audit(None, Look.FAILED, repeated=1)
        if attention.told(alone.faces, policy) != seen:
            return Audit(alone.faces, Look.ASKED, repeated=1, agreed=False)
        return Audit(alone.faces, Look.ASKED, len(earlier), contradicted, repeated=1, reuse_was_wrong=True)

    def _learned(
        self,
        session: Session,
        answer: Answered,
        facts: Findings,
        drafting: Future[object] | None,
        found: Findings,
    ) -> Answered:
        """With what to remember of what was answered, and which signs it raises now."""
        known = [kind for kind in answer.known if kind in SIGHTS]
        told = found.identity
        if told is None or told.verdict is Verdict.UNCLEAR:
            told = session.watch.resemblance
        if drafting is None or not known:  # nothing is remembered but who is in view
            if session.identity is None:
                return answer
            kept = [kind for kind in answer.signed if kind is not Kind.IDENTITY]
            return replace(answer, signed=(*kept, *attention.signed(Findings(identity=told), session.policy)))
        facts = replace(facts, looks={}, **{kind.value: found.of(kind) for kind in known})
        signed = attention.signed(replace(facts, identity=told), session.policy)
        pixels = self.gate.learn(drafting.result(), known, facts.faces or (), signed)
        return replace(answer, memory=Memory(facts, pixels), signed=tuple(signed))


def _merged(session: Session, facts: Findings, found: Findings, plan: Plan) -> Findings:
    """What is known of this frame: answered, reused, or - where it was needed and not answered - nothing."""
    watch = session.watch
    wanted = attention.kinds_wanted(session.policy, identified=session.identity is not None)
    looks: dict[Kind, Look] = dict.fromkeys(Kind, Look.OFF)
    looks |= dict.fromkeys(wanted, Look.REUSED)
    if plan.due and not plan.due.askable:
        looks[Kind.IDENTITY] = Look.PENDING
    # What is only old is as good as it was, unless it speaks against someone.
    needed = [wish.kind for wish in plan.wished if wish.why is not Why.STALE or wish.kind in watch.signed_s]
    looks |= dict.fromkeys(needed, Look.WITHHELD)
    looks |= {wish.kind: found.looks.get(wish.kind, Look.FAILED) for wish in plan.granted}
    remembered = replace(facts, identity=watch.resemblance)
    sources = {Look.ASKED: found, Look.UNCLEAR: found, Look.PENDING: found, Look.REUSED: remembered}
    known = {kind: sources[look].of(kind) for kind, look in looks.items() if look in sources}
    return Findings(
        faces=known.get(Kind.FACES),
        labels=known.get(Kind.LABELS),
        text=known.get(Kind.TEXT),
        looks=looks,
        identity=known.get(Kind.IDENTITY),
    )
