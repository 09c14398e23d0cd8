"""DetectFaces, DetectLabels and DetectText answer staged pictures as staged, and validly."""

from typing import TYPE_CHECKING, Any

import pytest

from infra.local.rekognition.staged import face, label, line, stage
from tests.rekognition.emulator import Emulator
from tests.rekognition.service_model import complaints

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
KNOWN = DEFAULT | {"EyeDirection", "Emotions", "EyesOpen", "FaceOccluded", "MouthOpen", "Smile"}


@pytest.mark.parametrize(
    ("attributes", "members"),
    [
        ([], DEFAULT),
        (["DEFAULT"], DEFAULT),
        (["EMOTIONS"], DEFAULT | {"Emotions"}),
        (["EYE_DIRECTION", "FACE_OCCLUDED"], DEFAULT | {"EyeDirection", "FaceOccluded"}),
        (["SMILE", "EYES_OPEN", "MOUTH_OPEN"], DEFAULT | {"Smile", "EyesOpen", "MouthOpen"}),
        (["GENDER", "AGE_RANGE", "BEARD", "MUSTACHE"], DEFAULT),
        (["ALL"], KNOWN),
    ],
)
def test_a_face_has_the_attributes_asked_for_and_none_that_nobody_knows(
    rekognition: "RekognitionClient", grey: bytes, attributes: list[Any], members: set[str]
) -> None:
    answer = rekognition.detect_faces(
        Image={"Bytes": stage(grey, {"faces": [face()]})}, Attributes=attributes
    )

    assert set(answer["FaceDetails"][0]) == members
    assert complaints("DetectFaces", dict(answer)) == []


@pytest.mark.parametrize(("attributes", "count"), [(["DEFAULT"], 5), (["EMOTIONS"], 5), (["ALL"], 30)])
def test_five_landmarks_or_with_all_attributes_thirty(
    rekognition: "RekognitionClient", grey: bytes, attributes: list[Any], count: int
) -> None:
    answer = rekognition.detect_faces(
        Image={"Bytes": stage(grey, {"faces": [face()]})}, Attributes=attributes
    )

    assert len(answer["FaceDetails"][0]["Landmarks"]) == count


def test_a_staged_face_is_answered_as_it_was_staged(rekognition: "RekognitionClient", grey: bytes) -> None:
    staged = face(
        box=[0.1, 0.2, 0.3, 0.4],
        confidence=88.0,
        yaw_deg=-41,
        pitch_deg=7,
        roll_deg=3,
        gaze_yaw_deg=5,
        emotions={"HAPPY": 90.0, "CALM": 10.0},
        eyes_open=False,
        sunglasses=True,
    )
    answer = rekognition.detect_faces(Image={"Bytes": stage(grey, {"faces": [staged]})}, Attributes=["ALL"])
    (seen,) = answer["FaceDetails"]

    assert seen["BoundingBox"] == {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
    assert seen["Confidence"] == 88.0
    assert seen["Pose"] == {"Yaw": -41, "Pitch": 7, "Roll": 3}
    assert seen["EyeDirection"]["Yaw"] == 5
    assert seen["Emotions"][0] == {"Type": "HAPPY", "Confidence": 90.0}
    assert seen["EyesOpen"]["Value"] is False
    assert seen["Sunglasses"]["Value"] is True


def test_faces_come_largest_first(rekognition: "RekognitionClient", grey: bytes) -> None:
    small, large = face(box=[0, 0, 0.1, 0.1]), face(box=[0.5, 0.2, 0.4, 0.5])
    answer = rekognition.detect_faces(Image={"Bytes": stage(grey, {"faces": [small, large]})})

    assert [seen["BoundingBox"]["Width"] for seen in answer["FaceDetails"]] == [0.4, 0.1]


def test_what_is_not_staged_is_not_there(rekognition: "RekognitionClient", grey: bytes) -> None:
    picture = stage(grey, {"labels": [label("Cup")]})

    assert rekognition.detect_faces(Image={"Bytes": picture})["FaceDetails"] == []
    assert rekognition.detect_text(Image={"Bytes": picture})["TextDetections"] == []


LABELS = [
    label("Mobile Phone", 93.0, parents=["Electronics", "Phone"], boxes=[[0.1, 0.6, 0.1, 0.2]]),
    label("Book", 71.5, categories=["Education"]),
    label("Cup", 50.0),
]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ["Mobile Phone", "Book"]),
        ({"MinConfidence": 80}, ["Mobile Phone"]),
        ({"MinConfidence": 0, "MaxLabels": 1}, ["Mobile Phone"]),
        ({"MinConfidence": 0}, ["Mobile Phone", "Book", "Cup"]),
        ({"Settings": {"GeneralLabels": {"LabelInclusionFilters": ["Book"]}}}, ["Book"]),
        ({"Settings": {"GeneralLabels": {"LabelExclusionFilters": ["Book"]}}}, ["Mobile Phone"]),
        ({"Settings": {"GeneralLabels": {"LabelCategoryInclusionFilters": ["Education"]}}}, ["Book"]),
        ({"Features": ["IMAGE_PROPERTIES"]}, []),
    ],
)
def test_labels_pass_the_settings_surest_first(
    rekognition: "RekognitionClient", grey: bytes, settings: dict[str, Any], names: list[str]
) -> None:
    answer = rekognition.detect_labels(Image={"Bytes": stage(grey, {"labels": LABELS})}, **settings)

    assert [seen["Name"] for seen in answer["Labels"]] == names
    assert complaints("DetectLabels", dict(answer)) == []


