"""Faces over the API: what is taken, what is answered, and in which form."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.credentials import Scope
from chalicelib.domain.enrolment import owner_of
from chalicelib.workers import jobs
from tests.unit.api.forms import form
from tests.unit.api.service import Answer, Service
from tests.unit.vision.pictures import flat, jpeg, portrait
from tests.unit.vision.rekognition_server import answers, fails

PICTURE = jpeg(portrait())
FORM = {"Content-Type": "multipart/form-data; boundary=frontier"}
DETAIL = {
    "BoundingBox": {"Left": 0.3, "Top": 0.2, "Width": 0.3, "Height": 0.4},
    "Confidence": 99.9,
    "Pose": {"Yaw": 1.0, "Pitch": 2.0, "Roll": 0.0},
    "Quality": {"Brightness": 60.0, "Sharpness": 80.0},
    "FaceOccluded": {"Value": False, "Confidence": 99.0},
}
ADA = "ada.lovelace+exam@acme.example"


def pictures(count: int) -> list[bytes]:
    return [jpeg(portrait(), quality=60 + number) for number in range(count)]


def texts(encoded: Sequence[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in encoded]


@pytest.fixture
def known(service: Service) -> Service:
    """A service whose Rekognition finds and learns one face in every picture, and recognises nobody."""
    face = {"FaceId": "f-1", "ExternalImageId": "x"}
    service.rekognition.behave |= {
        "DetectFaces": answers({"FaceDetails": [DETAIL]}),
        "IndexFaces": answers({"FaceRecords": [{"Face": face}], "FaceModelVersion": "7.0"}),
        "SearchFacesByImage": answers({"FaceMatches": [], "FaceModelVersion": "7.0"}),
        "DeleteFaces": answers({"DeletedFaces": ["f-1"]}),
    }
    return service


def train(service: Service, *encoded: bytes, username: str = ADA) -> Answer:
    return service.post("/api/faces/train", {"username": username, "images": texts(encoded)})


def recognised_as(service: Service, username: str, similarity: float = 97.5) -> None:
    """Let Rekognition find the face of this username."""
    owner = owner_of(wiring.check_key()(service.key).tenant_id, username)
    found = {"Face": {"FaceId": "f-1", "ExternalImageId": owner}, "Similarity": similarity}
    service.rekognition.behave["SearchFacesByImage"] = answers(
        {"FaceMatches": [found], "FaceModelVersion": "7.0"}
    )


def test_a_face_is_enrolled_by_a_picture(known: Service) -> None:
    answer = train(known, PICTURE)

    assert (answer.status, answer.json) == (
        200,
        {
            "success": True,
            "trainingSuccess": 1,
            "username": ADA,
            "accepted": 1,
            "rejected": [],
            "faces": 1,
        },
    )
    assert known.rekognition.calls == ["DetectFaces", "IndexFaces"]


def test_the_provider_is_told_neither_name_nor_tenants_secrets(known: Service) -> None:
    train(known, PICTURE, username="lovelace")  # no name that may stand in a hexadecimal id by chance

    ((_, indexed),) = [each for each in known.rekognition.asked if each[0] == "IndexFaces"]
    assert "lovelace" not in json.dumps({**indexed, "Image": None}).lower()
    assert len(indexed["ExternalImageId"]) == 32
    assert (indexed["MaxFaces"], indexed["QualityFilter"]) == (1, "AUTO")
    tenant_id = wiring.check_key()(known.key).tenant_id
    assert indexed["CollectionId"] == f"proctoring-test-{tenant_id}"


def test_pictures_that_are_rejected_are_named_with_reason_and_remedy(known: Service) -> None:
    images = ["not base64!", "data:image/png,x", *texts([b"GIF89a", jpeg(flat(20)), PICTURE])]

    answer = known.post("/api/faces/train", {"username": "ada", "images": images}).json

    assert (answer["trainingSuccess"], answer["accepted"], answer["faces"]) == (1, 1, 1)
    assert [(each["index"], each["reason"]) for each in answer["rejected"]] == [
        (0, "not_a_picture"),
        (1, "not_a_picture"),
        (2, "not_a_picture"),
        (3, "blurred"),
    ]
    assert all(each["detail"] and "name" not in each for each in answer["rejected"])


def test_without_one_good_picture_the_training_has_no_success(known: Service) -> None:
    known.rekognition.behave["DetectFaces"] = answers({"FaceDetails": [DETAIL, DETAIL]})

    answer = train(known, PICTURE)

    assert (answer.status, answer.json["success"], answer.json["trainingSuccess"]) == (200, True, 0)
    assert (answer.json["faces"], answer.json["rejected"][0]["reason"]) == (0, "several_faces")


def test_the_same_request_again_is_answered_alike_and_asks_nobody(known: Service) -> None:
    first = train(known, PICTURE)
    known.rekognition.asked.clear()

    assert train(known, PICTURE).json == first.json
    assert known.rekognition.calls == []


def test_pictures_come_as_files_of_a_form(known: Service) -> None:
    one, two = pictures(2)
    raw = form(("username", b"ada", None), ("images", one, "a.jpg"), ("images", two, "b.gif"))

    answer = known.post("/api/faces/train", raw.replace(two, b"GIF89a"), headers=FORM).json

    assert (answer["accepted"], answer["rejected"][0]["name"], answer["rejected"][0]["index"]) == (
        1,
        "b.gif",
        1,
    )


def test_pictures_come_in_a_zip_archive(known: Service) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("faces/a.jpg", PICTURE)
        archive.writestr("faces/b.txt", b"notes")
    raw = form(("username", b"ada", None), ("images", out.getvalue(), "faces.zip"))

    answer = known.post("/api/faces/train", raw, headers=FORM).json

    assert (answer["accepted"], [each["name"] for each in answer["rejected"]]) == (1, ["b.txt"])


BAD: list[tuple[dict[str, Any], list[object]]] = [
    ({"images": ["x"]}, ["username"]),
    ({"username": "ada"}, ["images"]),
    ({"username": "ada", "images": []}, ["images"]),
    ({"username": "ada", "images": ["x"] * 101}, ["images"]),
    ({"username": "a/b", "images": ["x"]}, ["username"]),
    ({"username": "a" * 129, "images": ["x"]}, ["username"]),
    ({"username": "train", "images": ["x"]}, ["username"]),
]


@pytest.mark.parametrize(("body", "where"), BAD, ids=lambda value: str(value)[:40])
def test_what_is_not_valid_is_refused_with_its_place(
    known: Service, body: dict[str, Any], where: list[object]
) -> None:
    answer = known.post("/api/faces/train", body)

    assert (answer.status, answer.json["errors"][0]["loc"]) == (422, where)
    assert known.rekognition.calls == []


@pytest.mark.parametrize(
    "raw",
    [
        form(("images", PICTURE, "a.jpg")),
        form(("username", b"ada", None)),
        form(("username", b"ada", None), ("images", b"PK\x03\x04garbage", "a.zip")),
        form(("username", b"ada", None), *[("images", b"x", f"{number}.jpg") for number in range(101)]),
        b"no form",
    ],
    ids=["no username", "no pictures", "a broken archive", "too many", "no form"],
)
def test_a_form_that_is_not_valid_is_refused(known: Service, raw: bytes) -> None:
    assert known.post("/api/faces/train", raw, headers=FORM).status == 422


def test_many_pictures_go_through_the_queue_and_tell_how_far_they_are(known: Service) -> None:
    many = pictures(12)
    accepted = train(known, *many)
    queued = known.get(accepted.json["status_url"])

    assert (accepted.status, accepted.json["status"], accepted.json["total"]) == (202, "queued", 12)
    assert queued.json == accepted.json
    assert known.rekognition.calls == []
    (message,) = taken(known)
    jobs.run(message)
    done = known.get(accepted.json["status_url"]).json
    assert (done["status"], done["done"], done["accepted"], done["trainingSuccess"]) == (
        "completed",
        12,
        12,
        1,
    )
    assert (done["rejected"], done["error"], done["username"]) == ([], None, ADA)
    jobs.run(message)
    assert known.rekognition.calls.count("IndexFaces") == 12


def taken(service: Service) -> list[str]:
    """The bodies of the messages in the queue, which are taken out of it."""
    sqs = service.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=service.cloud.settings.jobs_queue)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def test_a_job_that_is_not_there_is_404(known: Service) -> None:
    assert known.get(f"/api/faces/jobs/{'0' * 32}").status == 404


def test_a_face_is_recognised(known: Service) -> None:
    train(known, PICTURE)
    recognised_as(known, ADA)

    answer = known.post("/api/faces/recognize", {"image": texts([PICTURE])[0]})

    assert answer.json == {
        "success": True,
        "foundFlag": 1,
        "foundFace": ADA,
        "similarity": 97.5,
        "threshold": 80.0,
        "engine": "Amazon Rekognition 7.0",
        "reason": None,
    }


def test_a_face_is_recognised_in_a_file_of_a_form(known: Service) -> None:
    train(known, PICTURE)
    recognised_as(known, ADA)

    answer = known.post("/api/faces/recognize", form(("image", PICTURE, "a.jpg")), headers=FORM)

    assert answer.json["foundFace"] == ADA


@pytest.mark.parametrize(
    ("code", "reason"),
    [("InvalidParameterException", "no_face"), ("ResourceNotFoundException", "not_known")],
)
def test_whom_nobody_knows_is_no_error(known: Service, code: str, reason: str) -> None:
    known.rekognition.behave["SearchFacesByImage"] = fails(code)

    answer = known.post("/api/faces/recognize", {"image": texts([PICTURE])[0]})

    assert (answer.status, answer.json["foundFlag"], answer.json["foundFace"]) == (200, 0, None)
    assert (answer.json["reason"], answer.json["similarity"]) == (reason, None)


@pytest.mark.parametrize(
    ("image", "status"), [("!", 422), (texts([b"GIF89a"])[0], 415), (texts([b""])[0], 422)]
)
def test_what_is_no_picture_cannot_be_recognised(known: Service, image: str, status: int) -> None:
    assert known.post("/api/faces/recognize", {"image": image}).status == status
    assert known.post("/api/faces/recognize", form(("x", b"1", None)), headers=FORM).status == 422


@pytest.mark.parametrize("operation", ["DetectFaces", "IndexFaces"])
def test_a_provider_that_fails_is_503_with_retry_after(known: Service, operation: str) -> None:
    known.rekognition.behave[operation] = fails("ThrottlingException")

    answer = train(known, PICTURE)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert "Throttling" not in answer.json["detail"]


def test_recognising_while_the_provider_fails_is_503(known: Service) -> None:
    known.rekognition.behave["SearchFacesByImage"] = fails("InternalServerError", 500)

    answer = known.post("/api/faces/recognize", {"image": texts([PICTURE])[0]})

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


def test_a_collection_is_made_when_it_is_missing(known: Service) -> None:
    tried: list[str] = []
    index = known.rekognition.behave["IndexFaces"]

    def missing_at_first(handler: Any) -> None:  # noqa: ANN401 - the server's
        tried.append("")
        (fails("ResourceNotFoundException") if len(tried) == 1 else index)(handler)

    known.rekognition.behave |= {
        "IndexFaces": missing_at_first,
        "CreateCollection": fails("ResourceAlreadyExistsException"),  # somebody was quicker
    }

    assert train(known, PICTURE).json["trainingSuccess"] == 1
    assert known.rekognition.calls == ["CreateCollection", "DetectFaces", "IndexFaces", "IndexFaces"]


def test_known_usernames_are_listed_in_pages(known: Service) -> None:
    for number in range(3):
        train(known, PICTURE, username=f"user-{number}")

    first = known.get("/api/faces?limit=2").json
    rest = known.get(f"/api/faces?limit=2&cursor={first['next_cursor']}").json

    told = [*first["faces"], *rest["faces"]]
    assert sorted(each["username"] for each in told) == [f"user-{number}" for number in range(3)]
    assert rest["next_cursor"] is None
    assert {each["faces"] for each in told} == {1}
    assert all(each["enrolled_at"] == each["updated_at"] for each in told)
    assert known.get("/api/faces?cursor=tomorrow").status == 422


@pytest.mark.parametrize("path", [ADA, ADA.replace("@", "%40").replace("+", "%2B")])
def test_a_username_is_deleted_as_it_is_or_as_urls_write_it(known: Service, path: str) -> None:
    train(known, PICTURE)
    recognised_as(known, ADA)

    deleted = known.call("DELETE", f"/api/faces/{path}")

    assert (deleted.status, deleted.json) == (200, {"success": True, "username": ADA, "faces": 1})
    answer = known.post("/api/faces/recognize", {"image": texts([PICTURE])[0]})
    assert (answer.json["foundFlag"], answer.json["reason"]) == (0, "not_known")
    assert known.call("DELETE", f"/api/faces/{path}").status == 404
    assert known.get("/api/faces").json["faces"] == []


@pytest.mark.parametrize("username", ["eve", "a%2Fb", "%00", "a" * 129, "-a"])
def test_whom_nobody_knows_cannot_be_deleted(known: Service, username: str) -> None:
    assert known.call("DELETE", f"/api/faces/{username}").status == 404


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.FACES_WRITE, "POST", "/api/faces/train"),
        (Scope.FACES_WRITE, "DELETE", "/api/faces/ada"),
        (Scope.FACES_READ, "GET", "/api/faces"),
        (Scope.FACES_READ, "POST", "/api/faces/recognize"),
        (Scope.FACES_READ, "GET", "/api/faces/jobs/0"),
    ],
)
def test_a_key_needs_its_scope(known: Service, scope: Scope, method: str, path: str) -> None:
    others = sorted({*Scope} - {scope})
    narrow = known.post("/api/keys", {"name": "narrow", "scopes": others}).json["secret"]

    answer = known.call(method, path, credential=narrow, body={} if method == "POST" else b"")

    assert (answer.status, scope in answer.json["detail"]) == (403, True)
