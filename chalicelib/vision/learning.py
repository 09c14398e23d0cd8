"""What the gate learns of a frame that was asked about: a view, a look of the face, where to look for signs.

All that can be said before the provider has answered is drafted while it is waited for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.seen import BoundingBox, Face, Kind
from chalicelib.vision import cells
from chalicelib.vision.cells import Bounds, Cells, Mask
from chalicelib.vision.faces import FaceLook, look_of
from chalicelib.vision.memory import Memory, View
from chalicelib.vision.small import Small

VIEWS, LOOKS = 12, 10
"""Views and looks of a face that are remembered."""

_NOTHING_NEW = 10
"""Cells: an answer holds for a view that shows less than this beyond what it was given for."""

_MOST_ALONE, _AGEING = 60, 5
"""Cells beyond which a view is worth no more for being unlike all others; and how slowly it ages."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A frame against what is remembered."""

    novel: Mapping[Kind, Mask]
    """What neither a clean view nor the last one asked about shows."""
    odd: Mapping[Kind, Mask | None]
    """What no clean view shows; None where there is no clean view."""


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """What can be said of a frame as a view to remember before the provider has answered."""

    small: Small
    level: Cells
    memory: Memory
    compared: Compared | None
    """None where nothing is remembered."""
    nearest: int | None
    """Which remembered view is the most like it."""
    alone: Sequence[int]
    """For each view, the newest the last: how much it shows that no other does. Empty while all have room."""


def levelled(small: Small, memory: Memory) -> Cells:
    """The frame's cells in the exposure of the views."""
    return cells.levelled(small.cells, memory.views[-1].cells) if memory.views else small.cells


def compare(level: Cells, strokes: Mask, memory: Memory) -> Compared:
    """A frame's cells, in the exposure of the views, and its strokes, against one view or more."""
    assert memory.bounds is not None
    return _compared(cells.unlike(level, memory.bounds), strokes, memory)


def drafted(small: Small, memory: Memory) -> Draft:
    """What can be said of a frame before the provider has answered."""
    level = levelled(small, memory)
    if memory.bounds is None:
        return Draft(small, level, memory, None, None, ())
    (known_low, known_high), (low, high) = memory.bounds, cells.bounds_of([level])
    bounds = np.concatenate((known_low, low)), np.concatenate((known_high, high))
    unlike = cells.unlike(level, bounds)
    return Draft(
        small,
        level,
        memory,
        _compared(unlike[:-1], small.strokes, memory),
        nearest=int(unlike[:-1].sum(axis=(1, 2)).argmin()),
        alone=_alone([*(view.cells for view in memory.views), level], bounds),
    )


def learned(
    draft: Draft,
    asked: Collection[Kind],
    faces: Sequence[Face],
    signed: Mapping[Kind, Sequence[BoundingBox]],
) -> Memory:
    """The memory after the provider answered for these kinds. See `chalicelib.vision.gate.Gate.learn`."""
    memory, compared = draft.memory, draft.compared
    novel = compared.novel if compared else {}
    settled = {kind for kind, mask in novel.items() if int(mask.sum()) < _NOTHING_NEW} | set(asked)
    view = View(
        draft.level, draft.small.strokes, last=frozenset(asked), clean=frozenset(settled - set(signed))
    )
    regions = {kind: mask for kind, mask in memory.regions.items() if kind in signed}
    regions |= {
        kind: _region(boxes, compared.odd.get(kind) if compared else None)
        for kind, boxes in signed.items()
        if kind in asked
    }
    looks = memory.looks
    if Kind.FACES in asked and faces:
        accused = Kind.IDENTITY in signed or (Kind.FACES in signed and len(faces) == 1)
        looks = (*looks, look_of(draft.small.grey, _candidate(faces, looks), accused=accused))[-LOOKS:]
    return Memory(
        views=_kept(draft, view),
        looks=looks,
        faced=bool(faces),
        regions=regions,
        signed=frozenset(signed) - {Kind.IDENTITY},
    )


def _compared(unlike: NDArray[np.bool_], strokes: Mask, memory: Memory) -> Compared:
    assert memory.strokes is not None
    counted = cells.crowds(unlike)
    # A page of the wall's colour is nothing new by its colour; its print is.
    printed = cells.crowds(unlike | (strokes > memory.strokes))
    novel: dict[Kind, Mask] = {}
    odd: dict[Kind, Mask | None] = {}
    known: dict[tuple[bool, tuple[int, ...]], Mask] = {}
    for kind in memory.known:
        clean = tuple(number for number, view in enumerate(memory.views) if kind in view.clean)
        usable = tuple(number for number, view in enumerate(memory.views) if kind in view.clean | view.last)
        text = kind is Kind.TEXT
        for views in (clean, usable):
            if (text, views) not in known:
                known[text, views] = cells.unlike_all(printed if text else counted, views)
        odd[kind] = known[text, clean] if clean else None
        novel[kind] = known[text, usable]
    return Compared(novel, odd)


def _candidate(faces: Sequence[Face], looks: Sequence[FaceLook]) -> Face:
    """The face that is where the candidate's was; at first, the largest."""
    if not looks:
        return max(faces, key=lambda face: face.box.area)
    before = looks[-1].box
    return min(
        faces,
        key=lambda face: (
            abs(face.box.left + face.box.width / 2 - before.left - before.width / 2)
            + abs(face.box.top + face.box.height / 2 - before.top - before.height / 2)
        ),
    )


def _region(boxes: Sequence[BoundingBox], odd: Mask | None) -> Mask:
    """Where something that raised a sign is: in its box, as far as the cells there are unlike clean views."""
    mask = cells.nothing()
    for box in boxes:
        mask |= cells.rectangle(box.left, box.top, box.left + box.width, box.top + box.height)
    if odd is None:
        return mask
    there = odd & cells.widened(mask)
    return np.asarray(there if int(there.sum()) >= _NOTHING_NEW // 2 else odd, np.uint8)


def _kept(draft: Draft, newest: View) -> tuple[View, ...]:
    """The views to remember, the newest last.

    When there is one too many, that one goes whose answers raised a sign; else the one that shows least that
    no other shows, the less the longer nothing was like it. The last of each kind stays.
    """
    everything = [*(_aged(view, newest.last) for view in draft.memory.views), newest]
    if draft.nearest is not None:
        everything[draft.nearest] = replace(everything[draft.nearest], age=0)
    if not draft.alone:
        return tuple(everything)

    known = frozenset[Kind]().union(*(view.last for view in everything))

    def worth(number: int) -> float:
        view, alone = everything[number], draft.alone[number]
        whole = view.clean >= known
        return whole + (min(alone, _MOST_ALONE) + _AGEING) / (view.age + _AGEING) / _MOST_ALONE / _AGEING

    del everything[min((n for n, view in enumerate(everything) if not view.last), key=worth)]
    return tuple(everything)


def _alone(views: Sequence[Cells], bounds: Bounds) -> list[int]:
    """For each view how many of its cells no other shows; nothing where there is room for all of them."""
    if len(views) <= VIEWS:
        return []
    return [
        int(
            cells.unlike_all(
                cells.crowds(cells.unlike(view, bounds)), [n for n in range(len(views)) if n != number]
            ).sum()
        )
        for number, view in enumerate(views)
    ]


def _aged(view: View, asked: frozenset[Kind]) -> View:
    return replace(view, age=view.age + 1, last=view.last - asked)