def test_a_label_has_an_instance_for_each_box(rekognition: "RekognitionClient", grey: bytes) -> None:
    answer = rekognition.detect_labels(Image={"Bytes": stage(grey, {"labels": LABELS})})
    phone = answer["Labels"][0]

    assert [parent["Name"] for parent in phone["Parents"]] == ["Electronics", "Phone"]
    assert phone["Instances"] == [
        {"BoundingBox": {"Left": 0.1, "Top": 0.6, "Width": 0.1, "Height": 0.2}, "Confidence": 93.0}
    ]


def test_lines_come_first_and_words_name_their_line(rekognition: "RekognitionClient", grey: bytes) -> None:
    picture = stage(grey, {"text": [line("second law", 95.0), line("of motion", 85.0)]})
    answer = rekognition.detect_text(Image={"Bytes": picture})
    told = [
        (seen["DetectedText"], seen["Type"], seen["Id"], seen.get("ParentId"))
        for seen in answer["TextDetections"]
    ]

    assert told == [
        ("second law", "LINE", 0, None),
        ("of motion", "LINE", 1, None),
        ("second", "WORD", 2, 0),
        ("law", "WORD", 3, 0),
        ("of", "WORD", 4, 1),
        ("motion", "WORD", 5, 1),
    ]
    assert complaints("DetectText", dict(answer)) == []


@pytest.mark.parametrize(
    ("filters", "lines"),
    [
        ({"WordFilter": {"MinConfidence": 90}}, ["upper"]),
        ({"WordFilter": {"MinBoundingBoxHeight": 0.2}}, ["lower"]),
        ({"WordFilter": {"MinBoundingBoxWidth": 0.35}}, ["upper"]),
        (
            {"RegionsOfInterest": [{"BoundingBox": {"Left": 0, "Top": 0.5, "Width": 1, "Height": 0.5}}]},
            ["lower"],
        ),
        (
            {"RegionsOfInterest": [{"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 0}, {"X": 1, "Y": 0.3}]}]},
            ["upper"],
        ),
    ],
)
def test_text_filters_keep_what_they_say(
    rekognition: "RekognitionClient",
    grey: bytes,
    filters: dict[str, Any],
    lines: list[str],
) -> None:
    texts = [line("upper", 99.0, box=[0.1, 0.1, 0.4, 0.1]), line("lower", 80.0, box=[0.1, 0.6, 0.3, 0.3])]
    answer = rekognition.detect_text(Image={"Bytes": stage(grey, {"text": texts})}, Filters=filters)  # type: ignore[arg-type]

    assert [seen["DetectedText"] for seen in answer["TextDetections"] if seen["Type"] == "LINE"] == lines


def test_a_broken_script_is_said_aloud(emulator: Emulator, grey: bytes) -> None:
    picture = stage(grey, {"labels": [label("Cup")]}).replace(b'"confidence":99.0', b'"confidence":9900')
    client = emulator.client()

    with pytest.raises(client.exceptions.InvalidParameterException, match=r"within 0\.\.100"):
        client.detect_labels(Image={"Bytes": picture})
