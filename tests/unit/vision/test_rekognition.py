"""Rekognition's replies to facts, asked over HTTP as boto3 asks."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import (
    EMOTIONS,
    SIGHTS,
    BoundingBox,
    EyeDirection,
    Face,
    Findings,
    Kind,
    Label,
    Landmark,
    Line,
    Look,
    Pose,
)
from chalicelib.vision.rekognition.looks import Rekognition
from tests.fakes import Inline
from tests.unit.vision.rekognition_server import (
    Behaviour,
    RekognitionServer,
    answers,
    breaks_off,
    fails,
    hangs,
    hangs_up,
    rekognition_server,
    sends,
)

ALL = frozenset(SIGHTS)
PICTURE = b"a picture"
ASKED = {Kind.FACES: Look.ASKED, Kind.LABELS: Look.ASKED, Kind.TEXT: Look.ASKED}
ALWAYS = ["DEFAULT", "FACE_OCCLUDED", "EYES_OPEN"]
OPERATIONS = {Kind.FACES: "DetectFaces", Kind.LABELS: "DetectLabels", Kind.TEXT: "DetectText"}
MEMBERS = {Kind.FACES: "FaceDetails", Kind.LABELS: "Labels", Kind.TEXT: "TextDetections"}


@pytest.fixture
def server() -> Iterator[RekognitionServer]:
    with rekognition_server() as running:
        yield running


def look(
    server: RekognitionServer,
    *pictures: bytes,
    kinds: frozenset[Kind] = ALL,
    policy: Policy | None = None,
    deadline_s: float = 20.0,
) -> list[Findings]:
    with ThreadPoolExecutor(8) as pool:
        adapter = Rekognition(server.client(), pool, deadline_s=deadline_s)
        found = adapter.look(pictures or (PICTURE,), kinds, policy or Policy())
        server.closing.set()
    return found


BOX = {"Left": 0.25, "Top": -0.01, "Width": 0.5, "Height": 0.75}
FACE: dict[str, Any] = {"BoundingBox": BOX, "Confidence": 99.98765}
WHOLE_FACE: dict[str, Any] = {
    **FACE,
    "Pose": {"Yaw": -12.34567, "Pitch": 5.0, "Roll": 180.0},
    "EyeDirection": {"Yaw": 20.5, "Pitch": -3.25, "Confidence": 97.0},
    "Landmarks": [{"Type": "eyeLeft", "X": 0.4, "Y": 0.5}, {"Type": "nose", "X": 0.5, "Y": 0.6}],
    "Emotions": [{"Type": "CALM", "Confidence": 91.5}, {"Type": "UNKNOWN", "Confidence": 1.0}],
    "FaceOccluded": {"Value": True, "Confidence": 88.0},
    "EyesOpen": {"Value": False, "Confidence": 97.0},
    "Quality": {"Brightness": 70.25, "Sharpness": 90.0},
}
LABEL: dict[str, Any] = {"Name": "Mobile Phone", "Confidence": 88.5}
LINE: dict[str, Any] = {"DetectedText": "Dear John", "Type": "LINE", "Confidence": 95.0}


def test_a_face_is_translated_whole(server: RekognitionServer) -> None:
    server.behave["DetectFaces"] = answers({"FaceDetails": [WHOLE_FACE]})

    (found,) = look(server)

    assert found == Findings(
        faces=(
            Face(
                box=BoundingBox(0.25, -0.01, 0.5, 0.75),
                confidence=99.9877,
                pose=Pose(-12.3457, 5.0, 180.0),
                eye_direction=EyeDirection(20.5, -3.25, 97.0),
                landmarks=(Landmark("eyeLeft", 0.4, 0.5), Landmark("nose", 0.5, 0.6)),
                emotions={"CALM": 91.5},
                face_occluded=True,
                eyes_open=False,
                brightness=70.25,
                sharpness=90.0,
            ),
        ),
        labels=(),
        text=(),
        looks=ASKED,
    )


def test_what_is_not_said_of_a_face_is_not_made_up(server: RekognitionServer) -> None:
    server.behave["DetectFaces"] = answers({"FaceDetails": [FACE]})

    (found,) = look(server)

    assert found.faces == (Face(BoundingBox(0.25, -0.01, 0.5, 0.75), 99.9877),)


def test_all_emotions_of_rekognition_are_known(server: RekognitionServer) -> None:
    emotions = [{"Type": name, "Confidence": float(place)} for place, name in enumerate(EMOTIONS)]
    server.behave["DetectFaces"] = answers({"FaceDetails": [{**FACE, "Emotions": emotions}]})

    (found,) = look(server)

    assert found.faces is not None
    assert found.faces[0].emotions == {name: float(place) for place, name in enumerate(EMOTIONS)}


def test_a_label_is_translated_with_its_names_and_places(server: RekognitionServer) -> None:
    whole = {
        **LABEL,
        "Parents": [{"Name": "Electronics"}, {"Name": "Phone"}],
        "Aliases": [{"Name": "Cell Phone"}],
        "Instances": [{"BoundingBox": BOX, "Confidence": 90.0}, {"Confidence": 50.0}],
    }
    server.behave["DetectLabels"] = answers({"Labels": [whole, {"Name": "Desk", "Confidence": 60.0}]})

    (found,) = look(server)

    assert found.labels == (
        Label(
            "Mobile Phone",
            88.5,
            parents=("Electronics", "Phone"),
            aliases=("Cell Phone",),
            boxes=(BoundingBox(0.25, -0.01, 0.5, 0.75),),
        ),
        Label("Desk", 60.0),
    )


def test_lines_of_text_are_kept_and_words_are_not(server: RekognitionServer) -> None:
    texts = [
        {**LINE, "Geometry": {"BoundingBox": BOX}},
        {**LINE, "Type": "WORD", "ParentId": 0},
        {**LINE, "DetectedText": "Ünïcode ✓"},
    ]
    server.behave["DetectText"] = answers({"TextDetections": texts})

    (found,) = look(server)

    assert found.text == (
        Line("Dear John", 95.0, BoundingBox(0.25, -0.01, 0.5, 0.75)),
        Line("Ünïcode ✓", 95.0),
    )


def test_nothing_seen_is_not_the_same_as_not_looked(server: RekognitionServer) -> None:
    (found,) = look(server)

    assert found == Findings(faces=(), labels=(), text=(), looks=ASKED)


@pytest.mark.parametrize("kinds", [{Kind.FACES}, {Kind.LABELS, Kind.TEXT}, set()])
def test_only_the_kinds_that_are_wanted_are_asked(server: RekognitionServer, kinds: set[Kind]) -> None:
    (found,) = look(server, kinds=frozenset(kinds))

    assert server.calls == sorted(OPERATIONS[kind] for kind in kinds)
    assert found.looks == {kind: Look.ASKED if kind in kinds else Look.OFF for kind in SIGHTS}
    assert [found.faces is None, found.labels is None, found.text is None] == [
        kind not in kinds for kind in SIGHTS
    ]


@pytest.mark.parametrize(
    ("policy", "attributes"),
    [
        (Policy(), [*ALWAYS, "EYE_DIRECTION", "EMOTIONS"]),
        (Policy(gaze_counts=False), [*ALWAYS, "EMOTIONS"]),
        (Policy(emotions=False), [*ALWAYS, "EYE_DIRECTION"]),
        (Policy(emotions=False, gaze_counts=False), [*ALWAYS]),
    ],
)
def test_only_the_attributes_that_the_policy_needs_are_asked(
    server: RekognitionServer, policy: Policy, attributes: list[str]
) -> None:
    look(server, kinds=frozenset({Kind.FACES}), policy=policy)

    ((_, asked),) = server.asked
    assert asked["Attributes"] == attributes


@pytest.mark.parametrize(("wanted", "asked"), [(70.0, 55.0), (55.0, 55.0), (20.0, 20.0)])
def test_labels_are_asked_down_to_what_the_policy_counts(
    server: RekognitionServer, wanted: float, asked: float
) -> None:
    look(server, kinds=frozenset({Kind.LABELS}), policy=Policy(object_confidence=wanted))

    ((_, question),) = server.asked
    assert question["MinConfidence"] == asked


def test_emotions_that_are_off_are_never_named_in_any_request(server: RekognitionServer) -> None:
    look(server, policy=Policy(emotions=False))

    assert len(server.asked) == 3
    assert "EMOTIONS" not in repr(server.asked)
    assert "ALL" not in repr(server.asked)


def test_several_pictures_are_answered_in_their_order(server: RekognitionServer) -> None:
    def as_many_faces_as_letters(handler: Any) -> None:  # noqa: ANN401 - the server's own handler
        letters = base64.b64decode(handler.question["Image"]["Bytes"])
        answers({"FaceDetails": [FACE] * len(letters)})(handler)

    server.behave["DetectFaces"] = as_many_faces_as_letters

    found = look(server, b"abc", b"a", b"ab", kinds=frozenset({Kind.FACES}))

    assert [len(each.faces or ()) for each in found] == [3, 1, 2]


def test_no_pictures_are_no_findings(server: RekognitionServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        adapter = Rekognition(server.client(), pool, deadline_s=1.0)

        assert adapter.look([], ALL, Policy()) == []


DEEP = b"[" * 100_000


def garbled(member: str) -> dict[str, Behaviour]:
    """Answers that are none, by name."""
    return {
        "no bytes": sends(b""),
        "no JSON": sends(b"<html>gateway</html>"),
        "a list": answers([]),
        "null": answers(None),
        "nothing said": answers({}),
        "null said": answers({member: None}),
        "a number": answers({member: 5}),
        "a text": answers({member: "none"}),
        "numbers inside": answers({member: [1, 2]}),
        "nulls inside": answers({member: [None]}),
        "empty inside": answers({member: [{}]}),
        "brackets": sends(DEEP),
        "brackets inside": sends(b'{"%s": %s' % (member.encode(), DEEP)),
        "half": sends(b'{"%s": [' % member.encode()),
        "latin": sends(b'{"%s": "\xff\xfe"}' % member.encode()),
    }


TROUBLE: dict[str, Behaviour] = {
    "throttled": fails("ThrottlingException"),
    "over the limit": fails("ProvisionedThroughputExceededException"),
    "denied": fails("AccessDeniedException"),
    "bad picture": fails("InvalidImageFormatException"),
    "bad parameter": fails("InvalidParameterException"),
    "internal error": fails("InternalServerError", 500),
    "gateway error": sends(b"<html>bad gateway</html>", status=502),
    "silent error": sends(b"", status=503),
    "hanging up": hangs_up,
    "breaking off": breaks_off,
}


@pytest.mark.parametrize("kind", SIGHTS)
@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
def test_a_call_that_fails_costs_its_kind_and_leaves_the_others(
    server: RekognitionServer, trouble: Behaviour, kind: Kind
) -> None:
    server.behave[OPERATIONS[kind]] = trouble

    (found,) = look(server)

    assert_only_lost(found, kind)


@pytest.mark.parametrize("kind", SIGHTS)
@pytest.mark.parametrize("name", garbled(""))
def test_an_answer_that_makes_no_sense_costs_its_kind_and_leaves_the_others(
    server: RekognitionServer, name: str, kind: Kind
) -> None:
    server.behave[OPERATIONS[kind]] = garbled(MEMBERS[kind])[name]

    (found,) = look(server)

    assert_only_lost(found, kind)


def without(whole: dict[str, Any], *path: str) -> dict[str, Any]:
    """The reply with one member less."""
    name, *rest = path
    if not rest:
        return {member: value for member, value in whole.items() if member != name}
    return {**whole, name: without(whole[name], *rest)}


def with_(whole: dict[str, Any], value: object, *path: str) -> dict[str, Any]:
    """The reply with another value in one place."""
    name, *rest = path
    return {**whole, name: with_(whole[name], value, *rest) if rest else value}


BAD_FACES = {
    "no box": without(FACE, "BoundingBox"),
    "half a box": without(FACE, "BoundingBox", "Left"),
    "no confidence": without(FACE, "Confidence"),
    "half a pose": without(WHOLE_FACE, "Pose", "Yaw"),
    "half eyes": without(WHOLE_FACE, "EyeDirection", "Confidence"),
    "half a quality": without(WHOLE_FACE, "Quality", "Sharpness"),
    "half an emotion": with_(WHOLE_FACE, [{"Type": "CALM"}], "Emotions"),
    "NaN": with_(FACE, float("nan"), "Confidence"),
    "infinite": with_(FACE, float("inf"), "Confidence"),
    "above 100": with_(FACE, 100.5, "Confidence"),
    "below 0": with_(FACE, -0.5, "Confidence"),
    "a word": with_(FACE, "high", "Confidence"),
    "a list": with_(FACE, [99], "Confidence"),
    "null": with_(FACE, None, "Confidence"),
    "huge": with_(FACE, 10**400, "Confidence"),
    "a huge angle": with_(WHOLE_FACE, 1e6, "Pose", "Yaw"),
    "a far box": with_(FACE, 1e6, "BoundingBox", "Left"),
}


@pytest.mark.parametrize("bad", BAD_FACES.values(), ids=BAD_FACES)
def test_one_face_that_makes_no_sense_makes_the_frame_unanalysed_rather_than_wrong(
    server: RekognitionServer, bad: dict[str, Any]
) -> None:
    server.behave["DetectFaces"] = answers({"FaceDetails": [WHOLE_FACE, bad]})

    (found,) = look(server)

    assert_only_lost(found, Kind.FACES)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (Kind.LABELS, without(LABEL, "Name")),
        (Kind.LABELS, without(LABEL, "Confidence")),
        (Kind.LABELS, {**LABEL, "Confidence": float("nan")}),
        (Kind.LABELS, {**LABEL, "Parents": [{}]}),
        (Kind.LABELS, {**LABEL, "Aliases": 7}),
        (Kind.LABELS, {**LABEL, "Instances": [{"BoundingBox": {"Left": 0.5}}]}),
        (Kind.TEXT, without(LINE, "Type")),
        (Kind.TEXT, without(LINE, "DetectedText")),
        (Kind.TEXT, {**LINE, "Confidence": "NaN"}),
        (Kind.TEXT, {**LINE, "Geometry": {"BoundingBox": {"Left": "x"}}}),
    ],
)
def test_one_label_or_line_that_makes_no_sense_costs_its_kind(
    server: RekognitionServer, kind: Kind, bad: dict[str, Any]
) -> None:
    server.behave[OPERATIONS[kind]] = answers({MEMBERS[kind]: [bad]})

    (found,) = look(server)

    assert_only_lost(found, kind)


def assert_only_lost(found: Findings, kind: Kind) -> None:
    everything = Findings(faces=(), labels=(), text=(), looks=ASKED)
    lost: dict[str, Any] = {kind.value: None}

    assert found == replace(everything, **lost, looks={**ASKED, kind: Look.FAILED})


def test_one_picture_that_fails_leaves_the_other_pictures(server: RekognitionServer) -> None:
    turns = iter([fails("ThrottlingException"), answers({"FaceDetails": [FACE]})])

    def take_turns(handler: Any) -> None:  # noqa: ANN401 - the server's own handler
        next(turns)(handler)

    server.behave["DetectFaces"] = take_turns

    adapter = Rekognition(server.client(), Inline(), deadline_s=5.0)
    first, second = adapter.look([b"one", b"two"], {Kind.FACES}, Policy())

    assert (first.faces, first.looks[Kind.FACES]) == (None, Look.FAILED)
    assert (len(second.faces or ()), second.looks[Kind.FACES]) == (1, Look.ASKED)


def test_a_call_that_hangs_is_given_up_at_the_deadline_and_the_others_are_taken(
    server: RekognitionServer,
) -> None:
    server.behave["DetectLabels"] = hangs

    (found,) = look(server, deadline_s=3.0)

    assert_only_lost(found, Kind.LABELS)


def test_when_everything_fails_nothing_is_known_and_nothing_is_raised(server: RekognitionServer) -> None:
    server.behave = dict.fromkeys(OPERATIONS.values(), fails("ThrottlingException"))

    assert look(server) == [Findings(looks=dict.fromkeys(SIGHTS, Look.FAILED))]


def test_a_reply_that_would_fill_a_frames_item_is_cut(server: RekognitionServer) -> None:
    server.behave = {
        "DetectFaces": answers({"FaceDetails": [FACE] * 200}),
        "DetectLabels": answers({"Labels": [{**LABEL, "Name": "x" * 10_000}] * 200}),
        "DetectText": answers({"TextDetections": [{**LINE, "DetectedText": "y" * 10_000}] * 200}),
    }

    (found,) = look(server)

    assert [len(found.faces or ()), len(found.labels or ()), len(found.text or ())] == [50, 40, 50]
    assert {len(label.name) for label in found.labels or ()} == {200}
    assert {len(line.text) for line in found.text or ()} == {200}
