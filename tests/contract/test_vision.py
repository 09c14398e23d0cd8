"""What every pair of eyes promises: the one that reads words and the one that asks Rekognition."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Kind, Look
from chalicelib.flows.ports import Vision
from chalicelib.vision.rekognition.looks import Rekognition
from tests.fakes import FakeVision, Inline
from tests.unit.vision.rekognition_server import answers, rekognition_server

ALL = frozenset(SIGHTS)
PICTURES = [b"person 1", b"person 2", b"person 3"]
FACE = {
    "BoundingBox": {"Left": 0.3, "Top": 0.2, "Width": 0.4, "Height": 0.4},
    "Confidence": 99.5,
    "Pose": {"Yaw": 0.0, "Pitch": 0.0, "Roll": 0.0},
}


@pytest.fixture(params=["in words", "in Rekognition"])
def vision(request: pytest.FixtureRequest) -> Iterator[Vision]:
    if request.param == "in words":
        yield FakeVision()
        return
    with rekognition_server() as server:
        server.behave["DetectFaces"] = answers({"FaceDetails": [FACE]})
        yield Rekognition(server.client(), Inline(), deadline_s=20.0)


def test_every_picture_has_its_findings(vision: Vision) -> None:
    found = vision.look(PICTURES, ALL, Policy())

    assert [len(each.faces or ()) for each in found] == [1, 1, 1]


def test_no_pictures_have_none(vision: Vision) -> None:
    assert vision.look([], ALL, Policy()) == []


@pytest.mark.parametrize("kinds", [ALL, {Kind.FACES}, {Kind.LABELS, Kind.TEXT}, set()])
def test_what_was_not_wanted_is_unknown_and_off(vision: Vision, kinds: set[Kind]) -> None:
    (found,) = vision.look(PICTURES[:1], kinds, Policy())

    assert found.looks == {kind: Look.ASKED if kind in kinds else Look.OFF for kind in SIGHTS}
    assert {kind for kind in SIGHTS if getattr(found, kind) is not None} == set(kinds)


def test_with_emotions_off_none_come(vision: Vision) -> None:
    (found,) = vision.look(PICTURES[:1], ALL, Policy(emotions=False))

    assert [face.emotions for face in found.faces or ()] == [{}]
