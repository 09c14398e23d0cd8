"""Ask the provider about a frame: only what is needed, what the budget allows, and what its rate grants."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from chalicelib.domain import attention, presence, reducer
from chalicelib.domain.attention import HOUR_S, PATIENCE_S, Change, Wish
from chalicelib.domain.model import Memory, Session, Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Findings, Kind, Look, Picture, Why
from chalicelib.domain.tenants import Limits, unlimited
from chalicelib.flows import counts
from chalicelib.flows.audit_reuse import TILES, Audit, Strips, spread
from chalicelib.flows.ports import Gate, Ledger, Vision
from chalicelib.telemetry import took

_MOST_TENANTS = 1000
_NOTHING = Findings()


@dataclass(frozen=True, slots=True)
class Budget:
    """What calls cost, and what a tenant may spend in an hour; 0 for no limit."""

    usd_per_call: float = 0.001
    tenant_calls_per_hour: int = 0
    tenant_usd_per_hour: float = 0.0

    @property
    def tenant_calls(self) -> float:
        """The lower of both limits, in calls; 0 for none."""
        limits = [float(self.tenant_calls_per_hour)] if self.tenant_calls_per_hour else []
        if self.tenant_usd_per_hour and self.usd_per_call:
            limits.append(self.tenant_usd_per_hour / self.usd_per_call)
        return min(limits, default=0.0)

    def of(self, limits: Limits) -> "Budget":
        """The budget where a tenant has limits of its own."""
        return replace(self, tenant_usd_per_hour=limits.usd_per_hour or self.tenant_usd_per_hour)


@dataclass(frozen=True, slots=True)
class Answered:
    """What is known of a frame, how it came to be known, and what to remember of it."""

    findings: Findings
    why: Mapping[Kind, Why]
    at_s: float
    made: tuple[Kind, ...] = ()
    """Calls that were made."""
    known: tuple[Kind, ...] = ()
    """Of them, those that were answered."""
    glimpse: bytes | None = None
    """For the gate at the next frame; None from a frame that was late."""
    memory: Memory | None = None
    """What the gate shall remember from now on; None if that is what it remembered before."""
    signed: tuple[Kind, ...] = ()
    """Kinds whose facts, as they are now believed in, raise a sign."""
    audits: int | None = None
    """How far audits are trusted from now on; None if there was none."""
    audited: int = 0
    contradicted: int = 0
    repeated: int = 0

    def watch(self, before: Watch, version: int, *, late: bool) -> Watch:
        """What the session watches from now on, stored with this version of it.

        A frame that is `late`, or that others overtook while it was looked at, only counts its calls.
        """
        if self.made:
            before = attention.counted(before, len(self.made) + self.repeated, self.at_s)
        if late or self.glimpse is None:
            return before
        before = replace(before, glimpse=self.glimpse, glimpsed_s=self.at_s)
        if self.audits is not None:
            before = replace(before, audits=self.audits)
        elif Kind.FACES in self.known:
            before = replace(before, audits=attention.after_a_look_alone(before.audits))
        faces = self.findings.faces or ()
        turned = Kind.FACES in self.signed and len(faces) == 1
        watched = attention.answered(before, self.known, self.signed, self.at_s, turned=turned)
        return watched if self.memory is None else replace(watched, memory=version)


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
    budget: Budget
    """Of tenants that have no limit of their own."""
    limits: Callable[[str], Limits] = unlimited
    """What a tenant may spend."""
    strips: Strips = field(default_factory=Strips)
    _spent: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Tenant to an hour and the calls made in it, as far as this process was told."""

    def plan(
        self,
        session: Session,
        memory: Memory | None,
        picture: Picture,
        at_s: float,
        *,
        late: bool,
    ) -> Plan:
        """What a frame needs to be asked for, by its pixels and by what is known of its session."""
        watch, interval_s = session.watch, at_s - session.watch.glimpsed_s
        patient = not late and 0 <= interval_s <= PATIENCE_S
        change = self._change(session, memory, picture, patient=patient)
        strip = self._strip(session, at_s)
        wished = attention.wishes(
            watch,
            change,
            session.policy,
            at_s,
            interval_s=max(0.0, interval_s),
            covered=bool(strip) and attention.is_trusted(watch),
            opening=reducer.about_to_open(session),
            challenged=presence.wants_faces(session.challenges, session.policy, at_s, late=late),
        )
        if late:
            wished = tuple(wish for wish in wished if wish.why is not Why.STALE)
        return Plan(at_s, memory, change.glimpse, strip, wished, late=late)

    def grant(self, session: Session, plan: Plan, now: float) -> Plan:
        """The plan with what the budget allows and the rate grants; a grant that is not used is lost."""
        if not plan.wished:
            return plan
        left = min(
            attention.share_left(session.watch, session.policy, plan.at_s, self.budget.usd_per_call),
            self._tenant_left(session.tenant_id, now),
        )
        allowed = attention.affordable(plan.wished, session.watch, left, session.policy, plan.at_s)
        granted = allowed[: self.ledger.grant([wish.urgency for wish in allowed], now)] if allowed else []
        return replace(plan, allowed=allowed, granted=granted)

    def __call__(self, session: Session, plan: Plan, picture: Picture, now: float) -> Answered:  # noqa: D102 - described by the class
        watch, memory, late = session.watch, plan.memory, plan.late
        facts = memory.facts if memory else _NOTHING
        drafting = self._drafting(session, plan, picture)
        began = time.monotonic()
        found, audit = self._found(session, picture, plan.strip, facts, plan.granted, now=now)
        if plan.granted:
            took(provider=time.monotonic() - began)
        answer = Answered(
            findings=_merged(session, facts, found, plan.wished, plan.granted),
            why={wish.kind: wish.why for wish in plan.wished},
            at_s=plan.at_s,
            made=tuple(wish.kind for wish in plan.granted),
            known=tuple(wish.kind for wish in plan.granted if found.looks.get(wish.kind) is Look.ASKED),
            glimpse=None if late else plan.glimpse,
            signed=tuple(watch.signed_s),
            audits=audit.trust(watch) if audit else None,
            audited=audit.audited if audit else 0,
            contradicted=audit.contradicted if audit else 0,
            repeated=audit.repeated if audit else 0,
        )
        counts.withheld(len(plan.wished), len(plan.allowed), len(plan.granted))
        counts.calls(answer.made, found.looks, answer.repeated, self.budget.usd_per_call)
        if late:
            return answer
        self._keep(session, picture, plan.at_s, answer.findings.looks[Kind.FACES], now=now)
        if not answer.known or drafting is None:
            return answer
        return self._learned(answer, session.policy, facts, drafting.result(), found)

    def _drafting(self, session: Session, plan: Plan, picture: Picture) -> Future[object] | None:
        """What the gate will learn of, made while the provider is waited for; None if it learns nothing."""
        if plan.late or not plan.granted or not session.policy.gate:
            return None
        return self.aside.submit(self.gate.draft, picture, plan.memory.pixels if plan.memory else None)

    def _found(
        self,
        session: Session,
        picture: Picture,
        strip: Sequence[bytes],
        facts: Findings,
        granted: Sequence[Wish],
        *,
        now: float,
    ) -> tuple[Findings, Audit | None]:
        """What the provider says; of the face perhaps by an audit."""
        counting = self._count(session.tenant_id, len(granted), now)
        kinds, audit = [wish.kind for wish in granted], None
        if strip and attention.is_audited(session.watch, granted):
            audit = self._audit(picture, strip, facts, session.policy, now)
            kinds.remove(Kind.FACES)
        found = self._look(picture, kinds, session.policy)
        self._told(session.tenant_id, counting, now)
        if audit is None:
            return found, None
        self._told(session.tenant_id, self._count(session.tenant_id, audit.repeated, now), now)
        return replace(found, faces=audit.faces, looks={**found.looks, Kind.FACES: audit.look}), audit

    def _change(self, session: Session, memory: Memory | None, picture: Picture, *, patient: bool) -> Change:
        if not session.policy.gate or memory is None:
            return Change(dict.fromkeys(Kind, Why.FIRST))
        before = session.window[-1].fingerprint if session.window else session.settled.fingerprint
        return self.gate.weigh(picture, memory.pixels, session.watch.glimpse, before, patient=patient)

    def _tenant_left(self, tenant_id: str, now: float) -> float:
        limit, (hour, calls) = self._most(tenant_id), self._spent.get(tenant_id, (0, 0))
        return 1 - calls / limit if limit and hour == int(now // HOUR_S) else 1.0

    def _most(self, tenant_id: str) -> float:
        """Calls that the tenant may make in an hour; 0 for no limit."""
        return self.budget.of(self.limits(tenant_id)).tenant_calls

    def _count(self, tenant_id: str, calls: int, now: float) -> Future[int] | None:
        """Count the tenant's calls, beside the calls themselves."""
        if not calls or not self._most(tenant_id):
            return None
        return self.pool.submit(self.ledger.spend, tenant_id, calls, now)

    def _told(self, tenant_id: str, counting: Future[int] | None, now: float) -> None:
        calls = counting.result() if counting else 0
        if not calls:
            return  # it could not be counted: what was told before stands
        if len(self._spent) >= _MOST_TENANTS:
            self._spent.clear()
        hour, told = self._spent.get(tenant_id, (0, 0))
        this_hour = int(now // HOUR_S)
        self._spent[tenant_id] = (this_hour, max(calls, told) if hour == this_hour else calls)

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
        self, answer: Answered, policy: Policy, facts: Findings, draft: object, found: Findings
    ) -> Answered:
        facts = replace(facts, looks={}, **{kind.value: found.of(kind) for kind in answer.known})
        signed = attention.signed(facts, policy)
        pixels = self.gate.learn(draft, answer.known, facts.faces or (), signed)
        return replace(answer, memory=Memory(facts, pixels), signed=tuple(signed))


def _merged(
    session: Session, facts: Findings, found: Findings, wished: Sequence[Wish], granted: Sequence[Wish]
) -> Findings:
    """What is known of this frame: answered, reused, or - where it was needed and not answered - nothing."""
    looks: dict[Kind, Look] = dict.fromkeys(Kind, Look.OFF)
    looks |= dict.fromkeys(attention.kinds_wanted(session.policy), Look.REUSED)
    # What is only old is as good as it was, unless it speaks against someone.
    needed = [
        wish.kind for wish in wished if wish.why is not Why.STALE or wish.kind in session.watch.signed_s
    ]
    looks |= dict.fromkeys(needed, Look.WITHHELD)
    looks |= {wish.kind: found.looks.get(wish.kind, Look.FAILED) for wish in granted}
    sources = {Look.ASKED: found, Look.REUSED: facts}
    known = {kind: sources[look].of(kind) for kind, look in looks.items() if look in sources}
    return Findings(
        faces=known.get(Kind.FACES), labels=known.get(Kind.LABELS), text=known.get(Kind.TEXT), looks=looks
    )
