"""Who a candidate is meant to be, over HTTP; and that candidates never learn how like they are to whom."""

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.unit.api import people
from tests.unit.api.forms import form
from tests.unit.api.service import Service
from tests.unit.vision.pictures import flat, jpeg, portrait
from tests.unit.vision.rekognition_server import answers, fails

FORM = "multipart/form-data; boundary=frontier"
LIVE, OTHER = jpeg(portrait()), jpeg(portrait(), quality=70)
FACE: dict[str, Any] = {
    "BoundingBox": {"Left": 0.3, "Top": 0.2, "Width": 0.4, "Height": 0.4},
    "Confidence": 99.5,
    "Pose": {"Yaw": 0.0, "Pitch": 0.0, "Roll": 0.0},
}


def text(picture: bytes) -> str:
    return b64encode(picture).decode()


def shows(service: Service, similarity: float) -> None:
    match = {"Similarity": similarity, "Face": FACE}
    service.rekognition.behave["CompareFaces"] = answers({"FaceMatches": [match], "UnmatchedFaces": []})


@pytest.fixture
def started(service: Service) -> dict[str, str]:
    """A session that has just started; Rekognition sees one person, who is the right one."""
    service.rekognition.behave["DetectFaces"] = answers({"FaceDetails": [FACE]})
    shows(service, 97.5)
    made: dict[str, str] = service.start()
    return made


def url(started: dict[str, str], what: str = "identity") -> str:
    return f"/api/sessions/{started['session_id']}/{what}"


def test_a_platform_says_who_it_is_by_a_picture(service: Service, started: dict[str, str]) -> None:
    answer = service.post(url(started), {"reference": text(LIVE)}).json

    assert answer == {
        "success": True,
        "session_id": started["session_id"],
        "accepted": True,
        "verified": None,
        "kind": "picture",
        "threshold": 80.0,
        "similarity": None,
        "reasons": [],
    }


def test_a_form_carries_pictures_as_files_and_the_username_as_a_field(
    service: Service, started: dict[str, str]
) -> None:
    proved = service.post(
        url(started),
        form(("document", OTHER, "d.jpg"), ("live", LIVE, "l.jpg")),
        headers={"Content-Type": FORM},
    )
    unknown = service.post(url(started), form(("username", b"ada", None)), headers={"Content-Type": FORM})

    assert (proved.json["verified"], proved.json["similarity"], proved.json["threshold"]) == (
        True,
        97.5,
        70.0,
    )
    assert (unknown.status, unknown.json["type"]) == (404, "urn:proctoring:problem:not-enrolled")


@pytest.mark.parametrize("similarity", [4.0, 60.0])
def test_a_candidate_learns_that_it_is_not_them_and_never_how_near_they_came(
    service: Service, started: dict[str, str], similarity: float
) -> None:
    shows(service, similarity)
    body = {"document": text(OTHER), "live": text(LIVE)}

    theirs = service.post(url(started), body, credential=started["session_token"]).json
    ours = service.post(url(started), body).json

    assert (theirs["verified"], theirs["similarity"], theirs["reasons"]) == (False, None, ["no_match"])
    assert ours["similarity"] == similarity
    assert ours["reasons"] == ["another_person" if similarity < 50 else "between_thresholds"]


def test_a_candidate_may_not_say_who_it_is(service: Service, started: dict[str, str]) -> None:
    said = service.post(url(started), {"reference": text(LIVE)}, credential=started["session_token"])

    assert said.status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"reference": "nonsense!"}, 422),
        ({"reference": text(b"no picture at all")}, 415),
        ({"reference": text(LIVE), "username": "ada"}, 422),
        ({"username": ""}, 422),
        ({"username": "x" * 129}, 422),
        ({"live": text(LIVE)}, 409),
    ],
)
def test_what_cannot_be_decided_says_why(
    service: Service, started: dict[str, str], body: object, status: int
) -> None:
    assert service.post(url(started), body).status == status


def test_a_provider_that_does_not_answer_is_503_with_when_to_come_again(
    service: Service, started: dict[str, str]
) -> None:
    service.rekognition.behave["DetectFaces"] = fails("ThrottlingException")

    answer = service.post(url(started), {"reference": text(LIVE)})

    assert (answer.status, "Retry-After" in answer.headers) == (503, True)


def test_a_session_that_ended_takes_none(service: Service, started: dict[str, str]) -> None:
    service.post(url(started, "end"), {})

    assert service.post(url(started), {"reference": text(LIVE)}).status == 409


def test_what_tells_of_a_likeness_is_in_no_answer_to_a_candidate(
    service: Service, started: dict[str, str]
) -> None:
    service.post(url(started), {"reference": text(LIVE)})
    shows(service, 12.5)
    token = started["session_token"]

    def send(seq: int, credential: str | None) -> str:
        frame = {"frame": text(jpeg(portrait(), quality=50 + seq)), "seq": seq}
        return service.post(url(started, "frame"), frame, credential=credential).body.decode()

    theirs = [send(seq, token) for seq in (1, 2, 3)]
    ours = json.loads(send(4, None))["result"]["identity"]
    batch = {"frames": [{"frame": text(jpeg(portrait(), quality=60)), "seq": 5}]}
    theirs.append(service.post(url(started, "frames"), batch, credential=token).body.decode())
    theirs.append(service.get(url(started, "metrics"), credential=token).body.decode())
    theirs.append(service.post(url(started, "end"), {}, credential=token).body.decode())
    report = service.get(url(started, "report")).json["report"]

    assert (ours["verdict"], ours["similarity"], ours["threshold"]) == ("mismatch", 12.5, 50.0)
    assert not any("12.5" in each for each in theirs)
    assert "identity_mismatch" in theirs[2]
    (alert,) = report["alerts"]
    assert alert["details"]["similarities"] == [12.5] * len(alert["details"]["similarities"])
    assert alert["details"]["reference_url"].startswith("http")
    told = report["identity"]
    assert (told["kind"], told["verified"], told["lowest_similarity"]) == ("picture", 0, 12.5)
    assert "verified for 0 of 5 frames" in report["integrity"]["note"]


def test_a_dark_picture_is_not_taken_for_a_reference(service: Service, started: dict[str, str]) -> None:
    answer = service.post(url(started), {"reference": text(jpeg(flat(30)))}).json

    assert (answer["accepted"], answer["verified"], answer["reasons"]) == (False, None, ["dark"])


def test_a_proctor_is_not_told_the_threshold_which_may_be_an_accommodation(
    service: Service, started: dict[str, str]
) -> None:
    service.post(url(started), {"reference": text(LIVE)})
    shows(service, 12.5)
    for seq in (1, 2, 3):
        frame = {"frame": text(jpeg(portrait(), quality=50 + seq)), "seq": seq}
        service.post(url(started, "frame"), frame)
    proctor, admin = people.person(service, "proctor"), people.person(service, "admin")

    def details(credential: str) -> list[dict[str, Any]]:
        lists = [
            service.get(url(started, "alerts"), credential=credential).json["alerts"],
            service.get(url(started, "metrics"), credential=credential).json["recent_alerts"],
            service.get("/api/alerts", credential=credential).json["alerts"],
        ]
        return [each["details"] for alerts in lists for each in alerts]

    assert [each["threshold"] for each in details(admin)] == [50.0] * 3
    theirs = details(proctor)
    assert [("threshold" in each, each["similarities"][0]) for each in theirs] == [(False, 12.5)] * 3
