"""Ask the provider about faces that shall be known or recognised."""

from dataclasses import dataclass, replace

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.faces import KnownFace, Searched
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Kind, Picture
from chalicelib.flows.ask_apart import NO_ANSWER, AskApart
from chalicelib.flows.face_ports import KnownFaces
from chalicelib.flows.ports import Vision
from chalicelib.telemetry import Metric


@dataclass(frozen=True, slots=True)
class AskFaces:
    """Every question raises VisionUnavailable, and Busy if the provider's rate leaves no room for it."""

    vision: Vision
    known_faces: KnownFaces
    apart: AskApart

    def check_budget(self, tenant_id: str) -> None:
        """Raise TooManyRequests if the tenant has spent what it may in the running hour."""
        self.apart.check_budget(tenant_id)

    def detect(self, tenant_id: str, picture: Picture, policy: Policy) -> tuple[Face, ...]:
        """The faces in a picture."""
        return self.apart(
            tenant_id, lambda: faces_in(self.vision, picture, policy), operation=Metric.DETECT_FACES
        )

    def add(
        self, tenant_id: str, owner: str, picture: Picture, *, generation: int
    ) -> tuple[KnownFace, str] | None:
        """The face of a picture, learned, and who learned it; None if the provider finds it too poor."""
        return self.apart(
            tenant_id,
            lambda: self.known_faces.add(tenant_id, owner, picture.encoded, generation=generation),
            operation=Metric.KNOWN_FACES,
        )

    def search(self, tenant_id: str, picture: Picture, *, at_least: float) -> Searched:
        """The known faces at least so similar to the picture's largest one."""
        return self.apart(
            tenant_id,
            lambda: self.known_faces.search(tenant_id, picture.encoded, at_least=at_least),
            operation=Metric.KNOWN_FACES,
        )


def faces_in(vision: Vision, picture: Picture, policy: Policy) -> tuple[Face, ...]:
    """The faces in a picture that is no frame: nothing else is asked of them. Raises VisionUnavailable."""
    asked = replace(policy, emotions=False, gaze_counts=False)
    (found,) = vision.look([picture.encoded], [Kind.FACES], asked)
    if found.faces is None:
        raise VisionUnavailable(NO_ANSWER)
    return found.faces
