"""What the provider is asked about a frame, what is known where it was not, and what is remembered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.domain import reducer
from chalicelib.domain.model import Memory, Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Findings, Kind, Look, Observation, Why
from chalicelib.domain.tenants import Limits
from chalicelib.flows.analyze_frame import AnalyzeFrame
from chalicelib.flows.tenant_spend import Budget
from tests.fakes import FakeGate, FakeLedger, FakeVision, name_of, shown
from tests.observations import STARTED_AT
from tests.unit.flows.world import SESSION, TENANT, World, frame, numbered, person

REUSED = {**dict.fromkeys(SIGHTS, Look.REUSED), Kind.IDENTITY: Look.OFF}
ASKED = {**dict.fromkeys(SIGHTS, Look.ASKED), Kind.IDENTITY: Look.OFF}
WITHHELD = {**ASKED, **dict.fromkeys(SIGHTS, Look.WITHHELD)}
FIRST, NEW = dict.fromkeys(SIGHTS, Why.FIRST), dict.fromkeys(SIGHTS, Why.NEW)
EVERYTHING = frozenset(SIGHTS)


def sparing(policy: Policy | None = None, **parts: object) -> World:
    """A world with one session, whose gate trusts what looks the same."""
    world = World(**({"gate": FakeGate(trusting=True)} | parts))  # type: ignore[arg-type]
    world.start(policy)
    return world


def watch(world: World, *words: str, flow: AnalyzeFrame | None = None) -> list[Observation]:
    """What was seen in frames that came at the seconds that their words end with."""
    flow, seen = flow or world.analyzer(), []
    for each in words:
        world.clock.at = STARTED_AT + int(each.split()[1])
        seen.append(flow.one(TENANT, SESSION, frame(each))[1].observation)
    return seen


def memory(world: World) -> Memory | None:
    return world.sessions.memory(world.session)


def test_what_looks_the_same_is_known_without_asking() -> None:
    world = sparing()

    first, second, third = watch(world, *person(1, 2, 3))

    assert world.vision.asked == [("person 1", EVERYTHING)]
    assert (first.looks, first.why) == (ASKED, FIRST)
    for number, each in ((2, second), (3, third)):
        words = f"person {number}".encode()
        assert each == replace(shown(words), looks=REUSED, picture=name_of(words))


def test_no_alert_opens_on_a_reused_answer_and_reused_ones_extend_it() -> None:
    world = sparing()

    records = world.records(*(f"nobody {number}" for number in (1, 2, 3, 4)))

    assert world.vision.calls == ["nobody 1", "nobody 3"]
    assert records[2].observation.why == {Kind.FACES: Why.OPENING}
    assert [[alert.type for alert in record.opened] for record in records] == [
        [],
        [],
        ["no_face_detected"],
        [],
    ]
    assert reducer.progress(world.session).reused == 2


def test_one_missed_face_that_is_reused_raises_no_alert() -> None:
    world = sparing()
    flow = world.analyzer()
    watch(world, "nobody 1", "nobody 2", flow=flow)

    (seen,) = watch(world, "person 3", flow=flow)

    assert (seen.looks[Kind.FACES], world.alerts) == (Look.ASKED, [])


def test_something_new_is_asked_about_when_it_shows_again() -> None:
    world = sparing()

    seen = watch(world, "person 1", "phone 2", "phone 3", "phone 4")

    assert world.vision.calls == ["person 1", "phone 3"]
    assert [each.why for each in seen] == [FIRST, {}, NEW, {}]
    assert [bool(each.labels) for each in seen] == [False, False, True, True]


def test_a_gesture_that_is_over_in_the_next_frame_is_not_asked_about() -> None:
    world = sparing()

    watch(world, "person 1", "phone 2", "person 3", "phone 4", "person 5")

    assert world.vision.calls == ["person 1"]


def test_a_frame_more_than_two_seconds_after_the_one_before_does_not_wait() -> None:
    world = sparing()

    watch(world, "person 1", "phone 3", "note 6")

    assert world.vision.calls == ["person 1", "note 6"]


def test_frames_of_a_batch_reuse_each_others_answers() -> None:
    world = sparing()

    _, watched = world.analyzer().batch(TENANT, SESSION, numbered(*person(1, 2, 3), "phone 4", "phone 5"))

    assert world.vision.calls == ["person 1", "phone 5"]
    looks = [each.record.observation.looks for each in watched if each.record]
    assert looks == [ASKED, REUSED, REUSED, REUSED, ASKED]


def test_a_batch_is_the_same_as_its_frames_one_by_one() -> None:
    words = [*person(1, 2), "nobody 3", "nobody 4", "phone 5", "phone 6", *person(7, 8)]
    together, one_by_one = sparing(), sparing()

    current, watched = together.analyzer().batch(TENANT, SESSION, numbered(*words))

    assert [each.record for each in watched] == one_by_one.records(*words)
    assert current == one_by_one.session
    assert memory(together) == memory(one_by_one)


def test_what_is_asked_for_one_kind_leaves_the_others_as_they_were() -> None:
    world = sparing(Policy(labels_every_s=5.0))

    *_, last = watch(world, *person(1, 3, 5))

    assert world.vision.asked[1:] == [("person 5", frozenset({Kind.LABELS}))]
    assert last.looks == {**REUSED, Kind.LABELS: Look.ASKED}
    assert last.why == {Kind.LABELS: Why.STALE}


def test_a_face_is_looked_at_again_before_it_was_not_for_15_seconds() -> None:
    world = sparing()

    watch(world, "person 0", "person 6", "person 12", "person 24")

    assert world.vision.asked[1:] == [
        ("person 12", frozenset({Kind.FACES})),
        ("person 24", frozenset({Kind.FACES})),
    ]


def test_with_the_gate_off_every_frame_is_asked_about_and_nothing_remembered() -> None:
    world = sparing(Policy(gate=False))

    seen = watch(world, *person(1, 2, 3))

    assert world.vision.asked == [(words, EVERYTHING) for words in person(1, 2, 3)]
    assert [each.why for each in seen] == [dict.fromkeys(SIGHTS, Why.ALWAYS)] * 3
    assert (memory(world), world.session.watch.memory) == (None, 0)


def test_what_is_switched_off_is_neither_asked_nor_withheld() -> None:
    world = sparing(Policy(labels=False, text=False), ledger=FakeLedger(down=True))

    (seen,) = watch(world, "phone 1")

    assert seen.looks == {**dict.fromkeys(Kind, Look.OFF), Kind.FACES: Look.WITHHELD}
    assert seen.why == {Kind.FACES: Why.FIRST}


def test_what_is_needed_and_withheld_is_unknown_and_accuses_nobody() -> None:
    world = sparing(ledger=FakeLedger(down=True))

    seen = watch(world, *(f"nobody {number}" for number in range(1, 12)))

    assert world.vision.calls == []
    assert [(each.faces, each.labels, each.text) for each in seen] == [(None, None, None)] * 11
    assert [(each.looks, each.why) for each in seen] == [(WITHHELD, FIRST)] * 11
    assert world.alerts == []
    assert reducer.progress(world.session).unanalysed == 11


def test_something_new_whose_look_is_withheld_is_unknown_rather_than_what_was_there_before() -> None:
    world = sparing()
    flow = world.analyzer()
    watch(world, "person 1", flow=flow)
    world.ledger.down = True

    (withheld,) = watch(world, "guest 4", flow=flow)
    world.ledger.down = False
    (asked,) = watch(world, "guest 5", flow=flow)

    assert (withheld.faces, withheld.looks, withheld.why) == (None, WITHHELD, NEW)
    assert (asked.looks, asked.why) == (ASKED, NEW)
    assert [alert.timestamp for alert in world.alerts] == [5.0]


def test_a_budget_that_withholds_text_leaves_the_frame_partly_analysed() -> None:
    # After three calls two of ten are left beyond the reserve: 20 %.
    world = sparing(Policy(calls_per_hour=10), gate=FakeGate())

    _, seen = watch(world, "person 0", "note 1")

    assert world.vision.asked[1] == ("note 1", frozenset({Kind.FACES, Kind.LABELS}))
    assert (seen.text, seen.looks) == (None, {**ASKED, Kind.TEXT: Look.WITHHELD})
    total = reducer.progress(world.session)
    assert (total.partial, total.unanalysed, world.alerts) == (1, 0, [])


def test_a_session_without_budget_is_still_looked_at_every_15_seconds() -> None:
    world = sparing(Policy(calls_per_hour=4), gate=FakeGate())

    watch(world, *person(*range(0, 61, 5)))

    faces = frozenset({Kind.FACES})
    assert world.vision.asked[0] == ("person 0", frozenset(SIGHTS))
    assert world.vision.asked[1:] == [(f"person {number}", faces) for number in (15, 30, 45, 60)]


def test_a_refresh_that_is_withheld_is_reused_and_asked_for_again() -> None:
    world = sparing()
    flow = world.analyzer()
    watch(world, *person(1, 8), flow=flow)
    world.ledger.down = True

    (reused,) = watch(world, "person 15", flow=flow)
    world.ledger.down = False
    (asked,) = watch(world, "person 16", flow=flow)

    assert (reused.faces, reused.looks, reused.why) == (
        shown(b"person 1").faces,
        REUSED,
        {Kind.FACES: Why.STALE},
    )
    assert (asked.looks, asked.why) == ({**REUSED, Kind.FACES: Look.ASKED}, {Kind.FACES: Why.STALE})


def test_a_call_that_failed_is_made_again_for_the_next_frame() -> None:
    world = sparing()

    outage, person_ = watch(world, "outage 1", "person 2")

    assert world.vision.calls == ["outage 1", "person 2"]
    assert (outage.looks, outage.why) == ({**ASKED, **dict.fromkeys(SIGHTS, Look.FAILED)}, FIRST)
    assert (person_.looks, person_.why) == (ASKED, FIRST)


@dataclass
class Blind(FakeVision):
    """Does not answer for some kinds."""

    to: frozenset[Kind] = frozenset()

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:
        failed: dict[str, None] = {kind.value: None for kind in self.to}
        found = super().look(pictures, kinds, policy)
        failures = {kind: Look.FAILED for kind in self.to if kind in kinds}
        return [replace(each, **failed, looks={**each.looks, **failures}) for each in found]


def test_what_failed_is_not_remembered_and_what_was_answered_beside_it_is() -> None:
    vision = Blind(to=frozenset({Kind.LABELS}))
    world = sparing(vision=vision)

    first, second = watch(world, *person(1, 2))
    vision.to = frozenset()
    (third,) = watch(world, "person 3")

    assert first.looks == {**ASKED, Kind.LABELS: Look.FAILED}
    assert [kinds for _, kinds in vision.asked[1:]] == [{Kind.LABELS}, {Kind.LABELS}]
    assert second.looks == {**REUSED, Kind.LABELS: Look.FAILED}
    assert (third.looks, third.why) == ({**REUSED, Kind.LABELS: Look.ASKED}, {Kind.LABELS: Why.FIRST})
    assert world.session.watch.asked_s == {Kind.FACES: 1.0, Kind.LABELS: 3.0, Kind.TEXT: 1.0}


def test_a_doubt_whose_call_failed_stays_a_doubt() -> None:
    vision = Blind()
    world = sparing(vision=vision)
    watch(world, "person 1")
    vision.to = frozenset({Kind.LABELS})

    (failed,) = watch(world, "phone 4")
    vision.to = frozenset()
    (asked,) = watch(world, "phone 7")

    assert (failed.labels, failed.looks) == (None, {**ASKED, Kind.LABELS: Look.FAILED})
    assert (asked.labels, asked.why) == (shown(b"phone 7").labels, {Kind.LABELS: Why.NEW})


def test_a_failed_call_was_a_call() -> None:
    world = sparing()

    watch(world, "outage 1", "outage 2")

    assert world.session.watch == Watch(glimpsed_s=2.0, calls=6)


def test_calls_are_counted_by_the_sessions_hour() -> None:
    world = sparing()
    counts = []
    for words in ("person 1", "person 3590", "person 3600", "person 3601"):
        watch(world, words)
        counts.append((world.session.watch.hour, world.session.watch.calls))

    # At 3590 everything is old; at 3600 the face would be, by 3610.
    assert counts == [(0, 3), (0, 6), (1, 1), (1, 1)]


def late(world: World, words: str, seq: int) -> Observation:
    """A frame that was captured at the second of its number and comes now."""
    sent = frame(words, seq=seq, captured_at=STARTED_AT + seq)
    return world.analyzer().one(TENANT, SESSION, sent)[1].observation


def test_a_late_frame_that_looks_the_same_is_known_without_asking_and_teaches_nothing() -> None:
    world = sparing()
    world.records("person 1", "person 3")
    before = world.session.watch, memory(world)

    seen = late(world, "person 2", seq=2)

    assert (world.vision.calls, seen.looks) == (["person 1"], REUSED)
    assert (world.session.watch, memory(world)) == before


def test_a_late_frame_is_asked_about_at_once_where_there_is_doubt_and_teaches_nothing() -> None:
    world = sparing()
    world.records("person 1", "person 3")
    watch_before, memory_before = world.session.watch, memory(world)

    seen = late(world, "phone 2", seq=2)

    assert (world.vision.calls, seen.looks, seen.why) == (["person 1", "phone 2"], ASKED, NEW)
    assert world.session.watch == replace(watch_before, calls=6)
    assert memory(world) == memory_before


def test_a_provider_that_is_busy_is_asked_the_most_important_first() -> None:
    # Two or three calls in any second: text may have none of them, objects one that nobody else had.
    world = sparing(ledger=FakeLedger(tps=5))

    (seen,) = watch(world, "person 1")

    assert world.ledger.asked == [(1.0, 0.5, 0.4)]
    assert world.vision.asked == [("person 1", frozenset({Kind.FACES}))]
    assert seen.looks == {**ASKED, Kind.LABELS: Look.WITHHELD, Kind.TEXT: Look.WITHHELD}


def test_what_the_rate_withheld_is_asked_for_frame_by_frame_as_it_allows() -> None:
    world = sparing(ledger=FakeLedger(tps=5))

    watch(world, *person(*range(1, 6)))

    assert world.vision.asked == [
        ("person 1", frozenset({Kind.FACES})),
        ("person 2", frozenset({Kind.LABELS})),
        ("person 3", frozenset({Kind.TEXT})),
    ]


def test_who_is_not_asked_about_asks_nothing_of_the_ledger() -> None:
    world = sparing()

    watch(world, *person(1, 2, 3))

    assert len(world.ledger.asked) == 1


def limited(calls: int, **parts: object) -> World:
    """A world whose tenant may make so many calls in an hour, with a gate that doubts everything."""
    return sparing(Policy(usd_per_hour=0.0), gate=FakeGate(), budget=Budget(0.001, calls), **parts)


def kinds(world: World) -> list[int]:
    """How many kinds were asked for, by frame that was asked about."""
    return [len(asked) for _, asked in world.vision.asked]


def test_a_tenants_limit_takes_text_away_first_then_objects_then_faces_but_for_the_floor() -> None:
    world = limited(calls=10)
    flow = world.analyzer()

    watch(world, *person(1, 2, 3, 4, 5, 6), flow=flow)

    # 10, 7, 4 are left; then 1: faces alone; then none.
    assert kinds(world) == [3, 3, 3, 1]
    watch(world, *person(18, 19, 20), flow=flow)
    assert world.vision.asked[4:] == [("person 19", frozenset({Kind.FACES}))]
    assert world.ledger.spent == {(TENANT, int(STARTED_AT // 3600)): 11}


def test_a_tenants_limit_is_about_all_its_processes() -> None:
    world = limited(calls=10)
    ours, theirs = world.analyzer(), world.analyzer()

    watch(world, "person 1", flow=ours)
    watch(world, *person(2, 3), flow=theirs)
    watch(world, *person(4, 5), flow=ours)

    # Ours was told of 3, and is told of 12 with its next call.
    assert kinds(world) == [3, 3, 3, 3]


def test_another_tenants_calls_are_not_ours() -> None:
    world = limited(calls=6)
    world.start(Policy(usd_per_hour=0.0), tenant_id="rival")
    flow = world.analyzer()
    watch(world, *person(1, 2), flow=flow)

    _, record = flow.one("rival", SESSION, frame("person 3"))

    assert record.observation.looks == ASKED


def test_another_hour_has_the_tenants_calls_again() -> None:
    world = limited(calls=3)
    flow = world.analyzer()

    watch(world, *person(1, 2, 3599, 3600, 3601), flow=flow)

    # At 3599 and 3601 the face alone: the floor.
    assert [(words, len(asked)) for words, asked in world.vision.asked] == [
        ("person 1", 3),
        ("person 3599", 1),
        ("person 3600", 3),
    ]


def test_a_tenants_limit_in_money_is_one_in_calls() -> None:
    assert [
        Budget(0.001, 0, 0.0).tenant_calls,
        Budget(0.001, 0, 2.0).tenant_calls,
        Budget(0.001, 500, 2.0).tenant_calls,
        Budget(0.001, 5000, 2.0).tenant_calls,
        Budget(0.0, 0, 2.0).tenant_calls,
    ] == pytest.approx([0.0, 2000.0, 500.0, 2000.0, 0.0])


def test_a_tenant_may_have_a_limit_of_its_own_in_the_place_of_everybodys() -> None:
    for budget in (Budget(0.001), Budget(0.001, 0, 5.0), Budget(0.001, 0, 0.001)):
        world = sparing(Policy(usd_per_hour=0.0), gate=FakeGate(), budget=budget)
        world.tenants.limit(TENANT, Limits(usd_per_hour=0.01))

        watch(world, *person(1, 2, 3, 4, 5, 6), flow=world.analyzer())

        assert kinds(world) == [3, 3, 3, 1]
        assert world.ledger.spent == {(TENANT, int(STARTED_AT // 3600)): 10}


def test_without_a_limit_nothing_is_counted() -> None:
    world = sparing(Policy(usd_per_hour=0.0), gate=FakeGate())

    watch(world, *person(1, 2, 3))

    assert world.ledger.spent == {}


@dataclass
class Innumerate(FakeLedger):
    """Grants calls, but cannot count a tenant's for a while."""

    counts: bool = True

    def spend(self, tenant_id: str, calls: int, now: float) -> int:
        return super().spend(tenant_id, calls, now) if self.counts else 0


