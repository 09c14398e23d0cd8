"""Taking an exam over HTTP: started, watched, resumed, submitted, late; and what becomes of it."""

from base64 import b64encode
from typing import Any

import pytest

from chalicelib.domain.people import PersonRole
from chalicelib.domain.report import EMOTIONS_OFF
from chalicelib.domain.scoring import NOT_MEASURED
from tests.unit.api.exam_day import Day, staff
from tests.unit.api.forms import form
from tests.unit.api.service import Answer, Service
from tests.unit.vision.pictures import jpeg, portrait

PICTURE = jpeg(portrait())
FRAME = b64encode(PICTURE).decode()


@pytest.fixture
def day(service: Service) -> Day:
    return Day(service)


def result(day: Day, candidate_id: str, credential: str | None = None) -> Any:  # noqa: ANN401 - the answer's JSON
    answer = day.service.get(f"{day.path}/results/{candidate_id}", credential=credential)
    assert answer.status == 200, answer.body
    return answer.json["result"]


def test_a_start_opens_a_session_and_a_lost_connection_comes_back_to_it(service: Service, day: Day) -> None:
    ann = day.candidate(policy={"text": False})

    first, again = day.begin(ann), day.begin(ann)
    session = service.get(f"/api/sessions/{first['session_id']}/metrics", credential=again["session_token"])

    assert (first["resumed"], again["resumed"]) == (False, True)
    same = ("session_id", "started_at", "deadline", "exam_id")
    assert {name: first[name] for name in same} == {name: again[name] for name in same}
    assert session.json["is_active"] is True
    assert service.get("/api/sessions").json["total_sessions"] == 1


def test_what_a_candidate_agreed_to_is_in_the_report(service: Service, day: Day) -> None:
    ann = day.candidate()
    service.post(f"{day.path}/start", {"consent": {"given": True}}, credential=ann.token)
    session_id = day.begin(ann)["session_id"]
    day.submit(ann.token)

    report = service.get(f"/api/sessions/{session_id}/report").json["report"]

    assert report["consent"] == {"given": True}
    assert report["candidate"] == {"candidate_id": ann.person_id}
    assert report["job_data"] == {"exam_id": day.exam_id, "title": "Algebra"}
    assert (
        service.post(f"{day.path}/start", {"consent": {"x": "y" * 9000}}, credential=ann.token).status == 422
    )


def test_an_exam_that_has_not_opened_is_409_and_says_when_it_does(service: Service) -> None:
    day = Day(service, asked={"opens_at": "2099-01-01T00:00:00Z", "closes_at": "2099-01-02T00:00:00Z"})
    ann = day.candidate()

    refused = service.post(f"{day.path}/start", {}, credential=ann.token)

    assert (refused.status, refused.json["type"]) == (409, "urn:proctoring:problem:exam-not-open")
    assert "2099-01-01T00:00:00.000Z" in refused.json["detail"]


def test_an_exam_that_was_closed_is_not_started(service: Service, day: Day) -> None:
    ann = day.candidate()
    service.post(f"{day.path}/close")

    refused = service.post(f"{day.path}/start", {}, credential=ann.token)

    assert (refused.status, refused.json["type"]) == (409, "urn:proctoring:problem:exam-over")


PATHS = pytest.mark.parametrize("path", ["/upload-frame", "/api/upload-frame"])


@PATHS
def test_frames_come_by_the_literal_path_with_either_token_as_json_or_as_a_form(
    service: Service, day: Day, path: str
) -> None:
    ann = day.candidate()
    started = day.begin(ann)
    asked = {"exam_id": day.exam_id, "frame": FRAME}
    sent = form(("exam_id", day.exam_id.encode(), None), ("seq", b"3", None), ("frame", PICTURE, "f.jpg"))
    kind = {"Content-Type": "multipart/form-data; boundary=frontier"}

    answers = [
        service.post(path, {**asked, "seq": 1}, credential=ann.token),
        service.post(path, {"frame": FRAME, "seq": 2}, credential=started["session_token"]),
        service.post(path, sent, credential=ann.token, headers=kind),
        service.post(path, {**asked, "seq": 1}, credential=ann.token),
    ]

    assert [each.status for each in answers] == [200] * 4
    assert [each.json["result"]["frame_number"] for each in answers] == [1, 2, 3, 1]
    assert {each.json["session_id"] for each in answers} == {started["session_id"]}
    metrics = service.get(f"/api/sessions/{started['session_id']}/metrics").json
    assert metrics["total_frames_received"] == 3


