"""Alerts across sessions over HTTP."""

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from chalicelib import wiring
from chalicelib.domain import reducer
from chalicelib.domain.model import AttemptOf, FrameRecord, Session
from tests.observations import STARTED_AT, phone, two_people
from tests.unit.api.service import Service


@pytest.fixture
def exam(service: Service) -> Service:
    """A tenant with two candidates in an exam, one of whom has ended, and a session of its own."""
    for number, (name, attempt) in enumerate(
        {"ann": AttemptOf("math", "ann"), "bob": AttemptOf("math", "bob"), "alone": None}.items()
    ):
        store(service, Session(tenant_of(service), name, STARTED_AT + 10.0 * number, attempt=attempt))
    assert service.post("/api/sessions/ann/end").status == 200
    return service


def tenant_of(service: Service) -> str:
    return wiring.check_key()(service.key).tenant_id


def store(service: Service, session: Session) -> None:
    frames = (two_people(1), phone(2))
    wiring.sessions().create(session, None)
    stepped, changes = reducer.step(session, *frames)
    wiring.sessions().save(stepped, [FrameRecord(each) for each in frames], changes)
    assert service.get(f"/api/sessions/{session.session_id}/alerts").json["total_alerts"] == 2


def listed(service: Service, path: str = "/api/alerts", **asked: Any) -> Any:  # noqa: ANN401 - the answer's JSON
    answer = service.get(f"{path}?{urlencode(asked)}")
    assert answer.status == 200, answer.body
    return answer.json


def names(answer: Any) -> list[str]:  # noqa: ANN401
    short = {"suspicious_object": "phone", "multiple_faces_detected": "two"}
    return [f"{each['session_id']} {short[each['type']]}" for each in answer["alerts"]]


@pytest.mark.parametrize("path", ["/api/alerts", "/alerts"])
def test_the_alerts_of_all_sessions_come_newest_first(exam: Service, path: str) -> None:
    told = listed(exam, path)

    assert names(told) == ["alone phone", "alone two", "bob phone", "bob two", "ann phone", "ann two"]
    assert (told["success"], told["next_cursor"]) == (True, None)


def test_an_alert_says_whose_it_is_whether_it_goes_on_and_when_it_opened(exam: Service) -> None:
    of_bob = listed(exam, candidate_id="bob", type="suspicious_object")["alerts"][0]
    in_its_session = exam.get("/api/sessions/bob/alerts").json["alerts"][1]

    (evidence,) = of_bob.pop("evidence")
    assert urlsplit(evidence["url"]).path.endswith(f"/{tenant_of(exam)}/bob/{evidence['picture']}")
    assert of_bob == {
        **{name: value for name, value in in_its_session.items() if name != "evidence"},
        "session_id": "bob",
        "exam_id": "math",
        "candidate_id": "bob",
        "state": "open",
        "opened_time": "2027-01-15T08:00:12.000Z",
    }


def test_a_session_without_an_exam_has_null_for_it(exam: Service) -> None:
    newest = listed(exam, limit=1)["alerts"][0]

    assert (newest["session_id"], newest["exam_id"], newest["candidate_id"]) == ("alone", None, None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"exam_id": "math"}, ["bob phone", "bob two", "ann phone", "ann two"]),
        ({"candidate_id": "ann"}, ["ann phone", "ann two"]),
        ({"exam_id": "math", "candidate_id": "bob", "severity": "critical"}, ["bob two"]),
        ({"type": "multiple_faces_detected"}, ["alone two", "bob two", "ann two"]),
        ({"exam_id": "math", "state": "open"}, ["bob phone", "bob two"]),
        ({"state": "closed"}, ["ann phone", "ann two"]),
        ({"since": "2027-01-15T08:00:12Z"}, ["alone phone", "alone two", "bob phone"]),
        ({"until": "2027-01-15T10:00:02.000+02:00"}, ["ann two"]),
        ({"since": "2027-01-15T08:00:02Z", "until": "2027-01-15T08:00:12Z"}, ["bob two", "ann phone"]),
        ({"exam_id": "no-such-exam"}, []),
    ],
)
def test_filters_leave_what_is_asked_for(exam: Service, asked: dict[str, str], expected: list[str]) -> None:
    assert names(listed(exam, **asked)) == expected


@pytest.mark.parametrize("asked", [{}, {"exam_id": "math"}, {"severity": "warning"}])
def test_a_list_comes_in_pages(exam: Service, asked: dict[str, str]) -> None:
    whole = names(listed(exam, **asked))
    page = listed(exam, limit=1, **asked)
    paged = names(page)
    while page["next_cursor"]:
        page = listed(exam, limit=1, cursor=page["next_cursor"], **asked)
        paged += names(page)

    assert paged == whole


def test_a_cursor_is_good_for_the_same_filters_and_the_same_tenant(exam: Service) -> None:
    cursor = listed(exam, limit=1)["next_cursor"]
    other = wiring.open_tenant()("Other Hiring").text

    refused = [
        exam.get(f"/api/alerts?exam_id=math&cursor={cursor}"),
        exam.get(f"/api/alerts?cursor={cursor}", credential=other),
        exam.get(f"/api/alerts?cursor={cursor[:-4]}AAAA"),
    ]

    assert [(each.status, each.json["type"]) for each in refused] == [
        (422, "urn:proctoring:problem:bad-input")
    ] * 3


@pytest.mark.parametrize(
    "asked",
    [
        "type=bored",
        "severity=grave",
        "state=ajar",
        "exam_id=" + "x" * 65,
        "exam_id=a%23b",
        "candidate_id=",
        "since=yesterday",
        "since=1800000000",
        "since=2027-01-15",
        "since=2027-01-15T08:00:00",
        "since=2027-02-30T08:00:00Z",
        "until=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        "since=2027-01-15T08:00:00Z&until=2027-01-15T07:59:59Z",
        "limit=0",
        "limit=101",
        "cursor=x",
        "cursor=" + "x" * 2001,
        "cursor=" + quote("ünïcode"),
    ],
)
def test_what_cannot_be_asked_is_422(service: Service, asked: str) -> None:
    answer = service.get(f"/api/alerts?{asked}")

    assert (answer.status, answer.json["success"]) == (422, False)


def test_another_tenant_sees_nothing_of_it(exam: Service) -> None:
    other = wiring.open_tenant()("Other Hiring").text

    for asked in ("", "?exam_id=math", "?candidate_id=bob"):
        assert exam.get(f"/api/alerts{asked}", credential=other).json["alerts"] == []


def test_a_candidates_token_does_not_list_them(exam: Service) -> None:
    token = exam.start(session_id="s-1")["session_token"]

    assert [exam.get(path, credential=token).status for path in ("/api/alerts", "/alerts")] == [403, 403]


def test_what_was_erased_is_not_listed(exam: Service) -> None:
    assert exam.call("DELETE", "/api/sessions/bob").status == 200

    assert names(listed(exam, exam_id="math")) == ["ann phone", "ann two"]
