"""Limits of a tenant's requests, counted by many processes."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from chalicelib.domain.errors import TooManyRequests
from chalicelib.domain.tenants import Limits
from chalicelib.flows.know_limits import KnowLimits
from chalicelib.flows.limit_requests import AFTER_FAILURE_S, BATCH_S, LimitRequests, most_of_a_batch
from chalicelib.telemetry import Work
from tests.fakes import FakeClock, FakeRequests, FakeTenants

MINUTE = 1_800_000_000.0
ACME = "acme"


@dataclass
class Fleet:
    """Processes that answer a tenant's requests, with one clock."""

    limit: int
    size: int = 1
    requests: FakeRequests = field(default_factory=FakeRequests)
    clock: FakeClock = field(default_factory=lambda: FakeClock(MINUTE))
    processes: list[LimitRequests] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.processes = [
            LimitRequests(lambda _: Limits(requests_per_minute=self.limit), self.requests, self.clock)
            for _ in range(self.size)
        ]

    def ask(self, process: int = 0, tenant_id: str = ACME) -> bool:
        """Whether a request was let through."""
        try:
            self.processes[process](tenant_id)
        except TooManyRequests:
            return False
        return True


def test_a_tenant_without_a_limit_costs_nothing() -> None:
    fleet = Fleet(limit=0)

    assert all(fleet.ask() for _ in range(1_000))
    assert fleet.requests.told == []


@pytest.mark.parametrize("limit", [1, 7, 200, 1_000])
def test_one_process_lets_through_exactly_the_limit_in_every_minute(limit: int) -> None:
    fleet = Fleet(limit)
    let_through = []

    for _ in range(3):
        let_through.append(sum(fleet.ask() for _ in range(limit + 50)))
        fleet.clock.at += 60

    assert let_through == [limit] * 3


def test_whoever_is_refused_is_told_when_the_next_minute_begins() -> None:
    fleet = Fleet(limit=1)
    fleet.clock.at += 12.3
    fleet.ask()

    with pytest.raises(TooManyRequests, match="limit of 1 requests a minute") as refused:
        fleet.processes[0](ACME)

    assert refused.value.retry_after_s == 48
    fleet.clock.at += refused.value.retry_after_s
    assert fleet.ask()


def test_a_refused_request_is_counted_as_such_and_nowhere_else() -> None:
    fleet = Fleet(limit=1)
    with Work("request_answered", {}) as work:
        for _ in range(3):
            fleet.ask()

    assert {metric.title: number for metric, number in work.counted.items()} == {"RequestsRefusedByLimit": 2}
    assert fleet.requests.told == [1]


def test_another_tenants_requests_are_not_ours() -> None:
    fleet = Fleet(limit=1)

    assert [fleet.ask(tenant_id=each) for each in ("acme", "rival", "acme", "rival")] == [
        True,
        True,
        False,
        False,
    ]


def test_what_one_process_has_told_another_knows_with_its_first_request() -> None:
    fleet = Fleet(limit=10, size=2)

    assert sum(fleet.ask(0) for _ in range(20)) == 10
    assert [fleet.ask(1) for _ in range(3)] == [True, False, False]


def test_the_common_counter_is_told_in_batches() -> None:
    fleet = Fleet(limit=6_000)

    for _ in range(100):
        fleet.ask()

    assert fleet.requests.told == [1, 30, 30, 30]


def test_of_a_slow_process_the_common_counter_is_told_after_a_while() -> None:
    fleet = Fleet(limit=6_000)

    for _ in range(12):
        fleet.ask()
        fleet.clock.at += BATCH_S / 5

    assert fleet.requests.told == [1, 5, 5]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("limit", "size"), [(60, 20), (600, 20), (6_000, 20)])
def test_a_minute_is_exceeded_by_no_more_than_a_batch_of_every_process(
    seed: int, limit: int, size: int
) -> None:
    fleet, draw = Fleet(limit, size), random.Random(seed)
    let_through = 0

    for _ in range(3 * limit):
        let_through += fleet.ask(draw.randrange(size))
        fleet.clock.at = min(fleet.clock.at + 40 / limit, MINUTE + 59.9)

    assert limit <= let_through <= limit + size * most_of_a_batch(limit)


def test_threads_of_a_process_let_through_exactly_the_limit() -> None:
    fleet = Fleet(limit=500)

    with ThreadPoolExecutor(16) as pool:
        let_through = sum(pool.map(lambda _: fleet.ask(), range(2_000)))

    assert let_through == 500


def test_a_counter_that_does_not_answer_refuses_nobody_and_is_left_alone_for_a_while() -> None:
    fleet = Fleet(limit=100, size=2, requests=FakeRequests(down=True))

    let_through = [sum(fleet.ask(process) for _ in range(150)) for process in (0, 1)]

    assert let_through == [100, 100]
    assert fleet.requests.told == [1, 1]


def test_a_counter_that_answers_again_is_told_of_what_it_missed() -> None:
    fleet = Fleet(limit=100, requests=FakeRequests(down=True))
    for _ in range(40):
        fleet.ask()

    fleet.requests.down = False
    fleet.clock.at += AFTER_FAILURE_S
    fleet.ask()

    assert fleet.requests.told == [1, 40]


def test_a_limit_that_is_set_holds_within_the_time_that_limits_are_trusted() -> None:
    tenants, stopwatch, clock = FakeTenants({ACME: "Acme Hiring"}), FakeClock(1.0), FakeClock(MINUTE)
    check = LimitRequests(KnowLimits(tenants, 30.0, stopwatch), FakeRequests(), clock)
    for _ in range(5):
        check(ACME)
    tenants.limit(ACME, Limits(requests_per_minute=1))

    stopwatch.at += 29.9
    check(ACME)
    stopwatch.at += 0.1
    check(ACME)

    with pytest.raises(TooManyRequests):
        check(ACME)
    assert tenants.reads == 2


def test_limits_that_cannot_be_read_are_those_that_were_known_or_none() -> None:
    tenants, stopwatch = FakeTenants({ACME: "Acme Hiring", "rival": "Rival"}), FakeClock(1.0)
    limits = KnowLimits(tenants, 30.0, stopwatch)
    tenants.limit(ACME, Limits(requests_per_minute=1))
    known = limits(ACME)

    tenants.down = True
    stopwatch.at += 60

    assert [limits(each) for each in (ACME, "rival", "nobody")] == [known, Limits(), Limits()]
    tenants.down = False
    assert limits("nobody") == Limits()


def test_more_tenants_than_are_remembered_still_have_their_limits() -> None:
    fleet = Fleet(limit=1)

    assert all(fleet.ask(tenant_id=f"t-{number}") for number in range(1_100))
    assert not fleet.ask(tenant_id="t-1099")
