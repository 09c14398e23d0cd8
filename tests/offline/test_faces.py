"""Faces over HTTP: many at once lose nothing, and what is deleted is recognised by nothing."""

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import boto3
import pytest

from chalicelib.domain.enrolment import owner_of
from infra.local.cloud import REGION, STAGE
from infra.local.rekognition.staged import face
from tests.offline.client import Answer, Client, Json, base64_of, picture
from tests.offline.conftest import Cloud
from tests.offline.people import ok
from tests.unit.api.forms import form

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

Made = TypeVar("Made")
AT_ONCE = 20
FORM = "multipart/form-data; boundary=frontier"


@pytest.fixture
def server(cloud: Cloud, api_key: str) -> Client:
    return Client(cloud.url, api_key)


def shot(person: str, seed: int, *, covered: bool = False) -> bytes:
    """A picture of a person, unlike every other."""
    return picture(seed, {"faces": [face(person=person, face_occluded=covered)]})


def train(server: Client, username: str, *pictures: bytes) -> Answer:
    return server.call(
        "POST", "/api/faces/train", {"username": username, "images": [base64_of(each) for each in pictures]}
    )


def recognise(server: Client, encoded: bytes) -> Json:
    return ok(server.call("POST", "/api/faces/recognize", {"image": base64_of(encoded)}))


def at_once(call: Callable[[int], Made], times: int = AT_ONCE) -> list[Made]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(call, range(times)))


def listed(server: Client) -> dict[str, int]:
    told: dict[str, int] = {}
    path = "/api/faces?limit=7"
    while True:
        page = ok(server.call("GET", path))
        told |= {each["username"]: each["faces"] for each in page["faces"]}
        if page["next_cursor"] is None:
            return told
        path = f"/api/faces?limit=7&cursor={page['next_cursor']}"


def finished(server: Client, job: Json) -> Json:
    while True:
        told = ok(server.call("GET", job["status_url"]))
        if told["status"] in {"completed", "failed"}:
            return told


def vectors(cloud: Cloud, server: Client, username: str) -> list[str]:
    """The ids of the username's faces in Rekognition, whatever the registry says."""
    tenant_id = ok(server.call("GET", "/api/tenant"))["tenant_id"]
    rekognition: RekognitionClient = boto3.client(
        "rekognition",
        endpoint_url=cloud.rekognition_url,
        region_name=REGION,
        aws_access_key_id="offline",
        aws_secret_access_key="offline",
    )
    faces = rekognition.list_faces(CollectionId=f"proctoring-{STAGE}-{tenant_id}")["Faces"]
    owner = owner_of(tenant_id, username)
    return [each["FaceId"] for each in faces if each["ExternalImageId"].startswith(owner)]


def test_twenty_who_enrol_and_are_recognised_at_once_are_all_known(server: Client) -> None:
    ok(train(server, "known", shot("known", 0)))

    def enrol_or_recognise(number: int) -> str:
        if number % 2:
            return str(recognise(server, shot("known", 100 + number))["foundFace"])
        answer = ok(train(server, f"user-{number}", shot(f"p{number}", 200 + number)))
        return str(answer["trainingSuccess"])

    said = at_once(enrol_or_recognise, 2 * AT_ONCE)

    assert said == ["1", "known"] * AT_ONCE
    assert listed(server) == {"known": 1} | {f"user-{number}": 1 for number in range(0, 2 * AT_ONCE, 2)}
    found = at_once(lambda number: recognise(server, shot(f"p{2 * number}", 300 + number))["foundFace"])
    assert found == [f"user-{2 * number}" for number in range(AT_ONCE)]


def test_twenty_enrolments_of_one_username_at_once_keep_every_picture(cloud: Cloud, server: Client) -> None:
    answers = at_once(lambda number: train(server, "ada", shot("ada", number)))

    assert {each.status for each in answers} == {200}
    assert listed(server) == {"ada": AT_ONCE}
    assert len(vectors(cloud, server, "ada")) == AT_ONCE


def test_the_same_request_many_times_at_once_changes_nothing_twice(cloud: Cloud, server: Client) -> None:
    answers = at_once(lambda _: train(server, "ada", shot("ada", 1), picture(2, {"faces": []})))

    assert {str(each.body) for each in answers} == {str(answers[0].body)}
    assert answers[0].body["faces"] == 1
    assert len(vectors(cloud, server, "ada")) == 1


def test_recognition_goes_on_while_many_pictures_are_enrolled(server: Client) -> None:
    ok(train(server, "known", shot("known", 0)))
    job = ok(train(server, "ada", *(shot("ada", number) for number in range(60))), status=202)
    while True:
        assert recognise(server, shot("known", 999))["foundFace"] == "known"
        told = ok(server.call("GET", job["status_url"]))
        if told["status"] == "completed":
            break

    assert (told["total"], told["done"], told["accepted"], told["trainingSuccess"]) == (60, 60, 60, 1)
    assert recognise(server, shot("ada", 999))["foundFace"] == "ada"


def test_every_way_to_send_pictures_leads_to_the_same_faces(server: Client) -> None:
    pictures = [shot("ada", number) for number in range(12)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, each in enumerate(pictures):
            archive.writestr(f"{number}.jpg", each)
        archive.writestr("blind.jpg", shot("ada", 99, covered=True))
    files = form(
        ("username", b"ada", None), *[("images", each, f"{at}.jpg") for at, each in enumerate(pictures[:5])]
    )
    zipped = form(("username", b"ada", None), ("images", out.getvalue(), "ada.zip"))

    as_json = ok(train(server, "ada", *pictures[:5]))
    as_files = ok(server.call("POST", "/api/faces/train", raw=files, Content_Type=FORM))
    job = ok(server.call("POST", "/api/faces/train", raw=zipped, Content_Type=FORM), status=202)
    told = finished(server, job)

    assert as_json == as_files
    assert (told["accepted"], [(each["name"], each["reason"]) for each in told["rejected"]]) == (
        12,
        [("blind.jpg", "face_covered")],
    )
    assert listed(server) == {"ada": 12}


def test_what_is_deleted_leaves_nothing_that_recognises_it(cloud: Cloud, server: Client) -> None:
    email = "ada+1@acme.example"
    pictures = [shot("ada", number) for number in range(3)]
    ok(train(server, email, *pictures))
    ok(train(server, "bob", shot("bob", 9)))
    assert recognise(server, pictures[0])["foundFace"] == email

    deleted = ok(server.call("DELETE", "/api/faces/ada%2B1%40acme.example"))

    assert (deleted["username"], deleted["faces"]) == (email, 3)
    assert [recognise(server, each)["foundFlag"] for each in [*pictures, shot("ada", 77)]] == [0] * 4
    assert (vectors(cloud, server, email), listed(server)) == ([], {"bob": 1})
    ok(train(server, email, pictures[0]))
    assert recognise(server, pictures[1])["foundFace"] == email


def test_deletions_while_faces_are_enrolled_leave_what_the_registry_says(
    cloud: Cloud, server: Client
) -> None:
    ok(train(server, "ada", shot("ada", 0)))

    def train_or_delete(number: int) -> int:
        if number % 4 == 3:
            return server.call("DELETE", "/api/faces/ada").status
        return train(server, "ada", shot("ada", number)).status

    statuses = at_once(train_or_delete)

    assert set(statuses) <= {200, 404, 409}
    known = listed(server).get("ada", 0)
    assert len(vectors(cloud, server, "ada")) == known
    assert recognise(server, shot("ada", 999))["foundFlag"] == (1 if known else 0)
