"""How like a frame's face is to the person that the session was given, as the provider sees it."""

from dataclasses import dataclass

from chalicelib.domain.faces import Compared
from chalicelib.domain.identity import Resembled
from chalicelib.domain.model import Session
from chalicelib.flows.face_ports import Comparison, Enrolments, KnownFaces


@dataclass(frozen=True, slots=True)
class Resemble:
    """A reference picture is compared with; for a username the tenant's known faces are searched."""

    comparison: Comparison
    known_faces: KnownFaces
    enrolments: Enrolments

    def __call__(self, session: Session, encoded: bytes) -> Resembled:
        """By one call to the provider, or none. Raises UpstreamDown."""
        identity = session.identity
        assert identity is not None
        if identity.username:
            least = session.policy.mismatch_similarity
            return self.to_enrolled(session.tenant_id, identity.username, encoded, at_least=least)
        place = session.tenant_id, session.session_id, identity.reference
        return resembled(self.comparison.compare(*place, encoded))

    def to_enrolled(self, tenant_id: str, username: str, encoded: bytes, *, at_least: float) -> Resembled:
        """How like the largest face is to somebody who is enrolled. Raises UpstreamDown."""
        faces = self.enrolments.faces_of(tenant_id, username)
        if faces is None:
            # Who was taken off the list meanwhile is accused of nothing.
            return Resembled(None, "", reason="not_enrolled", largest_only=True)
        searched = self.known_faces.search(tenant_id, encoded, at_least=at_least)
        alike = [match.similarity for match in searched.matches if match.face.face_id in faces]
        if not alike and (not searched.collected or self.enrolments.faces_of(tenant_id, username) != faces):
            return Resembled(None, searched.engine, reason="not_enrolled", largest_only=True)
        return Resembled(
            similarity=max(alike, default=None),
            engine=searched.engine,
            found=searched.found,
            largest_only=True,
        )


def resembled(compared: Compared) -> Resembled:
    """How like the most alike of a picture's faces is."""
    return Resembled(
        similarity=max(compared.similarities, default=None),
        engine=compared.engine,
        found=bool(compared.similarities),
        faces=compared.faces,
    )
