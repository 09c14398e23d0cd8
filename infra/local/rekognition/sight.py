"""What is known of a picture, whoever knows it: the answers file, the picture's own script, or the engine.

The three calls that a frame needs arrive side by side, so a few pictures are remembered and each thing is
worked out once, by whoever asks first; the others wait for the result.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from infra.local.rekognition.answers import Answers
from infra.local.rekognition.engine import Engine, ObjectFinder
from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.picture import Picture, Pixels
from infra.local.rekognition.script import ScriptInvalid, Told, read_script
from infra.local.rekognition.seen import Box, Face, Label, Line, Vector
from infra.local.rekognition.taxonomy import labels_of

T = TypeVar("T")

_REMEMBERED = 12
_REMEMBERED_PIXELS = 60_000_000
"""About 180 MB once they are decoded."""


class Once(Generic[T]):
    """A value that is worked out at most once. A failure is not remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: list[T] = []

    def get(self, work: Callable[[], T]) -> T:
        """Answer the value, working it out if nobody has."""
        with self._lock:
            if not self._values:
                self._values.append(work())
            return self._values[0]


@dataclass(frozen=True, slots=True)
class _Look:
    """All that was worked out of one picture."""

    size: int
    told: Once[Told] = field(default_factory=Once)
    pixels: Once[Pixels] = field(default_factory=Once)
    faces: Once[tuple[Face, ...]] = field(default_factory=Once)
    labels: Once[tuple[Label, ...]] = field(default_factory=Once)
    text: Once[tuple[Line, ...]] = field(default_factory=Once)
    likenesses: dict[Box, Once[Vector | None]] = field(default_factory=dict)


class Sight:
    """Looks at pictures, for all threads."""

    def __init__(self, engine: Engine, answers: Answers, *, objects: ObjectFinder | None = None) -> None:
        self.engine = engine
        self.answers = answers
        self._objects = objects
        self._lock = threading.Lock()
        self._looks: OrderedDict[str, _Look] = OrderedDict()

    @property
    def objects_from(self) -> str | None:
        """The object model in use, if any."""
        return self._objects.name if self._objects else None

    def faces(self, picture: Picture) -> tuple[Face, ...]:
        """See the faces."""
        told = self._told(picture).faces
        if told is not None:
            return told
        look = self._look(picture)
        return look.faces.get(lambda: self.engine.faces(self.pixels(picture)))

    def text(self, picture: Picture) -> tuple[Line, ...]:
        """See the lines of text."""
        told = self._told(picture).text
        if told is not None:
            return told
        look = self._look(picture)
        return look.text.get(lambda: self.engine.text(self.pixels(picture)))

    def labels(self, picture: Picture) -> tuple[Label, ...]:
        """See the objects: those of the operator's model, and what faces and text imply."""
        told = self._told(picture).labels
        if told is not None:
            return told
        look = self._look(picture)
        return look.labels.get(lambda: self._work_out_labels(picture))

    def likeness(self, picture: Picture, face: Face) -> Vector:
        """Embed one of the picture's faces. Raises `Refused` where nothing here can."""
        if face.person is not None:
            return _vector_of(face.person)
        if self._told(picture).faces is not None:
            # A scripted face without a name is like itself and like nobody else.
            return _vector_of(f"{picture.sha256} {face.box}")
        once = self._look(picture).likenesses.setdefault(face.box, Once())
        vector = once.get(lambda: self.engine.likeness(self.pixels(picture), face))
        if vector is None:
            raise Refused(
                Code.ACCESS_DENIED,
                f"The {self.engine.name} engine cannot tell people apart: stage the picture.",
            )
        return vector

    def pixels(self, picture: Picture) -> Pixels:
        """Decode the picture, once."""
        return self._look(picture).pixels.get(picture.decode)

    def _work_out_labels(self, picture: Picture) -> tuple[Label, ...]:
        found = self._objects.objects(self.pixels(picture)) if self._objects else ()
        return labels_of(faces=self.faces(picture), lines=self.text(picture), objects=found)

    def _told(self, picture: Picture) -> Told:
        staged = self._look(picture).told.get(lambda: _read_staged(picture)) if picture.script else Told()
        if not len(self.answers):
            return staged
        answer = self.answers.of(picture.sha256)
        return Told(
            faces=staged.faces if answer.faces is None else answer.faces,
            labels=staged.labels if answer.labels is None else answer.labels,
            text=staged.text if answer.text is None else answer.text,
        )

    def _look(self, picture: Picture) -> _Look:
        with self._lock:
            look = self._looks.pop(picture.sha256, None) or _Look(size=picture.width * picture.height)
            self._looks[picture.sha256] = look
            while len(self._looks) > 1 and self._too_much():
                self._looks.popitem(last=False)
            return look

    def _too_much(self) -> bool:
        return (
            len(self._looks) > _REMEMBERED
            or sum(look.size for look in self._looks.values()) > _REMEMBERED_PIXELS
        )


def _read_staged(picture: Picture) -> Told:
    try:
        told = read_script(picture.script)
    except ScriptInvalid as exc:
        raise Refused(Code.INVALID_PARAMETER, f"The staged script is broken: {exc}") from exc
    return Told(faces=told.faces or (), labels=told.labels or (), text=told.text or ())


def _vector_of(name: str) -> Vector:
    """Draw the same direction for the same name. Two names are as unlike as strangers are."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(128)
    return tuple(float(x) for x in drawn / np.linalg.norm(drawn))
