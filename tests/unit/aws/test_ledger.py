"""What the ledger does beyond its contract: its arithmetic, its writes, a table that does not answer."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws.ledger import LATE_S, Ledger, Slots
from tests.contract.cloud import Cloud, offline_cloud

NOW = 1_800_000_000.0
EVERY_TPS = pytest.mark.parametrize("tps", range(1, 101))


class Table:
    """DynamoDB's UpdateItem on the ledger's table, and how often it was called."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}
        self.writes = 0

    def update_item(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 has it
        """The item as it is now."""
        self.writes += 1
        pk, values = asked["Key"]["pk"]["S"], asked["ExpressionAttributeValues"]
        calls, room = int(values[":calls"]["N"]), int(values[":room"]["N"])
        if pk in self.used and self.used[pk] > room:
            old: Any = {
                "Error": {"Code": "ConditionalCheckFailedException", "Message": "no"},
                "Item": {"used": {"N": str(self.used[pk])}},
            }
            raise ClientError(old, "UpdateItem")
        self.used[pk] = self.used.get(pk, 0) + calls
        return {"Attributes": {"used": {"N": str(self.used[pk])}}}


class Failing:
    """A client whose calls all end with this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def update_item(self, **_: object) -> None:
        """Nothing."""
        raise self._error


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with offline_cloud() as made:
        yield made


def ledger(client: object, *, tps: int = 48, stopwatch: Callable[[], float] = lambda: 0.0) -> Ledger:
    return Ledger(cast("Any", client), "ledger", tps=tps, stopwatch=stopwatch)


def most_in_a_second(moments: list[float]) -> int:
    """Of moments in order: how many lie in the fullest second, both ends included."""
    return max(
        (place + 1 - bisect_left(moments, moment - 1.0) for place, moment in enumerate(moments)), default=0
    )


def granted(tps: int, chance: Random, *, for_s: float, urgency: Callable[[], float]) -> list[float]:
    """The moments of granted calls when 12 processes ask at random, together for four times the rate."""
    table = Table()
    processes = [ledger(table, tps=tps) for _ in range(12)]
    moments = sorted(NOW + chance.uniform(0, for_s) for _ in range(int(2 * tps * for_s)))
    return [
        moment
        for moment in moments
        for _ in range(
            chance.choice(processes).grant([urgency() for _ in range(chance.randint(1, 3))], moment)
        )
    ]


@EVERY_TPS
def test_no_sliding_second_has_more_calls_than_the_rate(tps: int) -> None:
    chance = Random(tps)

    moments = granted(tps, chance, for_s=10, urgency=lambda: chance.choice([1.0, chance.random()]))

    assert 0 < most_in_a_second(moments) <= tps


@pytest.mark.parametrize("tps", [601, 1500, 9001])
def test_no_sliding_second_has_more_calls_than_the_rate_where_slots_have_several_counters(tps: int) -> None:
    chance = Random(tps)

    moments = granted(tps, chance, for_s=2, urgency=lambda: chance.choice([1.0, chance.random()]))

    assert 0.5 * tps < most_in_a_second(moments) <= tps


@EVERY_TPS
def test_who_asks_for_more_than_the_rate_is_granted_almost_half_of_it_or_more(tps: int) -> None:
    moments = granted(tps, Random(tps), for_s=20, urgency=lambda: 1.0)

    assert most_in_a_second(moments) <= tps
    assert len(moments) / 20 >= (0.8 if tps >= 24 else 0.4) * tps


@given(tps=st.integers(1, 10_000), slot=st.integers(0, 10**11))
def test_as_many_slots_as_a_second_touches_hold_as_many_calls_as_the_rate(tps: int, slot: int) -> None:
    slots = Slots(tps)

    assert sum(slots.capacity(slot + further) for further in range(slots.per_s + 1)) == tps


@given(tps=st.integers(1, 100_000), slot=st.integers(0, 10**11))
def test_the_shares_of_a_slots_counters_add_up_to_it_and_are_alike(tps: int, slot: int) -> None:
    slots = Slots(tps)
    shares = [slots.share(slot, shard) for shard in range(slots.shards)]

    assert sum(shares) == slots.capacity(slot)
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("tps", "expected"), [(1, 1), (50, 1), (600, 1), (601, 2), (6000, 10), (100_000, 167)]
)
def test_a_counter_is_asked_for_six_hundred_calls_a_second_at_the_most(tps: int, expected: int) -> None:
    assert Slots(tps).shards == expected


def test_a_slot_with_one_counter_has_the_key_it_always_had_and_others_say_which() -> None:
    table = Table()
    for tps in (600, 601):
        Ledger(cast("Any", table), "ledger", tps=tps, pick=lambda shards: shards - 1).grant([1.0], NOW)

    assert table.used == {f"slot#{NOW * 5:.0f}": 1, f"slot#{NOW * 5:.0f}#1": 1}


def test_what_is_known_of_a_counter_says_nothing_of_another() -> None:
    table, picks = Table(), iter([0, 0, 1, 0])
    asking = Ledger(cast("Any", table), "ledger", tps=1200, stopwatch=lambda: 0.0, pick=lambda _: next(picks))

    told = [asking.grant([1.0] * 100, NOW) for _ in range(4)]

    assert (told, table.writes) == ([100, 0, 100, 0], 2)


@given(tps=st.integers(1, 100), now=st.floats(0, 4e9))
def test_a_second_touches_the_slots_of_a_second_and_one_more(tps: int, now: float) -> None:
    slots = Slots(tps)

    assert slots.at(now + 1.0) - slots.at(now) <= slots.per_s


@given(
    tps=st.integers(1, 100),
    slot=st.integers(0, 10**10),
    urgencies=st.lists(st.floats(-1, 2), max_size=6),
    used=st.integers(0, 100),
)
def test_calls_that_fit_leave_no_more_than_the_share_of_each_used(
    tps: int, slot: int, urgencies: list[float], used: int
) -> None:
    slots = Slots(tps)

    rooms = slots.rooms(slot, urgencies)

    fitting = sum(used <= room for room in rooms)
    capacity = slots.capacity(slot)
    assert all(used <= room for room in rooms[:fitting])
    assert all(
        used + count <= min(1.0, urgency) * capacity + 1e-6
        for count, urgency in enumerate(urgencies[:fitting], 1)
    )


def test_a_share_is_not_lost_in_rounding() -> None:
    assert math.floor(0.29 * 100) == 28

    assert ledger(Table(), tps=600).grant([0.29] * 100, NOW) == 29


def test_a_slot_that_is_known_to_be_full_is_not_asked_again() -> None:
    table = Table()
    one, another = ledger(table), ledger(table)
    one.grant([1.0] * 8, NOW)

    told = [one.grant([1.0], NOW), another.grant([1.0], NOW), another.grant([1.0], NOW)]

    assert (told, table.writes) == ([0, 0, 0], 2)


def test_the_urgent_ask_a_slot_whose_share_for_others_is_known_to_be_used() -> None:
    table = Table()
    asking = ledger(table)
    asking.grant([1.0] * 4, NOW)

    told = [asking.grant([0.5], NOW), asking.grant([0.75], NOW)]

    assert (told, table.writes) == ([0, 1], 2)


def test_what_is_known_of_a_slot_says_nothing_of_the_next() -> None:
    table = Table()
    asking = ledger(table)
    asking.grant([1.0] * 8, NOW)

    told = [asking.grant([1.0], NOW + 0.2), asking.grant([1.0], NOW), asking.grant([1.0], NOW)]

    assert (told, table.used) == ([1, 0, 0], {f"slot#{NOW * 5:.0f}": 8, f"slot#{NOW * 5 + 1:.0f}": 1})


def test_a_thread_that_is_behind_does_not_make_the_process_forget_the_latest_slot() -> None:
    table = Table()
    asking = ledger(table)
    asking.grant([1.0] * 8, NOW + 0.2)
    asking.grant([1.0], NOW)

    assert (asking.grant([1.0], NOW + 0.2), table.writes) == (0, 2)


def test_a_refused_process_tries_once_more_with_what_fits() -> None:
    table = Table()
    ledger(table).grant([1.0] * 6, NOW)

    told = ledger(table).grant([1.0] * 3, NOW)

    assert (told, table.writes) == (2, 3)


def test_who_is_overtaken_twice_is_refused() -> None:
    class Racing(Table):
        def update_item(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 has it
            self.used[asked["Key"]["pk"]["S"]] = 4 + 2 * self.writes
            return super().update_item(**asked)

    table = Racing()

    assert (ledger(table).grant([1.0] * 5, NOW), table.writes) == (0, 2)


def test_without_a_rate_nothing_is_written() -> None:
    table = Table()

    assert (ledger(table, tps=0).grant([1.0, 0.0], NOW), table.writes) == (2, 0)


@pytest.mark.parametrize(("took_s", "expected"), [(LATE_S, 2), (LATE_S + 0.1, 0)])
def test_a_grant_that_comes_late_is_given_up_and_stays_used(
    took_s: float, expected: int, caplog: pytest.LogCaptureFixture
) -> None:
    table, times = Table(), iter([0.0, took_s])

    told = ledger(table, stopwatch=lambda: next(times)).grant([1.0, 1.0], NOW)

    assert (told, list(table.used.values())) == (expected, [2])
    assert ("ledger_late" in caplog.messages) == (expected == 0)


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://aws.test"),
        ReadTimeoutError(endpoint_url="https://aws.test"),
    ],
)
def test_a_table_that_does_not_answer_grants_nothing_counts_nothing_and_is_told_of(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    failing = ledger(Failing(error))

    told = (failing.grant([1.0, 1.0], NOW), failing.spend("acme", 2, NOW))

    assert told == (0, 0)
    assert caplog.messages == ["ledger_unavailable", "ledger_unavailable"]


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "InternalServerError",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "TransactionConflictException",
    ],
)
def test_a_table_that_refuses_to_answer_grants_nothing_and_counts_nothing(cloud: Cloud, code: str) -> None:
    client = cloud.client("dynamodb")
    refused = ledger(client)
    with Stubber(client) as stubber:
        for _ in range(2):
            stubber.add_client_error("update_item", service_error_code=code)

        told = (refused.grant([1.0, 1.0], NOW), refused.spend("acme", 2, NOW))

        stubber.assert_no_pending_responses()
    assert told == (0, 0)


def test_counters_expire(cloud: Cloud) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.ledger_table
    counting = Ledger(client, table, tps=48)
    counting.grant([1.0, 1.0], NOW)
    counting.spend("acme", 3, NOW)

    items = client.scan(TableName=table)["Items"]

    assert sorted(items, key=lambda item: str(item["pk"])) == [
        {"pk": {"S": "slot#9000000000"}, "used": {"N": "2"}, "expires_at": {"N": "1800003600"}},
        {"pk": {"S": "tenant#acme#500000"}, "calls": {"N": "3"}, "expires_at": {"N": "1800007200"}},
    ]
