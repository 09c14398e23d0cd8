"""What the gate remembers of a session, and how little of it is stored.

A head in JSON, masks as bits, and all pixels in one JPEG: 20 to 35 KB instead of 200. What is remembered is
always what was stored, also in the process that made it: a warm process decides as a cold one does.
"""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.seen import BoundingBox, Kind
from chalicelib.vision import cells
from chalicelib.vision.cells import Bounds, Cells, Mask
from chalicelib.vision.faces import EYE, PATCH, FaceLook, Grey

_QUALITY = 85
"""Of the JPEG in which views are kept."""
_ROW = 64
"""Rows that a view takes there: whole blocks of the coder."""
_WARM = 64
"""Memories that a process keeps unpacked."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A view that was asked about: for which kinds, and for which its answer raised no sign."""

    cells: Cells
    strokes: Mask
    """The cells that were full of fine strokes."""
    last: frozenset[Kind]
    """Kinds that were not asked for since."""
    clean: frozenset[Kind]
    """Kinds whose answer raised no sign."""
    age: int = 0
    """Calls since it was last the most like what was asked about."""

    @property
    def is_read(self) -> bool:
        """Whether it tells what is nothing new for text: only then are its strokes remembered."""
        return Kind.TEXT in self.last | self.clean


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What the gate knows of a session. `bounds` and `strokes` are derived from `views`."""

    views: tuple[View, ...] = ()
    looks: tuple[FaceLook, ...] = ()
    faced: bool = False
    """Whether the last answer held a face."""
    regions: Mapping[Kind, Mask] = field(default_factory=dict)
    """Where to look for what raised a sign."""
    signed: frozenset[Kind] = frozenset()
    """Kinds whose last answer raised a sign."""
    bounds: Bounds | None = None
    """Of the views; None where there are none yet."""
    strokes: NDArray[np.uint8] | None = None
    """Where each view's strokes would be nothing new."""

    @property
    def known(self) -> frozenset[Kind]:
        """Kinds that were ever answered."""
        return frozenset[Kind]().union(*(view.last for view in self.views))


def packed(memory: Memory) -> bytes:
    """The memory as bytes."""
    head = {
        "views": [[sorted(view.last), sorted(view.clean), view.age] for view in memory.views],
        "looks": [
            [
                [each.box.left, each.box.top, each.box.width, each.box.height],
                [eye[:2] for eye in each.eyes],
                each.accused,
            ]
            for each in memory.looks
        ],
        "faced": memory.faced,
        "regions": sorted(memory.regions),
        "signed": sorted(memory.signed),
    }
    regions = [memory.regions[kind] for kind in sorted(memory.regions)]
    strokes = [view.strokes if view.is_read else cells.nothing() for view in memory.views]
    masks = b"".join(np.packbits(mask).tobytes() for mask in (*regions, *strokes))
    words = zlib.compress(json.dumps(head).encode() + b"\n" + masks)
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    options += [cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    return struct.pack(">I", len(words)) + words + cv2.imencode(".jpg", _sheet(memory), options)[1].tobytes()


def _sheet(memory: Memory) -> NDArray[np.uint8]:
    """Views below each other, then looks: a face with its eyes beside it."""
    top = _ROW * len(memory.views)
    sheet = np.full((top + PATCH[1] * len(memory.looks), cells.WIDTH, 3), 128, np.uint8)
    views = sheet[:top].reshape(-1, _ROW, cells.WIDTH, 3)
    views[:, : cells.HEIGHT] = cells.bgr_of([view.cells for view in memory.views])
    for number, look in enumerate(memory.looks):
        row = top + number * PATCH[1]
        sheet[row : row + PATCH[1], : PATCH[0]] = look.patch[:, :, None]
        for place, (_, _, eye) in enumerate(look.eyes):
            at = row + place * EYE[1]
            sheet[at : at + EYE[1], PATCH[0] : PATCH[0] + EYE[0]] = eye[:, :, None]
    return sheet


@lru_cache(maxsize=_WARM)
def unpacked(stored: bytes) -> Memory:
    """The memory that was packed."""
    (length,) = struct.unpack(">I", stored[:4])
    words, _, masks = zlib.decompress(stored[4 : 4 + length]).partition(b"\n")
    head = json.loads(words)
    sheet = np.asarray(
        cv2.imdecode(np.frombuffer(stored[4 + length :], np.uint8), cv2.IMREAD_COLOR), np.uint8
    )
    kept = np.unpackbits(np.frombuffer(masks, np.uint8)).reshape(-1, cells.HEIGHT, cells.WIDTH)
    regions, strokes = kept[: len(head["regions"])], kept[len(head["regions"]) :]
    views = [
        View(
            cells.planes_of(sheet[number * _ROW : number * _ROW + cells.HEIGHT]),
            strokes[number],
            frozenset(map(Kind, last)),
            frozenset(map(Kind, clean)),
            age,
        )
        for number, (last, clean, age) in enumerate(head["views"])
    ]
    faces = sheet[_ROW * len(views) :, :, 1]
    return Memory(
        views=tuple(views),
        looks=tuple(_unpacked_look(faces[n * PATCH[1] :], *each) for n, each in enumerate(head["looks"])),
        faced=head["faced"],
        regions={Kind(kind): regions[number] for number, kind in enumerate(head["regions"])},
        signed=frozenset(map(Kind, head["signed"])),
        bounds=cells.bounds_of([view.cells for view in views]),
        strokes=cells.strokes_around(list(strokes)),
    )


def _unpacked_look(
    pixels: Grey,
    box: Sequence[float],
    eyes: Sequence[Sequence[float]],
    accused: bool,  # noqa: FBT001
) -> FaceLook:
    patch = np.ascontiguousarray(pixels[: PATCH[1], : PATCH[0]])
    patches = [
        np.ascontiguousarray(pixels[n * EYE[1] : (n + 1) * EYE[1], PATCH[0] : PATCH[0] + EYE[0]])
        for n in range(len(eyes))
    ]
    return FaceLook(
        BoundingBox(*box),
        patch,
        tuple((x, y, eye) for (x, y), eye in zip(eyes, patches, strict=True)),
        accused,
    )
