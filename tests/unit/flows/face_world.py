"""The flows about faces, joined to fakes."""

import json
from dataclasses import dataclass, field

from chalicelib.domain.enrolment import Outcome, Recognised
from chalicelib.domain.enrolment_jobs import EnrolmentJob
from chalicelib.domain.tenants import Limits
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.ask_faces import AskFaces
from chalicelib.flows.delete_faces import DeleteFaces, ForgetFaces, SweepFaces
from chalicelib.flows.enrol_faces import EnrolFaces, HandOverEnrolment, WorkOnEnrolment
from chalicelib.flows.learn_faces import Learned, LearnFaces, Sent
from chalicelib.flows.recognise_face import RecogniseFace
from chalicelib.flows.tenant_spend import Budget, TenantSpend
from tests.fake_faces import (
    FakeEnrolmentJobs,
    FakeEnrolments,
    FakeEyes,
    FakeKnownFaces,
    FakeUploads,
    look,
)
from tests.fakes import FakeClock, FakeJobs, FakeLedger, FakeTenants, Inline

TENANT = "acme"


@dataclass
class FaceWorld:
    """One tenant's known faces, with one clock that moves when somebody sleeps."""

    enrolments: FakeEnrolments = field(default_factory=FakeEnrolments)
    store: FakeEnrolmentJobs = field(default_factory=FakeEnrolmentJobs)
    uploads: FakeUploads = field(default_factory=FakeUploads)
    known_faces: FakeKnownFaces = field(default_factory=FakeKnownFaces)
    eyes: FakeEyes = field(default_factory=FakeEyes)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    tenants: FakeTenants = field(default_factory=lambda: FakeTenants({TENANT: "Acme Hiring"}))
    jobs: FakeJobs = field(default_factory=FakeJobs)
    clock: FakeClock = field(default_factory=FakeClock)
    limits: Limits = field(default_factory=Limits)
    slept_s: float = 0.0
    worked_s: float = 0.0
    """What each look at the stopwatch adds."""

    @property
    def ask(self) -> AskFaces:
        """What asks the provider."""
        return AskFaces(
            self.eyes,
            self.known_faces,
            AskApart(
                self.ledger,
                self.clock,
                self._sleep,
                TenantSpend(self.ledger, Inline(), Budget(), lambda _: self.limits),
            ),
        )

    @property
    def learn(self) -> LearnFaces:
        """What learns from pictures."""
        return LearnFaces(
            self.enrolments, self.ask, look, self.tenants, self.jobs, self.clock, Inline(), self.clock
        )

    def enrol(self, username: str, *words: str) -> Learned:
        """What became of these pictures."""
        return EnrolFaces(self.learn)(TENANT, username, sent(*words))

    def hand_over(self, username: str, *words: str) -> EnrolmentJob:
        """The job of these pictures."""
        return self.hander(TENANT, username, sent(*words))

    @property
    def hander(self) -> HandOverEnrolment:
        """What keeps pictures for a job."""
        return HandOverEnrolment(self.learn, self.store, self.uploads, self.jobs, self.clock)

    @property
    def worker(self) -> WorkOnEnrolment:
        """What the queue calls."""
        ticks = iter(range(10_000))
        return WorkOnEnrolment(
            self.learn,
            self.store,
            self.uploads,
            self.jobs,
            self.clock,
            lambda: next(ticks) * self.worked_s,
        )

    def work(self) -> int:
        """Do what is in the queue, and what comes of it, whatever its delay; how many messages there were."""
        done = 0
        while self.jobs.sent:
            message, delay_s = self.jobs.sent.pop(0), self.jobs.delays_s.pop(0)
            self.clock.at += delay_s
            done += 1
            if message["job"] == "sweep_faces":
                self.sweep(message.get("doubtful", ""))
            else:
                self.worker(message["tenant_id"], message["job_id"])
        return done

    def recognise(self, words: str) -> Recognised:
        """Whose face it is."""
        flow = RecogniseFace(self.enrolments, self.ask, look, self.tenants)
        return flow(TENANT, words.encode())

    def delete(self, username: str) -> int:
        """How many faces were deleted."""
        return DeleteFaces(self.enrolments, self.known_faces, self.jobs, self.clock)(TENANT, username)

    def sweep(self, doubtful: str = "") -> int:
        """How many faces were deleted that the registry does not know."""
        return SweepFaces(self.enrolments, self.known_faces, self.jobs)(TENANT, doubtful)

    def forget(self) -> int:
        """Forget all of the tenant."""
        return ForgetFaces(self.enrolments, self.known_faces, self.uploads)(TENANT)

    @property
    def vectors(self) -> int:
        """How many faces the collection has."""
        return len(list(self.known_faces.all(TENANT)))

    def _sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        self.clock.at += seconds


def sent(*words: str) -> list[Sent]:
    """Pictures that show what the words say."""
    return [Sent(each.encode()) for each in words]


def reasons(outcomes: tuple[Outcome, ...]) -> list[str | None]:
    """Of each picture why it was rejected, None if it was not."""
    return [each.reason and each.reason.value for each in outcomes]


def doubtful_in(jobs: FakeJobs) -> list[str]:
    """The ids of faces that a message names to be looked at again."""
    return [face[0] for message in jobs.sent for face in json.loads(message.get("doubtful", "[]"))]
