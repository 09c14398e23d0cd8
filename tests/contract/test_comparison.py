"""What every comparison of faces promises: the one that reads words and the one that asks Rekognition."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.seen import BoundingBox
from chalicelib.flows.face_ports import Comparison
from chalicelib.vision.rekognition.comparison import ENGINE
from chalicelib.vision.rekognition.comparison import Comparison as RekognitionComparison
from tests.fake_identity import SIMILAR, STRANGE, FakeComparison
from tests.unit.vision.pictures import flat, jpeg
from tests.unit.vision.rekognition_server import (
    Behaviour,
    RekognitionServer,
    answers,
    fails,
    rekognition_server,
)

FACE = {
    "BoundingBox": {"Left": 0.3, "Top": 0.2, "Width": 0.4, "Height": 0.4},
    "Confidence": 99.5,
    "Pose": {"Yaw": 1.0, "Pitch": 2.0, "Roll": 3.0},
    "Quality": {"Brightness": 50.0, "Sharpness": 60.0},
}


def matches(*similarities: float) -> Behaviour:
    return answers(
        {"FaceMatches": [{"Similarity": each, "Face": FACE} for each in similarities], "UnmatchedFaces": []}
    )


ANSWERS = {
    b"person 1": matches(SIMILAR),
    b"guest 1": matches(STRANGE, SIMILAR),
    b"stranger 1": matches(STRANGE),
    b"nobody 1": fails("InvalidParameterException"),
}


class Room:
    """A comparison, by what the pictures show."""

    def __init__(self, server: RekognitionServer | None) -> None:
        self.server = server
        self.fake = FakeComparison()

    def of(self, shown: bytes) -> tuple[Comparison, bytes]:
        """The comparison, with the picture to compare."""
        if self.server is None:
            return self.fake, shown
        self.server.behave["CompareFaces"] = ANSWERS[shown]
        return RekognitionComparison(self.server.client(), "pictures"), jpeg(flat(120))

    def break_down(self) -> tuple[Comparison, bytes]:
        """One whose provider does not answer."""
        comparison, picture = self.of(b"person 1")
        self.fake.down = True
        if self.server:
            self.server.behave["CompareFaces"] = fails("ThrottlingException")
        return comparison, picture


@pytest.fixture(params=["in words", "in Rekognition"])
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    if request.param == "in words":
        yield Room(None)
        return
    with rekognition_server() as server:
        yield Room(server)


@pytest.mark.parametrize(
    ("shown", "similarities"),
    [
        (b"person 1", (SIMILAR,)),
        (b"guest 1", (SIMILAR, STRANGE)),
        (b"stranger 1", (STRANGE,)),
        (b"nobody 1", ()),
    ],
)
def test_every_face_has_its_similarity_the_most_alike_first(
    room: Room, shown: bytes, similarities: tuple[float, ...]
) -> None:
    comparison, picture = room.of(shown)

    kept = comparison.compare("acme", "s-1", "reference", picture)
    sent = comparison.compare_pictures(picture, picture)

    assert (kept.similarities, sent.similarities) == (similarities, similarities)
    assert kept.engine


def test_a_provider_that_does_not_answer_says_so(room: Room) -> None:
    comparison, picture = room.break_down()

    with pytest.raises(VisionUnavailable):
        comparison.compare("acme", "s-1", "reference", picture)


def test_rekognition_reads_the_kept_picture_itself_and_tells_of_all_faces() -> None:
    with rekognition_server() as server:
        server.behave["CompareFaces"] = matches(STRANGE, SIMILAR)
        compared = RekognitionComparison(server.client(), "pictures").compare(
            "acme", "s-1", "reference", jpeg(flat(120))
        )
        ((_, asked),) = server.asked

    assert asked["SourceImage"] == {"S3Object": {"Bucket": "pictures", "Name": "acme/s-1/reference"}}
    assert asked["SimilarityThreshold"] == 0.0
    assert (compared.similarities, compared.engine) == ((SIMILAR, STRANGE), ENGINE)
    assert [face.box for face in compared.faces] == [BoundingBox(0.3, 0.2, 0.4, 0.4)] * 2
    assert [face.sharpness for face in compared.faces] == [60.0] * 2


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"FaceMatches": None},
        {"FaceMatches": [{"Similarity": 101.0, "Face": FACE}]},
        {"FaceMatches": [{}]},
    ],
)
def test_a_garbled_reply_is_no_similarity(reply: object) -> None:
    with rekognition_server() as server:
        server.behave["CompareFaces"] = answers(reply)
        with pytest.raises(VisionUnavailable):
            RekognitionComparison(server.client(), "pictures").compare_pictures(
                jpeg(flat(120)), jpeg(flat(120))
            )
