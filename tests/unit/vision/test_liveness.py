"""How Rekognition Face Liveness is asked, and answers that make no sense."""

import uuid
from collections.abc import Iterator

import pytest

from chalicelib.domain.challenges import Challenge
from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.policy import Policy
from chalicelib.vision.rekognition.liveness import Liveness
from tests.unit.vision.rekognition_server import RekognitionServer, answers, fails, rekognition_server

SESSION_ID = str(uuid.uuid4())
ASKED = Challenge("c-1", "rekognition", 0.0, 180.0, liveness_session_id=SESSION_ID)


@pytest.fixture
def server() -> Iterator[RekognitionServer]:
    with rekognition_server() as server:
        yield server


def liveness(server: RekognitionServer) -> Liveness:
    return Liveness(server.client(), usd=0.015)


def test_no_picture_is_asked_for_and_a_repeated_request_begins_nothing_anew(
    server: RekognitionServer,
) -> None:
    server.behave["CreateFaceLivenessSession"] = answers({"SessionId": SESSION_ID})
    liveness(server).begin(ASKED, Policy())

    assert server.asked == [
        ("CreateFaceLivenessSession", {"ClientRequestToken": "c-1", "Settings": {"AuditImagesLimit": 0}})
    ]


@pytest.mark.parametrize("reply", [{}, {"SessionId": ""}, {"SessionId": "x" * 500}, {"SessionId": 7}, []])
def test_a_session_without_a_sensible_id_is_no_answer(server: RekognitionServer, reply: object) -> None:
    server.behave["CreateFaceLivenessSession"] = answers(reply)

    with pytest.raises(VisionUnavailable):
        liveness(server).begin(ASKED, Policy())


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"Status": "DONE"},
        {"Status": "SUCCEEDED"},
        {"Status": "SUCCEEDED", "Confidence": 120},
        {"Status": "SUCCEEDED", "Confidence": "much"},
        {"Status": ["SUCCEEDED"]},
        [],
    ],
    ids=str,
)
def test_a_result_that_makes_no_sense_is_no_answer(server: RekognitionServer, reply: object) -> None:
    server.behave["GetFaceLivenessSessionResults"] = answers(reply)

    with pytest.raises(VisionUnavailable):
        liveness(server).judge(ASKED, Policy())


def test_a_session_that_rekognition_does_not_know_is_no_answer(server: RekognitionServer) -> None:
    server.behave["GetFaceLivenessSessionResults"] = fails("SessionNotFoundException")

    with pytest.raises(VisionUnavailable, match="SessionNotFoundException"):
        liveness(server).judge(ASKED, Policy())
