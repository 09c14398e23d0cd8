"""Which answers of the provider no longer hold for a frame, by its pixels alone.

The gate remembers the last views that were asked about. A frame raises a doubt where it shows something that
none of them shows (`new`), where what raised a sign is gone (`gone`), where the face is lost or has turned,
or its eyes have (`face`). Where there is no doubt the provider would say again what it said: the answer is
reused. People who sit before a camera move all the time, so something new must stay for two frames, and be
larger within the person's reach than beside it; a lost face is doubted at once.

What it remembers is opaque to all others: small, and written only when the provider was asked.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence

import cv2
import numpy as np

from chalicelib.domain.attention import Change
from chalicelib.domain.seen import BoundingBox, Face, Kind, Picture, Why
from chalicelib.vision import cells
from chalicelib.vision.cells import Mask
from chalicelib.vision.faces import FaceLook, Grey, Place, find, likeness
from chalicelib.vision.learning import Compared, Draft, compare, drafted, learned, levelled
from chalicelib.vision.memory import Memory, packed, unpacked
from chalicelib.vision.small import Small, one_at_a_time

_NEW_BESIDE, _NEW_WITHIN, _NEW_AT_ONCE = 14, 20, 600
"""Cells of something new beside the person, within the person's reach; and so many that nobody waits."""
_NEW_SCENE = 1920
"""Cells, 40 % of all, beyond which it is another place, of which nothing is known."""
_STAYS_BESIDE, _STAYS_WITHIN, _LONGEST = 9, 10, 3
"""Cells that are enough after so many frames: what stays that long is no gesture."""
_LEAST_NEW = min(_STAYS_BESIDE, _STAYS_WITHIN)
_NEW_MOVING, _MOVING_LEVELS, _COARSE = 60, 10.0, (12, 16)
"""Cells that are enough although they move; grey levels, and rows and columns, by which movement is told."""
_REACH, _ABOVE = 2.8, 0.4
"""The person's reach to each side, and above the face, in widths and heights of the face."""
_LOST, _TURNED, _EYES_MOVED = 0.5, 0.68, 0.68
"""Likeness of the face below which it is lost, or turned; of an eye, below which it moved."""
_GONE = 0.4
"""Share of what raised a sign that must still be there."""
_BACK = 60
"""Cells unlike an empty seat's surroundings at the most, where a face came back."""
_STROKES = 0.09
"""Text: share of pixels that are part of a fine stroke."""


class Gate:
    """Stateless: what it remembers comes and goes as bytes."""

    @one_at_a_time
    def weigh(
        self, picture: Picture, pixels: bytes, glimpse: bytes, before: bytes, *, patient: bool
    ) -> Change:
        """What may have changed since the provider was asked.

        `glimpse` and the fingerprint `before` are those of the frame before; `patient` says that it is recent
        enough to wait for a second look at something new.
        """
        small, memory = _small(picture), unpacked(pixels)
        compared = compare(levelled(small, memory), small.strokes, memory)
        glimpsed = _glimpsed(compared, glimpse)
        reach = _reach(memory)
        still = _still(picture.view.fingerprint, before)
        doubts: dict[Kind, Why] = {
            kind: Why.NEW
            for kind, novel in compared.novel.items()
            if _is_new(novel, glimpsed if patient else None, still, reach)
        }
        if Kind.TEXT in doubts and not _may_be_text(small.grey, compared.novel[Kind.TEXT]):
            del doubts[Kind.TEXT]
        doubts |= {kind: Why.GONE for kind in memory.signed if _is_gone(kind, compared, memory)}
        face = _face_doubt(small.grey, memory, compared)
        if face:
            doubts[Kind.FACES] = face
        novel = compared.novel.get(Kind.FACES)
        upheaval = novel is not None and int(novel.sum()) >= _NEW_AT_ONCE
        return Change(doubts, _pack_glimpse(glimpsed), upheaval=upheaval)

    @one_at_a_time
    def draft(self, picture: Picture, pixels: bytes | None) -> object:
        """What `learn` needs of a frame that is asked about; made while the answer is waited for."""
        return drafted(_small(picture), Memory() if pixels is None else unpacked(pixels))

    @one_at_a_time
    def learn(
        self,
        draft: object,
        asked: Collection[Kind],
        faces: Sequence[Face],
        signed: Mapping[Kind, Sequence[BoundingBox]],
    ) -> bytes:
        """What to remember after the provider answered for these kinds.

        `faces` are those now believed in; `signed` the kinds whose answers raise a sign, with the boxes of
        what raised it: `IDENTITY` among them while another than the candidate is in view.
        """
        assert isinstance(draft, Draft)
        return packed(learned(draft, asked, faces, signed))


def _small(picture: Picture) -> Small:
    assert isinstance(picture.small, Small)
    return picture.small


def _glimpsed(compared: Compared, before: bytes) -> Mask:
    """For how many frames each cell has shown something new, this one included; 3 and more are 3."""
    novel = np.maximum.reduce(list(compared.novel.values()))
    return np.asarray(novel * np.minimum(cells.widened(_unpack_glimpse(before)) + 1, _LONGEST), np.uint8)


