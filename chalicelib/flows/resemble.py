"""How like a frame's face is to the person that the session was given, as the provider sees it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from chalicelib.domain.faces import Compared, Searched
from chalicelib.domain.identity import Resembled
from chalicelib.domain.model import Session
from chalicelib.flows.face_ports import Comparison, Enrolments, KnownFaces

Question = Callable[[], Searched]
"""The call to the provider."""
NOT_ENROLLED = "not_enrolled"
"""The reason why nothing can be told of a username without faces."""


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

    def to_enrolled(
        self,
        tenant_id: str,
        username: str,
        encoded: bytes,
        *,
        at_least: float,
        ask: Callable[[Question], Searched] = lambda question: question(),
    ) -> Resembled:
        """How like the largest face is to somebody who is enrolled; no engine where nobody was asked.

        `ask` makes the call. Raises UpstreamDown.
        """
        faces = self.enrolments.faces_of(tenant_id, username)
        if faces is None:
            return _not_enrolled()
        searched = ask(lambda: self.known_faces.search(tenant_id, encoded, at_least=at_least))
        alike = _alike(searched, faces)
        if not alike:
            now = self.enrolments.faces_of(tenant_id, username) or ()
            if not searched.collected or not set(now).issuperset(faces):
                return _not_enrolled(searched.engine)
            alike = _alike(searched, now)
        return Resembled(
            similarity=max(alike, default=None),
            engine=searched.engine,
            found=searched.found,
            largest_only=True,
        )


def _alike(searched: Searched, faces: Collection[str]) -> list[float]:
    return [match.similarity for match in searched.matches if match.face.face_id in faces]


def _not_enrolled(engine: str = "") -> Resembled:
    """Who was taken off the list, or lost faces while they were searched for, is accused of nothing."""
    return Resembled(None, engine, reason=NOT_ENROLLED, largest_only=True)


def resembled(compared: Compared) -> Resembled:
    """How like the most alike of a picture's faces is."""
    return Resembled(
        similarity=max(compared.similarities, default=None),
        engine=compared.engine,
        found=bool(compared.similarities),
        faces=compared.faces,
    )