def test_a_frame_of_no_exam_of_the_candidates_is_refused(service: Service, day: Day) -> None:
    ann, bob = day.candidate(), day.candidate()
    day.begin(bob)
    frame = {"frame": FRAME, "exam_id": day.exam_id}

    early = service.post("/upload-frame", frame, credential=ann.token)
    nowhere = service.post("/upload-frame", {"frame": FRAME}, credential=ann.token)
    absent = service.post("/upload-frame", {**frame, "exam_id": "0" * 32}, credential=ann.token)

    assert (early.status, early.json["type"]) == (409, "urn:proctoring:problem:attempt-not-started")
    assert (nowhere.status, nowhere.json["errors"][0]["loc"]) == (422, ["exam_id"])
    assert (absent.status, absent.json["detail"]) == (404, "There is no such exam; check its id.")


def test_a_draft_is_kept_and_the_answers_that_follow_end_the_session(service: Service, day: Day) -> None:
    ann = day.candidate()
    started = day.begin(ann)

    draft = day.submit(ann.token, answers=["a"], revision=1, final=False)
    running = service.get(f"/api/sessions/{started['session_id']}/metrics").json["is_active"]
    final = day.submit(ann.token, answers=["b"], revision=2)
    late_draft = day.submit(ann.token, answers=["c"], revision=3, final=False)

    assert (draft.json["state"], draft.json["revision"], running) == ("started", 1, True)
    assert (final.json["state"], final.json["stored"]) == ("submitted", True)
    assert (late_draft.json["stored"], late_draft.json["revision"]) == (False, 2)
    assert service.get(f"/api/sessions/{started['session_id']}/metrics").json["is_active"] is False
    assert set(final.json) == {
        *("success", "exam_id", "session_id", "stored", "state", "revision"),
        *("answered_at", "submitted_at", "deadline"),
    }
    assert result(day, ann.person_id)["answers"] == ["b"]
    assert service.post(f"{day.path}/start", {}, credential=ann.token).json["type"].endswith("attempt-over")


def test_answers_come_by_the_literal_path_with_either_token(service: Service, day: Day) -> None:
    ann, bob = day.candidate(), day.candidate()
    anns, bobs = day.begin(ann), day.begin(bob)

    answers = [
        service.post("/submit", {"answers": "a", "exam_id": day.exam_id}, credential=ann.token),
        service.post("/submit", {"answers": "b"}, credential=bobs["session_token"]),
        service.post("/submit", {"answers": "c"}, credential=anns["session_token"]),
    ]

    assert [each.status for each in answers] == [200] * 3
    assert [result(day, each.person_id)["answers"] for each in (ann, bob)] == ["c", "b"]
    assert service.post("/submit", {"answers": "a"}, credential=ann.token).status == 422


def test_a_session_of_no_exam_or_another_has_nothing_to_submit_to(service: Service, day: Day) -> None:
    bare = service.start(session_id="s-1")["session_token"]
    mine = day.begin(day.candidate())["session_token"]
    other = Day(service, asked={"title": "Other"})

    refused = [
        service.post("/submit", {"answers": 1}, credential=bare),
        other.submit(mine),
        service.post("/submit", {"answers": 1, "exam_id": other.exam_id}, credential=mine),
    ]

    assert {(each.status, each.json["detail"]) for each in refused} == {
        (404, "There is no such exam; check its id.")
    }


def test_answers_that_are_missing_too_large_or_no_json_are_refused(service: Service, day: Day) -> None:
    ann = day.candidate()
    day.begin(ann)

    def sent(body: object) -> Answer:
        return service.post(f"{day.path}/submit", body, credential=ann.token)

    assert [sent(body).status for body in ({}, {"answers": "x" * 200_001}, b'{"answers": NaN}', b"{")] == [
        422
    ] * 4
    assert sent({"answers": "x" * 262_144}).status == 413
    assert sent({"answers": None, "final": False}).status == 200
    assert sent({"answers": 1, "revision": 0}).status == 422


def test_answers_after_the_close_are_409_with_what_is_kept_and_the_session_is_ended(
    service: Service, day: Day
) -> None:
    ann = day.candidate()
    started = day.begin(ann)
    day.submit(ann.token, answers="draft", final=False)
    closed_at = service.post(f"{day.path}/close").json["exam"]["closed_at"]

    late = day.submit(ann.token, answers="late")

    assert (late.status, late.json["type"]) == (409, "urn:proctoring:problem:deadline-passed")
    assert late.json["deadline"] == closed_at
    assert (late.json["kept"]["revision"], late.json["kept"]["submitted"]) == (1, False)
    told = result(day, ann.person_id)
    assert (told["answers"], told["state"], told["outcome"]["ended_by"]) == ("draft", "over", "service")
    assert (
        service.get(f"/api/sessions/{started['session_id']}/report").json["report"]["ended_by"] == "service"
    )