def _still(fingerprint: bytes, before: bytes) -> Mask:
    """Where nothing moved since the frame before, exposure taken out."""
    if len(before) != len(fingerprint):
        return cells.everything()
    now, then = (
        np.frombuffer(each, np.uint8).reshape(_COARSE).astype(np.float32) for each in (fingerprint, before)
    )
    gain = cells.median(((now + 1) / (then + 1)).ravel())
    calm = (np.abs(now - then * gain) <= _MOVING_LEVELS).view(np.uint8)
    return np.asarray(
        cv2.resize(calm, (cells.WIDTH, cells.HEIGHT), interpolation=cv2.INTER_NEAREST), np.uint8
    )


def _is_new(novel: Mask, glimpsed: Mask | None, still: Mask, reach: Mask) -> bool:
    """Whether something new has come to stay; with nothing to compare, whether something is new."""
    count = int(novel.sum())
    if count < _LEAST_NEW:
        return False
    if count >= _NEW_AT_ONCE:
        return True
    if glimpsed is None:
        return _is_large(novel, reach, _NEW_BESIDE, _NEW_WITHIN)
    twice, thrice = (novel & (glimpsed >= frames).view(np.uint8) for frames in (2, 3))
    return (
        cells.largest_patch(twice) >= _NEW_MOVING
        or _is_large(twice & still, reach, _NEW_BESIDE, _NEW_WITHIN)
        or _is_large(thrice & still, reach, _STAYS_BESIDE, _STAYS_WITHIN)
    )


def _is_large(mask: Mask, reach: Mask, beside: int, within: int) -> bool:
    return cells.largest_patch(mask & (1 - reach)) >= beside or cells.largest_patch(mask & reach) >= within


def _is_gone(kind: Kind, compared: Compared, memory: Memory) -> bool:
    odd, region = compared.odd.get(kind), memory.regions.get(kind)
    if region is None or not region.any():
        return False
    if odd is None:  # no view is clean: what is there now is unlike what was there
        return int((compared.novel[kind] & region).sum()) >= (1 - _GONE) * int(region.sum())
    return int((odd & region).sum()) < _GONE * int(region.sum())


def _face_doubt(grey: Grey, memory: Memory, compared: Compared) -> Why | None:
    if not memory.looks:
        return None
    newest = memory.looks[-1]
    sure, place = _find(grey, memory.looks)
    if not memory.faced:
        odd = compared.odd.get(Kind.FACES)
        back = sure >= _TURNED and odd is not None and int(odd.sum()) < _BACK
        return Why.GONE if back else None
    if sure < _LOST:
        return Why.FACE_LOST
    # An accusation is reused only for a face that looks as it did when it was accused.
    alike = (
        _is_alike(grey, place, look) for look in reversed(memory.looks) if look.accused == newest.accused
    )
    if not any(alike):
        return Why.FACE_TURNED
    if newest.accused and any(_is_alike(grey, place, look) for look in memory.looks if not look.accused):
        return Why.FACE_TURNED
    return None


def _find(grey: Grey, looks: Sequence[FaceLook]) -> tuple[float, Place]:
    """Where the face is, by the newest look; where that fails, by the look that fits best."""
    best = find(grey, looks[-1])
    for look in reversed(looks[:-1]):
        if best[0] >= _TURNED:
            break
        best = max(best, find(grey, look), key=lambda found: found[0])
    return best


def _is_alike(grey: Grey, place: Place, look: FaceLook) -> bool:
    face, eyes = likeness(grey, place, look)
    return face >= _TURNED and eyes >= _EYES_MOVED


def _reach(memory: Memory) -> Mask:
    if not memory.looks:
        return cells.nothing()
    box = memory.looks[-1].box
    middle = box.left + box.width / 2
    return cells.rectangle(
        middle - _REACH * box.width, box.top - _ABOVE * box.height, middle + _REACH * box.width, 1.0
    )


def _may_be_text(grey: Grey, novel: Mask) -> bool:
    """Whether there are fine strokes where something is new, as in print and handwriting; or all is new."""
    rows, columns = np.nonzero(novel)
    if not len(rows) or len(rows) >= _NEW_SCENE:
        return bool(len(rows))
    high, wide = grey.shape
    top, bottom = rows.min() * high // cells.HEIGHT, (rows.max() + 1) * high // cells.HEIGHT
    left, right = columns.min() * wide // cells.WIDTH, (columns.max() + 1) * wide // cells.WIDTH
    part = grey[top : max(top + 1, bottom), left : max(left + 1, right)]
    return float(cells.fine(part).mean()) >= _STROKES


def _pack_glimpse(glimpsed: Mask) -> bytes:
    return zlib.compress(np.packbits([glimpsed & 1, glimpsed >> 1]).tobytes(), 1) if glimpsed.any() else b""


def _unpack_glimpse(glimpse: bytes) -> Mask:
    if not glimpse:
        return cells.nothing()
    low, high = np.unpackbits(np.frombuffer(zlib.decompress(glimpse), np.uint8)).reshape(
        2, cells.HEIGHT, cells.WIDTH
    )
    return np.asarray(low + 2 * high, np.uint8)
