"""What happens in a session is told once, however often word of it comes, and whoever's word is lost."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import AttemptOf, Status
from chalicelib.domain.report import rfc3339
from chalicelib.domain.webhooks import Endpoint, EventType, Secret
from chalicelib.flows.announce import Announce
from chalicelib.flows.contention import LATE_S
from chalicelib.flows.know_endpoints import KnowEndpoints
from chalicelib.flows.take_exam import SubmitAnswers
from chalicelib.flows.tell_of_session import TellOfSession
from tests.fake_sessions import FakeSessions
from tests.fake_webhooks import FakeDeliveries, FakeEndpoints
from tests.observations import STARTED_AT
from tests.unit.flows.image_world import ShakyJobs
from tests.unit.flows.world import SESSION, TENANT, World, nobody, person

ALERT, ENDED = EventType.SESSION_ALERT, EventType.SESSION_ENDED
WORD = {"job": "tell_of_session", "tenant_id": TENANT, "session_id": SESSION}
PLACE = (TENANT, "e-1", "c-1")
EXAM = Exam(TENANT, "e-1", "Algebra", STARTED_AT - 50, STARTED_AT + 7200, 3600, STARTED_AT - 60)
SAT = Attempt(TENANT, "e-1", "c-1", "ann@example.org", "Ann", SESSION, STARTED_AT - 50, started_at=STARTED_AT)


@dataclass
class ToldWorld(World):
    """A world with a session, in which `hooks` wants to know."""

    jobs: ShakyJobs = field(default_factory=ShakyJobs)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)

    def listen(self, *events: EventType, since: float = STARTED_AT) -> None:
        secrets = (Secret("whsec_b2xk"),)
        self.endpoints.save(
            Endpoint(
                TENANT, "hooks", "https://hooks.example/", since, secrets, frozenset(events), since=since
            )
        )

    def tell(self) -> None:
        """Do what word of the session says."""
        TellOfSession(
            self.sessions, self.attempts, Announce(self.endpoints, self.deliveries, self.jobs, self.clock)
        )(TENANT, SESSION)

    @property
    def words(self) -> list[int]:
        """How long each word of the session is held back."""
        return [
            delay_s
            for message, delay_s in zip(self.jobs.sent, self.jobs.delays_s, strict=True)
            if message == WORD
        ]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What is told, by its time."""
        told = [json.loads(each.body) for each in self.deliveries.kept.values()]
        return sorted(told, key=lambda body: (body["timestamp"], body["type"]))

    @property
    def told(self) -> list[str]:
        """The types of what is told."""
        return [body["type"] for body in self.bodies]

    @property
    def messages(self) -> list[str]:
        """The ids of what is to be sent."""
        return [each["webhook_id"] for each in self.jobs.sent if each["job"] == "deliver"]


def listening(*events: EventType, since: float = STARTED_AT) -> ToldWorld:
    """A world with a session, told of these events; of all, if none are named."""
    world = ToldWorld()
    world.start()
    world.listen(*(events or tuple(EventType)), since=since)
    return world


def sitting() -> ToldWorld:
    """The same, of an exam that a candidate sits in."""
    world = listening()
    world.exams.create(EXAM, "[]", None)
    world.attempts.create(SAT)
    world.sessions.save(replace(world.session, attempt=AttemptOf("e-1", "c-1")))
    return world


def submit(world: ToldWorld) -> None:
    SubmitAnswers(world.exams, world.attempts, world.ender, world.clock)(PLACE, '"x"', None, final=True)


def test_an_alert_is_told_with_what_it_is_and_when_it_opened() -> None:
    world = listening()
    world.records(*nobody(1, 2, 3, 4))
    world.tell()

    (alert,) = world.alerts
    assert world.words == [0]
    assert world.bodies == [
        {
            "type": "session.alert",
            "timestamp": rfc3339(STARTED_AT + alert.timestamp),
            "data": {
                "session_id": SESSION,
                "alert_id": alert.id,
                "type": "no_face_detected",
                "severity": alert.severity.value,
                "message": alert.message,
                "opened_at": rfc3339(STARTED_AT + alert.opened_at),
                "state": "open",
            },
        }
    ]


