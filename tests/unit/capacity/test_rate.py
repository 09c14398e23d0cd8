"""The simulation keeps the ledger's promises, because it is made of the ledger's own arithmetic."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, cast

import numpy as np
import pytest
from botocore.exceptions import ClientError

from chalicelib.aws.ledger import Ledger, Slots
from infra.capacity.exam import LABELS, Doubts, Exam, crowd, mask_of
from infra.capacity.grants import counted
from infra.capacity.rate import NO_LIMIT_TPS, intervals
from infra.capacity.simulation import looked
from infra.capacity.wishes import Wishes
from infra.cost.profile import BadProfile, Profile
from tests.unit.cost.figures import figures

CALM = Profile(calm=1.0, dense=0.0)
SHORT = Exam(60, CALM, joining_s=20, seconds=60)


def moments(exam: Exam, tps: int) -> list[float]:
    """When each call is made."""
    made = [np.repeat(each.at_s, each.granted) for each in intervals(exam, figures(), tps)]
    return sorted(np.concatenate(made).tolist())


def most_in_a_second(made: Sequence[float]) -> int:
    times = np.array(made)
    return int((np.searchsorted(times, times + 1.0, side="left") - np.arange(len(times))).max())


@pytest.mark.parametrize("tps", [24, 50, 700])
def test_no_sliding_second_has_more_calls_than_the_rate(tps: int) -> None:
    crowded = replace(SHORT, candidates=40 * tps, joining_s=10, seconds=15)

    assert 0.5 * tps < most_in_a_second(moments(crowded, tps)) <= tps


def test_of_a_few_candidates_nothing_is_withheld() -> None:
    looks = looked(replace(SHORT, candidates=3, seconds=200), figures(), 50)

    assert (looks.granted, looks.unanalysed, looks.partial) == (looks.wished, 0, 0)
    assert looks.unseen_s["max"] <= 15 + 1


def test_what_a_crowd_wishes_beyond_the_rate_is_withheld_and_wished_for_again() -> None:
    looks = looked(replace(SHORT, candidates=2000), figures(), 50)

    assert looks.granted <= 50 * 61
    assert looks.granted < 0.05 * looks.wished
    assert looks.unanalysed > 0.5 * looks.frames


def test_the_same_seed_finds_the_same_and_another_does_not() -> None:
    assert moments(SHORT, 50) == moments(SHORT, 50)
    assert moments(SHORT, 50) != moments(replace(SHORT, seed=21), 50)


def test_an_account_without_a_limit_makes_the_calls_that_were_measured() -> None:
    """The clock's looks are simulated, what is in doubt is drawn: together they are what films made."""
    hour = Exam(30, CALM, joining_s=1, seconds=3600)

    looks = looked(hour, figures(), NO_LIMIT_TPS)

    # By the clock a face that is not in doubt is looked at every 15 s; doubts put that off.
    drawn = 0.015 * 3600 + 2
    assert 240 * 0.85 < looks.granted / 30 < 240 + drawn + 3


def test_two_hundred_whose_every_frame_is_in_doubt_are_looked_at_as_the_services_own_flows_look() -> None:
    """`tests/unit/flows/test_rate.py` finds the same with the real flows."""
    doubtful = Exam(200, replace(CALM, gate=False), joining_s=1, seconds=45)

    assert looked(doubtful, figures(), 50).unseen_s["max"] <= 15
    assert looked(replace(doubtful, candidates=500), figures(), 50).unseen_s["max"] > 40


def test_every_candidates_first_frame_takes_all_three_calls() -> None:
    firsts = [
        each.granted[each.first] for each in intervals(SHORT, figures(), NO_LIMIT_TPS) if each.first.any()
    ]

    assert np.concatenate(firsts).tolist() == [3] * 60


