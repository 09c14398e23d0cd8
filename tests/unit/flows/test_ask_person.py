"""Who is in view: asked beside what a frame shows, told in its record, and never an accusation by failure."""

from dataclasses import replace

import pytest

from chalicelib.domain.identity import GivenAs, Identity
from chalicelib.domain.model import FrameRecord
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Kind, Look, Verdict, Why
from chalicelib.flows.tenant_spend import Budget
from tests import fake_faces
from tests.fake_identity import BETWEEN, ENGINE, SIMILAR, STRANGE
from tests.fakes import FakeGate, FakeLedger
from tests.unit.flows.world import SESSION, TENANT, World, numbered, person

POLICY = Policy(usd_per_hour=0.0)


def world_of(identity: Identity | None = None, policy: Policy = POLICY) -> World:
    """A session that was given an identity; its gate doubts only what shows another word."""
    world = World(gate=FakeGate(trusting=True))
    world.start(policy)
    world.identify(identity)
    return world


def looks(records: list[FrameRecord]) -> list[Look]:
    return [record.observation.looks[Kind.IDENTITY] for record in records]


def test_the_person_is_asked_for_once_and_the_answer_reused_and_stored_with_each_frame() -> None:
    world = world_of()

    records = world.records(*person(1, 2, 3))

    assert looks(records) == [Look.ASKED, Look.REUSED, Look.REUSED]
    assert world.comparison.asked == ["person 1"]
    assert world.comparison.references == [f"{TENANT}/{SESSION}/reference"]
    said = records[0].observation.identity
    assert said is not None
    assert (said.verdict, said.similarity, said.threshold, said.engine, said.reference) == (
        Verdict.MATCH,
        SIMILAR,
        80.0,
        ENGINE,
        "reference",
    )
    assert [record.observation.identity for record in records] == [said] * 3
    assert world.session.watch.calls == 4


def test_without_an_identity_or_with_the_policy_off_nobody_is_compared() -> None:
    without, off = World(gate=FakeGate(trusting=True)), world_of(policy=replace(POLICY, identity=False))
    without.start(POLICY)

    for world in (without, off):
        records = world.records(*person(1, 2))
        assert (looks(records), world.comparison.asked) == ([Look.OFF] * 2, [])
    assert without.end().spend == off.end().spend


def test_another_person_is_an_alert_with_the_third_look_that_tells_what_was_seen() -> None:
    world = world_of()

    records = world.records(*person(1, 2), *(f"stranger {number}" for number in range(3, 8)))
    (alert,) = world.alerts

    opened = [[alert.type for alert in record.opened] for record in records]
    # This gate waits for a second look at what is new.
    assert opened == [[], [], [], [], [], ["identity_mismatch"], []]
    assert alert.details == {
        "threshold": 50.0,
        "engine": ENGINE,
        "given_at": 0.0,
        "reference": "reference",
        "similarities": [STRANGE] * 3,
    }
    assert [each.frame_number for each in alert.evidence] == [6]


def test_two_looks_at_another_person_are_no_alert() -> None:
    world = world_of(policy=replace(POLICY, gate=False))

    world.records("stranger 1", "stranger 2", *person(3, 4), "stranger 5", "stranger 6", "nobody 7")

    assert [alert.type for alert in world.alerts] == []


@pytest.mark.parametrize("unclear", ["masked", "hazy", "nobody"])
def test_what_cannot_be_told_neither_adds_to_an_accusation_nor_ends_it(unclear: str) -> None:
    world = world_of(policy=replace(POLICY, gate=False))

    records = world.records("stranger 1", "stranger 2", f"{unclear} 3", f"{unclear} 4", "stranger 5")

    assert looks(records)[2:4] == [Look.UNCLEAR] * 2
    assert [[alert.type for alert in record.opened] for record in records][4] == ["identity_mismatch"]


def test_a_hand_before_the_face_is_never_an_alert() -> None:
    world = world_of()

    records = world.records(*person(1, 2), *(f"masked {number}" for number in range(3, 20)))

    assert world.alerts == []
    assert Look.UNCLEAR in looks(records) or Look.PENDING in looks(records)


def test_a_similarity_between_the_thresholds_is_told_as_unclear() -> None:
    (record,) = world_of().records("hazy 1")

    said = record.observation.identity
    assert said is not None
    assert (said.verdict, said.similarity, said.reason) == (Verdict.UNCLEAR, BETWEEN, "between_thresholds")
    assert record.observation.looks[Kind.IDENTITY] is Look.UNCLEAR