def test_the_end_and_the_report_are_told_when_they_are_there() -> None:
    world = listening()
    world.tell()
    before = world.told
    world.clock.at += 60
    report = world.end()
    world.tell()

    at = rfc3339(STARTED_AT + 60)
    assert before == []
    assert world.bodies == [
        {
            "type": "report.ready",
            "timestamp": at,
            "data": {
                "session_id": SESSION,
                "integrity_score": report.integrity.score,
                "level": report.integrity.level,
                "report_url": f"/api/sessions/{SESSION}/report",
            },
        },
        {"type": "session.ended", "timestamp": at, "data": {"session_id": SESSION, "ended_at": at}},
    ]


def test_a_submission_is_told_with_the_exam_and_its_candidate() -> None:
    world = sitting()
    world.clock.at += 60
    submit(world)
    world.tell()

    at, whose = rfc3339(STARTED_AT + 60), {"exam_id": "e-1", "candidate_id": "c-1"}
    assert world.told == ["attempt.submitted", "report.ready", "session.ended"]
    assert world.bodies[0]["data"] == {
        "session_id": SESSION,
        **whose,
        "submitted_at": at,
        "revision": 1,
    }
    assert all(whose.items() <= body["data"].items() for body in world.bodies)


def test_however_often_word_comes_each_is_told_once() -> None:
    world = sitting()
    world.records(*nobody(1, 2, 3, 4))
    world.tell()
    opened = world.bodies
    world.records(*person(*range(5, 15)))
    submit(world)
    world.clock.at += 1
    submit(world)
    world.tell()
    told = dict(world.deliveries.kept)
    for delivery in told.values():
        world.deliveries.save(replace(delivery, turn=1))
    sent = len(world.messages)
    for _ in range(3):
        world.tell()

    assert sorted(world.told) == ["attempt.submitted", "report.ready", "session.alert", "session.ended"]
    assert [body for body in world.bodies if body["type"] == ALERT] == opened
    assert (list(world.deliveries.kept), len(world.messages)) == (list(told), sent)


def test_an_attempt_that_was_taken_back_is_no_error() -> None:
    world = sitting()
    world.attempts.remove(world.attempts.load(*PLACE))
    world.end()
    world.tell()

    assert world.told == ["report.ready", "session.ended"]


def test_what_was_not_submitted_is_not_told_as_such() -> None:
    world = sitting()
    world.end()
    world.tell()

    assert world.told == ["report.ready", "session.ended"]


def test_withdrawn_alerts_are_not_told() -> None:
    class Withdrawing(FakeSessions):
        def alerts(self, tenant_id: str, session_id: str) -> Any:  # noqa: ANN401 - an iterator, as there
            return (replace(each, withdrawn=True) for each in super().alerts(tenant_id, session_id))

    world = listening()
    world.sessions = Withdrawing()
    world.start(session_id=SESSION)
    world.records(*nobody(1, 2, 3, 4))
    world.tell()

    assert (len(world.alerts), world.told) == (1, [])


def test_what_happened_before_an_endpoint_wanted_it_is_not_told() -> None:
    world = listening(since=STARTED_AT + 30)
    world.records(*nobody(1, 2, 3, 4))
    world.tell()
    early = world.told
    world.clock.at += 60
    world.end()
    world.tell()

    assert (early, world.told) == ([], ["report.ready", "session.ended"])


def test_an_endpoint_is_told_of_what_it_wants_alone() -> None:
    world = listening(ENDED)
    world.records(*nobody(1, 2, 3, 4))
    world.end()
    world.tell()

    assert world.told == ["session.ended"]


def test_a_session_that_was_erased_is_not_found() -> None:
    world = listening()
    world.end()
    world.erase()

    with pytest.raises(NotFound):
        world.tell()
    assert world.told == []


