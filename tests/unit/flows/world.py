"""The flows, joined to fakes: a service without a cloud."""

from dataclasses import asdict, dataclass, field, replace

from chalicelib.domain.enrolment import EnrolledFace, Enrolment, with_faces
from chalicelib.domain.identity import GivenAs, Identity
from chalicelib.domain.model import Alert, FrameRecord, Session, Ticket
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import Report
from chalicelib.flows.analyze_frame import AnalyzeFrame, FrameIn, Watched
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.ask_person import AskPerson
from chalicelib.flows.ask_provider import AskProvider
from chalicelib.flows.close_abandoned import CloseAbandoned, EndAbandoned
from chalicelib.flows.end_session import EndSession, TidyEvidence
from chalicelib.flows.erase_session import EraseSession, SweepPictures
from chalicelib.flows.identify import Identify
from chalicelib.flows.know_endpoints import KnowEndpoints
from chalicelib.flows.open_session import OpenSession
from chalicelib.flows.ports import Evidence, Vision
from chalicelib.flows.read_session import ReadSession
from chalicelib.flows.resemble import Resemble
from chalicelib.flows.tell_of_session import SendWord
from chalicelib.flows.tenant_spend import Budget, TenantSpend
from tests.fake_exams import FakeAttempts, FakeExams
from tests.fake_faces import FakeEnrolments, FakeKnownFaces
from tests.fake_identity import FakeComparison
from tests.fake_sessions import FakeSessions
from tests.fake_webhooks import FakeEndpoints
from tests.fakes import (
    FakeClock,
    FakeEvidence,
    FakeGate,
    FakeJobs,
    FakeLedger,
    FakeSummarizer,
    FakeTenants,
    FakeVision,
    Inline,
    look,
)
from tests.observations import STARTED_AT

TENANT, SESSION = "acme", "s-1"
SESSION_S = 12 * 3600.0


def frame(words: str, seq: int | None = None, captured_at: float | None = None) -> FrameIn:
    """A frame that shows what the words say."""
    return FrameIn(words.encode(), seq, captured_at)


def numbered(*words: str) -> list[FrameIn]:
    """Frames with the numbers that their words end with, captured at that second."""
    numbers = [int(each.split()[1]) for each in words]
    return [
        frame(each, seq=number, captured_at=STARTED_AT + number)
        for each, number in zip(words, numbers, strict=True)
    ]


def person(*numbers: int) -> list[str]:
    """A candidate at the screen."""
    return [f"person {number}" for number in numbers]


def nobody(*numbers: int) -> list[str]:
    """An empty room."""
    return [f"nobody {number}" for number in numbers]


