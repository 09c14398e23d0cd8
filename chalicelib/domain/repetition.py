"""Whether a feed repeats itself: the last frames, compared with what went before them.

A camera shows nothing twice, down to its noise; a recording that is played in a loop shows everything twice.
Of each frame a mark of eight bytes is kept. The last frames repeat those a lag earlier where they differ from
them by less than half of what they differ from each other. A loop keeps its lag for as long as it lasts, and
a gesture that somebody makes twice does not: only frames that follow on at one lag count.

Measured on sixteen clips at 1, 2, 5 and 10 frames a second: at most 2 frames of theirs follow on at a lag.
Loops of 3 to 18 s, cut from six of them, coded anew, with noise and an uneven beat: at a frame a second 30
frames followed on in 16 of 18, after 42 to 146 frames; at 2 and 5, where a loop need not take a whole number
of frames, in 22 of 36.
"""

from operator import sub

MARK = 8
"""Bytes of a frame's mark."""
MOST_MARKS = 96
"""Marks that are kept: a session's item stays small, and a loop is found up to 88 frames of length."""
WINDOW = 8
"""Frames that are compared with earlier ones."""
_LEAST_LAG = 3
_SEARCHED_EVERY = 4
"""Frames between two searches for a lag: it takes longer than all else, and a loop lasts."""
_APART = (*range(129), *range(127, 0, -1))
"""A difference of two bytes, to how far they are apart on a ring of 256."""
_ROW, _HALF = 16, 96
"""Cells of a fingerprint in a row, and in the upper half of its rows."""


def mark_of(fingerprint: bytes) -> bytes:
    """How much brighter each of 4 x 2 parts of the picture is than the next one, in 24ths of a level.

    The light that changes on all of them alike is left out. What a byte cannot hold is, too: so much of it
    changes with every frame that frames are told apart without.
    """
    columns = [
        (sum(fingerprint[column:_HALF:_ROW]), sum(fingerprint[_HALF + column :: _ROW]))
        for column in range(_ROW)
    ]
    parts = [columns[first : first + 4] for first in range(0, _ROW, 4)]
    sums = [sum(column[half] for column in part) for half in (0, 1) for part in parts]
    return bytes(one - next_one & 255 for one, next_one in zip(sums, sums[1:] + sums[:1], strict=True))


def lengthened(trail: bytes, fingerprint: bytes) -> bytes:
    """The marks of the last frames, this one's included."""
    return (trail + mark_of(fingerprint))[-MARK * MOST_MARKS :]


def is_long_enough(trail: bytes) -> bool:
    """Whether the frames so far, and the next one, may repeat themselves at all."""
    return len(trail) >= MARK * (WINDOW + _LEAST_LAG - 1)


def is_due(frames: int) -> bool:
    """Whether after so many frames a lag is searched for."""
    return frames % _SEARCHED_EVERY == 0


def lag_of(trail: bytes, below: float) -> int:
    """The shortest lag at which the last frames repeat earlier ones; 0 if there is none."""
    limit = below * _activity(trail)
    if not limit:
        return 0
    for lag in range(_LEAST_LAG, len(trail) // MARK - WINDOW + 1):
        if _difference(trail, lag, limit) < limit:
            return lag
    return 0


def change(trail: bytes, lag: int) -> float | None:
    """How far the last frames differ from those a lag earlier, where they differ from each other by 1.

    None where nothing moves, or not enough frames are known.
    """
    activity = _activity(trail)
    if not lag or not activity or len(trail) < MARK * (WINDOW + lag):
        return None
    return _difference(trail, lag, limit=float("inf")) / activity


def _activity(trail: bytes) -> int:
    """How far the last frames differ, each from the one before it; 0 if they are too few."""
    if len(trail) < MARK * (WINDOW + 1):
        return 0
    return _apart(trail[-MARK * WINDOW :], trail[-MARK * (WINDOW + 1) : -MARK])


def _difference(trail: bytes, lag: int, limit: float) -> int:
    """How far the last frames differ from those a lag earlier, or some figure above the limit."""
    total, end, behind = 0, len(trail), MARK * lag
    for start in range(end - MARK, end - MARK * (WINDOW + 1), -MARK):
        total += _apart(trail[start : start + MARK], trail[start - behind : start - behind + MARK])
        if total >= limit:
            break
    return total


def _apart(one: bytes, other: bytes) -> int:
    return sum(map(_APART.__getitem__, map(sub, one, other)))
