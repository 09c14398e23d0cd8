"""What every ledger promises: the one in memory and the one in DynamoDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Barrier
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.ledger import Ledger as DynamoLedger
from chalicelib.flows.ports import Ledger
from tests.contract.cloud import OneAtATime
from tests.fakes import FakeLedger

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

Open = Callable[[int], Ledger]
"""The ledger of one more process, at a rate; all of a test's processes share what they count."""
THREADS = 16
TPS = 48
CAPACITY = 8
"""Of each fifth of a second, at that rate: six of them hold 48."""

_hours = count(500_000)


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Open:
    cloud: Cloud = request.getfixturevalue("cloud")
    client = cast("Any", OneAtATime(cloud.client("dynamodb")))
    return lambda tps: DynamoLedger(client, cloud.settings.ledger_table, tps=tps, stopwatch=lambda: 0.0)


@pytest.fixture(params=["in memory", "in DynamoDB"])
def ledgers(request: pytest.FixtureRequest) -> Open:
    if request.param == "in DynamoDB":
        opened: Open = request.getfixturevalue("opened")
        return opened
    first = FakeLedger()
    return lambda tps: replace(first, tps=tps)


@pytest.fixture
def now() -> float:
    """The start of an hour of the test's own: the cloud is everybody's."""
    return next(_hours) * 3600.0


def together(ask: Callable[[int], int]) -> list[int]:
    """What 16 threads are told that ask at once."""
    start = Barrier(THREADS)

    def wait_and_ask(number: int) -> int:
        start.wait()
        return ask(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(wait_and_ask, range(THREADS)))


def test_a_slot_grants_what_it_holds_and_no_more(ledgers: Open, now: float) -> None:
    ledger = ledgers(TPS)

    granted = [ledger.grant([1.0, 1.0, 1.0], now) for _ in range(5)]

    assert granted == [3, 3, 2, 0, 0]


def test_the_next_slot_grants_anew(ledgers: Open, now: float) -> None:
    ledger = ledgers(TPS)

    granted = [ledger.grant([1.0] * 20, now + after_s) for after_s in (0.0, 0.19, 0.2, 0.41, 0.39)]

    assert granted == [CAPACITY, 0, CAPACITY, CAPACITY, 0]


def test_sixteen_threads_that_ask_at_once_never_get_more_than_the_slot_holds(
    ledgers: Open, now: float
) -> None:
    ledger = ledgers(TPS)

    assert sum(together(lambda _: ledger.grant([1.0], now))) == CAPACITY


def test_sixteen_processes_that_ask_at_once_never_get_more_than_the_slot_holds(
    ledgers: Open, now: float
) -> None:
    processes = [ledgers(TPS) for _ in range(THREADS)]

    granted = together(lambda number: processes[number].grant([1.0, 1.0, 1.0], now))

    assert 0 < sum(granted) <= CAPACITY
    assert processes[0].grant([1.0] * CAPACITY, now) == CAPACITY - sum(granted)


def test_what_one_process_was_granted_another_is_not(ledgers: Open, now: float) -> None:
    one, another = ledgers(TPS), ledgers(TPS)

    granted = [one.grant([1.0] * 5, now), another.grant([1.0] * 5, now), one.grant([1.0], now)]

    assert granted == [5, 3, 0]


def test_a_call_is_granted_while_no_more_than_the_share_of_its_urgency_is_used(
    ledgers: Open, now: float
) -> None:
    ledger = ledgers(TPS)

    granted = [
        (urgency, ledger.grant([urgency] * CAPACITY, now))
        for urgency in (0.25, 0.2, 0.5, 0.5, 0.99, 1.0, 1.0)
    ]

    assert granted == [(0.25, 2), (0.2, 0), (0.5, 2), (0.5, 0), (0.99, 3), (1.0, 1), (1.0, 0)]


def test_of_calls_that_do_not_all_fit_the_first_are_granted(ledgers: Open, now: float) -> None:
    ledger = ledgers(TPS)

    granted = [
        ledger.grant(urgencies, now) for urgencies in ([1.0, 0.5, 0.25], [1.0, 0.5, 0.25], [0.5], [1.0])
    ]

    assert granted == [2, 2, 0, 1]


@pytest.mark.parametrize("urgencies", [[], [0.0], [0.1, 0.1], [-1.0]])
def test_what_has_no_share_of_the_slot_is_refused_even_when_nobody_else_asks(
    ledgers: Open, now: float, urgencies: list[float]
) -> None:
    assert ledgers(TPS).grant(urgencies, now) == 0


def test_an_urgency_beyond_one_gets_no_more_than_the_slot_holds(ledgers: Open, now: float) -> None:
    assert ledgers(TPS).grant([3.0] * 20, now) == CAPACITY


@pytest.mark.parametrize(("tps", "expected"), [(1, [0, 1, 0, 1]), (3, [1, 2, 1, 2]), (5, [2, 3, 2, 3])])
def test_a_low_rate_is_granted_second_by_second(
    ledgers: Open, now: float, tps: int, expected: list[int]
) -> None:
    ledger = ledgers(tps)

    assert [ledger.grant([1.0] * 5, now + second) for second in range(4)] == expected


def test_the_counters_of_a_busy_slot_grant_together_what_it_holds_and_no_more(
    ledgers: Open, now: float
) -> None:
    processes = [ledgers(1200) for _ in range(4)]

    granted = sum(processes[number % 4].grant([1.0] * 10, now) for number in range(80))

    assert granted == 200


def test_without_a_rate_everything_is_granted(ledgers: Open, now: float) -> None:
    assert [ledgers(0).grant([1.0, 0.0] * 500, now) for _ in range(3)] == [1000] * 3


def test_calls_of_an_hour_add_up_over_all_processes(ledgers: Open, now: float, tenant: str) -> None:
    one, another = ledgers(TPS), ledgers(0)

    counted = [one.spend(tenant, 3, now), another.spend(tenant, 2, now + 3599.9), one.spend(tenant, 0, now)]

    assert counted == [3, 5, 5]
    assert one.spend(tenant, -1, now) == 4


def test_each_hour_and_each_tenant_is_counted_alone(ledgers: Open, now: float, tenant: str) -> None:
    ledger = ledgers(TPS)

    counted = [ledger.spend(*spent) for spent in ((tenant, 3, now), (tenant, 2, now + 3600), ("x", 1, now))]

    assert counted == [3, 2, 1]


def test_of_calls_that_are_counted_at_once_none_is_lost(ledgers: Open, now: float, tenant: str) -> None:
    ledger = ledgers(TPS)

    assert sorted(together(lambda _: ledger.spend(tenant, 2, now))) == list(range(2, 2 * THREADS + 1, 2))