def test_a_provider_that_fails_accuses_nobody_and_is_asked_again() -> None:
    world = world_of()
    world.comparison.down = True

    failed = world.records(*(f"stranger {number}" for number in range(1, 7)))
    world.comparison.down = False
    (answered,) = world.records("person 7")

    assert looks(failed) == [Look.FAILED] * 6
    assert world.alerts == []
    assert looks([answered]) == [Look.ASKED]


def test_an_empty_room_is_asked_about_once_in_vain_and_is_then_pending() -> None:
    world = world_of()

    records = world.records(*person(1, 2), *(f"nobody {number}" for number in range(3, 12)))

    empty = looks(records)[2:]
    assert empty.count(Look.UNCLEAR) <= 1
    assert empty[-1] is Look.PENDING
    assert [alert.type for alert in world.alerts] == ["no_face_detected"]


def test_a_late_frame_teaches_nothing_about_the_person() -> None:
    world = world_of()
    first, late, second = numbered("person 1", "stranger 2", "person 3")
    flow = world.analyzer()
    for each in (first, second):
        flow.one(TENANT, SESSION, each)
    before = world.session.watch

    flow.one(TENANT, SESSION, late)

    assert replace(world.session.watch, calls=before.calls) == before


def test_the_same_frame_again_is_answered_without_another_look() -> None:
    world = world_of()
    (frame,) = numbered("stranger 1")
    flow = world.analyzer()

    once, again = flow.one(TENANT, SESSION, frame)[1], flow.one(TENANT, SESSION, frame)[1]

    assert (once, world.comparison.asked) == (again, ["stranger 1"])


ENROLLED = Identity(GivenAs.USERNAME, 0.0, username="ada")


def test_who_is_enrolled_is_searched_for_and_believed_as_far_as_the_registry_knows() -> None:
    world = world_of(ENROLLED)
    world.enrol("ada", "person 0")
    world.enrol("bob", "stranger 0")

    (record,) = world.records("person 1")

    said = record.observation.identity
    assert said is not None
    assert (said.verdict, said.similarity, said.reference) == (Verdict.MATCH, fake_faces.SIMILAR, "")
    assert (world.known_faces.searched, world.comparison.asked) == (1, [])


def test_who_is_not_among_those_found_is_less_like_the_person_than_the_threshold() -> None:
    world = world_of(ENROLLED)
    world.enrol("ada", "person 0")

    records = world.records(*(f"stranger {number}" for number in range(1, 4)))

    assert [alert.details["similarities"] for alert in world.alerts] == [[None] * 3]
    assert looks(records) == [Look.ASKED] * 3


def test_who_is_enrolled_no_more_is_accused_of_nothing() -> None:
    world = world_of(ENROLLED)

    records = world.records("stranger 1", "stranger 2", "stranger 3", "stranger 4")

    assert (set(looks(records)), world.alerts, world.known_faces.searched) == ({Look.PENDING}, [], 0)
    said = records[0].observation.identity
    assert said is not None
    assert (said.verdict, said.reason, said.engine) == (Verdict.UNCLEAR, "not_enrolled", "")


def test_where_nobody_is_asked_no_call_is_counted_and_the_registry_is_read_ever_more_rarely() -> None:
    world, without = world_of(ENROLLED), World(gate=FakeGate(trusting=True))
    without.start(POLICY)
    for each in (world, without):
        each.budget = Budget(0.001, 1000)
    words = [f"stranger {number}" for number in range(1, 17)]

    world.records(*words)
    without.records(*words)

    assert world.session.watch.calls == without.session.watch.calls
    assert world.ledger.spent == without.ledger.spent
    assert world.enrolments.read == 5
    spend, unasked = world.end().spend, without.end().spend
    assert spend
    assert unasked
    assert spend.calls == {**unasked.calls, "IdentityLooks": 0}


class _LosesCounts(FakeLedger):
    """A table that does not take what is to be counted, and would take it back."""

    def spend(self, tenant_id: str, calls: int, now: float) -> int:
        """How many there were, or 0 if they could not be counted."""
        return 0 if calls > 0 else super().spend(tenant_id, calls, now)


def test_what_could_not_be_counted_is_not_taken_back() -> None:
    world = world_of(ENROLLED)
    world.ledger, world.budget = _LosesCounts(), Budget(0.001, 1000)

    (record,) = world.records("stranger 1")

    assert (looks([record]), world.ledger.spent) == ([Look.PENDING], {})


def test_a_look_that_the_rate_withholds_leaves_the_person_unknown() -> None:
    world = world_of()
    world.ledger.tps = 1

    (record,) = world.records("stranger 1")

    assert record.observation.why[Kind.IDENTITY] is Why.FIRST
    assert (looks([record]), world.comparison.asked) == ([Look.WITHHELD], [])
