"""`python -m infra.cost` says what a profile costs, or what is wrong with it."""

import json
import sys
from dataclasses import fields

import pytest

from infra.cost.__main__ import main
from infra.cost.profile import Assumed
from infra.cost.show import MEANINGS, money


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["infra.cost", *arguments])
    return main()


def test_a_profile_is_priced_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--calm", "1", "--assume", "provider_s=0.5", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert told["profile"]["calm"] == 1.0
    assert told["profile"]["dense"] == 0.0
    assert told["profile"]["assumed"]["provider_s"] == 0.5
    assert told["usd"]["hour"] == pytest.approx(sum(line["usd"]["hour"] for line in told["lines"]))


def test_a_profile_is_priced_for_people_service_by_service_with_what_is_assumed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0

    told = capsys.readouterr().out
    assert [
        service for service in ("Rekognition", "Lambda", "API Gateway", "S3") if service not in told
    ] == []
    assert [each.name for each in fields(Assumed) if each.name not in told] == []
    assert "an hour" in told
    assert "a million sessions" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fps", "0"], "cost: fps must be above 0, not 0.\n"),
        (["--assume", "speed=3"], "cost: there is no assumption speed; there are "),
        (["--assume", "slowness=much"], "cost: slowness must be a number, not 'much'.\n"),
        (["--dense", "0.1"], "cost: shares of activity must add up to 1, and calm 0 + dense 0.1"),
    ],
)
def test_what_cannot_be_priced_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert capsys.readouterr().err.startswith(said)


def test_every_assumption_says_what_it_is() -> None:
    assert set(MEANINGS) == {each.name for each in fields(Assumed)}


@pytest.mark.parametrize(
    ("usd", "expected"), [(1234.5, "1,234"), (12.345, "12.35"), (0.01234, "0.0123"), (0.0000123, "<0.0001")]
)
def test_money_has_the_digits_that_matter(usd: float, expected: str) -> None:
    assert money(usd) == expected
