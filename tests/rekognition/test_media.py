"""The engine on the labelled pictures and clips, which live outside the repository."""
# ruff: noqa: ANN401 - labels are JSON

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.rekognition.conftest import Pixels, jpeg_of

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient
    from mypy_boto3_rekognition.type_defs import FaceDetailTypeDef

pytestmark = pytest.mark.usefixtures("real_engine")

THRESHOLD_DEG = 30
FACES = {"normal": 1, "second_face": 2, "no_face": 0, "text": 1}


@pytest.fixture(scope="module")
def labels(media: Path) -> Any:
    return json.loads((media / "labels.json").read_text())


@pytest.mark.parametrize("clip", ["center_left_center.mp4", "center_focus.mp4"])
def test_eyes_that_leave_the_screen_are_seen_to_leave_it(
    rekognition: "RekognitionClient",
    media: Path,
    labels: Any,
    clip: str,
) -> None:
    name = f"proctoring-ai/{clip}"
    looks = []
    for at_s, pixels in _once_a_second(_film(media / name)):
        (seen,) = _faces(rekognition, pixels)
        gaze = seen["EyeDirection"]
        away = abs(gaze["Yaw"]) > THRESHOLD_DEG and gaze["Confidence"] >= 80
        looks.append((at_s, away, _segment(labels, name, at_s)["gaze"] != "camera"))

    assert len(looks) >= 10
    assert [look for look in looks if look[1] != look[2]] == []


def test_eyes_that_leave_the_screen_to_the_left_have_a_negative_yaw(
    rekognition: "RekognitionClient", media: Path
) -> None:
    film = dict(_film(media / "proctoring-ai" / "center_left_center.mp4"))
    (seen,) = _faces(rekognition, film[min(film, key=lambda at_s: abs(at_s - 8))])

    assert seen["EyeDirection"]["Yaw"] < -THRESHOLD_DEG


def test_turned_heads_are_told_from_those_that_face_the_camera(
    rekognition: "RekognitionClient",
    media: Path,
    labels: Any,
) -> None:
    name = "intel/head-pose-face-detection-female.gif"
    right = total = 0
    for at_s, pixels in _animation(media / name):
        (seen,) = _faces(rekognition, pixels)
        labelled = _segment(labels, name, at_s)["gaze"]
        total += 1
        right += (abs(seen["Pose"]["Yaw"]) > THRESHOLD_DEG) == (labelled != "camera")
        if "away" in labelled:
            assert (seen["Pose"]["Yaw"] < 0) == ("left" in labelled)

    # The labels change while the head is still turning: the frames at the seams can be called either way.
    assert total - right <= 3


@pytest.mark.parametrize("clip", ["again", "brother", "help", "no", "yes", "student", "book", "walk"])
def test_nobody_who_looks_into_the_camera_is_said_to_look_away(
    rekognition: "RekognitionClient", media: Path, clip: str
) -> None:
    for _, pixels in _once_a_second(_film(media / "intel" / f"{clip}.mkv")):
        (seen,) = _faces(rekognition, pixels)
        gaze = seen["EyeDirection"]

        assert abs(seen["Pose"]["Yaw"]) < THRESHOLD_DEG
        assert abs(gaze["Yaw"]) < THRESHOLD_DEG or gaze["Confidence"] < 80


@pytest.mark.parametrize("session", ["badge_a", "badge_c", "smiling"])
def test_incidents_have_the_right_number_of_faces(
    rekognition: "RekognitionClient",
    media: Path,
    labels: Any,
    session: str,
) -> None:
    wrong = []
    for incident in labels["sessions"][f"sessions/{session}"]["incidents"]:
        if incident["kind"] in FACES:
            for frame in (incident["first_frame"], incident["last_frame"]):
                picture = (media / "sessions" / session / f"{frame:04d}.jpg").read_bytes()
                seen = rekognition.detect_faces(Image={"Bytes": picture})["FaceDetails"]
                if len(seen) != FACES[incident["kind"]]:
                    wrong.append((frame, incident["kind"], len(seen)))

    assert wrong == []


def test_the_same_people_are_alike_and_others_are_not(
    rekognition: "RekognitionClient",
    media: Path,
    labels: Any,
) -> None:
    wrong = []
    for one, other, same in labels["identity_pairs"]:
        source, target = (media / one).read_bytes(), (media / other).read_bytes()
        answer = rekognition.compare_faces(SourceImage={"Bytes": source}, TargetImage={"Bytes": target})
        if bool(answer["FaceMatches"]) != bool(same):
            wrong.append((one, other))

    assert wrong == []


def _faces(rekognition: "RekognitionClient", pixels: Pixels) -> "list[FaceDetailTypeDef]":
    return rekognition.detect_faces(Image={"Bytes": jpeg_of(pixels)}, Attributes=["ALL"])["FaceDetails"]


def _segment(labels: Any, clip: str, at_s: float) -> Any:
    return next(s for s in labels["clips"][clip]["segments"] if s["t0"] <= at_s < s["t1"])


def _film(path: Path) -> Iterator[tuple[float, Pixels]]:
    film = cv2.VideoCapture(str(path))
    # Some carry a rotation flag.
    film.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    per_s = film.get(cv2.CAP_PROP_FPS)
    number = 0
    while True:
        there, pixels = film.read()
        if not there:
            return
        yield number / per_s, pixels.astype(np.uint8, copy=False)
        number += 1


def _animation(path: Path) -> Iterator[tuple[float, Pixels]]:
    at_s = 0.0
    with Image.open(path) as animation:
        for frame in ImageSequence.Iterator(animation):
            yield (
                at_s,
                cv2.cvtColor(np.array(frame.convert("RGB")), cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False),
            )
            at_s += frame.info.get("duration", 100) / 1000


def _once_a_second(film: Iterator[tuple[float, Pixels]]) -> Iterator[tuple[float, Pixels]]:
    next_s = 0.0
    for at_s, pixels in film:
        if at_s + 1e-6 >= next_s:
            yield at_s, pixels
            next_s += 1.0
