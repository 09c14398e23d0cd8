"""Pictures by themselves: what is answered at once, and about jobs."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from chalicelib import wiring
from chalicelib.workers import jobs
from tests.unit.api.forms import form
from tests.unit.api.service import Answer, Service, running_service
from tests.unit.vision.pictures import jpeg, portrait
from tests.unit.vision.rekognition_server import answers, fails

PICTURE = jpeg(portrait())
TEXT = b64encode(PICTURE).decode()
FORM = {"Content-Type": "multipart/form-data; boundary=frontier"}
MARKS = {
    "eyeLeft": (0.4, 0.3),
    "eyeRight": (0.6, 0.3),
    "nose": (0.5, 0.4),
    "mouthLeft": (0.4, 0.5),
    "mouthRight": (0.6, 0.5),
}
FACE = {
    "BoundingBox": {"Left": 0.25, "Top": 0.25, "Width": 0.5, "Height": 0.5},
    "Confidence": 99.5,
    "Landmarks": [{"Type": name, "X": x, "Y": y} for name, (x, y) in MARKS.items()],
    "Pose": {"Yaw": 1.0, "Pitch": 2.0, "Roll": 3.0},
    "Quality": {"Brightness": 60.0, "Sharpness": 70.0},
}


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        running.rekognition.behave["DetectFaces"] = answers({"FaceDetails": [FACE]})
        yield running


def size() -> tuple[int, int]:
    height, width = decoded(PICTURE).shape[:2]
    return width, height


def decoded(picture: bytes) -> Any:  # noqa: ANN401 - pixels
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)


def detect(service: Service, options: str = "", **more: object) -> Answer:
    return service.post(f"/api/detect{options}", {"image": TEXT, **more})


def hand_over(service: Service, **asked: object) -> Answer:
    return service.post("/api/image", {"image": TEXT, "request_id": "r-1", **asked})


def work(service: Service) -> list[str]:
    """Do what is in the queue, once; the jobs that were done."""
    sqs = service.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=service.cloud.settings.jobs_queue)["QueueUrl"]
    done = []
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        jobs.run(message["Body"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        done.append(json.loads(message["Body"])["job"])
    return done


def test_faces_are_told_in_pixels_with_keypoints_pose_and_quality(service: Service) -> None:
    width, height = size()

    told = detect(service).json

    assert (told["engine"], told["fallback"], told["width"], told["height"]) == (
        "Amazon Rekognition",
        False,
        width,
        height,
    )
    (face,) = told["faces"]
    assert face["box"] == [round(0.25 * width), round(0.25 * height), width // 2, height // 2]
    assert face["keypoints"] == {
        name: [round(x * width), round(y * height)]
        for name, (x, y) in zip(
            ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right"), MARKS.values(), strict=True
        )
    }
    assert (face["confidence"], face["pose"]) == (99.5, {"yaw": 1.0, "pitch": 2.0, "roll": 3.0})
    assert face["quality"] == {"brightness": 60.0, "sharpness": 70.0}
    assert "landmarks" not in face


def test_a_form_says_the_same_as_json_and_may_hold_the_options(service: Service) -> None:
    body = form(("image", PICTURE, "a.jpg"), ("engine", b"opencv", None))
    plain = form(("image", PICTURE, "a.jpg"))

    by_cascades = service.post("/api/detect", body, headers=FORM).json
    by_form = service.post("/api/detect", plain, headers=FORM).json

    assert by_cascades["engine"].startswith("OpenCV")
    assert by_form == detect(service).json


def test_opencv_is_asked_without_a_call(service: Service) -> None:
    told = detect(service, "?engine=opencv").json

    assert (told["engine"], told["fallback"]) == (f"OpenCV {cv2.__version__}", False)
    assert service.rekognition.calls == []


def test_where_the_provider_does_not_answer_opencv_does_and_it_is_said(service: Service) -> None:
    service.rekognition.behave["DetectFaces"] = fails("ThrottlingException")

    as_json = detect(service).json
    as_jpeg = service.post(
        "/api/detect?annotate=true", {"image": TEXT}, headers={"Accept": "image/jpeg, */*"}
    )

    assert (as_json["engine"].split()[0], as_json["fallback"]) == ("OpenCV", True)
    assert as_jpeg.headers["Detection-Fallback"] == "true"


def test_all_landmarks_are_asked_for_by_all_attributes_and_not_where_emotions_are_off(
    service: Service,
) -> None:
    every = detect(service, "?landmarks=all").json
    asked = service.rekognition.asked[-1][1]["Attributes"]
    service.call("PATCH", "/api/tenant", body={"policy": {"emotions": False}})
    refused = detect(service, "?landmarks=all")
    usual = detect(service)

    assert [mark["type"] for mark in every["faces"][0]["landmarks"]] == list(MARKS)
    assert asked == ["ALL"]
    assert (refused.status, usual.status) == (409, 200)
    assert service.rekognition.asked[-1][1]["Attributes"] == ["DEFAULT"]
    assert len(service.rekognition.asked) == 2


def test_the_picture_with_its_faces_drawn_is_a_jpeg_or_a_data_url(service: Service) -> None:
    as_jpeg = service.post("/api/detect", {"image": TEXT, "annotate": True}, headers={"Accept": "image/jpeg"})
    as_json = detect(service, "?annotate=true").json

    assert as_jpeg.headers["Content-Type"] == "image/jpeg"
    assert as_json["annotated_image"] == f"data:image/jpeg;base64,{b64encode(as_jpeg.body).decode()}"
    assert decoded(as_jpeg.body).shape == decoded(PICTURE).shape
    assert len(as_json["faces"]) == 1


@pytest.mark.parametrize(
    ("picture", "status"), [(b"no picture", 415), (b"", 422), (PICTURE[:-100], 422), (PICTURE * 2000, 413)]
)
def test_what_is_no_picture_is_refused_before_anybody_is_asked(
    service: Service, picture: bytes, status: int
) -> None:
    if status == 413:
        picture = PICTURE + b"\0" * 5_242_880
        answer = service.post("/api/detect", form(("image", picture, "a.jpg")), headers=FORM)
    else:
        answer = service.post("/api/detect", {"image": b64encode(picture).decode()})

    assert answer.status == status
    assert service.rekognition.calls == []


def test_unknown_options_and_a_form_without_a_picture_are_422(service: Service) -> None:
    answers_ = [
        detect(service, "?engine=magic"),
        detect(service, "", landmarks="seven"),
        service.post("/api/detect", form(("engine", b"opencv", None)), headers=FORM),
        service.post("/api/detect", {}),
    ]

    assert [each.status for each in answers_] == [422] * 4


def test_a_picture_is_handed_over_looked_at_and_told_of(service: Service) -> None:
    handed = hand_over(service).json
    queued = service.get(handed["status_url"]).json
    early = service.get(f"/api/image?image_id={handed['image_id']}", headers={"Accept": "image/jpeg"})
    done = work(service)
    told = service.get(handed["status_url"]).json
    as_strings = service.get(f"{handed['status_url']}?format=strings").json

    assert (handed["status"], queued["status"], early.status) == ("ok", "queued", 409)
    assert (done, told["status"], told["error"]) == (["detect_image"], "completed", None)
    assert (told["faces"][0]["confidence"], as_strings["faces"][0]["confidence"]) == (99.5, "99.5")
    assert as_strings["faces"][0]["box"] == str(told["faces"][0]["box"])
    picture = service.get(f"/api/image?image_id={handed['image_id']}", headers={"Accept": "image/jpeg"})
    assert decoded(picture.body).shape == decoded(PICTURE).shape
    led_on = service.get(f"/api/image?image_id={handed['image_id']}")
    assert (led_on.status, led_on.headers["Location"].split("?")[0]) == (
        302,
        told["output_image_url"].split("?")[0],
    )


def test_the_same_request_finds_its_job_and_another_one_under_its_id_is_409(service: Service) -> None:
    first, again = hand_over(service), hand_over(service)
    other = hand_over(service, format="numbers")

    assert (first.json, first.status) == (again.json, again.status)
    assert other.status == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"request_id": ""},
        {"request_id": "x" * 101},
        {"callback_url": "http://example.com"},
        {"callback_url": "https://10.0.0.1/"},
        {"format": "roman"},
        {"image": "no base64!"},
    ],
    ids=str,
)
def test_a_job_that_cannot_be_is_refused_and_nothing_is_kept(service: Service, wrong: dict[str, str]) -> None:
    answer = hand_over(service, **wrong)

    assert answer.status == 422
    assert work(service) == []


def test_an_uploaded_picture_goes_on_when_s3_says_so_and_its_test_event_is_nothing(service: Service) -> None:
    made = service.post("/api/image/upload", {"request_id": "r-1"}).json
    key = made["upload"]["fields"]["key"]
    service.cloud.client("s3").put_object(Bucket=service.cloud.settings.bucket, Key=key, Body=PICTURE)
    notification = {"Records": [{"s3": {"object": {"key": key.replace("/", "%2F")}}}]}

    jobs.run(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
    jobs.run(json.dumps(notification))
    told = service.get(made["status_url"]).json
    jobs.run(json.dumps(notification))

    assert (told["status"], len(told["faces"])) == ("completed", 1)
    assert service.rekognition.calls == ["DetectFaces"]
    assert service.post("/api/image/upload", {"request_id": "r-1"}).json["upload"] is None
    kept = service.cloud.client("s3").list_objects_v2(Bucket=service.cloud.settings.bucket)["Contents"]
    assert [each["Key"].split("/")[0] for each in kept] == ["images"]


def test_another_tenants_picture_is_404_as_if_there_were_none(service: Service) -> None:
    handed = hand_over(service).json
    work(service)
    rival = wiring.open_tenant()("Rival").text

    answers_ = [
        service.get(handed["status_url"], credential=rival),
        service.get(f"/api/image?image_id={handed['image_id']}", credential=rival),
        service.call("DELETE", handed["status_url"], credential=rival),
    ]

    assert [each.status for each in answers_] == [404] * 3
    assert service.get(handed["status_url"]).status == 200


def test_what_is_erased_is_gone_with_its_pictures(service: Service) -> None:
    handed = hand_over(service).json
    work(service)
    erased = service.call("DELETE", handed["status_url"])

    assert erased.status == 200
    assert service.get(handed["status_url"]).status == 404
    assert "Contents" not in service.cloud.client("s3").list_objects_v2(Bucket=service.cloud.settings.bucket)


def test_a_job_expires_by_the_policy_of_its_tenant(service: Service) -> None:
    service.call("PATCH", "/api/tenant", body={"policy": {"keep_images_days": 7}})
    told = service.get(hand_over(service).json["status_url"]).json
    refused = service.call("PATCH", "/api/tenant", body={"policy": {"keep_images_days": 8}})

    assert told["created_at"][:10] < told["expires_at"][:10]
    job = wiring.image_jobs().load(wiring.check_key()(service.key).tenant_id, told["image_id"])
    assert job is not None
    assert (job.keep_days, job.expires_at - job.created_at) == (7, 7 * 86_400)
    assert refused.status == 422


def test_data_urls_are_taken(service: Service) -> None:
    answer = service.post("/api/detect", {"image": f"data:image/jpeg;base64,{TEXT}"})

    assert answer.status == 200
    assert b64decode(TEXT) == PICTURE
