"""Real clips, played through the HTTP API by the real engine, against what people saw in them."""

import pytest

from benchmarks import accuracy
from benchmarks.labels import Clip, read
from infra.local.player import Api
from tests.media import FOLDER, media
from tests.offline.conftest import Cloud

CLIPS = (
    "proctoring-ai/center_left_center.mp4",
    "intel/again.mkv",
    "intel/book.mkv",
    "intel/head-pose-face-detection-female.gif",
    "hysts/video00.mp4",
)


def labelled(name: str) -> Clip:
    media(name)
    return next(clip for clip in read(FOLDER, media("labels.json")) if clip.name == name)


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    if not cloud.engine.startswith("mediapipe"):
        pytest.skip(f"the emulator sees by {cloud.engine}: only Python 3.11 and 3.12 have its models")
    return Api(cloud.url, cloud.new_api_key())


@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_is_told_as_people_saw_it(cloud: Cloud, api: Api, name: str) -> None:
    (outcome,) = accuracy.measure(cloud, api, [labelled(name)])

    assert (outcome.right, outcome.found, outcome.wrong) == (outcome.frames, outcome.incidents, ())


def test_eyes_that_leave_the_screen_count_though_the_head_stays(cloud: Cloud, api: Api) -> None:
    (outcome,) = accuracy.measure(cloud, api, [labelled("proctoring-ai/center_left_center.mp4")])

    assert (outcome.incidents, outcome.found) == (1, 1)
