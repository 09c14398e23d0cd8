"""API keys."""

import hashlib
import random
import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ALPHABET, ApiKey, StoredKey, mint, parse


def key(stage: str = "dev", seed: int = 1) -> ApiKey:
    return mint(stage, random.Random(seed).choice)


def test_a_key_tells_its_stage_and_its_id_and_is_read_back() -> None:
    made = key("prod2")

    assert parse(made.text) == made
    assert made.text.startswith(f"pk_prod2_{made.key_id}_")
    assert (len(made.key_id), len(made.text)) == (10, len("pk_prod2_") + 10 + 1 + 32 + 6)


def test_a_key_is_only_as_predictable_as_who_draws_it() -> None:
    made = {mint("dev", secrets.choice).text for _ in range(50)}

    assert len(made) == 50


def test_only_the_hash_of_a_key_is_kept() -> None:
    made = key()

    assert made.hash == hashlib.sha256(made.text.encode()).hexdigest()


@given(place=st.integers(3, 200), other=st.sampled_from(ALPHABET))
def test_a_key_with_one_other_character_is_refused(place: int, other: str) -> None:
    text = key().text
    place = 3 + place % (len(text) - 3)
    changed = text[:place] + other + text[place + 1 :]

    assert parse(changed) is None or changed == text


@given(first=st.integers(7, 55), second=st.integers(7, 55))
def test_a_key_with_two_characters_swapped_is_refused(first: int, second: int) -> None:
    text = list(key().text)
    text[first], text[second] = text[second], text[first]
    swapped = "".join(text)

    assert parse(swapped) is None or swapped == key().text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pk_",
        "pk_dev",
        key().text[:-1],
        key().text + "0",
        key().text + "\n",
        " " + key().text,
        key().text.replace("pk_", "sk_"),
        key().text.replace("pk_dev", "pk_Dev"),
        key().text.replace("pk_dev", "pk_"),
        key().text.replace("pk_dev", "pk_" + "a" * 17),
        key().text.lower(),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=80))
def test_no_text_of_a_stranger_is_a_key_or_an_error(text: str) -> None:
    assert parse(text) is None
    assert parse("pk_dev_" + text) is None


def test_a_key_of_letters_beyond_ascii_is_refused_even_with_its_checksum() -> None:
    body = "pk_dev_" + "é" * 10 + "_" + "é" * 32

    assert parse(body + credentials._checksum(body)) is None  # noqa: SLF001 - an attacker can compute it


def test_the_stage_is_inside_the_checksum() -> None:
    assert parse(key("dev").text.replace("pk_dev_", "pk_prod_")) is None


def test_the_same_request_names_the_same_key_and_no_other() -> None:
    ids = {credentials.key_id_of(tenant, ticket) for tenant in ("a", "b") for ticket in ("1", "2", "x" * 255)}

    assert len(ids) == 6
    assert credentials.key_id_of("a", "1") in ids
    made = credentials.mint("dev", random.Random(1).choice, credentials.key_id_of("a", "1"))
    assert credentials.parse(made.text) == made
    assert made.text.startswith(credentials.prefix("dev", made.key_id) + "_")


@pytest.mark.parametrize(
    ("facts", "live"),
    [
        ({}, True),
        ({"revoked": True}, False),
        ({"expires_at": 100.0}, False),
        ({"expires_at": 100.1}, True),
        ({"expires_at": 100.1, "revoked": True}, False),
    ],
)
def test_a_key_lives_until_it_is_revoked_or_expires(facts: dict[str, Any], live: bool) -> None:  # noqa: FBT001
    assert StoredKey("k", "t", "h", **facts).is_live(100.0) == live


@pytest.mark.parametrize(
    ("expires_at", "grace_s", "revoked", "then"),
    [(None, 0, True, None), (500.0, 0, True, 500.0), (None, 60, False, 160.0), (130.0, 60, False, 130.0)],
)
def test_a_retired_key_goes_on_for_its_grace_and_never_longer_than_it_would_have(
    expires_at: float | None,
    grace_s: float,
    revoked: bool,  # noqa: FBT001
    then: float | None,
) -> None:
    retired = StoredKey("k", "t", "h", expires_at=expires_at).retired("l", 100.0, grace_s)

    assert retired == StoredKey("k", "t", "h", revoked=revoked, expires_at=then, replaced_by="l")
