"""Long interviews for the benchmark are made the same way each time, and nothing in them stands still."""

from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.interviews import Planned, calm, dense, plan, scenes, takes_shown, wander
from benchmarks.labels import Incident
from benchmarks.scenery.camera import Moment
from benchmarks.scenery.incidents import back_and_forth

KINDS = ("second_face", "phone", "text", "looking_away")


def planned(seconds: int, entry: int, *, leaves: bool) -> Planned:
    return Planned(Incident("phone", 100, 100 + seconds), entry, leaves)


def test_each_kind_has_its_turn_in_a_stretch_of_its_own() -> None:
    incidents = [
        each.incident for each in plan(KINDS, seconds=3600, every_s=600, chance=np.random.default_rng(1))
    ]

    assert [each.start_s // 600 for each in incidents] == [0, 1, 2, 3, 4, 5]
    assert {each.kind for each in incidents[:4]} == set(KINDS)
    assert all(5 <= each.end_s - each.start_s <= 20 for each in incidents)
    assert all(each.end_s < (number + 1) * 600 for number, each in enumerate(incidents))


@pytest.mark.parametrize("seed", range(20))
def test_incidents_that_come_often_do_not_touch(seed: int) -> None:
    incidents = [
        each.incident for each in plan(KINDS, seconds=1800, every_s=30, chance=np.random.default_rng(seed))
    ]

    assert len(incidents) == 60
    assert all(before.end_s + 2 < after.start_s for before, after in pairwise(incidents))


def test_looking_away_lasts_long_enough_to_be_told() -> None:
    incidents = plan(("looking_away",), seconds=9000, every_s=30, chance=np.random.default_rng(2))

    assert min(each.incident.end_s - each.incident.start_s for each in incidents) >= 8


def test_the_same_seed_plans_the_same() -> None:
    first, second = (
        plan(KINDS, seconds=3600, every_s=600, chance=np.random.default_rng(7)) for _ in range(2)
    )

    assert first == second


@pytest.mark.parametrize("count", [2, 3, 50])
def test_a_walk_takes_small_steps_and_never_stands_still(count: int) -> None:
    walk = list(islice(wander(count, np.random.default_rng(3)), 2000))

    assert set(walk) == set(range(count))
    assert {abs(after - before) for before, after in pairwise(walk)} <= {1, 2, 3}


@pytest.mark.parametrize("seed", range(20))
def test_an_incident_shows_no_picture_twice_in_a_row(seed: int) -> None:
    takes = takes_shown(planned(20, entry=2, leaves=True), np.random.default_rng(seed))

    assert len(takes) == 20
    assert (takes[:3], takes[-2:]) == ([0, 1, 2], [1, 0])
    assert all(before != after for before, after in pairwise(takes))
    assert max(takes) < 12


def test_a_short_incident_that_appears_at_once_is_whole_from_the_start() -> None:
    takes = takes_shown(planned(5, entry=0, leaves=False), np.random.default_rng(4))

    assert len(takes) == 5
    assert set(takes) <= set(range(5))


def test_small_scenes_of_life_are_short() -> None:
    lengths = {len(scene) for scene in scenes(np.random.default_rng(5))}

    assert lengths <= set(range(1, 11))


def test_changes_of_a_moment_add_up() -> None:
    sat = Moment(scale=1.1, dx=3, gain=0.9, shake=(1.0, 2.0))

    assert sat + Moment(scale=2, dx=4, gain=0.5, door=0.3) == Moment(
        scale=2.2, dx=7, gain=0.45, door=0.3, shake=(1.0, 2.0)
    )


def test_a_clip_goes_back_where_it_ends() -> None:
    assert [back_and_forth(number, 3) for number in range(7)] == [0, 1, 2, 1, 0, 1, 2]


@pytest.mark.parametrize("make", [calm, dense])
def test_a_missing_file_is_named(make: object, tmp_path: Path) -> None:
    assert callable(make)
    with pytest.raises(FileNotFoundError, match=r"0000\.jpg is missing"):
        make(tmp_path, seed=1)
