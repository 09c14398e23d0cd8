"""Exams over HTTP: made, changed, assigned and read, by each role what is for it."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.people import PersonRole
from tests.unit.api.exam_day import CSV, Day, exam, staff
from tests.unit.api.service import Service

NO_EXAM = "There is no such exam; check its id."


@pytest.fixture
def day(service: Service) -> Day:
    return Day(service)


def test_an_exam_is_read_as_it_was_made(service: Service, day: Day) -> None:
    made = service.get(day.path).json["exam"]

    same = ("title", "opens_at", "closes_at", "duration_s", "instructions", "questions", "policy")
    assert {name: made[name] for name in same} == {name: day.asked[name] for name in same}
    assert (made["grace_s"], made["closed_at"], made["exam_id"]) == (0, None, day.exam_id)
    assert len(day.exam_id) == 32


def test_exams_are_listed_newest_first_without_their_questions(service: Service, day: Day) -> None:
    second = Day(service, asked={"title": "Geometry"})

    first_page = service.get("/api/exams?limit=1").json
    rest = service.get(f"/api/exams?limit=1&cursor={first_page['next_cursor']}").json

    assert [each["exam_id"] for each in first_page["exams"]] == [second.exam_id]
    assert [each["exam_id"] for each in rest["exams"]] == [day.exam_id]
    assert rest["next_cursor"] is None
    assert "questions" not in rest["exams"][0]


def test_the_same_request_again_makes_no_second_exam(service: Service) -> None:
    asked, key = exam(), {"Idempotency-Key": "order-66"}

    answers = [service.post("/api/exams", asked, headers=key).json["exam"]["exam_id"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert service.post("/api/exams", {**asked, "title": "Other"}, headers=key).status == 409
    assert len(service.get("/api/exams").json["exams"]) == 1


@pytest.mark.parametrize(
    ("other", "loc"),
    [
        ({"title": ""}, ["title"]),
        ({"closes_at": "2020-01-01T00:00:00Z"}, ["closes_at"]),
        ({"opens_at": "2027-01-15T08:00:00"}, ["opens_at"]),
        ({"duration_s": 59}, ["duration_s"]),
        ({"duration_s": 13 * 3600}, ["duration_s"]),
        ({"grace_s": 3601}, ["grace_s"]),
        ({"policy": {"yaw_deg": 500}}, ["policy"]),
        ({"policy": {"alerts_off": ["no_such"]}}, ["policy"]),
        ({"questions": "x" * 200_001}, ["questions"]),
        ({"instructions": "x" * 10_001}, ["instructions"]),
    ],
)
def test_an_exam_that_nobody_could_take_is_422_by_the_field(
    service: Service, other: dict[str, Any], loc: list[str]
) -> None:
    refused = service.post("/api/exams", exam(**other))

    assert (refused.status, refused.json["errors"][0]["loc"][:1]) == (422, loc)


def test_numbers_that_json_does_not_have_are_refused(service: Service) -> None:
    body = b'{"title": "x", "questions": [NaN]}'

    assert service.post("/api/exams", body).status == 422


def test_a_change_leaves_the_rest_and_questions_may_be_taken_away(service: Service, day: Day) -> None:
    before = service.get(day.path).json["exam"]

    renamed = service.call("PATCH", day.path, body={"title": "Geometry", "policy": {"text": False}})
    kept = service.get(day.path).json["exam"]
    service.call("PATCH", day.path, body={"questions": None, "opens_at": None})

    assert renamed.status == 200
    assert kept == {**before, "title": "Geometry", "policy": {"text": False}}
    assert "questions" not in service.get(day.path).json["exam"]
    assert service.call("PATCH", day.path, body={"duration_s": 1}).status == 422


def test_an_exam_closes_once_and_nobody_is_assigned_any_more(service: Service, day: Day) -> None:
    closed = [service.post(f"{day.path}/close").json["exam"]["closed_at"] for _ in range(2)]

    assert closed[0] == closed[1] is not None
    refused = service.post(f"{day.path}/candidates", {"candidates": [{"email": "a@example.org"}]})
    assert (refused.status, refused.json["type"]) == (409, "urn:proctoring:problem:exam-over")


def test_candidates_are_invited_and_assigned_once(day: Day) -> None:
    wanted: list[dict[str, Any]] = [
        {"email": "Ann@example.org", "name": "Ann", "accommodation": {"extra_time_percent": 25}},
        {"email": "bob@example.org"},
    ]

    first = day.assign(*wanted)
    again = day.assign(*wanted)

    assert [(each["email"], each["status"]) for each in first] == [
        ("ann@example.org", "invited"),
        ("bob@example.org", "invited"),
    ]
    assert all(each["invitation"].startswith("inv_") for each in first)
    assert again == [{**each, "status": "unchanged", "invitation": None} for each in first]


def test_candidates_come_from_a_spreadsheet(service: Service, day: Day) -> None:
    table = "\ufeffE-Mail;Name;Extra time percent\r\nann@example.org;Ann;12,5\r\n\r\nbob@example.org;Bob;\r\n"

    answer = service.post(f"{day.path}/candidates", table.encode(), headers=CSV)
    listed = service.get(f"{day.path}/candidates").json["candidates"]

    assert (answer.status, answer.json["success"]) == (200, True)
    assert {each["email"]: each["accommodation"]["extra_time_percent"] for each in listed} == {
        "ann@example.org": 12.5,
        "bob@example.org": 0.0,
    }


def test_a_spreadsheet_with_a_row_at_fault_assigns_nobody(service: Service, day: Day) -> None:
    table = b"email,extra_time_minutes\nann@example.org,5\nbob,5\ncat@example.org,9999\n"

    refused = service.post(f"{day.path}/candidates", table, headers=CSV)

    assert refused.status == 422
    assert [each["loc"] for each in refused.json["errors"]] == [
        ["line", 3, "email"],
        ["line", 4, "extra_time_s"],
    ]
    assert service.get(f"{day.path}/candidates").json["candidates"] == []
    large = b"email\n" + b"x" * 262_144
    assert service.post(f"{day.path}/candidates", large, headers=CSV).status == 413
    assert service.post(f"{day.path}/candidates", {"candidates": []}).status == 422


def test_candidates_are_listed_page_by_page_and_proctors_see_no_accommodation(
    service: Service, day: Day
) -> None:
    day.assign(*({"email": f"{name}@example.org", "accommodation": {"note": "n"}} for name in "ab"))
    proctor = staff(service, PersonRole.PROCTOR)

    first = service.get(f"{day.path}/candidates?limit=1").json
    last = service.get(f"{day.path}/candidates?limit=1&cursor={first['next_cursor']}").json
    seen = service.get(f"{day.path}/candidates", credential=proctor).json["candidates"]

    found = [*first["candidates"], *last["candidates"]]
    assert sorted(each["email"] for each in found) == ["a@example.org", "b@example.org"]
    assert {each["accommodation"]["note"] for each in found} == {"n"}
    assert all("accommodation" not in each and "deadline" not in each for each in seen)
    assert {each["state"] for each in seen} == {"assigned"}


def test_an_accommodation_is_changed_and_an_assignment_taken_back(service: Service, day: Day) -> None:
    ann = day.candidate()
    here = f"{day.path}/candidates/{ann.person_id}"
    eased = {"extra_time_s": 600, "extra_time_percent": 0.0, "policy": {"text": False}, "note": "by letter"}

    changed = service.call("PUT", here, body={"accommodation": eased})
    refused = service.call("PUT", here, body={"accommodation": {"extra_time_s": 100_000}})
    gone = service.call("DELETE", here)

    assert changed.json["candidate"]["accommodation"] == eased
    assert refused.status == 422
    assert (gone.status, service.call("DELETE", here).status) == (200, 404)
    assert service.get(day.path, credential=ann.token).status == 404


def test_a_candidate_sees_their_own_exams_and_nothing_of_others(service: Service, day: Day) -> None:
    ann = day.candidate(extra_time_percent=50, policy={"text": False}, note="by letter")
    Day(service, asked={"title": "Not hers"})

    (listed,) = service.get("/api/exams", credential=ann.token).json["exams"]
    read = service.get(day.path, credential=ann.token).json["exam"]

    assert listed == read
    assert set(read) == {
        *("exam_id", "title", "opens_at", "closes_at", "closed_at", "duration_s", "instructions", "state"),
    }
    assert (read["state"], read["duration_s"]) == ("assigned", 5400)


def test_questions_are_shown_from_the_start_to_the_submission(service: Service, day: Day) -> None:
    ann = day.candidate()
    seen = [service.get(day.path, credential=ann.token).json["exam"]]
    day.begin(ann)
    seen.append(service.get(day.path, credential=ann.token).json["exam"])
    day.submit(ann.token)
    seen.append(service.get(day.path, credential=ann.token).json["exam"])

    assert [each.get("questions") for each in seen] == [None, day.asked["questions"], None]
    assert [each["state"] for each in seen] == ["assigned", "started", "submitted"]
    assert seen[1]["deadline"] > seen[1]["started_at"]


def test_an_exam_that_is_absent_foreign_or_not_assigned_is_404_in_the_same_words(
    service: Service, day: Day
) -> None:
    ann = day.candidate()
    others = Day(service, asked={"title": "Not hers"})
    mine, service.key = service.key, wiring.open_tenant()("Rival").text
    foreign = Day(service)
    rival, service.key = service.key, mine
    ways: list[tuple[str, str, object]] = [
        ("GET", "", b""),
        ("POST", "/start", {}),
        ("POST", "/submit", {"answers": 1}),
    ]

    said = {
        (answer.status, answer.body.replace(exam_id.encode(), b"ID"), method + path)
        for exam_id in ("0" * 32, others.exam_id, foreign.exam_id, "~")
        for method, path, body in ways
        for answer in [service.call(method, f"/api/exams/{exam_id}{path}", credential=ann.token, body=body)]
    }

    assert len(said) == len(ways)
    assert {status for status, _, _ in said} == {404}
    for method, path, body in (
        ("GET", "", b""),
        ("PATCH", "", {}),
        ("POST", "/close", b""),
        ("POST", "/candidates", {"candidates": [{"email": "a@example.org"}]}),
        ("GET", "/candidates", b""),
        ("PUT", "/candidates/c-1", {"accommodation": {}}),
        ("DELETE", "/candidates/c-1", b""),
        ("GET", "/results", b""),
        ("GET", "/results/c-1", b""),
    ):
        answer = service.call(method, day.path + path, credential=rival, body=body)
        assert (answer.status, answer.json["detail"]) == (404, NO_EXAM)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (PersonRole.CANDIDATE, {"list_exams", "get_exam", "start", "submit", "upload"}),
        (PersonRole.PROCTOR, {"list_exams", "get_exam", "candidates", "results", "result"}),
        (
            PersonRole.ADMIN,
            {"list_exams", "get_exam", "candidates", "results", "result"}
            | {"create", "change", "close", "assign", "accommodate", "unassign"},
        ),
    ],
)
def test_each_role_may_do_what_is_for_it_and_no_more(
    service: Service, day: Day, role: PersonRole, allowed: set[str]
) -> None:
    token, here = staff(service, role), day.path
    calls = {
        "list_exams": ("GET", "/api/exams"),
        "get_exam": ("GET", here),
        "candidates": ("GET", f"{here}/candidates"),
        "results": ("GET", f"{here}/results"),
        "result": ("GET", f"{here}/results/c-1"),
        "create": ("POST", "/api/exams"),
        "change": ("PATCH", here),
        "close": ("POST", f"{here}/close"),
        "assign": ("POST", f"{here}/candidates"),
        "accommodate": ("PUT", f"{here}/candidates/c-1"),
        "unassign": ("DELETE", f"{here}/candidates/c-1"),
        "start": ("POST", f"{here}/start"),
        "submit": ("POST", "/submit"),
        "upload": ("POST", "/upload-frame"),
    }

    statuses = {name: service.call(*call, credential=token).status for name, call in calls.items()}

    assert {name for name, status in statuses.items() if status != 403} == allowed
