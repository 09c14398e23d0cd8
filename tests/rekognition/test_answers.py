"""Answers by the hash of a picture replace what they give and nothing else."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from infra.local.rekognition.staged import face, label, stage
from tests.rekognition.emulator import Emulator


def test_an_answer_adds_a_phone_and_leaves_the_faces(emulator: Emulator, grey: bytes) -> None:
    picture = stage(grey, {"faces": [face(yaw_deg=9)]})
    emulator.control("PUT", "/_answers", {_sha256(picture): {"labels": [label("Mobile Phone", 93.0)]}})
    client = emulator.client()

    assert [seen["Name"] for seen in client.detect_labels(Image={"Bytes": picture})["Labels"]] == [
        "Mobile Phone"
    ]
    assert client.detect_faces(Image={"Bytes": picture})["FaceDetails"][0]["Pose"]["Yaw"] == 9


def test_an_answer_replaces_what_the_engine_sees(emulator: Emulator, astronaut: bytes) -> None:
    emulator.control("PUT", "/_answers", {_sha256(astronaut): {"faces": []}})
    emptied = emulator.client().detect_faces(Image={"Bytes": astronaut})["FaceDetails"]
    emulator.control("DELETE", "/_answers")

    assert emptied == []
    assert len(emulator.client().detect_faces(Image={"Bytes": astronaut})["FaceDetails"]) == 1


def test_answers_can_come_from_a_file(start: Callable[..., Emulator], grey: bytes, tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({_sha256(grey): {"text": [{"text": "chapter one"}]}}))
    running = start("--answers", str(file))
    read = running.client().detect_text(Image={"Bytes": grey})["TextDetections"]

    assert read[0]["DetectedText"] == "chapter one"


def test_answers_that_cannot_be_played_change_nothing(emulator: Emulator, grey: bytes) -> None:
    scripts = {_sha256(grey): {"labels": [label("Cup")]}, "not a hash": {}}
    status, answer = emulator.raw("PUT", "/_answers", json.dumps(scripts).encode())

    assert status == 400
    assert "not a hash" in answer["error"]
    assert emulator.control("GET", "/_answers") == {"pictures": 0}


def _sha256(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()
