"""Telling all who want to know, once."""

import json
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.deliveries import Delivery
from chalicelib.domain.errors import Busy, UpstreamDown
from chalicelib.domain.report import rfc3339
from chalicelib.domain.webhooks import Event, EventType
from tests.fake_webhooks import FakeDeliveries
from tests.observations import STARTED_AT
from tests.unit.flows.image_world import TENANT, ImageWorld

ALERT = Event(EventType.SESSION_ALERT, "s-1#1", STARTED_AT, {"session_id": "s-1"})
ENDED = replace(ALERT, type=EventType.SESSION_ENDED)


def messages(world: ImageWorld) -> list[tuple[str, str, str]]:
    return [(each["endpoint_id"], each["webhook_id"], each["turn"]) for each in world.jobs.sent]


def test_each_endpoint_that_wants_an_event_gets_a_delivery_and_a_message() -> None:
    world = ImageWorld()
    first = world.listen()
    second = world.listen(EventType.SESSION_ENDED)
    world.clock.at += 7.00049

    world.announce(TENANT, [ALERT, ENDED])

    body = {"type": "session.alert", "timestamp": rfc3339(STARTED_AT), "data": {"session_id": "s-1"}}
    stored = world.deliveries.load(TENANT, first.endpoint_id, ALERT.message_id)
    assert stored == Delivery(
        TENANT,
        first.endpoint_id,
        ALERT.message_id,
        EventType.SESSION_ALERT,
        json.dumps(body),
        created_at=STARTED_AT + 7.0,
        version=1,
    )
    assert messages(world) == [
        (first.endpoint_id, ALERT.message_id, "0"),
        (first.endpoint_id, ENDED.message_id, "0"),
        (second.endpoint_id, ENDED.message_id, "0"),
    ]


def test_nothing_is_stored_or_sent_where_nobody_wants_to_know() -> None:
    world = ImageWorld()
    world.listen(EventType.SESSION_ENDED)
    world.keeper.create("rival", "https://rival.example/", tuple(EventType))

    world.announce(TENANT, [ALERT, replace(ENDED, at_s=STARTED_AT - 1)])
    world.announce(TENANT, [])

    assert (world.deliveries.kept, world.jobs.sent) == ({}, [])


def test_the_same_event_again_is_told_nobody_again_though_more_is_known_of_it() -> None:
    world = ImageWorld()
    world.listen()
    world.announce(TENANT, [ALERT])
    world.work()
    told = dict(world.deliveries.kept)

    world.announce(TENANT, [replace(ALERT, data={"session_id": "s-1", "state": "closed"})])

    assert (world.deliveries.kept, world.jobs.sent, len(world.receiver.got)) == (told, [], 1)


def test_a_delivery_whose_message_was_never_sent_is_sent_one() -> None:
    world = ImageWorld()
    endpoint = world.listen()
    world.jobs.fails = {"deliver": 1}
    with pytest.raises(UpstreamDown):
        world.announce(TENANT, [ALERT, ENDED])
    stored = len(world.deliveries.kept)

    world.announce(TENANT, [ALERT, ENDED])

    assert stored == 2
    assert messages(world) == [(endpoint.endpoint_id, each.message_id, "0") for each in (ALERT, ENDED)]


def test_what_is_being_sent_or_waits_for_its_next_try_is_not_sent_beside_that() -> None:
    world = ImageWorld()
    endpoint = world.listen()
    world.announce(TENANT, [ALERT])
    world.take("deliver")
    delivery = world.deliveries.load(TENANT, endpoint.endpoint_id, ALERT.message_id)
    assert delivery
    held = world.deliveries.save(replace(delivery, leased_until=world.clock.at + 60))
    world.announce(TENANT, [ALERT])
    world.deliveries.save(replace(held, leased_until=0.0, turn=1, next_at=world.clock.at + 5))
    world.announce(TENANT, [ALERT])

    assert world.jobs.sent == []


@dataclass(slots=True)
class Quicker(FakeDeliveries):
    """A store in which somebody else tells the same just before."""

    def save(self, delivery: Delivery) -> Delivery:
        FakeDeliveries.save(self, delivery)
        raise Busy("It was changed at the same time; send it again.")


def test_two_that_tell_the_same_at_the_same_time_make_one_delivery() -> None:
    world = ImageWorld(deliveries=Quicker())
    endpoint = world.listen()

    world.announce(TENANT, [ALERT])

    assert list(world.deliveries.kept) == [(TENANT, endpoint.endpoint_id, ALERT.message_id)]
    assert messages(world) == [(endpoint.endpoint_id, ALERT.message_id, "0")]
