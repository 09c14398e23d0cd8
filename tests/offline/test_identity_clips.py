"""Real people swapped in mid-session, told apart by the real engine, over HTTP."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

import pytest

from infra.local.sources import open_clip
from tests.media import media
from tests.offline.client import Client, Interview, base64_of
from tests.offline.conftest import Cloud

SPARING = {"labels": False, "text": False}
FRAMES = 8


def film(name: str) -> list[bytes]:
    """A few frames of a clip, a quarter of a second apart, which are played as if it were a second."""
    return [frame.picture for frame in islice(open_clip(media(name), 4.0).frames, FRAMES)]


@pytest.fixture
def interview(cloud: Cloud, api_key: str) -> Interview:
    if not cloud.engine.startswith("mediapipe"):
        pytest.skip(f"the emulator sees by {cloud.engine}, which cannot tell people apart")
    return Client(cloud.url, api_key).start(policy=SPARING)


def identify(interview: Interview, picture: bytes) -> None:
    given = interview.server.call("POST", f"{interview.path}/identity", {"reference": base64_of(picture)})
    assert given.body["accepted"], given.body


def mismatches(interview: Interview, frames: Iterable[bytes]) -> list[int]:
    """The frames with which an alert opened, from 1."""
    started = datetime.fromisoformat(interview.started["start_time"])
    opened = []
    for seq, picture in enumerate(frames, start=1):
        captured = (started + timedelta(seconds=seq)).isoformat()
        result = interview.frame(picture, seq=seq, captured_at=captured).body["result"]
        opened += [seq for alert in result["alerts"] if alert["type"] == "identity_mismatch"]
    return opened


@pytest.mark.parametrize(
    ("reference", "one", "other"),
    [
        ("intel/brother.mkv", "intel/again.mkv", "intel/book.mkv"),
        ("intel/school.mkv", "intel/book.mkv", "proctoring-ai/center_focus.mp4"),
        ("proctoring-ai/center_focus.mp4", "proctoring-ai/center_left_center.mp4", "intel/again.mkv"),
    ],
)
def test_another_person_is_found_within_five_frames_and_nobody_before(
    interview: Interview, reference: str, one: str, other: str
) -> None:
    identify(interview, film(reference)[2])

    (opened,) = mismatches(interview, film(one) + film(other))

    assert FRAMES < opened <= FRAMES + 5


@pytest.mark.parametrize(
    ("reference", "clip"), [("intel/brother.mkv", "intel/help.mkv"), ("intel/walk.mkv", "intel/book.mkv")]
)
def test_the_same_person_is_accused_in_no_clip(interview: Interview, reference: str, clip: str) -> None:
    identify(interview, film(reference)[2])

    assert mismatches(interview, film(clip) * 2) == []
