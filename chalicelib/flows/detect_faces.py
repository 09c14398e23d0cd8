"""Find the faces in a picture at once: by the provider, or by OpenCV, if asked for or all there is."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.domain.detection import REKOGNITION, DetectedFace, Detection, as_detected, largest_first
from chalicelib.domain.errors import Conflict, VisionUnavailable
from chalicelib.domain.policy import layered
from chalicelib.domain.seen import Picture
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.image_ports import Cascades, Detector
from chalicelib.flows.ports import Look, Tenants
from chalicelib.telemetry import Metric, logger, tell

Engine = Literal["rekognition", "opencv"]


@dataclass(frozen=True, slots=True)
class DetectFaces:
    """`cascades_name` says whose cascades they are, with the version."""

    detector: Detector
    cascades: Cascades
    cascades_name: str
    look: Look
    ask: AskApart
    tenants: Tenants
    emotions_allowed: bool

    def __call__(
        self, tenant_id: str, encoded: bytes, engine: Engine, *, all_landmarks: bool = False
    ) -> Detection:
        """What was found. Raises BadPicture, Conflict, TooManyRequests, Busy.

        OpenCV answers, and it is said, where the provider does not.
        """
        picture = self.look(encoded)
        if engine == "opencv":
            return self._by_cascades(picture)
        if all_landmarks:
            self._check_all_landmarks(tenant_id)
        try:
            return self.by_provider(tenant_id, picture, all_landmarks=all_landmarks)
        except VisionUnavailable:
            logger.warning("detection_fell_back")
            tell(fallback=True)
            return self._by_cascades(picture, fallback=True)

    def by_provider(self, tenant_id: str, picture: Picture, *, all_landmarks: bool = False) -> Detection:
        """What the provider finds. Raises TooManyRequests, Busy, VisionUnavailable."""
        self.ask.check_budget(tenant_id)
        faces = self.ask(
            tenant_id,
            lambda: self.detector.detect(picture.encoded, all_landmarks=all_landmarks),
            operation=Metric.DETECT_FACES,
        )
        return _detection(picture, tuple(map(as_detected, faces)), REKOGNITION)

    def _by_cascades(self, picture: Picture, *, fallback: bool = False) -> Detection:
        faces = self.cascades(picture.encoded)
        return _detection(picture, faces, self.cascades_name, fallback=fallback)

    def _check_all_landmarks(self, tenant_id: str) -> None:
        # Rekognition gives more than five only with all attributes, emotions among them.
        policy = layered(self.tenants.tenant(tenant_id).policy)
        if not (self.emotions_allowed and policy.emotions):
            raise Conflict(
                "All landmarks come only together with emotions, which are switched off here; "
                "ask for the five."
            )


def _detection(
    picture: Picture, faces: tuple[DetectedFace, ...], engine: str, *, fallback: bool = False
) -> Detection:
    tell(faces=len(faces))
    view = picture.view
    return Detection(largest_first(faces), engine, view.width, view.height, fallback=fallback)
