"""Pictures handed over to the queue, over HTTP: the callback comes, once, and is signed."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from infra.local.rekognition.staged import face, stage
from tests.offline.client import PRESENT, TWO, Client, Emulator, Json, base64_of, picture
from tests.offline.conftest import Cloud
from tests.offline.people import ok
from tests.offline.receiver import Receiver, receiving

JOBS = 200


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture
def client(cloud: Cloud, api_key: str) -> Client:
    return Client(cloud.url, api_key)


def secret_of(client: Client, endpoint_id: str = "callbacks") -> str:
    told = ok(client.call("GET", f"/api/webhooks/endpoints/{endpoint_id}/secret"))
    secret: str = told["secrets"][0]["secret"]
    return secret


def finished(client: Client, status_url: str) -> Json:
    while (told := ok(client.call("GET", status_url)))["status"] in {"queued", "running"}:
        time.sleep(0.05)
    return told


def pixels_of(jpeg: bytes) -> tuple[int, ...]:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return tuple(decoded.shape)


@pytest.mark.skipif(shutil.which("curl") is None and "CI" not in os.environ, reason="curl is not installed")
def test_the_curl_of_the_job_api_is_called_back_with_strings_and_a_signature(
    client: Client, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "two.jpg").write_bytes(picture(1, TWO))
    command = ["curl", "-sS", f"{client.url}/api/image/", "-H", f"Authorization: Bearer {client.credential}"]
    command += ["-F", "request_id=r-1", "-F", f"callback_url={receiver.url}/curl"]
    command += ["-F", f"image=@{tmp_path / 'two.jpg'}"]

    answer = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    (got,) = receiver.wait_for("/curl", 1)

    assert (answer["status"], answer["status_url"]) == ("ok", f"/api/image/{answer['image_id']}")
    assert got.is_signed_by(secret_of(client))
    said = got.said
    assert (said["image_id"], said["request_id"]) == (answer["image_id"], "r-1")
    assert len(said["faces"]) == 2
    assert {type(said["faces"][0][name]) for name in ("confidence", "box")} == {str}
    assert len(json.loads(said["faces"][0]["box"])) == 4
    assert set(said["faces"][0]["keypoints"]) == {
        *("left_eye", "right_eye", "nose", "mouth_left", "mouth_right"),
    }
    with urllib.request.urlopen(said["output_image_url"]) as drawn:
        assert pixels_of(drawn.read()) == (240, 320, 3)


def test_the_annotated_picture_is_bytes_for_who_accepts_jpeg_and_a_link_for_others(client: Client) -> None:
    sent = {"image": base64_of(picture(2, PRESENT)), "request_id": "r-1"}
    made = ok(client.call("POST", "/api/image/", sent), status=202)
    told = finished(client, made["status_url"])

    path = f"/api/image/?image_id={made['image_id']}"
    as_bytes = client.call("GET", path, Accept="image/jpeg")
    with urllib.request.urlopen(told["output_image_url"]) as linked:
        kept = linked.read()

    assert (as_bytes.status, as_bytes.media_type) == (200, "image/jpeg")
    assert as_bytes.body == kept
    assert client.call("DELETE", made["status_url"]).status == 200
    assert client.call("GET", path, Accept="image/jpeg").status == 404


def test_all_of_many_jobs_at_once_come_back_and_each_once(client: Client, receiver: Receiver) -> None:
    def hand_over(number: int) -> str:
        sent = {"image": base64_of(picture(number % 7, TWO if number % 2 else PRESENT))}
        sent |= {"request_id": f"r-{number}", "callback_url": f"{receiver.url}/many", "format": "numbers"}
        image_id: str = ok(client.call("POST", "/api/image", sent), status=202)["image_id"]
        return image_id

    with ThreadPoolExecutor(16) as callers:
        image_ids = list(callers.map(hand_over, range(JOBS)))
    receiver.wait_for("/many", JOBS, within_s=240)
    for image_id in image_ids:
        assert finished(client, f"/api/image/{image_id}")["status"] == "completed"
    got = receiver.at("/many")

    assert len(set(image_ids)) == JOBS
    assert sorted(each.said["image_id"] for each in got) == sorted(image_ids)
    assert len({each.message_id for each in got}) == JOBS
    secret = secret_of(client)
    assert all(each.is_signed_by(secret) for each in got)
    faces = {each.said["request_id"]: len(each.said["faces"]) for each in got}
    assert faces == {f"r-{number}": 1 + number % 2 for number in range(JOBS)}


def test_a_picture_too_large_for_the_gateway_is_uploaded_and_worked_on(
    client: Client, receiver: Receiver
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2400, 3200, 3), dtype=np.uint8)
    large = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    assert 6_000_000 < len(large) < 15_000_000
    asked = {"request_id": "r-1", "callback_url": f"{receiver.url}/large"}
    made = ok(client.call("POST", "/api/image/upload", asked), status=201)
    before = ok(client.call("GET", made["status_url"]))

    upload(made["upload"], large)
    told = finished_upload(client, made["status_url"])
    (got,) = receiver.wait_for("/large", 1)
    again = ok(client.call("POST", "/api/image/upload", asked), status=201)

    assert (before["status"], before["awaits_upload"]) == ("queued", True)
    assert (told["status"], told["error"], told["width"], told["height"]) == ("completed", None, 3200, 2400)
    assert got.said["image_id"] == again["image_id"] == made["image_id"]
    assert again["upload"] is None


def test_what_is_uploaded_and_is_no_picture_fails_with_its_reason(client: Client, receiver: Receiver) -> None:
    asked = {"request_id": "r-1", "callback_url": f"{receiver.url}/none"}
    made = ok(client.call("POST", "/api/image/upload", asked), status=201)

    upload(made["upload"], b"no picture")
    told = finished_upload(client, made["status_url"])
    (got,) = receiver.wait_for("/none", 1)

    assert (told["status"], "neither JPEG nor PNG" in told["error"]) == ("failed", True)
    assert (got.said["status"], "faces" in got.said) == ("failed", False)


def test_while_the_provider_is_down_a_picture_is_answered_by_opencv_and_says_so(
    cloud: Cloud, client: Client
) -> None:
    emulator = Emulator(cloud.rekognition_url)
    sent = {"image": base64_of(picture(3, PRESENT))}
    by_provider = ok(client.call("POST", "/api/detect", sent))
    emulator.fail(kind="error")
    try:
        fallen_back = ok(client.call("POST", "/api/detect", sent))
    finally:
        emulator.heal()

    assert (by_provider["engine"], by_provider["fallback"]) == ("Amazon Rekognition", False)
    assert (fallen_back["engine"].split()[0], fallen_back["fallback"]) == ("OpenCV", True)
    assert len(by_provider["faces"]) == 1


def test_a_jpeg_with_the_faces_drawn_is_what_annotate_gives_who_accepts_it(client: Client) -> None:
    shown = stage(picture(4, {"faces": []}), {"faces": [face()]})

    answer = client.call(
        "POST", "/api/detect?annotate=true", {"image": base64_of(shown)}, Accept="image/jpeg"
    )

    assert (answer.status, answer.media_type) == (200, "image/jpeg")
    assert answer.headers["Detection-Engine"] == "Amazon Rekognition"
    drawn, before = (
        cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in (answer.body, shown)
    )
    assert drawn is not None
    assert before is not None
    assert drawn.shape == before.shape
    assert float(np.abs(drawn.astype(int) - before.astype(int)).max()) > 100


def upload(form: Json, content: bytes) -> None:
    """Send a presigned form as a browser does."""
    boundary = "a-boundary-that-is-nowhere-else"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form["fields"].items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="large.jpg"'
    parts += [f"--{boundary}\r\n{head}\r\n\r\n".encode() + content, f"\r\n--{boundary}--\r\n".encode()]
    request = urllib.request.Request(
        form["url"],
        data=b"".join(parts),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in {200, 204}


def finished_upload(client: Client, status_url: str) -> Json:
    while ok(client.call("GET", status_url))["awaits_upload"]:
        time.sleep(0.05)
    return finished(client, status_url)
