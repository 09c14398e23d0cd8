"""Audit what was reused: frames that were not asked about, together in one call.

A refresh that is due may as well look at more than the present frame: the frames since the last look travel
as tiles of one picture, for the price of one. The frame of now is the last tile; the others say whether what
was reused for them was right. A provider that sees nothing in small tiles is found out by the first audit and
not trusted with another.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock

from chalicelib.domain import attention
from chalicelib.domain.model import Session, Watch
from chalicelib.domain.seen import Face, Kind, Look

TILES = 9
_LEAST = 4
"""Frames that make an audit worth it."""
_MOST_BYTES = 64_000_000
"""Of pictures that a process keeps for audits."""
_FORGOTTEN_S = 60.0
"""Pictures of a session that sends none are kept no longer."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit said of the newest frame and of those before it."""

    faces: tuple[Face, ...] | None
    look: Look
    audited: int = 0
    contradicted: int = 0
    repeated: int = 0
    """Calls beyond the first."""
    agreed: bool = True
    """Whether the newest tile shows what the frame by itself shows."""
    reuse_was_wrong: bool = False

    def trust(self, watch: Watch) -> int:
        """How far audits are trusted after this one."""
        if self.look is not Look.ASKED:
            return attention.trust(watch.audits, agreed=False, reuse_was_wrong=False, contradicted=0)
        return attention.trust(
            watch.audits,
            agreed=self.agreed,
            reuse_was_wrong=self.reuse_was_wrong,
            contradicted=self.contradicted,
        )


@dataclass(slots=True)
class _Strip:
    frames: list[tuple[float, bytes]] = field(default_factory=list)
    size: int = 0
    used_at: float = 0.0


@dataclass(slots=True)
class Strips:
    """The frames of each session since its face was looked at, as far as this process had them."""

    _strips: OrderedDict[tuple[str, str], _Strip] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, session: Session, at_s: float, encoded: bytes, apart_s: float, *, now: float) -> None:
        """Keep a frame whose facts were reused, unless the last one kept is nearer than `apart_s`.

        Frames from before the last look, wherever it was made, are dropped.
        """
        with self._lock:
            place = (session.tenant_id, session.session_id)
            strip = self._strips.setdefault(place, _Strip())
            strip.used_at = now
            self._strips.move_to_end(place)
            asked_s = session.watch.asked_s.get(Kind.FACES, at_s)
            while strip.frames and strip.frames[0][0] <= asked_s:
                strip.size -= len(strip.frames[0][1])
                self._size -= len(strip.frames.pop(0)[1])
            if strip.frames and at_s - strip.frames[-1][0] < apart_s:
                return
            strip.frames.append((at_s, encoded))
            strip.size += len(encoded)
            self._size += len(encoded)
            while self._size > _MOST_BYTES:
                self._forget()

    def forget(self, now: float) -> None:
        """Drop the frames of sessions that have sent none for a while: they ended, or go on elsewhere."""
        with self._lock:
            while self._strips and next(iter(self._strips.values())).used_at < now - _FORGOTTEN_S:
                self._forget()

    def clear(self, session: Session) -> None:
        """The face was looked at."""
        with self._lock:
            gone = self._strips.pop((session.tenant_id, session.session_id), _Strip())
            self._size -= gone.size

    def since(self, session: Session, asked_s: float, at_s: float, most_apart_s: float) -> list[bytes]:
        """The frames kept since the last look; none if they are too few, or further apart than this."""
        with self._lock:
            strip = self._strips.get((session.tenant_id, session.session_id), _Strip())
            frames = [each for each in strip.frames if asked_s < each[0] < at_s]
        times = [asked_s, *(time for time, _ in frames), at_s]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        if len(frames) < _LEAST or max(gaps) > most_apart_s:
            return []
        return [encoded for _, encoded in frames]

    def _forget(self) -> None:
        _, oldest = self._strips.popitem(last=False)
        self._size -= oldest.size


def spread(frames: Sequence[bytes]) -> list[bytes]:
    """Eight of these, evenly spread, the newest among them."""
    most = TILES - 1
    if len(frames) <= most:
        return list(frames)
    return [frames[round((number + 1) * len(frames) / most) - 1] for number in range(most)]
