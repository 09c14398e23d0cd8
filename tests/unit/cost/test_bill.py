"""What sessions cost, against what a sheet of paper says."""

from dataclasses import replace

import pytest

from infra.cost.bill import bill
from infra.cost.prices import prices
from infra.cost.profile import Assumed, KeepFrames, Profile
from infra.cost.quantities import DAYS_A_MONTH, GB, calls_of, memory_gb, session
from tests.unit.cost.figures import figures

NOBODY_LOOKS = Assumed(
    reads_per_session=0, cold_starts_per_million=0, idle_polls_per_month=0, log_platform_bytes=0
)
CALM = Profile(calm=1.0, dense=0.0, assumed=NOBODY_LOOKS)


def test_an_hour_of_calm_uses_what_the_arithmetic_by_hand_gives() -> None:
    units = session(CALM, figures()).units
    quiet, asking = 3600 - 1 - 240, 240
    quiet_s, asking_s = 3 * 0.01 + 2 * 0.010, 4 * 0.01 + 0.3 + 2 * 0.020
    lambda_s = quiet * quiet_s + (asking + 1) * asking_s + 3 * 2 * 0.010 + 6 * 0.01
    stored = (quiet * 400 + asking * 500 + 30_000) / GB * 3

    assert units == pytest.approx(
        {
            "call": 303.0,
            "lambda_gb_s": lambda_s * 1769 / 1024,
            "lambda_request": 3603,
            "gateway_request": 3602,
            "write_unit": quiet * 6 + asking * 61 + 61 + 20,
            "read_unit": 3600 * 10 + 4,
            "table_gb_month": stored,
            "backup_gb_month": stored,
            "s3_put": 240 * 0.1 + 2,
            "s3_get": 0,
            "s3_gb_month": 20 * 50_000 / GB * 3,
            "out_gb": (3600 * 2000 + 2 * 2000 + 3602 * 500) / GB,
            "log_gb": 3603 * 700 / GB,
            "log_gb_month": 3603 * 700 / GB,
            "queue_request": 3,
            "secret_request": 0,
            "trace": 3602 * 0.05,
        }
    )


def test_an_hour_of_calm_costs_its_units_at_the_first_tiers() -> None:
    told = bill(CALM, figures(), prices())
    usd = {line.name: line.usd["hour"] for line in told.lines}

    assert usd["call"] == pytest.approx(0.303)
    assert usd["gateway_request"] == pytest.approx(3602 * 3.5e-6)
    assert usd["write_unit"] == pytest.approx(session(CALM, figures()).units["write_unit"] * 0.625e-6)
    assert told.total("hour") == pytest.approx(sum(usd.values()))
    assert told.share("Rekognition") == pytest.approx(0.303 / told.total("hour"))


def test_a_session_of_two_hours_costs_twice_an_hour() -> None:
    told = bill(replace(CALM, minutes=120), figures(), prices())

    assert told.total("session") == pytest.approx(2 * told.total("hour"))


def test_a_mix_of_activities_costs_the_mix_of_their_costs() -> None:
    def an_hour(calm: float) -> float:
        return bill(replace(CALM, calm=calm, dense=1 - calm), figures(), prices()).total("hour")

    assert an_hour(0.75) == pytest.approx(0.75 * an_hour(1.0) + 0.25 * an_hour(0.0), rel=1e-3)


def test_a_million_sessions_are_cheaper_by_the_session_than_one() -> None:
    told = bill(Profile(), figures(), prices())

    assert 0.4 < told.total("million") / 1e6 / told.total("session") < 0.7


def test_a_day_pays_a_days_share_of_what_stands_whoever_comes() -> None:
    idle = bill(replace(CALM, sessions_per_day=1e-9), figures(), prices())
    standing = 20 * 0.30 + 23 * 0.10 + 3.0 + 0.40

    assert idle.total("day") == pytest.approx(standing / DAYS_A_MONTH)
    assert idle.total("hour") == pytest.approx(bill(CALM, figures(), prices()).total("hour"))


def test_busy_days_reach_the_tiers_of_their_month() -> None:
    few, many = (bill(replace(CALM, sessions_per_day=count), figures(), prices()) for count in (10, 10_000))

    assert many.total("day", "Rekognition") < 0.8 * 1000 * few.total("day", "Rekognition")


def test_twice_the_frames_a_second_do_not_double_rekognition() -> None:
    once, twice = (calls_of(replace(CALM, fps=fps), figures()) for fps in (1.0, 2.0))

    assert [once, twice] == pytest.approx([303, 3 + 300 * 2**0.25])


def test_twice_the_frames_a_second_double_the_requests() -> None:
    once, twice = (session(replace(CALM, fps=fps), figures()).units["gateway_request"] for fps in (1, 2))

    assert (once, twice) == (3602, 7202)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 303),
        ({"labels": False}, 2 + 240),
        ({"text": False}, 2 + 270),
        ({"gate": False}, 10_800),
        ({"gate": False, "labels": False, "text": False}, 3600),
        ({"minutes": 1 / 60}, 3),
    ],
)
def test_calls_follow_what_is_asked_for(changed: dict[str, bool], expected: float) -> None:
    assert calls_of(replace(CALM, **changed), figures()) == pytest.approx(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keep_frames", "puts", "pictures"), [("all", 3600, 3600), ("evidence", 26, 20), ("none", 6, 4)]
)
def test_pictures_are_stored_as_the_policy_says(
    keep_frames: KeepFrames, puts: float, pictures: float
) -> None:
    units = session(replace(CALM, keep_frames=keep_frames), figures()).units

    assert units["s3_put"] == pytest.approx(puts)
    assert units["s3_gb_month"] == pytest.approx(pictures * 50_000 / GB * 3)


def test_frames_that_come_to_one_process_read_nothing_and_wait_less() -> None:
    spread, together = (session(replace(CALM, together=each), figures()) for each in (False, True))

    assert (spread.units["read_unit"], together.units["read_unit"]) == (36_004, 4)
    assert together.lambda_s < spread.lambda_s


def test_every_frame_is_quiet_or_asks_however_short_and_busy_a_session_is() -> None:
    told = session(replace(CALM, minutes=0.5, fps=0.1, gate=False), figures())

    assert told.asking_frames == pytest.approx(3)
    assert told.calls == pytest.approx(9)


def test_the_functions_memory_is_that_of_the_deployment() -> None:
    assert memory_gb() == 1769 / 1024
