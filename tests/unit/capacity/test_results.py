"""The committed results are what the simulation finds, and the page says them."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra import cost_page
from infra.capacity.quotas import QUOTAS
from infra.capacity.results import CANDIDATES, found, results

PAGE = (Path(__file__).parents[3] / "docs" / "cost.md").read_text()


def numbers(told: Any, name: str = "") -> dict[str, float]:  # noqa: ANN401 - JSON
    """Every number by the path that leads to it; -1 for none."""
    if isinstance(told, dict):
        return {
            path: each
            for key, value in told.items()
            for path, each in numbers(value, f"{name}/{key}").items()
        }
    return {name: -1 if told is None else told}


@pytest.mark.parametrize("candidates", CANDIDATES[:2])
def test_the_simulation_finds_what_is_committed(candidates: int) -> None:
    """If this fails, run `make capacity KEEP=1`, then `make docs`. The largest takes longer."""
    committed = numbers(results()[candidates])

    assert numbers(found(candidates)) == pytest.approx(committed, rel=0.05, abs=0.02)


def test_all_sizes_are_committed_with_every_quota() -> None:
    assert tuple(results()) == CANDIDATES
    assert [set(found["quotas"]) for found in results().values()] == [set(QUOTAS)] * 3


def test_the_largest_exam_keeps_the_ledgers_counters_cool() -> None:
    """Before the slots had several counters this was the first thing to break."""
    row = results()[CANDIDATES[-1]]["quotas"]["counter_wru"]

    assert row["needed"] < QUOTAS["counter_wru"].default < row["alone"]


def test_at_the_rate_to_ask_for_every_face_is_seen_in_time() -> None:
    for each in results().values():
        assert each["needed"]["unseen_s"]["max"] <= 16
        assert each["needed"]["unanalysed_share"] <= 0.01


def test_the_page_names_every_quota_and_has_a_place_for_every_figure() -> None:
    assert [quota.name for quota in QUOTAS.values() if quota.name not in PAGE] == []
    assert set(re.findall(r"<!-- begin (\w+) -->", PAGE)) == set(cost_page.BLOCKS)


def test_a_figure_that_changed_is_written_into_its_place() -> None:
    page = "Before.\n\n<!-- begin elasticity -->\nold\n<!-- end elasticity -->\n\nAfter.\n"

    assert cost_page.filled(page) == page.replace("old\n", cost_page.BLOCKS["elasticity"]())


def test_numbers_stand_at_the_right_and_bars_do_not_end_a_cell() -> None:
    assert cost_page.table(("a", "b"), [("x|y", "1")]) == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |\n"
