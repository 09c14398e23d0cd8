"""Limits of tenants, and the clock's minutes and days."""

import pytest

from chalicelib.domain.tenants import DAY_S, MINUTE_S, Limits, day, day_is_used_up, until_next

MIDNIGHT = 1_799_971_200.0


@pytest.mark.parametrize("name", ["requests_per_minute", "sessions_per_day", "usd_per_hour"])
def test_a_limit_below_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="0, for none, or more"):
        Limits(**{name: -1})


def test_days_are_those_of_utc() -> None:
    assert [day(MIDNIGHT + after_s) for after_s in (-0.001, 0, 86_399.9, 86_400)] == [
        "2027-01-14",
        "2027-01-15",
        "2027-01-15",
        "2027-01-16",
    ]


@pytest.mark.parametrize(
    ("after_s", "minute", "of_day"),
    [(0.0, 60, 86_400), (0.5, 60, 86_400), (1.0, 59, 86_399), (59.9, 1, 86_341), (59.9999, 1, 86_341)],
)
def test_whoever_comes_again_when_told_to_comes_no_earlier(after_s: float, minute: int, of_day: int) -> None:
    now = MIDNIGHT + after_s

    assert (until_next(MINUTE_S, now), until_next(DAY_S, now)) == (minute, of_day)
    assert day(now + until_next(DAY_S, now)) == "2027-01-16"


def test_a_day_that_is_used_up_says_how_much_and_until_when() -> None:
    error = day_is_used_up(100, MIDNIGHT + 86_390)

    assert (error.retry_after_s, "100 sessions" in str(error)) == (10, True)
