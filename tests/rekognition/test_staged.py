"""A staged picture carries its own answer."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from infra.local.rekognition.script import FaceScript, ScriptInvalid, read_script
from infra.local.rekognition.staged import face, label, line, stage, staged, unstaged


def test_what_was_staged_can_be_read_back(grey: bytes) -> None:
    script = {
        "faces": [face(yaw_deg=40, person="ada")],
        "labels": [label("Book", 91.0)],
        "text": [line("notes")],
    }

    assert staged(stage(grey, script)) == script  # type: ignore[arg-type]  # a literal, not a TypedDict


def test_staging_changes_no_pixel(grey: bytes) -> None:
    picture = stage(grey, {"faces": [face()]})

    assert _decoded(picture) == _decoded(grey)


def test_a_picture_without_a_script_is_not_staged(grey: bytes) -> None:
    assert staged(grey) is None


def test_an_empty_script_is_a_script(grey: bytes) -> None:
    assert staged(stage(grey, {})) == {}


def test_staging_again_replaces_the_script(grey: bytes) -> None:
    twice = stage(stage(grey, {"faces": [face()]}), {"labels": [label("Cup")]})

    assert staged(twice) == {"labels": [label("Cup")]}


def test_unstaging_gives_back_the_very_bytes(grey: bytes) -> None:
    assert unstaged(stage(grey, {"faces": [face()]})) == grey


def test_a_script_longer_than_a_segment_is_carried_whole(grey: bytes) -> None:
    script = {"labels": [label(f"Thing {number}") for number in range(2000)]}

    assert staged(stage(grey, script)) == script  # type: ignore[arg-type]


def test_only_jpegs_can_be_staged() -> None:
    with pytest.raises(ValueError, match="not a JPEG"):
        stage(b"\x89PNG\r\n\x1a\n", {})


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ({"face": []}, "does not know face"),
        ({"faces": [{"yaw": 3}]}, r"faces\[0\].*does not know yaw"),
        ({"faces": [{}, {"yaw_deg": 300}]}, r"faces\[1\].*yaw_deg must be within -180..180"),
        ({"faces": [{"box": [0.1, 0.1]}]}, r"faces\[0\]"),
        ({"faces": [{"emotions": {"BORED": 3}}]}, "emotions must be among"),
        ({"labels": [{"confidence": 3}]}, r"labels\[0\].*name"),
        ({"labels": [{"name": "Cup", "confidence": 101}]}, "within 0..100"),
        ({"text": [{"text": ""}]}, r"text\[0\]"),
        ({"text": "notes"}, "text: must be a list"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_with_its_place(
    grey: bytes, script: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ScriptInvalid, match=complaint):
        stage(grey, script)  # type: ignore[arg-type]


def test_a_face_of_which_nothing_is_said_is_calm_and_looks_into_the_camera() -> None:
    told = read_script({"faces": [face()]}).faces
    assert told is not None
    (calm,) = told

    assert calm.pose is not None
    assert (calm.pose.yaw_deg, calm.pose.pitch_deg, calm.pose.roll_deg) == (0, 0, 0)
    assert max(calm.emotions, key=lambda name: calm.emotions[name]) == "CALM"
    assert sum(calm.emotions.values()) == pytest.approx(100)
    assert len(calm.landmarks) == 30


def test_who_turns_the_head_looks_there_unless_told_otherwise() -> None:
    told = read_script({"faces": [face(yaw_deg=40), face(yaw_deg=40, gaze_yaw_deg=0)]}).faces
    assert told is not None

    assert [seen.gaze.yaw_deg for seen in told if seen.gaze] == [40, 0]


def test_faces_without_boxes_stand_side_by_side() -> None:
    told = read_script({"faces": [face(), face(), face()]}).faces
    assert told is not None
    boxes = [seen.box for seen in told]

    assert all(a.left + a.width <= b.left for a, b in pairwise(boxes))


def _decoded(picture: bytes) -> list[int]:
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return [int(value) for value in pixels.ravel()[::97]]


def test_the_nose_of_a_staged_head_moves_where_it_turns() -> None:
    def nose(turned: FaceScript) -> tuple[float, float]:
        (told,) = read_script({"faces": [turned]}).faces or ()
        eyes = [told.landmarks[name][0] for name in ("eyeLeft", "eyeRight")]
        middle = sum(eyes) / 2
        return round((told.landmarks["nose"][0] - middle) / (eyes[1] - eyes[0]), 3), told.landmarks["nose"][1]

    assert nose(face())[0] == 0
    assert nose(face(yaw_deg=30))[0] == -nose(face(yaw_deg=-30))[0] > 0.3
    assert nose(face(pitch_deg=20))[1] < nose(face())[1] < nose(face(pitch_deg=-20))[1]