def test_a_tenants_calls_that_cannot_be_counted_are_made() -> None:
    world = limited(calls=6, ledger=Innumerate(counts=False))

    watch(world, *person(1, 2, 3), flow=world.analyzer())

    assert kinds(world) == [3, 3, 3]


def test_a_tenant_that_has_spent_its_calls_gets_none_back_because_its_count_is_not_answered() -> None:
    ledger = Innumerate()
    world = limited(calls=6, ledger=ledger)
    flow = world.analyzer()
    watch(world, *person(1, 2, 3), flow=flow)
    ledger.counts = False
    watch(world, "person 17", flow=flow)

    watch(world, "person 18", flow=flow)

    # The floor at 17, nothing at 18.
    assert kinds(world) == [3, 3, 1]


def test_without_a_limit_nothing_is_counted_for_the_tenant() -> None:
    world = sparing()

    watch(world, *person(1, 2))

    assert world.ledger.spent == {}


def test_the_memory_is_stored_only_when_the_provider_answered() -> None:
    world = sparing()
    versions, memories = [], []
    for words in ("outage 1", "person 2", "person 3", "phone 4", "phone 5", "phone 6"):
        watch(world, words)
        versions.append(world.session.watch.memory)
        memories.append(memory(world))

    assert versions == [0, 2, 2, 2, 5, 5]
    assert memories[0] is None
    assert memories[1] is memories[2] is memories[3]
    assert memories[4] is memories[5]
    assert memories[5] == Memory(
        replace(asked(b"phone 5"), looks={}), b'{"faces": "phone", "labels": "phone", "text": "phone"}'
    )


