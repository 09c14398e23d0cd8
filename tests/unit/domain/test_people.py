"""Invitations, passwords, and what makes a person's tokens old."""

import random

import pytest

from chalicelib.domain import people
from chalicelib.domain.errors import BadInput
from chalicelib.domain.people import Person, PersonRole

PERSON = "0198c0ffee00" + "a1" * 10


def draw(seed: int = 1) -> people.Invitation:
    return people.invite(PERSON, random.Random(seed).choice)


def test_an_invitation_tells_whose_it_is_and_is_read_back() -> None:
    invitation = draw()

    assert people.read_invitation(invitation.text) == invitation
    assert invitation.text.startswith(f"inv_{PERSON}_")
    assert len(invitation.text) == len(f"inv_{PERSON}_") + 32 + 6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "inv_",
        draw().text[:-1],
        draw().text + "x",
        draw().text.replace("inv_", "pk_"),
        draw().text[:50] + ("a" if draw().text[50] != "a" else "b") + draw().text[51:],
        draw().text + "\n",
    ],
)
def test_what_is_no_whole_invitation_is_none(text: str) -> None:
    assert people.read_invitation(text) is None


def test_a_person_holds_the_latest_invitation_alone() -> None:
    person = Person(PERSON, "t-1", "ada@example.com", PersonRole.PROCTOR, 1, invitation_hash=draw().hash)

    assert person.holds(draw())
    assert not person.holds(draw(seed=2))
    assert not Person(PERSON, "t-1", "ada@example.com", PersonRole.PROCTOR, 1).holds(draw())


def test_tokens_of_the_second_in_which_somebody_is_signed_out_are_old() -> None:
    person = Person(PERSON, "t-1", "ada@example.com", PersonRole.PROCTOR, 1)

    out = person.signed_out(at_s=1_800_000_000.9)

    assert out.tokens_from == 1_800_000_001
    assert out.signed_out(at_s=1_700_000_000.0).tokens_from == 1_800_000_001


@pytest.mark.parametrize("password", ["Correct1horse", "Aa1 aaaaaaaa", "Ää1aAaaaaaaaa"])
def test_a_password_that_the_pool_takes_is_taken(password: str) -> None:
    people.check_password(password)


@pytest.mark.parametrize(
    "password",
    ["", "Short1", "correct1horse", "CORRECT1HORSE", "CorrectHorse", " Correct1horse", "Correct1horse\n"],
)
def test_a_password_that_the_pool_would_not_take_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(BadInput) as refused:
        people.check_password(password)

    assert password == "" or password not in str(refused.value)
