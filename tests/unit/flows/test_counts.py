"""What the flows count: each frame, call and session once."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chalicelib.domain.errors import TooManyRequests
from chalicelib.domain.model import Ticket
from chalicelib.domain.posted import Posted
from chalicelib.domain.tenants import Limits
from chalicelib.domain.webhooks import Event, EventType
from chalicelib.flows.limit_requests import LimitRequests
from chalicelib.flows.tenant_spend import Budget
from chalicelib.telemetry import Metric, Work, job
from tests.fake_webhooks import FakeReceiver
from tests.fakes import FakeGate, FakeLedger, FakeRequests
from tests.unit.flows.face_world import FaceWorld
from tests.unit.flows.image_world import ImageWorld
from tests.unit.flows.world import SESSION, TENANT, World, frame, nobody, person, started

Counts = dict[str, float]


@contextmanager
def counting() -> Iterator[Counts]:
    """What is counted until the end of the block, by the metrics' names."""
    counts: Counts = {}
    with Work("test_ended", {}) as work:
        yield counts
        counts |= {metric.title: round(amount, 6) for metric, amount in work.counted.items()}


def test_a_frame_that_asks_for_everything_counts_itself_its_calls_and_their_price() -> None:
    world = started()
    world.budget = Budget(usd_per_call=0.002)

    with counting() as counts:
        world.watch("person 1")

    assert counts == {
        "FramesReceived": 1,
        "ProviderCalls": 3,
        "DetectFaces": 1,
        "DetectLabels": 1,
        "DetectText": 1,
        "ProviderUsd": 0.006,
    }


def test_a_frame_that_asks_nothing_counts_itself_alone() -> None:
    world = World(gate=FakeGate(trusting=True))
    world.start()
    world.watch("person 1")

    with counting() as counts:
        world.watch("person 2")

    assert counts == {"FramesReceived": 1}


def test_a_frame_that_is_sent_again_is_not_counted_again() -> None:
    world = started()
    world.watch("person 1")

    with counting() as counts:
        world.watch("person 1")

    assert counts == {}


def test_frames_of_a_batch_add_up() -> None:
    world = started()
    frames = [frame(each, seq=number) for number, each in enumerate(person(1, 2, 3), start=1)]

    with counting() as counts:
        world.analyzer().batch(TENANT, SESSION, frames)

    assert (counts["FramesReceived"], counts["ProviderCalls"]) == (3, 9)


def test_an_outage_counts_unanalysed_frames_and_failed_calls() -> None:
    world = started()

    with counting() as counts:
        world.watch("outage 1")

    assert (counts["FramesUnanalysed"], counts["ProviderCalls"], counts["ProviderCallsFailed"]) == (1, 3, 3)
    assert counts["FramesReceived"] == 1


def test_calls_that_the_rate_withholds_are_told_from_those_that_the_budget_does_not_allow() -> None:
    world = World(ledger=FakeLedger(down=True))
    world.start()
    poor = World(budget=Budget(tenant_calls_per_hour=3))
    poor.start()
    poor.watch("person 1")

    with counting() as by_rate:
        world.watch("person 1")
    with counting() as by_budget:
        analyzer = poor.analyzer()
        analyzer.one(TENANT, SESSION, frame("person 2", seq=2))
        analyzer.one(TENANT, SESSION, frame("person 3", seq=3))

    assert by_rate == {"FramesReceived": 1, "FramesUnanalysed": 1, "CallsWithheldByRate": 3}
    assert by_budget["CallsWithheldByBudget"] == 3
    assert "CallsWithheldByRate" not in by_budget


def test_an_alert_is_counted_when_it_opens() -> None:
    world = started()

    with counting() as counts:
        world.watch(*nobody(1, 2, 3, 4))

    assert counts["AlertsOpened"] == 1


def test_a_session_is_counted_when_it_is_made_and_not_when_its_start_is_repeated() -> None:
    world = World()
    ticket = Ticket("key", "hash")

    with counting() as first:
        world.start(ticket=ticket)
    with counting() as again:
        world.start(ticket=ticket)

    assert (first, again) == ({"SessionsStarted": 1}, {})


def test_a_session_is_counted_as_ended_once_whoever_closes_it() -> None:
    ended, erased = started(), started()

    with counting() as counts:
        ended.end()
        ended.end()
    with counting() as by_erasing:
        erased.erase()

    assert (counts, by_erasing) == ({"SessionsEnded": 1}, {"SessionsEnded": 1})


def test_there_is_no_metric_that_nobody_counts() -> None:
    plenty, poor = World(), World(ledger=FakeLedger(tps=5), budget=Budget(tenant_calls_per_hour=1))

    with counting() as counts:
        for world in (plenty, poor):
            world.start()
            world.identify()
            world.watch(*nobody(1, 2, 3), "outage 4", "phone 9")
            world.end()
        limit = LimitRequests(lambda _: Limits(requests_per_minute=1), FakeRequests(), plenty.clock)
        limit(TENANT)
        with suppress(TooManyRequests):
            limit(TENANT)
        FaceWorld().recognise("ada 1")
        unwanted = ImageWorld(receiver=FakeReceiver([Posted(410)]))
        unwanted.listen()
        unwanted.announce(TENANT, [Event(EventType.SESSION_ENDED, SESSION, unwanted.clock.at)])
        unwanted.work()
    failed = job({"attributes": {"SentTimestamp": "0"}}, "r-1")
    with suppress(ValueError), failed:
        raise ValueError

    counted = set(counts) | {metric.title for metric in failed.counted}
    assert {metric.title for metric in Metric} == counted
