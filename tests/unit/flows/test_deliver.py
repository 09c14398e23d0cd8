"""Sending messages: once a turn, again in time, and no more where nothing is wanted."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from chalicelib.domain.deliveries import LEASE_S, RETRIES_S, Delivery, DeliveryStatus
from chalicelib.domain.errors import Conflict, NotFound, UpstreamDown
from chalicelib.domain.image_jobs import image_id_of
from chalicelib.domain.posted import Posted
from chalicelib.domain.webhooks import CALLBACKS, GONE, Event, EventType, live_secrets
from chalicelib.flows.deliver import LONGEST_DELAY_S, LOST
from chalicelib.flows.hand_over_image import Asked
from chalicelib.flows.keep_endpoints import Change
from tests.observations import STARTED_AT
from tests.unit.flows.image_world import CALLBACK, HOOK, TENANT, ImageWorld

ALERT = Event(EventType.SESSION_ALERT, "s-1#1", STARTED_AT, {"session_id": "s-1"})
DOWN, OK, REFUSED = Posted(error="timeout"), Posted(200), Posted(410)
MESSAGE_ID = ALERT.message_id


def announced(*answers: Posted) -> ImageWorld:
    """A world with one endpoint, `e-1`, and one message for it in the queue."""
    world = ImageWorld()
    world.receiver.answers = list(answers or (OK,))
    world.listen()
    world.announce(TENANT, [ALERT])
    return world


def stored(world: ImageWorld) -> Delivery:
    delivery = world.deliveries.load(TENANT, "e-1", MESSAGE_ID)
    assert delivery is not None
    return delivery


def run(world: ImageWorld) -> Delivery:
    """The delivery after the next message of the queue."""
    world.do(world.take("deliver")[0])
    return stored(world)


def test_a_message_is_signed_and_posted_to_its_endpoint() -> None:
    world = announced()
    world.clock.at += 3.7

    delivery = run(world)

    url, body, headers = world.receiver.got[0]
    (secret,) = live_secrets(world.keeper.load(TENANT, "e-1"), world.clock.at)
    assert (url, body.decode()) == (HOOK, delivery.body)
    assert headers == {
        "webhook-id": MESSAGE_ID,
        "webhook-timestamp": str(int(STARTED_AT + 3)),
        "webhook-signature": f"{secret}:{len(body)}",
    }
    assert (delivery.status, delivery.tries, delivery.turn) == (DeliveryStatus.DELIVERED, 1, 1)
    assert world.jobs.sent == []


def test_doubled_messages_of_a_turn_post_once() -> None:
    world = announced()
    world.jobs.sent *= 3
    world.jobs.delays_s *= 3

    world.work()

    assert (len(world.receiver.got), len(stored(world).attempts)) == (1, 1)


def test_doubled_messages_of_a_turn_that_fails_post_once_a_turn() -> None:
    world = announced(DOWN, DOWN, OK)
    world.jobs.sent *= 2
    world.jobs.delays_s *= 2

    world.work()

    assert [attempt.status for attempt in stored(world).attempts] == [None, None, 200]
    assert len(world.receiver.got) == 3


def test_while_one_sends_it_another_message_of_the_turn_leaves_it() -> None:
    world = announced()
    world.deliveries.save(replace(stored(world), leased_until=world.clock.at + LEASE_S))
    message = world.take("deliver")[0]
    world.do(message)
    posted = len(world.receiver.got)
    world.clock.at += LEASE_S
    world.do(message)

    assert (posted, len(world.receiver.got), stored(world).status) == (0, 1, DeliveryStatus.DELIVERED)


def test_a_message_of_an_earlier_turn_says_nothing_any_more() -> None:
    world = announced()
    stale = world.take("deliver")[0]
    for _ in range(2):
        world.again(TENANT, "e-1", MESSAGE_ID)
    world.take("deliver")

    world.do(stale)

    assert (world.receiver.got, world.jobs.sent, stored(world).turn) == ([], [], 2)


def test_who_died_between_its_decision_and_the_next_message_is_finished_by_the_one_that_comes_back() -> None:
    world = announced(DOWN, OK)
    world.jobs.fails = {"deliver": 1}
    message = world.take("deliver")[0]
    with pytest.raises(UpstreamDown):
        world.do(message)

    world.do(message)
    messages, delays_s = list(world.jobs.sent), list(world.jobs.delays_s)
    world.work()

    assert ([each["turn"] for each in messages], delays_s) == (["1"], [5])
    assert (len(world.receiver.got), stored(world).status) == (2, DeliveryStatus.DELIVERED)


def test_who_died_while_sending_sends_again_under_the_same_id_when_the_lease_is_over() -> None:
    world = announced()
    post, message = world.receiver, world.take("deliver")[0]

    class DiedError(Exception):
        """The process is gone."""

    def die(url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        post(url, body, headers)
        raise DiedError

    with pytest.raises(DiedError):
        replace(world.deliver, post=die)(TENANT, "e-1", MESSAGE_ID, 0)
    world.do(message)
    too_early = len(post.got)
    world.clock.at += LEASE_S
    world.do(message)

    assert (too_early, [headers["webhook-id"] for _, _, headers in post.got]) == (1, [MESSAGE_ID] * 2)


def test_what_is_not_due_yet_is_handed_on_for_as_long_as_the_queue_holds_it() -> None:
    world = announced(DOWN)

    waited_s = world.work()

    tries = [attempt.at_s for attempt in stored(world).attempts]
    assert max(waited_s) == LONGEST_DELAY_S == 900
    assert [later - earlier for earlier, later in pairwise(tries)] == list(RETRIES_S)
    assert (len(world.receiver.got), stored(world).status) == (10, DeliveryStatus.FAILED)
    assert stored(world).error == "None of 10 tries was answered with 2xx."


def test_a_message_that_comes_too_early_is_handed_on_for_the_rest() -> None:
    world = announced(DOWN)
    world.chance = 0.5
    run(world)
    due = world.take("deliver")[0]
    world.clock.at += 1

    world.do(due)

    assert (world.jobs.sent, world.jobs.delays_s, len(world.receiver.got)) == ([due], [5], 1)
    assert stored(world).next_at == STARTED_AT + 5.5


def test_an_endpoint_that_answers_410_is_told_nothing_more() -> None:
    world = announced(REFUSED)
    delivery = run(world)
    world.announce(TENANT, [replace(ALERT, subject="s-1#2")])

    assert (delivery.status, world.jobs.sent) == (DeliveryStatus.FAILED, [])
    assert world.keeper.load(TENANT, "e-1").disabled == GONE


def test_a_callback_that_answers_410_ends_no_other_callback() -> None:
    world = ImageWorld()
    world.receiver.answers = [REFUSED, OK]
    for number in range(2):
        world.hand_over(asked=Asked(f"r-{number}", f"{CALLBACK}/{number}"))
    world.work()

    assert [url for url, _, _ in world.receiver.got] == [f"{CALLBACK}/0", f"{CALLBACK}/1"]
    assert world.keeper.load(TENANT, CALLBACKS).disabled == ""


def test_what_waits_for_an_endpoint_that_was_disabled_or_deleted_is_given_up() -> None:
    worlds = [announced(DOWN), announced(DOWN)]
    for world in worlds:
        run(world)
    worlds[0].keeper.change(TENANT, "e-1", Change(disabled=True))
    worlds[1].keeper.remove(TENANT, "e-1")
    for world in worlds:
        world.work()

    assert [(stored(world).status, stored(world).error, len(world.receiver.got)) for world in worlds] == [
        (DeliveryStatus.FAILED, "Its endpoint is disabled: Its owner switched it off.", 1),
        (DeliveryStatus.FAILED, "Its endpoint was deleted.", 1),
    ]


def test_a_message_about_a_delivery_that_is_forgotten_is_done() -> None:
    world = announced()
    world.deliveries.kept.clear()
    world.work()
    world.deliver.give_up(TENANT, "e-1", MESSAGE_ID, 0)

    assert (world.receiver.got, world.deliveries.kept) == ([], {})


def test_during_the_grace_both_secrets_sign_and_afterwards_the_new_one_alone() -> None:
    world = announced(DOWN)
    old, new = (
        world.keeper.load(TENANT, "e-1").secrets[0].text,
        world.keeper.rotate(TENANT, "e-1", 10.0).secrets[0].text,
    )

    world.work(most=4)

    signed = [headers["webhook-signature"].split() for _, _, headers in world.receiver.got]
    assert [[each.partition(":")[0] for each in one] for one in signed[:3]] == [[new, old], [new, old], [new]]


def test_a_link_is_made_anew_at_each_sending() -> None:
    world = ImageWorld()
    endpoint = world.listen(EventType.IMAGE_COMPLETED)
    world.hand_over(asked=Asked("r-1", CALLBACK))
    world.do(world.take("detect_image")[0])
    links = iter(f"https://bucket.example/{number}" for number in range(1, 9))
    flow = replace(world.deliver, link_to=lambda *_: next(links))
    (message,) = {each["webhook_id"] for each in world.take("deliver")}
    for turn, where in enumerate((endpoint.endpoint_id, CALLBACKS)):
        flow(TENANT, where, message, 0)
        world.again(TENANT, where, message)
        flow(TENANT, where, message, 2)
        assert len(world.receiver.got) == 2 * turn + 2

    bodies = [json.loads(body) for _, body, _ in world.receiver.got]
    assert [body["data"]["output_image_url"][-1] for body in bodies[:2]] == ["1", "2"]
    assert [body["output_image_url"][-1] for body in bodies[2:]] == ["3", "4"]
    assert all("output_image_url" not in each.body for each in world.deliveries.kept.values())


def test_of_a_picture_that_was_erased_before_it_was_told_there_is_no_link() -> None:
    world = ImageWorld()
    world.hand_over(asked=Asked("r-1", CALLBACK))
    world.do(world.take("detect_image")[0])
    world.reader.erase(TENANT, image_id_of(TENANT, "r-1"))
    world.work()

    ((_, body, _),) = world.receiver.got
    assert json.loads(body)["output_image_url"] is None


@pytest.mark.parametrize("answer", [OK, REFUSED])
def test_a_message_is_sent_again_whatever_became_of_it(answer: Posted) -> None:
    world = announced(answer, OK)
    run(world)
    if answer is REFUSED:
        world.keeper.change(TENANT, "e-1", Change(disabled=False))

    asked = world.again(TENANT, "e-1", MESSAGE_ID)
    world.work()

    assert (asked.status, asked.turn, asked.tries) == (DeliveryStatus.PENDING, 2, 0)
    assert (stored(world).status, len(stored(world).attempts)) == (DeliveryStatus.DELIVERED, 2)
    assert [headers["webhook-id"] for _, _, headers in world.receiver.got] == [MESSAGE_ID] * 2


def test_what_is_asked_for_while_it_is_sent_is_sent_once_more() -> None:
    world = announced()
    post, message = world.receiver, world.take("deliver")[0]

    def meanwhile(url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        world.again(TENANT, "e-1", MESSAGE_ID)
        return post(url, body, headers)

    replace(world.deliver, post=meanwhile)(TENANT, "e-1", MESSAGE_ID, int(message["turn"]))
    pending = stored(world).status
    world.work()

    assert (pending, len(post.got), stored(world).status) == (
        DeliveryStatus.PENDING,
        2,
        DeliveryStatus.DELIVERED,
    )


def test_nothing_is_sent_again_to_a_disabled_endpoint_nor_what_is_not_there() -> None:
    world = announced()
    for absent in (("e-1", "msg_0"), ("e-9", MESSAGE_ID)):
        with pytest.raises(NotFound):
            world.again(TENANT, *absent)
    with pytest.raises(NotFound):
        world.again("rival", "e-1", MESSAGE_ID)
    world.keeper.change(TENANT, "e-1", Change(disabled=True))

    with pytest.raises(Conflict):
        world.again(TENANT, "e-1", MESSAGE_ID)
    assert len(world.jobs.sent) == 1


def test_a_delivery_that_is_given_up_says_so_and_is_made_when_its_message_is_redriven() -> None:
    world = announced()
    message = world.take("deliver")[0]
    for _ in range(2):
        world.deliver.give_up(TENANT, "e-1", MESSAGE_ID, 0)
    given_up = stored(world)
    world.do(message)
    posted = len(world.receiver.got)
    world.do(message, redriven=True)

    assert (given_up.status, given_up.error, given_up.turn) == (DeliveryStatus.FAILED, LOST, 1)
    assert (posted, len(world.receiver.got), stored(world).status) == (0, 1, DeliveryStatus.DELIVERED)


def test_who_fails_at_an_earlier_turn_does_not_end_a_delivery_that_waits_for_its_next_one() -> None:
    world = announced(DOWN, OK)
    run(world)
    world.deliver.give_up(TENANT, "e-1", MESSAGE_ID, 0)
    world.work()

    assert stored(world).status is DeliveryStatus.DELIVERED


def test_what_failed_for_its_own_reasons_or_was_delivered_is_not_made_again_though_it_is_redriven() -> None:
    for answer in (REFUSED, OK):
        world = announced(answer)
        message = dict(world.jobs.sent[0])
        before = run(world)
        world.deliver.give_up(TENANT, "e-1", MESSAGE_ID, 0)
        world.do(message, redriven=True)

        assert (stored(world), len(world.receiver.got)) == (before, 1)
