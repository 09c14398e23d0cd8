"""Who holds a user token."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Unauthorized, UpstreamDown
from chalicelib.domain.people import Person, PersonRole, UserToken
from chalicelib.flows.check_token import CheckToken
from tests.fake_people import FakePeople, FakeTokens

ADA = Person("p-1", "t-1", "ada@example.com", PersonRole.PROCTOR, 1, subject="s-1", tokens_from=100)
FOREVER = 1e9


@pytest.fixture
def people() -> FakePeople:
    return FakePeople({ADA.person_id: ADA})


@pytest.fixture
def tokens() -> FakeTokens:
    return FakeTokens({"good": UserToken("p-1", "s-1", 100)})


def refusal(check: CheckToken, token: str = "good") -> str:
    with pytest.raises(Unauthorized) as refused:
        check(token)
    return str(refused.value)


def test_a_good_token_tells_its_person(people: FakePeople, tokens: FakeTokens) -> None:
    assert CheckToken(tokens, people, FOREVER)("good") == ADA


def test_every_token_that_is_no_longer_good_is_refused_in_the_same_words(
    people: FakePeople, tokens: FakeTokens
) -> None:
    tokens.good |= {
        "removed": UserToken("p-9", "s-1", 100),
        "another account's": UserToken("p-1", "s-2", 100),
        "before the log out": UserToken("p-1", "s-1", 99),
        "never logged in": UserToken("p-2", "", 100),
    }
    people.people["p-2"] = replace(ADA, person_id="p-2", subject="")
    check = CheckToken(tokens, people, FOREVER)

    said = {refusal(check, token) for token in tokens.good if token != "good"}

    assert said == {"The user token is not valid, or no longer; log in again."}


def test_what_is_no_token_of_the_pool_costs_no_read(people: FakePeople, tokens: FakeTokens) -> None:
    refusal(CheckToken(tokens, people, FOREVER), "forged")

    assert people.reads == 0


def test_a_person_is_trusted_for_a_while_without_another_read(people: FakePeople, tokens: FakeTokens) -> None:
    check = CheckToken(tokens, people, FOREVER)

    for _ in range(5):
        check("good")

    assert people.reads == 1


def test_trust_in_a_person_ends(people: FakePeople, tokens: FakeTokens) -> None:
    check = CheckToken(tokens, people, trust_s=0.0)
    check("good")

    people.people.clear()

    refusal(check)


def test_who_is_forgotten_is_read_anew(people: FakePeople, tokens: FakeTokens) -> None:
    check = CheckToken(tokens, people, FOREVER)
    check("good")
    people.people.clear()
    assert check("good") == ADA

    check.forget("p-1")

    refusal(check)


def test_more_people_than_are_remembered_are_still_checked(people: FakePeople, tokens: FakeTokens) -> None:
    for number in range(1_100):
        people.people[f"n-{number}"] = replace(ADA, person_id=f"n-{number}")
        tokens.good[f"n-{number}"] = UserToken(f"n-{number}", "s-1", 100)
    check = CheckToken(tokens, people, FOREVER)

    assert all(check(f"n-{number}").person_id == f"n-{number}" for number in range(1_100))


def test_an_outage_is_no_refusal(people: FakePeople, tokens: FakeTokens) -> None:
    tokens.down = True

    with pytest.raises(UpstreamDown):
        CheckToken(tokens, people, FOREVER)("good")
