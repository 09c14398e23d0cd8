"""Face Liveness: begun by a call, decided by a control."""

import uuid
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.rekognition.emulator import Emulator
from tests.rekognition.service_model import complaints

NO_IMAGES = {"AuditImagesLimit": 0}


@pytest.fixture(autouse=True)
def _forget(emulator: Emulator) -> Iterator[None]:
    yield
    emulator.control("DELETE", "/_liveness")


def begun(emulator: Emulator, token: str) -> str:
    reply = emulator.client().create_face_liveness_session(ClientRequestToken=token)
    assert complaints("CreateFaceLivenessSession", dict(reply)) == []
    return reply["SessionId"]


def results(emulator: Emulator, session_id: str) -> tuple[str, float | None]:
    reply = emulator.client().get_face_liveness_session_results(SessionId=session_id)
    assert complaints("GetFaceLivenessSessionResults", dict(reply)) == []
    return reply["Status"], reply.get("Confidence")


def test_a_session_that_nobody_used_is_created(emulator: Emulator) -> None:
    assert results(emulator, begun(emulator, "a-1")) == ("CREATED", None)


def test_the_same_token_begins_one_session_and_another_one_another(emulator: Emulator) -> None:
    first, again, other = begun(emulator, "b-1"), begun(emulator, "b-1"), begun(emulator, "b-2")

    assert first == again != other


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"status": "SUCCEEDED", "confidence": 97.5}, ("SUCCEEDED", 97.5)),
        ({"status": "FAILED"}, ("FAILED", None)),
        ({"status": "EXPIRED"}, ("EXPIRED", None)),
        ({"status": "IN_PROGRESS"}, ("IN_PROGRESS", None)),
    ],
)
def test_a_control_says_what_became_of_one_or_becomes_of_those_to_come(
    emulator: Emulator, said: dict[str, object], told: tuple[str, float | None]
) -> None:
    before = begun(emulator, "c-1")
    emulator.control("POST", "/_liveness", said)
    after = begun(emulator, "c-2")
    untouched = results(emulator, before)
    emulator.control("POST", "/_liveness", {"session_id": before, **said})

    assert (untouched, results(emulator, after), results(emulator, before)) == (("CREATED", None), told, told)
    assert emulator.control("GET", "/_liveness") == {before: told[0], after: told[0]}


def test_a_session_that_was_never_begun_is_not_found(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="SessionNotFoundException"):
        results(emulator, str(uuid.uuid4()))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        {"status": "DONE"},
        {"status": "SUCCEEDED"},
        {"status": "SUCCEEDED", "confidence": 101},
        {"status": "SUCCEEDED", "confidence": True},
        {"status": "FAILED", "confidence": 3},
        {"status": "FAILED", "session_id": "absent"},
        {"status": "FAILED", "because": "so"},
    ],
    ids=str,
)
def test_a_result_that_cannot_be_is_refused(emulator: Emulator, wrong: object) -> None:
    assert "error" in emulator.control("POST", "/_liveness", wrong)
    assert results(emulator, begun(emulator, "d-1")) == ("CREATED", None)


def test_settings_are_checked_by_the_service_model(emulator: Emulator) -> None:
    client = emulator.client()
    client.create_face_liveness_session(Settings=NO_IMAGES)  # type: ignore[arg-type]

    status, answer = emulator.call("CreateFaceLivenessSession", b'{"Settings": {"AuditImagesLimit": 9}}')
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
