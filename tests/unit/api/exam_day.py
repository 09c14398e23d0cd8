"""An exam of a service that runs in the process, and people who come to it."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from chalicelib import wiring
from chalicelib.domain.credentials import EVERYTHING
from chalicelib.domain.people import PersonRole
from chalicelib.domain.report import rfc3339
from infra.local.cognito import CODE
from tests.unit.api.service import Answer, Service

PASSWORD = "Correct1horse"
CSV = {"Content-Type": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who was assigned, and has logged in."""

    person_id: str
    email: str
    token: str


@dataclass
class Day:
    """An exam that is open, of the service's tenant."""

    service: Service
    exam_id: str = ""
    asked: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Create it."""
        self.asked = exam(**self.asked)
        answer = self.service.post("/api/exams", self.asked)
        assert answer.status == 201, answer.body
        self.exam_id = answer.json["exam"]["exam_id"]

    @property
    def path(self) -> str:
        """The exam's."""
        return f"/api/exams/{self.exam_id}"

    def assign(self, *wanted: dict[str, Any]) -> Any:  # noqa: ANN401 - the answer's JSON
        """What became of these."""
        answer = self.service.post(f"{self.path}/candidates", {"candidates": wanted})
        assert answer.status == 200, answer.body
        return answer.json["candidates"]

    def candidate(self, **accommodation: object) -> Candidate:
        """Somebody new who takes the exam."""
        email = f"{uuid4().hex}@example.com"
        wanted = {"email": email, "name": "Ann", "accommodation": accommodation or None}
        (done,) = self.assign(wanted)
        return Candidate(done["candidate_id"], email, logged_in(self.service, done["invitation"], email))

    def begin(self, candidate: Candidate) -> Any:  # noqa: ANN401 - the answer's JSON
        """The started session."""
        answer = self.service.post(f"{self.path}/start", {}, credential=candidate.token)
        assert answer.status == 200, answer.body
        return answer.json

    def submit(self, token: str, **wanted: object) -> Answer:
        """What is said to answers."""
        return self.service.post(f"{self.path}/submit", {"answers": {"1": "b"}, **wanted}, credential=token)


def exam(**other: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """A request for an exam that is open now."""
    now = time.time()
    return {
        "title": "Algebra",
        "opens_at": rfc3339(now - 600),
        "closes_at": rfc3339(now + 7200),
        "duration_s": 3600,
        "instructions": "Use a pencil.",
        "questions": [{"id": 1, "text": "Why?"}],
        "policy": {"yaw_deg": 20.0, "alerts_off": ["low_light"]},
        **other,
    }


def logged_in(service: Service, invitation: str, email: str) -> str:
    """The access token of an invited person, who registers and logs in."""
    tenant_id = wiring.check_key()(service.key).tenant_id
    wiring.register_person()(invitation, email, PASSWORD)
    wiring.confirm_person()(email, CODE, tenant_id)
    _, login = wiring.log_in()(email, PASSWORD, tenant_id)
    return login.access_token


def staff(service: Service, role: PersonRole) -> str:
    """The access token of a new person of this role."""
    email = f"{uuid4().hex}@example.com"
    tenant_id = wiring.check_key()(service.key).tenant_id
    _, invitation = wiring.invite_person()(tenant_id, email, role, may_hand_on=EVERYTHING)
    return logged_in(service, invitation.text, email)