@dataclass
class World:
    """One tenant's service, with one clock that stands still."""

    sessions: FakeSessions = field(default_factory=FakeSessions)
    evidence: FakeEvidence = field(default_factory=FakeEvidence)
    vision: FakeVision = field(default_factory=FakeVision)
    comparison: FakeComparison = field(default_factory=FakeComparison)
    known_faces: FakeKnownFaces = field(default_factory=FakeKnownFaces)
    enrolments: FakeEnrolments = field(default_factory=FakeEnrolments)
    gate: FakeGate = field(default_factory=FakeGate)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    budget: Budget = field(default_factory=Budget)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    tenants: FakeTenants = field(
        default_factory=lambda: FakeTenants({TENANT: "Acme Hiring", "rival": "Rival"})
    )
    summarizer: FakeSummarizer = field(default_factory=FakeSummarizer)
    exams: FakeExams = field(default_factory=FakeExams)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)
    endpoints: FakeEndpoints = field(default_factory=FakeEndpoints)
    clock: FakeClock = field(default_factory=FakeClock)
    emotions_allowed: bool = True
    ids: list[str] = field(default_factory=lambda: ["id-3", "id-2", "id-1"])

    def start(
        self,
        policy: Policy | None = None,
        *,
        session_id: str | None = SESSION,
        ticket: Ticket | None = None,
        tenant_id: str = TENANT,
    ) -> Session:
        """A new session."""
        flow = OpenSession(
            self.sessions, self.tenants, self.clock, self.ids.pop, emotions_allowed=self.emotions_allowed
        )
        return flow(
            tenant_id,
            session_id=session_id,
            policy=asdict(policy) if policy else {},
            job={"title": "Engineer"},
            candidate={"id": 7},
            consent={"given": True},
            ticket=ticket,
        )

    def identify(self, identity: Identity | None = None) -> None:
        """Give the session an identity: by default a reference picture that is kept already."""
        given = identity or Identity(GivenAs.PICTURE, 0.0, reference="reference")
        self.sessions.save(replace(self.session, identity=given))

    def enrol(self, username: str, words: str) -> None:
        """Let the face of this picture be somebody's, beside those that are already."""
        enrolment = self.enrolments.load(TENANT, username) or Enrolment(TENANT, username)
        added = self.known_faces.add(TENANT, enrolment.owner, words.encode())
        assert added
        face = EnrolledFace(added[0].face_id, words, self.clock(), added[1])
        self.enrolments.save(with_faces(enrolment, [face], self.clock()))

    def forget(self, username: str, words: str = "") -> None:
        """Let these faces, by default all, be nobody's."""
        enrolment = self.enrolments.load(TENANT, username)
        assert enrolment
        left = tuple(face for face in enrolment.faces if words and face.picture != words)
        self.enrolments.save(replace(enrolment, faces=left))

    @property
    def likeness(self) -> Resemble:
        """How like a face is to who the session was given."""
        return Resemble(self.comparison, self.known_faces, self.enrolments)

    @property
    def spend(self) -> TenantSpend:
        """What the tenant's calls come to."""
        return TenantSpend(
            self.ledger,
            Inline(),
            self.budget,
            lambda tenant_id: self.tenants.tenant(tenant_id).limits,
        )

    @property
    def apart(self) -> AskApart:
        """What asks the provider what is not about a frame."""
        return AskApart(self.ledger, self.clock, lambda _: None, self.spend)

    @property
    def identifier(self) -> Identify:
        """The flow that says who somebody is."""
        return Identify(
            self.sessions,
            self.evidence,
            self.jobs,
            look,
            self.vision,
            self.comparison,
            self.enrolments,
            self.likeness,
            self.apart,
            self.clock,
        )

    def analyzer(self, evidence: Evidence | None = None, vision: Vision | None = None) -> AnalyzeFrame:
        """The flow that watches frames."""
        ask = AskProvider(
            vision or self.vision,
            self.gate,
            self.ledger,
            Inline(),
            Inline(),
            self.spend,
            AskPerson(self.likeness, Inline()),
        )
        return AnalyzeFrame(
            self.sessions,
            ask,
            evidence or self.evidence,
            look,
            self.clock,
            Inline(),
            Inline(),
            self.word.of_alert,
            session_s=SESSION_S,
        )

    def watch(self, *words: str) -> list[Watched]:
        """What became of numbered frames that came one by one."""
        flow = self.analyzer()
        return [flow.batch(TENANT, SESSION, [each])[1][0] for each in numbered(*words)]

    def records(self, *words: str) -> list[FrameRecord]:
        """The records of numbered frames that came one by one, none of them refused."""
        flow = self.analyzer()
        return [flow.one(TENANT, SESSION, each)[1] for each in numbered(*words)]

    @property
    def word(self) -> SendWord:
        """What says that something happened."""
        return SendWord(KnowEndpoints(self.endpoints, 0), self.jobs)

    @property
    def ender(self) -> EndSession:
        """The flow that ends a session."""
        return EndSession(
            self.sessions,
            self.evidence,
            self.jobs,
            self.summarizer,
            self.attempts,
            self.word,
            self.clock,
            usd_per_call=0.001,
            versions={"service": "1"},
        )

    def end(self) -> Report:
        """The report."""
        return self.ender(TENANT, SESSION)

    def close_abandoned(self) -> int:
        """What the schedule does."""
        return CloseAbandoned(self.sessions, self.tenants, self.jobs, self.clock, SESSION_S)()

    def end_abandoned(self, session_id: str = SESSION) -> None:
        """The job that the schedule hands over."""
        EndAbandoned(self.sessions, self.exams, self.attempts, self.ender, self.clock, SESSION_S)(
            TENANT, session_id
        )

    def tidy(self) -> int:
        """The job that follows the end."""
        return TidyEvidence(self.sessions, self.evidence)(TENANT, SESSION)

    def erase(self) -> dict[str, int]:
        """Erase the session."""
        return EraseSession(self.sessions, self.evidence, self.jobs, self.clock)(TENANT, SESSION)

    def sweep(self) -> int:
        """Do the job that erasing leaves behind."""
        return SweepPictures(self.sessions, self.evidence)(TENANT, SESSION)

    @property
    def reader(self) -> ReadSession:
        """The flow that reads."""
        return ReadSession(self.sessions, self.evidence, self.clock)

    @property
    def session(self) -> Session:
        """The session as it is stored."""
        return self.sessions.load(TENANT, SESSION)

    @property
    def alerts(self) -> list[Alert]:
        """The alerts as they are stored."""
        return list(self.sessions.alerts(TENANT, SESSION))

    @property
    def pictures(self) -> list[str]:
        """What is to be seen in the stored pictures."""
        return self.evidence.shown(TENANT, SESSION)


def started(policy: Policy | None = None) -> World:
    """A world with one session."""
    world = World()
    world.start(policy)
    return world


def clean_report(*words: str, policy: Policy | None = None) -> Report:
    """The report of the frames that came one by one, in order."""
    world = started(policy)
    world.records(*words)
    return world.end()
