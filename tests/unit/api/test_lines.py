"""What a request leaves in the log."""

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.aws.codec import pack
from tests.log import Log, written
from tests.unit.api.people import somebody
from tests.unit.api.service import Service, forget
from tests.unit.vision.pictures import jpeg, portrait
from tests.unit.vision.rekognition_server import answers

PICTURE = jpeg(portrait())
FACE = {
    "BoundingBox": {"Left": 0.4, "Top": 0.2, "Width": 0.2, "Height": 0.3},
    "Confidence": 99.9,
    "Pose": {"Yaw": 0.0, "Pitch": 0.0, "Roll": 0.0},
}


@pytest.fixture
def log() -> Iterator[Log]:
    with written() as log:
        yield log


def test_a_quiet_frame_is_one_line_of_less_than_a_kilobyte_and_it_is_its_metrics(
    service: Service, log: Log
) -> None:
    service.rekognition.behave["DetectFaces"] = answers({"FaceDetails": [FACE]})
    session_id = service.start()["session_id"]
    asked = service.frame(session_id, PICTURE, seq=1)
    log.clear()
    quiet = service.frame(session_id, PICTURE, seq=2)

    (line,) = log.lines
    assert asked.json["result"]["analysis"]["faces"] == "asked"
    assert quiet.json["result"]["analysis"]["faces"] == "reused"
    assert len(log.text) < 900
    assert line["FramesReceived"] == 1
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "FramesReceived", "Unit": "Count"}]
    assert (line["tenant_id"], line["session_id"]) == (wiring.check_key()(service.key).tenant_id, session_id)
    assert line["route"] == "/api/sessions/{session_id}/frame"


def test_a_frame_that_asks_says_how_long_it_waited_for_the_provider(service: Service, log: Log) -> None:
    session_id = service.start()["session_id"]
    log.clear()
    service.frame(session_id, PICTURE, seq=1)

    (line,) = log.lines
    assert 0 < line["provider_ms"] <= line["duration_ms"]
    assert (line["ProviderCalls"], line["DetectText"]) == (3, 1)


def test_a_refused_request_is_one_line_with_its_error_and_its_session(service: Service, log: Log) -> None:
    service.get("/api/sessions/absent/metrics")

    (line,) = log.lines
    assert (line["status"], line["error"], line["session_id"]) == (404, "NotFound", "absent")
    assert "_aws" not in line


def test_who_is_not_known_has_no_tenant_in_the_log(service: Service, log: Log) -> None:
    service.get("/api/sessions")
    service.get("/api/sessions", credential="pk_dev_nonsense")

    known, unknown = log.lines
    assert known["tenant_id"] == wiring.check_key()(service.key).tenant_id
    assert "tenant_id" not in unknown
    assert unknown["error"] == "Unauthorized"


def test_the_start_of_a_session_knows_the_id_that_it_made(service: Service, log: Log) -> None:
    session_id = service.start()["session_id"]

    (line,) = log.lines
    assert (line["session_id"], line["SessionsStarted"]) == (session_id, 1)


def test_an_error_of_ours_is_told_by_its_place_and_repeats_nothing(service: Service, log: Log) -> None:
    session_id = service.start()["session_id"]
    _spoil(service, session_id)
    log.clear()
    # Not by `get`, which takes no status that is not documented.
    asked = {"Authorization": f"Bearer {service.key}"}
    answer = service.http.request("GET", f"/api/sessions/{session_id}/metrics", headers=asked)

    caught, answered = log.lines
    assert (answer.status_code, answered["status"]) == (500, 500)
    assert caught["message"] == "Caught exception for path /api/sessions/{session_id}/metrics"
    assert (caught["session_id"], caught["request_id"]) == (session_id, answered["request_id"])
    assert "ValidationError" in caught["exception"]
    assert "Ada" not in log.text


def _spoil(service: Service, session_id: str) -> None:
    """Make nonsense of what is stored of a session, and let the process forget it."""
    table = service.cloud.settings.sessions_table
    pk = f"{wiring.check_key()(service.key).tenant_id}#{session_id}"
    service.cloud.client("dynamodb").update_item(
        TableName=table,
        Key={"pk": {"S": pk}, "sk": {"S": "session"}},
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"B": pack({"settled": "Ada Lovelace"})}},
    )
    forget()


def test_a_persons_request_says_who_calls_and_whom_they_invite_by_ids_alone(
    service: Service, log: Log
) -> None:
    admin = somebody(service, "admin", email="quokka@example.com")
    log.clear()
    invited = service.post(
        "/api/people",
        {"email": "wombat@example.com", "role": "candidate", "name": "Wombat"},
        credential=admin.token,
    )

    (line,) = log.lines
    assert (line["caller_id"], line["invited_id"]) == (admin.person_id, invited.json["person"]["person_id"])
    assert not [word for word in ("quokka", "wombat", "inv_", "example") if word in log.text.lower()]
