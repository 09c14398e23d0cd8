"""What is told of a picture that the queue looked at."""

import json

import pytest

from chalicelib.domain.detection import DetectedFace, Detection
from chalicelib.domain.image_jobs import ImageJob, completed, given_up
from chalicelib.domain.image_told import event_of, faces_of, told
from chalicelib.domain.seen import BoundingBox, Landmark
from chalicelib.domain.webhooks import Event, EventType

NOW = 1_800_000_000.0
JOB = ImageJob("acme", "i-1", "r-1", created_at=NOW, keep_days=7, fingerprint="f")
FACE = DetectedFace(
    BoundingBox(0.1, 0.2, 0.3, 0.4),
    99.5,
    landmarks=(Landmark("eyeLeft", 0.2, 0.3), Landmark("nose", 0.25, 0.4)),
)
FOUND = Detection((FACE,), "engine 1", 640, 480)
DONE, FAILED = completed(JOB, FOUND, NOW + 2), given_up(JOB, "The picture is broken.", NOW + 3)

AS_NUMBERS = {
    "confidence": 99.5,
    "box": [64, 96, 192, 192],
    "keypoints": {"left_eye": [128, 144], "nose": [160, 192]},
}
AS_STRINGS = {
    "confidence": "99.5",
    "box": "[64, 96, 192, 192]",
    "keypoints": {"left_eye": "[128, 144]", "nose": "[160, 192]"},
}


@pytest.mark.parametrize(("numbers", "face"), [(True, AS_NUMBERS), (False, AS_STRINGS)])
def test_figures_are_told_as_strings_unless_numbers_are_asked_for(
    face: dict[str, object], *, numbers: bool
) -> None:
    assert told(DONE, numbers=numbers) == {
        "image_id": "i-1",
        "request_id": "r-1",
        "status": "completed",
        "faces": [face],
        "engine": "engine 1",
    }


@pytest.mark.parametrize("numbers", [True, False])
def test_what_an_engine_does_not_say_is_null_and_never_a_word(*, numbers: bool) -> None:
    bare = Detection((DetectedFace(FACE.box),), "engine 1", 640, 480)

    (face,) = faces_of(bare, numbers=numbers)

    assert (face["confidence"], face["keypoints"]) == (None, {})


def test_an_empty_picture_has_no_faces_and_one_that_failed_has_no_word_of_faces() -> None:
    empty = completed(JOB, Detection((), "engine 1", 640, 480), NOW)

    assert told(empty, numbers=False)["faces"] == []
    assert told(FAILED, numbers=False) == {
        "image_id": "i-1",
        "request_id": "r-1",
        "status": "failed",
        "error": "The picture is broken.",
    }


def test_what_is_told_is_json_as_it_stands() -> None:
    for job in (DONE, FAILED):
        assert json.loads(json.dumps(told(job, numbers=False))) == told(job, numbers=False)


def test_a_finished_job_is_an_event_of_its_own_that_tells_numbers_and_its_picture() -> None:
    subject = f"i-1#{NOW}"

    assert event_of(DONE) == Event(
        EventType.IMAGE_COMPLETED, subject, NOW + 2, told(DONE, numbers=True), image_id="i-1"
    )
    assert event_of(FAILED) == Event(EventType.IMAGE_FAILED, subject, NOW + 3, told(FAILED, numbers=True))


def test_a_job_begun_anew_is_another_event() -> None:
    anew = completed(ImageJob("acme", "i-1", "r-1", NOW + 1, 7, "f"), FOUND, NOW + 2)

    assert event_of(anew).message_id != event_of(DONE).message_id
