"""Frames that were not asked about are looked at later, several in one call."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Kind, Look, Observation, Why
from chalicelib.flows.analyze_frame import AnalyzeFrame
from chalicelib.flows.tenant_spend import Budget
from tests.fakes import FakeGate, FakeVision
from tests.observations import STARTED_AT, face
from tests.unit.flows.world import SESSION, TENANT, World, frame, person

FACES = frozenset({Kind.FACES})


def sparing(vision: FakeVision | None = None) -> World:
    """A world with one session, whose gate trusts what looks the same."""
    world = World(gate=FakeGate(trusting=True), vision=vision or FakeVision())
    world.start()
    return world


def watch(world: World, *words: str, flow: AnalyzeFrame | None = None) -> list[Observation]:
    """What was seen in frames that came at the seconds that their words end with, to one process."""
    flow, seen = flow or world.analyzer(), []
    for each in words:
        world.clock.at = STARTED_AT + int(each.split()[1])
        seen.append(flow.one(TENANT, SESSION, frame(each))[1].observation)
    return seen


def audit_of(each: Observation) -> tuple[int, int, int]:
    return each.audited, each.contradicted, each.repeated


def test_the_look_that_is_due_looks_at_the_frames_since_the_last_one_in_the_same_call() -> None:
    world = sparing()

    *_, last = watch(world, *person(*range(16)))

    assert world.vision.calls == ["person 0"]
    assert world.vision.audits == [person(1, 4, 7, 10, 13, 15)]
    assert (last.looks[Kind.FACES], last.why, audit_of(last)) == (
        Look.ASKED,
        {Kind.FACES: Why.STALE},
        (5, 0, 0),
    )
    assert world.session.watch.calls == 4


def test_where_two_audits_were_right_looks_become_rarer() -> None:
    world = sparing()

    watch(world, *person(*range(90)))

    assert [audit[-1] for audit in world.vision.audits] == [
        "person 15",
        "person 30",
        "person 57",
        "person 84",
    ]
    assert all(len(audit) <= 9 for audit in world.vision.audits)


def test_what_showed_something_else_than_was_reused_is_counted() -> None:
    world = sparing()
    words = [*person(*range(7)), "guest 7", *person(*range(8, 16))]

    *_, last = watch(world, *words)

    assert world.vision.audits == [["person 1", "person 4", "guest 7", "person 10", "person 13", "person 15"]]
    assert audit_of(last) == (5, 1, 0)
    assert world.alerts == []


def test_where_the_newest_frame_shows_something_else_it_is_looked_at_by_itself() -> None:
    world = sparing()

    *_, last = watch(world, *person(*range(15)), "guest 15")

    assert world.vision.asked[1:] == [("guest 15", FACES)]
    assert (len(last.faces or ()), audit_of(last)) == (2, (5, 0, 1))
    assert [alert.type for alert in world.alerts] == ["multiple_faces_detected"]
    assert (world.session.watch.calls, world.session.watch.audits) == (5, 0)


@dataclass
class ShortSighted(FakeVision):
    """Sees nothing in small tiles."""

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        super().audit(pictures, policy)
        return [() for _ in pictures]


def test_a_provider_that_sees_nothing_in_tiles_is_not_trusted_with_them_and_accuses_nobody() -> None:
    world = sparing(ShortSighted())

    seen = watch(world, *person(*range(60)))

    assert [audit[-1] for audit in world.vision.audits] == ["person 15", "person 30"]
    assert world.vision.calls == person(0, 15, 30, 45)
    assert [each.faces for each in seen] == [(face(),)] * 60
    assert (sum(each.audited for each in seen), world.alerts) == (0, [])


@dataclass
class Dumb(FakeVision):
    """Answers no audit."""

    answer: list[tuple[Face, ...]] | None = None

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        super().audit(pictures, policy)
        return self.answer


def test_an_audit_that_is_not_answered_is_a_failed_look_and_made_again() -> None:
    world = sparing(Dumb())

    *_, last, again = watch(world, *person(*range(17)))

    assert [audit[-1] for audit in world.vision.audits] == ["person 15", "person 16"]
    assert [each.looks[Kind.FACES] for each in (last, again)] == [Look.FAILED, Look.FAILED]
    assert world.alerts == []


def test_a_process_that_had_few_of_the_frames_looks_at_the_present_one_alone() -> None:
    world = sparing()
    watch(world, *person(*range(10)))

    watch(world, *person(*range(10, 16)))

    assert (world.vision.audits, world.vision.calls) == ([], ["person 0", "person 15"])


def test_frames_of_a_doubt_are_not_audited() -> None:
    world = sparing()

    watch(world, *person(*range(10)), "guest 10", "guest 11")

    assert (world.vision.audits, world.vision.calls) == ([], ["person 0", "guest 11"])


def test_only_what_was_reused_is_audited() -> None:
    world = sparing()
    watch(world, "person 0")
    flow = world.analyzer()
    world.ledger.down = True
    withheld = watch(world, "guest 3", "guest 6", "guest 9", "guest 12", flow=flow)
    world.ledger.down = False

    (last,) = watch(world, "person 15", flow=flow)

    assert {each.looks[Kind.FACES] for each in withheld} == {Look.WITHHELD}
    assert audit_of(last) == (0, 0, 0)


def test_the_tenant_pays_for_the_same_calls_as_its_sessions() -> None:
    world = sparing()
    world.budget = Budget(0.001, 1000)

    watch(world, *person(*range(15)), "guest 15")

    assert sum(world.ledger.spent.values()) == world.session.watch.calls
