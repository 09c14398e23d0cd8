"""What an exam does to Lambda, API Gateway and DynamoDB."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from infra.capacity.exam import Exam, spread
from infra.capacity.executions import BINS_PER_S, environments, gateway
from infra.capacity.met import two_digits
from infra.capacity.partitions import Spread, hashed
from infra.capacity.quotas import QUOTAS
from infra.capacity.simulation import enough, looked, simulated, watch
from infra.cost.profile import Profile
from tests.unit.cost.figures import figures

SMALL = Exam(80, Profile(calm=1.0, dense=0.0), joining_s=20, seconds=60)


def level(*each_s: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """So many, for so many seconds."""
    return np.concatenate([np.full(seconds * BINS_PER_S, count, np.int64) for count, seconds in each_s])


def test_executions_are_arrivals_times_their_duration() -> None:
    executions = watch(SMALL, figures(), 0).executions
    # Littles's law: 80 frames a second, nearly all of them quiet.
    assert executions.concurrent["p50"] == pytest.approx(80 * 0.055, abs=3)
    assert executions.arrivals.sum() == pytest.approx(80 * 60 - 80 * 20 / 3, rel=0.05)


def test_environments_start_no_faster_than_lambda_starts_them() -> None:
    told = environments(level((3000, 40)), quota=1e9, per_10_s=1000, cold_start_s=0.01)

    assert told["environments"] == 3000
    # A thousand at once, then a hundred a second: the last thousand come late by 10 s and more.
    assert told["failed"] == pytest.approx((2000 * 20 / 2) / (3000 * 40), abs=0.01)


def test_beyond_the_quota_executions_fail() -> None:
    told = environments(level((1500, 60)), quota=1000, per_10_s=100_000, cold_start_s=0.01)

    assert told == {"environments": 1000, "waited": pytest.approx(0, abs=0.001), "failed": 0.3333}


def test_who_needs_an_environment_waits_until_it_has_started() -> None:
    told = environments(level((10, 10)), quota=1000, per_10_s=1000, cold_start_s=3)

    assert told == {"environments": 10, "waited": 0.3, "failed": 0}


def test_the_gateway_refuses_what_is_beyond_its_rate_and_its_burst() -> None:
    steady, burst = level((150, 10)), level((50, 1), (0, 9))

    assert gateway(steady, rps=10_000, burst=5000) == {
        "max_rps": 15_000,
        "refused": pytest.approx((150_000 - 105_000) / 150_000, abs=0.001),
    }
    assert gateway(burst, rps=1, burst=5000) == {"max_rps": 5000, "refused": 0}


def test_a_key_that_is_written_more_often_than_a_partition_takes_is_hot_however_many_there_are() -> None:
    units = Spread(2, (4, 64))
    units.add(np.zeros(1500, np.int64), np.full(1500, hashed("slot#1")), np.ones(1500))

    assert (units.hottest(4), units.hottest(64), units.enough(1000)) == (1500, 1500, None)
    assert units.refused(64, 1000) == pytest.approx(1 / 3)


def test_many_keys_spread_over_partitions() -> None:
    keys = np.array([hashed(f"tenant#{number}") for number in range(20_000)])
    units = Spread(1, (4, 16, 64))
    units.add(keys * 0, keys, np.ones(20_000))

    assert units.busiest == 20_000
    assert units.hottest(4) == pytest.approx(5000, rel=0.1)
    assert units.enough(1000) == 64


def test_a_crowd_finds_the_ledgers_counters_as_hot_as_it_asks() -> None:
    crowded = replace(SMALL, candidates=4000, seconds=20)
    one, several = (watch(crowded, figures(), tps).counters for tps in (600, 3000))

    assert (one.shards, one.hottest == one.hottest_alone) == (1, True)
    assert several.shards == 5
    assert several.hottest < 0.5 * several.hottest_alone


def test_the_rate_to_ask_for_is_enough_and_a_much_lower_one_is_not() -> None:
    crowded = replace(SMALL, candidates=400)
    tps = enough(crowded, figures()).tps

    assert looked(crowded, figures(), tps).is_good
    assert not looked(crowded, figures(), tps // 2).is_good


def test_every_quota_is_found_out_about() -> None:
    found = simulated(SMALL, figures(), 50)

    assert set(found["quotas"]) == set(QUOTAS)
    assert all({"needed", "refused", "ask"} <= row.keys() for row in found["quotas"].values())


def test_quotas_that_cannot_be_raised_are_not_asked_for() -> None:
    fixed = {key for key, quota in QUOTAS.items() if "cannot be raised" in quota.name}
    rows = simulated(SMALL, figures(), 50)["quotas"]

    assert fixed == {"lambda_scaling", "counter_wru", "index_wru", "tenant_wru"}
    assert {rows[key]["ask"] for key in fixed} == {None}


@pytest.mark.parametrize(("wanted", "expected"), [(7, 7), (50, 50), (101, 110), (8960, 9000), (0.2, 1)])
def test_quotas_are_asked_for_in_two_digits(wanted: float, expected: int) -> None:
    assert two_digits(wanted) == expected


def test_figures_are_told_as_median_late_and_last() -> None:
    assert spread(np.arange(101)) == {"p50": 50, "p99": 99, "max": 100}