def test_results_tell_of_every_candidate(service: Service, day: Day) -> None:
    ann, bob = day.candidate(), day.candidate()
    session_id = day.begin(ann)["session_id"]
    service.frame(session_id, PICTURE, seq=1)
    day.submit(ann.token)

    listed = service.get(f"{day.path}/results").json["results"]
    told = result(day, ann.person_id)

    rows = {each["candidate_id"]: each for each in listed}
    assert (rows[bob.person_id]["state"], rows[bob.person_id]["outcome"]) == ("assigned", None)
    assert {name: told[name] for name in rows[ann.person_id]} == rows[ann.person_id]
    assert rows[ann.person_id]["session_id"] == session_id
    assert rows[ann.person_id]["outcome"]["integrity_score"] == told["report"]["integrity"]["score"]
    assert (told["answers"], told["report"]["summary"]["source"]) == ({"1": "b"}, "rules")
    absent = service.get(f"{day.path}/results/nobody")
    assert (absent.status, absent.json["detail"]) == (404, "There is no such candidate; check the id.")


def test_the_outcome_is_known_if_the_platform_ended_the_session(service: Service, day: Day) -> None:
    ann = day.candidate()
    begun = day.begin(ann)

    service.post(f"/api/sessions/{begun['session_id']}/end")

    (ended,) = service.get(f"{day.path}/results").json["results"]
    assert (ended["state"], ended["outcome"]["ended_by"]) == ("over", "caller")
    assert ended["answered_unwatched"] is False
    assert day.submit(ann.token).json["state"] == "submitted"
    (answered,) = service.get(f"{day.path}/results").json["results"]
    assert answered["answered_unwatched"] is True


def test_a_candidate_ends_an_exam_by_answers_alone(service: Service, day: Day) -> None:
    begun = day.begin(day.candidate())
    path = f"/api/sessions/{begun['session_id']}"

    refused = service.post(f"{path}/end", credential=begun["session_token"])

    assert (refused.status, "answers" in refused.json["detail"]) == (409, True)
    assert service.get(f"{path}/metrics").json["is_active"]


def test_proctors_see_no_accommodation_and_admins_and_keys_see_all(service: Service, day: Day) -> None:
    eased = {"yaw_deg": 60.0, "emotions": False, "labels": False}
    ann = day.candidate(extra_time_s=600, policy=eased, note="by letter")
    session_id = day.begin(ann)["session_id"]
    service.frame(session_id, PICTURE, seq=1)
    proctor, admin = staff(service, PersonRole.PROCTOR), staff(service, PersonRole.ADMIN)
    path = f"/api/sessions/{session_id}"
    live = {who: service.get(f"{path}/metrics", credential=who).json for who in (proctor, admin)}
    felt = {who: service.get(f"{path}/emotions", credential=who).json for who in (proctor, admin)}
    day.submit(ann.token)

    seen = service.get(f"{path}/report", credential=proctor).json["report"]
    all_of_it = [service.get(f"{path}/report", credential=who).json["report"] for who in (admin, None)]

    others = {"yaw_deg": 20.0, "emotions": True, "labels": True}
    assert {name: seen["policy"][name] for name in others} == others
    assert (seen["attempt"]["accommodated"], seen["spend"], seen["coverage"]["looks"]) == ({}, None, {})
    assert set(seen["reasons"].values()) == {NOT_MEASURED}
    assert all_of_it[0] == all_of_it[1]
    assert {name: all_of_it[0]["policy"][name] for name in eased} == eased
    assert all_of_it[0]["attempt"] == {
        "exam_id": day.exam_id,
        "candidate_id": ann.person_id,
        "accommodated": others,
    }
    for each in (live, felt):
        assert set(each[proctor]["reasons"].values()) == {NOT_MEASURED}
        assert set(each[admin]["reasons"].values()) == {EMOTIONS_OFF}
    assert (live[proctor]["coverage"]["looks"], len(live[admin]["coverage"]["looks"])) == ({}, 4)
    assert "accommodation" not in result(day, ann.person_id, proctor)
    assert result(day, ann.person_id, admin)["accommodation"]["note"] == "by letter"
    assert result(day, ann.person_id)["accommodation"]["extra_time_s"] == 600


def test_a_candidate_does_not_read_reports_or_results(service: Service, day: Day) -> None:
    ann = day.candidate()
    session_id = day.begin(ann)["session_id"]
    day.submit(ann.token)

    paths = (
        f"/api/sessions/{session_id}/report",
        f"{day.path}/results",
        f"{day.path}/results/{ann.person_id}",
    )
    assert {service.get(path, credential=ann.token).status for path in paths} == {403}
