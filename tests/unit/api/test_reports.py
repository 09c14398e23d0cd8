"""What a session has become, over HTTP: metrics, alerts, emotions, the end, the report."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.unit.api.service import Service
from tests.unit.vision.pictures import jpeg, portrait
from tests.unit.vision.rekognition_server import answers

PICTURE = jpeg(portrait())


def face(**emotions: float) -> dict[str, Any]:
    return {
        "BoundingBox": {"Left": 0.3, "Top": 0.2, "Width": 0.4, "Height": 0.4},
        "Confidence": 99.5,
        "Pose": {"Yaw": 0.0, "Pitch": 0.0, "Roll": 0.0},
        "Emotions": [{"Type": name, "Confidence": figure} for name, figure in emotions.items()],
    }


def watched(service: Service, policy: Mapping[str, object] | None = None, **wanted: object) -> str:
    """A session: a person, then a guest, then nobody, all before the same pixels; the candidate's token."""
    asks_always = {"gate": False, **(policy or {})}
    token: str = service.start(session_id="s-1", policy=asks_always, **wanted)["session_token"]
    for seq, faces in enumerate(([face(CALM=50.0)], [face(HAPPY=50.0), face()], []), start=1):
        service.rekognition.behave["DetectFaces"] = answers({"FaceDetails": faces})
        assert service.frame("s-1", PICTURE + bytes(seq), seq=seq).status == 200
    return token


def test_the_live_metrics_are_those_of_the_contract(service: Service) -> None:
    watched(service)

    told = service.get("/api/sessions/s-1/metrics").json

    assert {name: told[name] for name in ("frames_analyzed", "total_frames_received", "is_active")} == {
        "frames_analyzed": 3,
        "total_frames_received": 3,
        "is_active": True,
    }
    assert told["metrics"] == {
        "avg_eye_contact": 100.0,
        "avg_facial_expression": 60.0,
        "avg_engagement": 76.0,
        "avg_confidence": 99.5,
        "avg_posture": 95.0,
    }
    assert told["emotion_summary"] == {"CALM": 25.0, "HAPPY": 25.0}
    assert (told["alert_count"], [each["type"] for each in told["recent_alerts"]]) == (
        1,
        ["multiple_faces_detected"],
    )


def test_alerts_come_with_links_to_their_pictures(service: Service) -> None:
    watched(service)

    told = service.get("/api/sessions/s-1/alerts").json

    assert told["total_alerts"] == 1
    (evidence,) = told["alerts"][0]["evidence"]
    assert evidence["frame_number"] == 2
    assert urlsplit(evidence["url"]).path.endswith(f"/s-1/{evidence['picture']}")


def test_a_candidate_gets_no_links(service: Service) -> None:
    token = watched(service)

    metrics = service.get("/api/sessions/s-1/metrics", credential=token).json
    ended = service.post("/api/sessions/s-1/end", credential=token).json

    alerts = [*metrics["recent_alerts"], *ended["report"]["alerts"]]
    assert len(alerts) == 2
    assert {each["url"] for alert in alerts for each in alert["evidence"]} == {None}


def test_emotions_come_as_a_timeline_of_frames(service: Service) -> None:
    watched(service)

    told = service.get("/api/sessions/s-1/emotions").json

    assert told["emotion_summary"] == {"CALM": 25.0, "HAPPY": 25.0}
    assert [(each["frame_number"], each["dominant_emotion"]) for each in told["emotion_timeline"]] == [
        (1, "CALM"),
        (2, "HAPPY"),
    ]
    assert told["reasons"] == {}


def test_with_emotions_off_they_are_null_with_a_reason_everywhere(service: Service) -> None:
    watched(service, policy={"emotions": False})

    frame = service.frame("s-1", PICTURE, seq=9).json["result"]
    emotions = service.get("/api/sessions/s-1/emotions").json
    metrics = service.get("/api/sessions/s-1/metrics").json
    report = service.post("/api/sessions/s-1/end").json["report"]

    assert (frame["emotions"], frame["dominant_emotion"]) == (None, None)
    assert (emotions["emotion_summary"], emotions["emotion_timeline"]) == (None, None)
    assert (metrics["emotion_summary"], metrics["metrics"]["avg_engagement"]) == (None, None)
    assert (report["emotion_summary"], report["emotion_timeline"]) == (None, None)
    assert all(each["reasons"]["emotions"] for each in (frame, emotions, metrics, report))


@pytest.mark.parametrize("path", ["alerts", "emotions"])
@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=foreign"])
def test_a_page_that_is_none_is_422(service: Service, path: str, query: str) -> None:
    service.start(session_id="s-1")

    assert service.get(f"/api/sessions/s-1/{path}?{query}").status == 422


def test_emotions_come_in_pages(service: Service) -> None:
    watched(service)

    first = service.get("/api/sessions/s-1/emotions?limit=1").json
    second = service.get(f"/api/sessions/s-1/emotions?limit=2&cursor={first['next_cursor']}").json

    assert [each["frame_number"] for page in (first, second) for each in page["emotion_timeline"]] == [1, 2]


def test_the_report_is_the_same_at_every_call(service: Service) -> None:
    watched(service)

    ended = service.post("/api/sessions/s-1/end")
    again = service.post("/api/sessions/s-1/end")
    read = service.get("/api/sessions/s-1/report")

    assert ended.status == 200
    assert ended.body == again.body == read.body


def test_the_report_tells_what_the_contract_says(service: Service) -> None:
    watched(service, job_data={"title": "Engineer"})

    report = service.post("/api/sessions/s-1/end").json["report"]

    assert report["job_data"] == {"title": "Engineer"}
    assert [alert["type"] for alert in report["alerts"]] == ["multiple_faces_detected"]
    assert [each["type"] for each in report["integrity"]["deductions"]] == ["multiple_faces_detected"]
    assert (report["coverage"]["received"], report["coverage"]["analysed"]) == (3, 3)
    assert report["spend"]["calls"] == {"DetectFaces": 3, "DetectLabels": 3, "DetectText": 3}
    assert report["summary"]["source"] == "rules"
    assert report["policy"]["yaw_deg"] == 30.0


def test_an_active_session_has_no_report(service: Service) -> None:
    service.start(session_id="s-1")

    refused = service.get("/api/sessions/s-1/report")

    assert (refused.status, refused.json["type"]) == (409, "urn:proctoring:problem:session-active")


def test_an_ended_session_is_still_read(service: Service) -> None:
    watched(service)
    service.post("/api/sessions/s-1/end")

    told = service.get("/api/sessions/s-1/metrics").json

    assert (told["is_active"], told["total_frames_received"]) == (False, 3)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "metrics"),
        ("GET", "alerts"),
        ("GET", "emotions"),
        ("POST", "end"),
        ("GET", "report"),
    ],
)
def test_an_unknown_session_is_404(service: Service, method: str, path: str) -> None:
    answer = service.call(method, f"/api/sessions/never/{path}")

    assert (answer.status, answer.json["instance"]) == (404, f"/api/sessions/never/{path}")