def test_a_session_that_takes_an_erased_ones_id_is_told_anew() -> None:
    world = listening(ENDED)
    world.end()
    world.tell()
    world.erase()
    world.clock.at += 0.001
    world.start()
    world.clock.at -= 0.001
    world.end()
    world.tell()

    assert world.told == ["session.ended"] * 2


@pytest.mark.parametrize("events", [(), (EventType.IMAGE_COMPLETED,)])
def test_no_word_is_sent_where_nobody_wants_to_know(events: tuple[EventType, ...]) -> None:
    world = ToldWorld()
    world.start()
    if events:
        world.listen(*events)
    world.records(*nobody(1, 2, 3, 4))
    world.end()

    assert world.words == []


def test_no_word_of_an_alert_is_sent_where_only_the_end_is_wanted() -> None:
    world = listening(ENDED)
    world.records(*nobody(1, 2, 3, 4))

    assert world.words == []


def test_ending_sends_word_that_waits_before_the_end_and_word_at_once_after_it() -> None:
    world = listening()
    seen: list[tuple[Status, list[int]]] = []
    send = world.jobs.send

    def taken_down(job: str, *, delay_s: int = 0, **about: str) -> None:
        send(job, delay_s=delay_s, **about)
        seen.append((world.session.status, list(world.words)))

    world.jobs.send = taken_down  # type: ignore[method-assign]
    world.end()

    assert seen[0] == (Status.ACTIVE, [LATE_S])
    assert seen[-1] == (Status.ENDED, [LATE_S, 0])


def test_while_the_queue_is_down_a_session_is_not_ended_and_nothing_is_changed() -> None:
    world = listening()
    before = world.session
    world.jobs.fails = {"tell_of_session": 1}

    with pytest.raises(UpstreamDown):
        world.end()
    assert (world.session, world.sessions.report(TENANT, SESSION), world.jobs.sent) == (before, None, [])
    world.end()
    assert world.session.status is Status.ENDED


def test_word_that_is_lost_after_the_end_costs_nothing_for_what_was_sent_before_looks() -> None:
    world = listening()
    world.word.before_end(TENANT, SESSION)
    world.jobs.fails = {"tell_of_session": 1}
    world.word.of_end(world.session)

    assert world.words == [LATE_S]


def test_an_alert_whose_word_was_lost_is_told_at_the_end() -> None:
    world = listening()
    world.jobs.fails = {"tell_of_session": 1}
    world.records(*nobody(1, 2, 3, 4))
    lost = list(world.words)
    world.end()
    world.tell()

    assert (lost, world.told.count("session.alert")) == ([], 1)


class DownEndpoints(FakeEndpoints):
    """Endpoints that cannot be read."""

    def all(self, tenant_id: str) -> list[Endpoint]:  # noqa: ARG002 - as the store has it
        raise UpstreamDown("The service's storage did not answer; try again.")


def test_where_it_cannot_be_read_whether_somebody_wants_to_know_it_is_supposed() -> None:
    assert KnowEndpoints(DownEndpoints(), 60.0)(TENANT, {ALERT})


def test_what_is_wanted_is_remembered_for_a_while_that_nothing_is_as_well() -> None:
    world, now = ToldWorld(), [0.0]
    known = KnowEndpoints(world.endpoints, 60.0, lambda: now[0])
    first = known(TENANT, {ALERT})
    world.listen(ALERT)
    now[0] = 59.9
    trusted = known(TENANT, {ALERT})
    now[0] = 60.0

    assert (first, trusted, known(TENANT, {ALERT})) == (False, False, True)
    assert (known(TENANT, {ENDED}), known("rival", {ALERT})) == (False, False)


def test_a_disabled_endpoint_counts_for_it_may_be_enabled_before_that_is_noticed() -> None:
    world = listening()
    (endpoint,) = world.endpoints.all(TENANT)
    world.endpoints.save(replace(endpoint, disabled="It went away."))

    assert KnowEndpoints(world.endpoints, 0.0)(TENANT, set(EventType))
