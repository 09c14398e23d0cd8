"""The price table: tiers, dates, sources."""

from itertools import pairwise

import pytest

from infra.cost.prices import Price, Tier, prices

TIERED = Price("x", "X", "", "calls", 1, (Tier(10, 1.0), Tier(30, 0.5), Tier(float("inf"), 0.25)), "")


@pytest.mark.parametrize(
    ("units", "expected"), [(0, 0.0), (4, 4.0), (10, 10.0), (11, 10.5), (30, 20.0), (34, 21.0)]
)
def test_units_beyond_a_tier_cost_what_the_next_one_says(units: float, expected: float) -> None:
    assert TIERED.of(units) == expected


def test_a_price_may_be_for_many_units() -> None:
    per_million = Price("x", "X", "", "requests", 1e6, (Tier(float("inf"), 0.4),), "")

    assert [per_million.of(2_500_000), per_million.first] == pytest.approx([1.0, 4e-7])


def test_what_is_free_at_first_has_the_price_of_what_follows_for_who_uses_more() -> None:
    free_first = Price("x", "X", "", "GB", 1, (Tier(100, 0.0), Tier(float("inf"), 0.09)), "")

    assert [free_first.of(90), free_first.of(110), free_first.first] == pytest.approx([0.0, 0.9, 0.09])


def test_every_row_has_a_source_and_tiers_that_rise_in_units_and_fall_in_price() -> None:
    for price in prices().by_name.values():
        paid = [tier for tier in price.tiers if tier.usd]

        assert price.source.startswith("https://aws.amazon.com/")
        assert price.tiers[-1].up_to == float("inf")
        assert all(one.up_to < other.up_to for one, other in pairwise(price.tiers))
        assert all(one.usd > other.usd for one, other in pairwise(paid))


def test_the_table_says_of_when_and_where_it_is_and_that_it_is_to_be_checked() -> None:
    assert (prices().as_of, prices().region) == ("2026-11", "us-east-1")
    assert "check them there before you promise anything" in prices().note


def test_thirty_five_million_pictures_cost_what_the_list_says() -> None:
    assert prices().by_name["call"].of(36_000_000) == pytest.approx(1000 + 3200 + 18_000 + 400)