def asked(words: bytes) -> Findings:
    """What is said of a picture of these words."""
    (found,) = FakeVision().look([words], EVERYTHING, Policy())
    return found


def test_an_ended_session_has_no_memory() -> None:
    world = sparing()
    watch(world, "person 1")
    before = memory(world)

    world.end()

    assert before is not None
    assert memory(world) is None


def test_of_an_erased_session_nothing_is_remembered() -> None:
    world = sparing()
    watch(world, "person 1")

    world.erase()
    world.start()

    assert (memory(world), world.session.watch) == (None, Watch())


def test_what_one_process_asked_another_reuses() -> None:
    world = sparing()
    ours, theirs = world.analyzer(), world.analyzer()

    watch(world, "person 1", flow=ours)
    watch(world, "person 2", "phone 3", flow=theirs)
    watch(world, "phone 4", flow=ours)
    watch(world, "phone 5", flow=theirs)

    assert world.vision.calls == ["person 1", "phone 4"]


@dataclass
class Interrupting(FakeVision):
    """While it looks for the first time, another process watches a frame."""

    world: World | None = None
    others: list[str] = field(default_factory=list)

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:
        if self.world:
            world, self.world = self.world, None
            other = World(sessions=world.sessions, gate=world.gate, vision=FakeVision(), clock=world.clock)
            other.records("person 1")
            self.others = other.vision.calls
        return super().look(pictures, kinds, policy)


def test_calls_of_frames_that_came_at_once_are_all_counted() -> None:
    vision = Interrupting()
    world = sparing(vision=vision)
    vision.world = world

    world.records("person 2")

    assert (vision.others, vision.calls) == (["person 1"], ["person 2"])
    assert world.session.watch == Watch(asked_s=dict.fromkeys(SIGHTS, 2.0), glimpsed_s=2.0, calls=6, memory=2)
