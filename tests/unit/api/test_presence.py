"""Every answer about a challenge is as the API's description says."""

import uuid

import pytest

from tests.unit.api.service import Service
from tests.unit.vision.pictures import jpeg, portrait
from tests.unit.vision.rekognition_server import answers

LIVENESS = {"policy": {"liveness": "rekognition"}}


def test_a_challenge_is_asked_for_read_and_told_with_a_frame(service: Service) -> None:
    path = f"/api/sessions/{service.start()['session_id']}/challenge"
    nothing = service.get(path).json["challenge"]
    asked = service.post(path, {"mirrored": True}).json["challenge"]
    told = service.frame(path.split("/")[3], jpeg(portrait())).json["challenge"]

    assert nothing is None
    assert (asked["kind"], asked["status"], asked["liveness"], asked["tries_left"]) == (
        "movements",
        "open",
        None,
        2,
    )
    assert told == service.get(path).json["challenge"] == asked


def test_face_liveness_is_asked_for_and_read(service: Service) -> None:
    session_id = str(uuid.uuid4())
    service.rekognition.behave["CreateFaceLivenessSession"] = answers({"SessionId": session_id})
    service.rekognition.behave["GetFaceLivenessSessionResults"] = answers({"Status": "EXPIRED"})
    path = f"/api/sessions/{service.start(**LIVENESS)['session_id']}/challenge"
    asked = service.post(path, {}).json["challenge"]
    read = service.get(path).json["challenge"]

    assert asked["liveness"] == {"session_id": session_id, "region": "us-east-1"}
    assert (read["status"], read["reason"]) == ("failed", "provider")


@pytest.mark.parametrize("body", [{"kind": "smile"}, {"mirrored": "perhaps"}, []])
def test_a_challenge_that_is_none_is_refused(service: Service, body: object) -> None:
    assert service.post(f"/api/sessions/{service.start()['session_id']}/challenge", body).status == 422
