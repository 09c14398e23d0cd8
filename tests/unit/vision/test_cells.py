"""Pictures as cells: what is unlike a view, and how much of it hangs together."""

import numpy as np
import pytest

from chalicelib.vision import cells
from chalicelib.vision.cells import Cells
from tests.unit.vision import scenes
from tests.unit.vision.pictures import Pixels, flat, portrait


def of(pixels: Pixels) -> Cells:
    return cells.cells_of(pixels)


def unlike(pixels: Pixels, *views: Pixels) -> int:
    """How many cells are unlike all these views."""
    bounds = cells.bounds_of([of(view) for view in views])
    counted = cells.crowds(cells.unlike(of(pixels), bounds))
    return int(cells.unlike_all(counted, range(len(views))).sum())


def test_a_view_is_like_itself_with_noise_and_a_trembling_camera() -> None:
    trembling = scenes.noisy(scenes.shifted(3, -3))

    assert (unlike(portrait(), portrait()), unlike(trembling, portrait())) == (0, 0)


def test_a_thing_is_unlike_the_view_without_it_by_its_colour_alone() -> None:
    # 120 x 60 pixels are 15 x 7.5 cells.
    assert 90 <= unlike(scenes.pale_phone(), portrait()) <= 120


def test_what_one_of_the_views_shows_is_not_unlike_all() -> None:
    assert unlike(scenes.pale_phone(), portrait(), scenes.pale_phone()) == 0


def test_no_view_is_like_nothing() -> None:
    counted = cells.crowds(cells.unlike(of(portrait()), cells.bounds_of([of(portrait())])))

    assert cells.unlike_all(counted, []).all()


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_exposure_is_taken_out(factor: float) -> None:
    levelled = cells.levelled(of(scenes.lit(factor)), of(portrait()))

    apart = np.abs(levelled[0].astype(int) - of(portrait())[0])
    assert np.median(apart) <= 3


def test_a_tint_is_taken_out() -> None:
    bluish = np.clip(portrait() + np.array([12.0, 0.0, 0.0]), 0, 255).astype(np.uint8)

    levelled = cells.levelled(of(bluish), of(portrait()))

    apart = np.abs(levelled[1:].astype(int) - of(portrait())[1:])
    assert np.median(apart) <= 1


@pytest.mark.parametrize(("grey", "other"), [(0, 0), (0, 255), (255, 0)])
def test_black_and_white_can_be_levelled(grey: int, other: int) -> None:
    assert cells.levelled(of(flat(grey)), of(flat(other))).shape == cells.SHAPE


def test_the_largest_patch_is_the_one_that_hangs_together() -> None:
    mask = cells.rectangle(0.0, 0.0, 0.1, 0.1) | cells.rectangle(0.5, 0.5, 0.75, 0.75)

    assert cells.largest_patch(mask) == 20 * 15
    assert cells.largest_patch(cells.nothing()) == 0


@pytest.mark.parametrize(
    ("sides", "count"),
    [
        ((0.0, 0.0, 1.0, 1.0), 4800),
        ((-1.0, -1.0, 2.0, 2.0), 4800),
        ((0.25, 0.5, 0.5, 1.0), 20 * 30),
        ((1.1, 0.0, 1.2, 1.0), 0),
        ((-0.2, 0.0, -0.1, 1.0), 0),
        ((0.5, 0.5, 0.5, 0.5), 0),
    ],
)
def test_a_rectangle_is_cut_at_the_edges(sides: tuple[float, float, float, float], count: int) -> None:
    assert int(cells.rectangle(*sides).sum()) == count


def test_a_mask_is_widened_by_a_cell_all_around() -> None:
    assert int(cells.widened(cells.rectangle(0.25, 0.5, 0.5, 1.0)).sum()) == 22 * 31
