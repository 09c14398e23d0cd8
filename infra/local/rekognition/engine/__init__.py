"""What an engine is: pixels in, facts out.

`Engine` is the whole interface, because no engine lives for ever: `mesh` (mediapipe, dlib, rapidocr) is the
good one, `haar` (OpenCV alone) the fallback. `choose_engine` takes the best that can be installed here.
"""

from collections.abc import Mapping
from typing import Protocol

from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Face, Label, Line, Vector


class EngineMissing(Exception):
    """The engine's libraries are not installed here."""


class Engine(Protocol):
    """Sees faces, text and objects. All methods may be called by several threads at once."""

    @property
    def name(self) -> str:
        """Its name in `/_health`."""

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of the libraries behind it."""

    @property
    def costs(self) -> str:
        """What it cannot do, in one sentence; empty for the best engine."""

    def faces(self, pixels: Pixels) -> tuple[Face, ...]:
        """Find faces and say what can be known of each."""

    def text(self, pixels: Pixels) -> tuple[Line, ...]:
        """Read lines of text."""

    def likeness(self, pixels: Pixels, face: Face) -> Vector | None:
        """Embed a face, or None where this engine cannot."""


class ObjectFinder(Protocol):
    """Finds objects; the operator names its model."""

    @property
    def name(self) -> str:
        """The model's file name."""

    def objects(self, pixels: Pixels) -> tuple[Label, ...]:
        """Find objects and put Rekognition's names to them."""


def choose_engine(wanted: str) -> Engine:
    """Start the engine of this name, or for `auto` the best there is. Raises `EngineMissing`."""
    # Each engine's libraries are heavy and may be absent: import only the one that is wanted.
    from infra.local.rekognition.engine.haar import HaarEngine  # noqa: PLC0415

    if wanted == "haar":
        return HaarEngine()
    try:
        from infra.local.rekognition.engine.mesh import MeshEngine  # noqa: PLC0415

        return MeshEngine()
    except EngineMissing as exc:
        if wanted != "auto":
            raise
        return HaarEngine(because=str(exc))
