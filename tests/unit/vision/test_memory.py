"""What the gate remembers comes back from bytes as it was."""

from dataclasses import fields

import numpy as np

from chalicelib.domain.seen import SIGHTS, Kind
from chalicelib.vision import cells
from chalicelib.vision.faces import look_of
from chalicelib.vision.memory import Memory, View, packed, unpacked
from chalicelib.vision.small import Small
from tests.unit.vision import scenes
from tests.unit.vision.pictures import Pixels, portrait
from tests.unit.vision.scenes import FACE, GUEST

AS_GOOD = 6
"""Levels by which packed pixels may differ on average: less than tells views apart."""


def small(pixels: Pixels) -> Small:
    found = scenes.picture(pixels).small
    assert isinstance(found, Small)
    return found


def full() -> Memory:
    one, other = small(portrait()), small(scenes.pale_phone())
    return Memory(
        views=(
            View(one.cells, one.strokes, last=frozenset({Kind.TEXT}), clean=frozenset(SIGHTS), age=7),
            View(
                other.cells,
                other.strokes,
                last=frozenset({Kind.FACES, Kind.LABELS}),
                clean=frozenset({Kind.TEXT}),
            ),
        ),
        looks=(look_of(one.grey, FACE, accused=False), look_of(other.grey, GUEST, accused=True)),
        faced=True,
        regions={Kind.LABELS: cells.rectangle(0.1, 0.2, 0.3, 0.4), Kind.FACES: cells.rectangle(0, 0, 1, 1)},
        signed=frozenset({Kind.LABELS, Kind.FACES}),
    )


def test_all_but_pixels_comes_back_exactly() -> None:
    before = full()

    after = unpacked(packed(before))

    assert [(view.last, view.clean, view.age) for view in after.views] == [
        (view.last, view.clean, view.age) for view in before.views
    ]
    assert [(each.box, [eye[:2] for eye in each.eyes], each.accused) for each in after.looks] == [
        (each.box, [eye[:2] for eye in each.eyes], each.accused) for each in before.looks
    ]
    assert (after.faced, after.signed) == (before.faced, before.signed)
    assert [view.strokes.tolist() for view in after.views] == [view.strokes.tolist() for view in before.views]
    assert {kind: mask.tolist() for kind, mask in after.regions.items()} == {
        kind: mask.tolist() for kind, mask in before.regions.items()
    }


def test_pixels_come_back_nearly_as_they_were() -> None:
    before = full()

    after = unpacked(packed(before))

    pairs = [
        *((one.cells, other.cells) for one, other in zip(before.views, after.views, strict=True)),
        *((one.patch, other.patch) for one, other in zip(before.looks, after.looks, strict=True)),
        *(
            (one.eyes[0][2], other.eyes[0][2])
            for one, other in zip(before.looks[:1], after.looks, strict=False)
        ),
    ]
    assert max(float(np.abs(one.astype(int) - other).mean()) for one, other in pairs) < AS_GOOD


def test_the_bounds_are_those_of_the_views_that_came_back() -> None:
    after = unpacked(packed(full()))

    assert after.bounds is not None
    low, high = cells.bounds_of([view.cells for view in after.views])
    assert np.array_equal(after.bounds[0], low)
    assert np.array_equal(after.bounds[1], high)


def test_whoever_adds_a_field_must_pack_it() -> None:
    assert {each.name for each in fields(Memory)} == {
        "views",
        "looks",
        "faced",
        "regions",
        "signed",
        "bounds",
        "strokes",
    }
