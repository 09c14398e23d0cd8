"""Recognise a face: whose it is, as far as the tenant knows it."""

from dataclasses import dataclass

from chalicelib.domain.enrolment import Recognised, recognised
from chalicelib.domain.policy import layered
from chalicelib.flows.ask_faces import AskFaces
from chalicelib.flows.face_ports import Enrolments
from chalicelib.flows.ports import Look, Tenants


@dataclass(frozen=True, slots=True)
class RecogniseFace:
    """The provider says which vectors are similar, the registry whose they are."""

    enrolments: Enrolments
    ask: AskFaces
    look: Look
    tenants: Tenants

    def __call__(self, tenant_id: str, encoded: bytes) -> Recognised:
        """Whose the picture's largest face is. Raises BadPicture, TooManyRequests, Busy, UpstreamDown."""
        picture = self.look(encoded)
        self.ask.check_budget(tenant_id)
        threshold = layered(self.tenants.tenant(tenant_id).policy).match_similarity
        searched = self.ask.search(tenant_id, picture, at_least=threshold)
        owners = {match.face.owner for match in searched.matches}
        registry = self.enrolments.several(tenant_id, owners) if owners else {}
        return recognised(searched, registry, threshold)
