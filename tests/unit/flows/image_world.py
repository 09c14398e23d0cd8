"""The flows about pictures and about telling tenants' servers, joined to fakes.

A picture is a line of words: `person 1` shows one face, `guest 1` two, `nobody 1` none.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.detection import DetectedFace
from chalicelib.domain.errors import UpstreamDown, VisionUnavailable
from chalicelib.domain.image_jobs import ImageJob
from chalicelib.domain.seen import BoundingBox, Face
from chalicelib.domain.tenants import Limits
from chalicelib.domain.webhooks import CALLBACKS, Endpoint, EventType
from chalicelib.flows.announce import Announce
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.deliver import Deliver, DeliverAgain
from chalicelib.flows.detect_faces import DetectFaces
from chalicelib.flows.hand_over_image import Asked, ForgetImages, HandOverImage, ReadImage
from chalicelib.flows.keep_endpoints import KeepEndpoints
from chalicelib.flows.tenant_spend import Budget, TenantSpend
from chalicelib.flows.work_on_image import WorkOnImage
from tests.fake_images import FakeImageJobs, FakeJobPictures
from tests.fake_webhooks import FakeDeliveries, FakeEndpoints, FakeReceiver
from tests.fakes import FakeClock, FakeJobs, FakeLedger, FakeTenants, Inline, look, shown

TENANT = "acme"
HOOK, CALLBACK = "https://hooks.example/all", "https://hooks.example/callback"
ASKED = Asked("r-1")
CASCADES = "OpenCV 1"
BY_CASCADES = DetectedFace(BoundingBox(0.1, 0.1, 0.2, 0.2))
ALL_EVENTS = tuple(EventType)


@dataclass
class FakeDetector:
    """The faces that a picture of words speaks of; not while it is down."""

    down: bool = False
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def detect(self, encoded: bytes, *, all_landmarks: bool) -> tuple[Face, ...]:
        """The faces, the last one first. Raises VisionUnavailable."""
        self.asked.append((encoded.decode(), all_landmarks))
        self.meanwhile()
        if self.down:
            raise VisionUnavailable("throttled")
        return (shown(encoded).faces or ())[::-1]

    def meanwhile(self) -> None:
        """What others do while it looks."""


@dataclass
class ShakyJobs(FakeJobs):
    """A queue that takes no job of some kinds, so many times."""

    fails: dict[str, int] = field(default_factory=dict)

    def send(self, job: str, *, delay_s: int = 0, **about: str) -> None:
        """Hand over a job. Raises UpstreamDown."""
        if self.fails.get(job):
            self.fails[job] -= 1
            raise UpstreamDown("The service's queue did not answer; try again.")
        super().send(job, delay_s=delay_s, **about)


@dataclass
class ImageWorld:
    """One tenant's pictures and endpoints, with one clock that moves when the queue waits."""

    store: FakeImageJobs = field(default_factory=FakeImageJobs)
    pictures: FakeJobPictures = field(default_factory=FakeJobPictures)
    detector: FakeDetector = field(default_factory=FakeDetector)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    endpoints: FakeEndpoints = field(default_factory=FakeEndpoints)
    receiver: FakeReceiver = field(default_factory=FakeReceiver)
    tenants: FakeTenants = field(default_factory=lambda: FakeTenants({TENANT: "Acme Hiring"}))
    jobs: ShakyJobs = field(default_factory=ShakyJobs)
    clock: FakeClock = field(default_factory=FakeClock)
    limits: Limits = field(default_factory=Limits)
    emotions_allowed: bool = True
    chance: float = 0.0
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """One table for both."""
        self.endpoints.deliveries = self.deliveries

    @property
    def detect(self) -> DetectFaces:
        """What finds faces at once."""
        spend = TenantSpend(self.ledger, Inline(), Budget(), lambda _: self.limits)
        return DetectFaces(
            self.detector,
            lambda _: (BY_CASCADES,),
            CASCADES,
            look,
            AskApart(self.ledger, self.clock, lambda _: None, spend),
            self.tenants,
            emotions_allowed=self.emotions_allowed,
        )

    @property
    def hander(self) -> HandOverImage:
        """What hands pictures over."""
        return HandOverImage(
            self.store,
            self.pictures,
            self.jobs,
            look,
            self.tenants,
            self.clock,
            local_callbacks=False,
            retention_days=90,
        )

    def hand_over(self, words: str = "person 1", asked: Asked = ASKED) -> ImageJob:
        """The job of this picture."""
        return self.hander(TENANT, asked, words.encode())

    @property
    def reader(self) -> ReadImage:
        """What callers see."""
        return ReadImage(self.store, self.pictures, self.clock)

    def seen(self, image_id: str) -> ImageJob:
        """The job as its caller sees it."""
        return self.reader.job(TENANT, image_id)

    def forget(self) -> int:
        """How many jobs the tenant had."""
        return ForgetImages(self.store, self.pictures)(TENANT)

    @property
    def announce(self) -> Announce:
        """What tells tenants' servers."""
        return Announce(self.endpoints, self.deliveries, self.jobs, self.clock)

    @property
    def worker(self) -> WorkOnImage:
        """What the queue calls for a picture."""
        return WorkOnImage(
            self.store,
            self.pictures,
            look,
            self.detect,
            lambda encoded, faces: b"annotated %d in " % len(faces) + encoded,
            self.announce,
            self.jobs,
            self.clock,
        )

    @property
    def keeper(self) -> KeepEndpoints:
        """What keeps endpoints."""
        return KeepEndpoints(
            self.endpoints,
            self.clock,
            lambda: f"e-{next(self._numbers)}",
            lambda count: bytes([next(self._numbers)]) * count,
            local_urls=False,
        )

    def listen(self, *events: EventType, url: str = HOOK) -> Endpoint:
        """An endpoint that wants these events; all, if none are named."""
        return self.keeper.create(TENANT, url, events or ALL_EVENTS)

    @property
    def deliver(self) -> Deliver:
        """What the queue calls for a message."""
        return Deliver(
            self.keeper,
            self.deliveries,
            self.jobs,
            self.receiver,
            signed,
            self.reader.link,
            self.clock,
            lambda: self.chance,
        )

    @property
    def again(self) -> DeliverAgain:
        """What sends a message again."""
        return DeliverAgain(self.keeper, self.deliveries, self.jobs)

    def take(self, job: str) -> list[dict[str, str]]:
        """Take the messages of this kind out of the queue."""
        both = list(zip(self.jobs.sent, self.jobs.delays_s, strict=True))
        self.jobs.sent = [message for message, _ in both if message["job"] != job]
        self.jobs.delays_s = [delay_s for message, delay_s in both if message["job"] != job]
        return [message for message, _ in both if message["job"] == job]

    def do(self, message: Mapping[str, str], *, redriven: bool = False) -> None:
        """Do what a message says."""
        if message["job"] == "detect_image":
            self.worker(message["tenant_id"], message["image_id"], redriven=redriven)
            return
        place = (message["tenant_id"], message["endpoint_id"], message["webhook_id"])
        self.deliver(*place, int(message["turn"]), redriven=redriven)

    def work(self, *, most: int = 1_000) -> list[int]:
        """Do what is in the queue, and what comes of it; how long each message was held back."""
        waited: list[int] = []
        while self.jobs.sent and len(waited) < most:
            message, delay_s = self.jobs.sent.pop(0), self.jobs.delays_s.pop(0)
            self.clock.at += delay_s
            waited.append(delay_s)
            self.do(message)
        return waited

    @property
    def told(self) -> list[tuple[str, str]]:
        """What is told to whom, in the order of its messages."""
        return [(where, each.type.value) for (_, where, _), each in sorted(self.deliveries.kept.items())]

    @property
    def callbacks(self) -> list[str]:
        """What the callbacks are told."""
        return [told for where, told in self.told if where == CALLBACKS]


def signed(message_id: str, at_s: float, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """As headers name it, and as it is: who, when, what, with which secrets."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at_s)),
        "webhook-signature": " ".join(f"{secret}:{len(body)}" for secret in secrets),
    }
