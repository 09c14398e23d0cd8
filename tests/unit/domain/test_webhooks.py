"""Endpoints, their secrets, and events that are told once."""

import base64
import re
from dataclasses import replace

import pytest

from chalicelib.domain.webhooks import (
    SECRET_BYTES,
    Endpoint,
    Event,
    EventType,
    Secret,
    live_secrets,
    new_secret,
    rotated,
)

NOW, GRACE_S = 1_800_000_000.0, 3_600.0
OLD, NEW, NEWER = Secret("whsec_b2xk"), Secret("whsec_bmV3"), Secret("whsec_bmV3ZXI=")
ENDPOINT = Endpoint(
    "acme",
    "e-1",
    "https://hooks.example/",
    NOW,
    (OLD,),
    frozenset({EventType.SESSION_ALERT}),
    since=NOW,
)
ALERT = Event(EventType.SESSION_ALERT, "s-1#1", NOW)


def test_an_events_message_has_the_same_id_whatever_is_told_of_it() -> None:
    assert replace(ALERT, data={"state": "closed"}, image_id="i-1").message_id == ALERT.message_id
    assert re.fullmatch(r"msg_[0-9a-f]{32}", ALERT.message_id)


def test_another_type_or_subject_or_time_is_another_message() -> None:
    others = [
        replace(ALERT, type=EventType.SESSION_ENDED),
        replace(ALERT, subject="s-1#2"),
        replace(ALERT, at_s=NOW + 0.001),
    ]

    assert len({each.message_id for each in (ALERT, *others)}) == 4


def test_messages_sort_by_the_time_of_what_they_tell() -> None:
    moments = [0.0, 1.0, 999_999.999, NOW, NOW + 0.001, NOW + 86_400.0, 5e9]
    ids = [replace(ALERT, subject=str(-at_s), at_s=at_s).message_id for at_s in moments]

    assert sorted(ids) == ids
    assert {len(each) for each in ids} == {36}


@pytest.mark.parametrize(
    ("endpoint", "event", "wanted"),
    [
        (ENDPOINT, ALERT, True),
        (ENDPOINT, replace(ALERT, at_s=NOW - 0.001), False),
        (ENDPOINT, replace(ALERT, type=EventType.SESSION_ENDED), False),
        (replace(ENDPOINT, disabled="It went away."), ALERT, False),
        (replace(ENDPOINT, events=frozenset()), ALERT, False),
    ],
)
def test_an_endpoint_wants_what_it_was_made_for_since_it_was(
    endpoint: Endpoint, event: Event, *, wanted: bool
) -> None:
    assert endpoint.wants(event) is wanted


def test_a_secret_is_32_random_bytes_in_base64() -> None:
    asked: list[int] = []

    def random_bytes(count: int) -> bytes:
        asked.append(count)
        return b"\xff" * count

    secret = new_secret(random_bytes)

    assert asked == [SECRET_BYTES] == [32]
    assert (secret.text[:6], base64.b64decode(secret.text[6:]), secret.until) == (
        "whsec_",
        b"\xff" * 32,
        None,
    )


def test_a_new_secret_signs_beside_the_one_before_until_the_grace_is_over() -> None:
    endpoint = rotated(ENDPOINT, NEW, NOW, GRACE_S)

    assert endpoint == replace(ENDPOINT, secrets=(NEW, replace(OLD, until=NOW + GRACE_S)))
    assert live_secrets(endpoint, NOW + GRACE_S - 0.001) == (NEW.text, OLD.text)
    assert live_secrets(endpoint, NOW + GRACE_S) == (NEW.text,)


def test_without_grace_the_secret_before_signs_nothing_more() -> None:
    assert rotated(ENDPOINT, NEW, NOW, 0) == replace(ENDPOINT, secrets=(NEW,))


def test_however_often_it_is_rotated_two_secrets_are_kept_at_the_most() -> None:
    twice = rotated(rotated(ENDPOINT, NEW, NOW, GRACE_S), NEWER, NOW + 1, GRACE_S)

    assert twice.secrets == (NEWER, replace(NEW, until=NOW + 1 + GRACE_S))
