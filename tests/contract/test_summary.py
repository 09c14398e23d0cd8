"""What every summarizer promises, whoever writes the words."""

from collections.abc import Iterator
from typing import Literal, Protocol, get_args

import pytest

from chalicelib.domain.report import Report, Summary
from chalicelib.summary import rules
from chalicelib.summary.openai import OpenAI
from tests.openai_server import fails, openai_server
from tests.unit.summary.reports import REPORTS

Kind = Literal["rules", "openai without a key", "openai answering", "openai failing"]

ACCUSATIONS = (
    "cheat",
    "fraud",
    "guilt",
    "dishonest",
    "suspicio",
    "on purpose",
    "lied",
    "lying",
    "reject",
    "misconduct",
)


class Summarizer(Protocol):
    def summarize(self, report: Report) -> Summary: ...


@pytest.fixture(scope="module", params=get_args(Kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    asked: Kind = request.param
    return asked


@pytest.fixture(scope="module")
def summarizer(kind: Kind) -> Iterator[Summarizer]:
    if kind == "rules":
        yield rules
        return
    with openai_server() as server:
        if kind == "openai failing":
            server.behave = fails(500)
        key = None if kind == "openai without a key" else "sk-test"
        yield OpenAI(lambda: key, model="gpt-4o-mini", timeout_s=10.0, base_url=server.url)


@pytest.fixture(scope="module", params=REPORTS.values(), ids=list(REPORTS))
def told(request: pytest.FixtureRequest, summarizer: Summarizer) -> Summary:
    return summarizer.summarize(request.param)


def test_there_are_always_words(told: Summary) -> None:
    assert told.text.strip()
    assert told.highlights
    assert all(line.strip() for line in told.highlights)


def test_the_source_says_whose_words_they_are(told: Summary, kind: Kind) -> None:
    assert told.source == ("openai" if kind == "openai answering" else "rules")


def test_a_note_stands_where_the_words_are_not_those_asked_for(told: Summary, kind: Kind) -> None:
    assert bool(told.note) == (kind == "openai failing")


def test_nobody_is_accused(told: Summary) -> None:
    said = " ".join((told.text, *told.highlights, told.note)).lower()

    assert not [word for word in ACCUSATIONS if word in said]


def test_a_person_decides(told: Summary) -> None:
    assert "a person decides" in told.text.lower()


def test_the_words_are_short_enough_for_a_page(told: Summary) -> None:
    assert len(told.text) <= 1200
    assert all(len(line) <= 200 for line in told.highlights)


def test_the_same_report_gets_the_same_facts_twice(summarizer: Summarizer) -> None:
    report = REPORTS["with_holes"]

    assert summarizer.summarize(report) == summarizer.summarize(report)
