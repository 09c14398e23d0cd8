"""Stand-ins for what tells people apart. A picture shows who its word says, see `SHOWN`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.faces import Compared

SIMILAR, BETWEEN, STRANGE = 98.0, 65.0, 4.0
ENGINE = "words 1"

SHOWN = {
    "person": (SIMILAR,),
    "away": (SIMILAR,),
    "phone": (SIMILAR,),
    "covered": (),
    "nobody": (),
    "outage": (SIMILAR,),
    "note": (SIMILAR,),
    "still": (SIMILAR,),
    "guest": (SIMILAR, STRANGE),
    "stranger": (STRANGE,),
    "masked": (STRANGE,),
    "hazy": (BETWEEN,),
}
"""How like the faces of a picture are to the candidate."""


@dataclass
class FakeComparison:
    """Compares words, and takes down what it was asked."""

    asked: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    down: bool = False
    meanwhile: Callable[[], object] | None = None
    """What others do while the next two pictures are compared."""

    def compare(self, tenant_id: str, session_id: str, reference: str, encoded: bytes) -> Compared:
        """How similar the faces of a picture are to that of a kept picture."""
        self.references.append(f"{tenant_id}/{session_id}/{reference}")
        return self._compared(encoded)

    def compare_pictures(self, reference: bytes, encoded: bytes) -> Compared:
        """The same for a picture that is not kept."""
        self.references.append(reference.decode())
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        return self._compared(encoded)

    def _compared(self, encoded: bytes) -> Compared:
        words = encoded.decode()
        self.asked.append(words)
        if self.down:
            raise VisionUnavailable("ThrottlingException")
        return Compared(SHOWN[words.split()[0]], ENGINE)
