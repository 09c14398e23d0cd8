"""When a message is tried, how often, and what each answer makes of it."""

from dataclasses import replace

import pytest

from chalicelib.domain.deliveries import (
    JITTER,
    MOST_ATTEMPTS,
    RETRIES_S,
    Attempt,
    Delivery,
    DeliveryStatus,
    asked_again,
    attempted,
    given_up,
)
from chalicelib.domain.posted import Posted
from chalicelib.domain.webhooks import EventType

NOW = 1_800_000_000.0
DELIVERY = Delivery("acme", "e-1", "msg_1", EventType.SESSION_ALERT, "{}", NOW)
REFUSED = Posted(500, ms=12)


def worn_out(spread: float = 0.0) -> list[Delivery]:
    """A delivery after each of its tries, none of which was answered."""
    after, now = [DELIVERY], NOW
    while after[-1].is_pending:
        now = after[-1].next_at or now
        after.append(attempted(after[-1], Posted(error="timeout"), now, spread))
    return after[1:]


@pytest.mark.parametrize("status", [200, 204, 299])
def test_what_is_answered_with_2xx_is_delivered(status: int) -> None:
    held = replace(DELIVERY, leased_until=NOW + 60, error="earlier")

    assert attempted(held, Posted(status, ms=12), NOW + 0.12345, 0.5) == replace(
        DELIVERY,
        status=DeliveryStatus.DELIVERED,
        attempts=(Attempt(NOW + 0.123, status, "", 12),),
        tries=1,
        turn=1,
    )


@pytest.mark.parametrize(
    "posted", [Posted(199), Posted(301), Posted(304), Posted(404), Posted(500), Posted(error="connection")]
)
def test_what_is_not_is_tried_again_redirections_and_silence_included(posted: Posted) -> None:
    after = attempted(replace(DELIVERY, leased_until=NOW + 60), posted, NOW, 0.0)

    assert after == replace(
        DELIVERY,
        attempts=(Attempt(NOW, posted.status, posted.error, 0),),
        tries=1,
        turn=1,
        next_at=NOW + 5,
    )


def test_whoever_answers_410_is_tried_no_more() -> None:
    after = attempted(DELIVERY, Posted(410), NOW, 0.0)

    assert (after.status, after.next_at) == (DeliveryStatus.FAILED, None)
    assert after.error == "It was answered 410: nothing more is wanted."


def test_ten_tries_are_made_in_three_days_at_ever_longer_intervals() -> None:
    after = worn_out()
    pauses = [each.next_at - each.attempts[-1].at_s for each in after if each.next_at is not None]

    assert pauses == list(RETRIES_S) == sorted(RETRIES_S)
    assert (after[-1].tries, after[-1].turn, len(after[-1].attempts)) == (10, 10, 10)
    assert 3 * 86_400 <= after[-1].attempts[-1].at_s - NOW < 4 * 86_400
    assert (after[-1].status, after[-1].error) == (
        DeliveryStatus.FAILED,
        "None of 10 tries was answered with 2xx.",
    )


@pytest.mark.parametrize("spread", [0.0, 0.25, 0.999])
def test_chance_makes_each_pause_longer_by_a_fifth_at_the_most(spread: float) -> None:
    pauses = [each.next_at - each.attempts[-1].at_s for each in worn_out(spread) if each.next_at is not None]

    assert pauses == pytest.approx([pause_s * (1 + JITTER * spread) for pause_s in RETRIES_S], abs=0.002)
    assert all(least <= pause < 1.2 * least for least, pause in zip(RETRIES_S, pauses, strict=True))


def test_only_the_last_tries_are_remembered() -> None:
    delivery = DELIVERY
    for number in range(MOST_ATTEMPTS + 5):
        delivery = attempted(asked_again(delivery), REFUSED, NOW + number, 0.0)

    assert [each.at_s for each in delivery.attempts] == [NOW + 5 + number for number in range(MOST_ATTEMPTS)]


def test_what_is_asked_for_again_is_tried_at_once_and_as_often_as_a_new_one() -> None:
    failed = worn_out()[-1]

    again = asked_again(replace(failed, leased_until=NOW))

    assert again == replace(DELIVERY, attempts=failed.attempts, turn=11)
    assert attempted(again, REFUSED, NOW, 0.0).next_at == NOW + RETRIES_S[0]


def test_what_was_delivered_can_be_asked_for_again() -> None:
    done = attempted(DELIVERY, Posted(200), NOW, 0.0)

    assert asked_again(done) == replace(done, status=DeliveryStatus.PENDING, tries=0, turn=2)


def test_a_delivery_that_is_given_up_says_why_and_waits_for_nothing() -> None:
    waiting = replace(attempted(DELIVERY, REFUSED, NOW, 0.0), leased_until=NOW + 60)

    assert given_up(waiting, "Its endpoint was deleted.") == replace(
        waiting,
        status=DeliveryStatus.FAILED,
        error="Its endpoint was deleted.",
        turn=2,
        next_at=None,
        leased_until=0.0,
    )


def test_whatever_is_decided_begins_another_turn() -> None:
    decided = [
        attempted(DELIVERY, Posted(200), NOW, 0.0),
        attempted(DELIVERY, REFUSED, NOW, 0.0),
        asked_again(DELIVERY),
        given_up(DELIVERY, "gone"),
    ]

    assert [each.turn for each in decided] == [1, 1, 1, 1]