class Counter:
    """DynamoDB's UpdateItem on one counter."""

    def __init__(self) -> None:
        self.used = 0
        self.writes = 0

    def update_item(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 has it
        values = asked["ExpressionAttributeValues"]
        self.writes += 1
        if self.used > int(values[":room"]["N"]):
            old: Any = {
                "Error": {"Code": "ConditionalCheckFailedException"},
                "Item": {"used": {"N": str(self.used)}},
            }
            raise ClientError(old, "UpdateItem")
        self.used += int(values[":calls"]["N"])
        return {"Attributes": {"used": {"N": str(self.used)}}}


def test_a_counter_is_used_and_written_as_the_ledger_uses_and_writes_it() -> None:
    chance, table, slots = Random(7), Counter(), Slots(240)
    asked = [
        sorted(
            (chance.choice([0.01, 0.38, 0.4, 0.5, 0.7, 1.0]) for _ in range(chance.randint(1, 3))),
            reverse=True,
        )
        for _ in range(80)
    ]
    told = []
    for urgencies in asked:
        ledger = Ledger(cast("Any", table), "ledger", tps=240, stopwatch=lambda: 0.0)  # another process
        before = table.writes
        told.append((ledger.grant(urgencies, 1_800_000_000.0), table.writes - before))
    rooms = [slots.rooms(slots.at(1_800_000_000.0), urgencies) for urgencies in asked]

    granted, writes = counted(np.array([[*each, -1, -1][:3] for each in rooms]))

    assert list(zip(granted.tolist(), writes.tolist(), strict=True)) == told


def test_urgencies_are_those_of_the_domain() -> None:
    wishes = Wishes.of(CALM)
    never, young, old = (int(wishes.state(np.array(7), np.array(0), np.array(age))) for age in (-1, 2, 12))
    stale = int(wishes.state(np.array(0), np.array(0), np.array(15)))

    assert wishes.urgencies[never] == (1.0, 0.5, 0.4)
    assert wishes.urgencies[young] == (0.38, 0.38, 0.38)
    assert wishes.urgencies[old] == (1.0, 0.5, 0.4)
    assert wishes.urgencies[stale] == (1.0,)
    assert wishes.bits[old].tolist() == [0, 1, 3, 7]


def test_a_face_that_is_audited_is_looked_at_more_rarely() -> None:
    wishes = Wishes.of(CALM)
    ages = np.arange(40)
    alone, audited = (wishes.count[wishes.state(ages * 0, ages * 0 + flag, ages)] for flag in (0, 1))

    assert [int(alone.argmax()), int(audited.argmax())] == [15, 27]


def test_what_the_policy_does_not_want_is_not_wished_for() -> None:
    bare = replace(CALM, labels=False, text=False)

    assert (mask_of("faces+labels+text", bare), mask_of("labels", CALM)) == (1, LABELS)
    assert {len(each) for each in Wishes.of(bare).urgencies} == {0, 1}


def test_doubts_are_drawn_as_often_as_they_were_measured() -> None:
    people = crowd(replace(SHORT, candidates=40_000))
    who = np.arange(40_000)
    doubts = Doubts.of(CALM, figures())

    settled = np.bincount(doubts.drawn(people, who >= 0, who), minlength=8) / 40_000
    settling = np.bincount(doubts.drawn(people, who < 0, who), minlength=8) / 40_000

    assert settled == pytest.approx([0.985, 0.01, 0.005, 0, 0, 0, 0, 0], abs=0.003)
    assert settling == pytest.approx([0.96, 0.02, 0, 0.02, 0, 0, 0, 0], abs=0.003)


def test_all_have_joined_when_they_should_have() -> None:
    people = crowd(Exam(500, joining_s=30, seconds=60))

    assert people.first_step.min() >= 0
    assert people.first_step.max() < 30


@pytest.mark.parametrize(
    ("given", "said"),
    [({"candidates": 0}, "candidates must be 1 at least"), ({"joining_s": 90}, "must join within the time")],
)
def test_an_exam_that_nobody_could_sit_says_what_to_change(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadProfile, match=said):
        replace(SHORT, **given)
