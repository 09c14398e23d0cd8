"""What the engine sees in real photographs that everybody has."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.rekognition.conftest import jpeg_of, packaged
from tests.rekognition.emulator import Emulator
from tests.rekognition.service_model import complaints

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient

INVENTED = {"AgeRange", "Beard", "Gender", "Mustache", "Eyeglasses", "Sunglasses", "FaceOccluded"}


def test_whatever_the_engine_one_portrait_is_one_face(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    answer = rekognition.detect_faces(Image={"Bytes": astronaut}, Attributes=["ALL"])
    (seen,) = answer["FaceDetails"]
    box = seen["BoundingBox"]

    assert complaints("DetectFaces", dict(answer)) == []
    assert seen["Confidence"] > 90
    assert box["Left"] < 0.44 < box["Left"] + box["Width"]
    assert box["Top"] < 0.23 < box["Top"] + box["Height"]


@pytest.mark.parametrize("name", ["coffee.png", "chelsea.png", "rocket.jpg", "page.png", "brick.png"])
def test_whatever_the_engine_no_face_is_seen_where_nobody_is(
    rekognition: "RekognitionClient", name: str
) -> None:
    answer = rekognition.detect_faces(Image={"Bytes": jpeg_of(packaged(name))}, Attributes=["ALL"])

    assert answer["FaceDetails"] == []


def test_nothing_is_invented_even_if_all_is_asked_for(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    answer = rekognition.detect_faces(Image={"Bytes": astronaut}, Attributes=["ALL"])

    assert not INVENTED & set(answer["FaceDetails"][0])


def test_labels_say_no_more_than_what_was_seen(
    rekognition: "RekognitionClient", coffee: bytes, astronaut: bytes
) -> None:
    cup = rekognition.detect_labels(Image={"Bytes": coffee})
    person = rekognition.detect_labels(Image={"Bytes": astronaut})
    names = {seen["Name"] for seen in person["Labels"]}

    assert {seen["Name"] for seen in cup["Labels"]} <= {"Text"}
    assert {"Person", "Face"} <= names <= {"Person", "Face", "Head", "Text"}
    assert complaints("DetectLabels", dict(person)) == []


@pytest.mark.usefixtures("real_engine")
def test_a_smiling_face_is_happy_and_looks_into_the_camera(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    (seen,) = rekognition.detect_faces(Image={"Bytes": astronaut}, Attributes=["ALL"])["FaceDetails"]

    assert seen["Smile"]["Value"]
    assert seen["EyesOpen"]["Value"]
    assert seen["Emotions"][0]["Type"] == "HAPPY"
    assert sum(emotion["Confidence"] for emotion in seen["Emotions"]) == pytest.approx(100, abs=0.1)
    assert len(seen["Emotions"]) == 8
    assert abs(seen["Pose"]["Yaw"]) < 15
    assert abs(seen["EyeDirection"]["Yaw"]) < 30
    assert len(seen["Landmarks"]) == 30


@pytest.mark.usefixtures("real_engine")
def test_left_and_right_are_those_of_the_picture(rekognition: "RekognitionClient", astronaut: bytes) -> None:
    (seen,) = rekognition.detect_faces(Image={"Bytes": astronaut}, Attributes=["ALL"])["FaceDetails"]
    x = {point["Type"]: point["X"] for point in seen["Landmarks"]}

    assert x["upperJawlineLeft"] < x["leftEyeLeft"] < x["eyeLeft"] < x["leftEyeRight"] < x["nose"]
    assert x["nose"] < x["rightEyeLeft"] < x["eyeRight"] < x["rightEyeRight"] < x["upperJawlineRight"]


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("turned_deg", [-30, 0, 30])
def test_roll_is_positive_clockwise(rekognition: "RekognitionClient", turned_deg: float) -> None:
    picture = jpeg_of(_turned(packaged("astronaut.png"), turned_deg))
    upright = rekognition.detect_faces(Image={"Bytes": jpeg_of(packaged("astronaut.png"))})["FaceDetails"][0]
    seen = rekognition.detect_faces(Image={"Bytes": picture})["FaceDetails"][0]

    assert seen["Pose"]["Roll"] - upright["Pose"]["Roll"] == pytest.approx(turned_deg, abs=6)


@pytest.mark.usefixtures("real_engine")
def test_a_mirrored_face_has_mirrored_angles(rekognition: "RekognitionClient") -> None:
    portrait = packaged("astronaut.png")
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    (seen,) = rekognition.detect_faces(Image={"Bytes": jpeg_of(portrait)}, Attributes=["ALL"])["FaceDetails"]
    (other,) = rekognition.detect_faces(Image={"Bytes": jpeg_of(mirrored)}, Attributes=["ALL"])["FaceDetails"]

    assert other["Pose"]["Yaw"] == pytest.approx(-seen["Pose"]["Yaw"], abs=6)
    assert other["Pose"]["Roll"] == pytest.approx(-seen["Pose"]["Roll"], abs=3)
    assert other["Pose"]["Pitch"] == pytest.approx(seen["Pose"]["Pitch"], abs=5)


@pytest.mark.usefixtures("real_engine")
def test_a_face_that_the_frame_cuts_in_half_is_a_face_of_which_little_is_known(
    rekognition: "RekognitionClient",
) -> None:
    portrait = packaged("astronaut.png")
    half = np.ascontiguousarray(portrait[:, 224:])
    answer = rekognition.detect_faces(Image={"Bytes": jpeg_of(half)}, Attributes=["ALL"])
    (seen,) = answer["FaceDetails"]

    assert seen["BoundingBox"]["Left"] < 0
    assert set(seen) == {"BoundingBox", "Confidence", "Quality"}
    assert complaints("DetectFaces", dict(answer)) == []


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("closer", [1.0, 2.5, 6.0])
def test_a_face_is_seen_from_afar_and_close_up(rekognition: "RekognitionClient", closer: float) -> None:
    half = round(200 / closer)
    part = packaged("astronaut.png")[max(0, 124 - half) : 124 + half, max(0, 224 - half) : 224 + half]
    picture = cv2.resize(part, (640, 640), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)

    assert len(rekognition.detect_faces(Image={"Bytes": jpeg_of(picture)})["FaceDetails"]) == 1


@pytest.mark.usefixtures("real_engine")
def test_a_darker_picture_is_less_bright_and_a_blurred_one_less_sharp(
    rekognition: "RekognitionClient",
) -> None:
    portrait = packaged("astronaut.png")
    pictures = [portrait, (portrait * 0.4).astype(np.uint8), cv2.GaussianBlur(portrait, (0, 0), 3)]
    plain, dark, blurred = (
        rekognition.detect_faces(Image={"Bytes": jpeg_of(picture.astype(np.uint8))})["FaceDetails"][0][
            "Quality"
        ]
        for picture in pictures
    )

    assert dark["Brightness"] < plain["Brightness"] / 2
    assert blurred["Sharpness"] < plain["Sharpness"] / 2


@pytest.mark.usefixtures("real_engine")
def test_a_page_is_read_line_by_line(rekognition: "RekognitionClient") -> None:
    answer = rekognition.detect_text(Image={"Bytes": jpeg_of(packaged("page.png"))})
    lines = [seen["DetectedText"] for seen in answer["TextDetections"] if seen["Type"] == "LINE"]

    assert any("segmentation" in text for text in lines)
    assert len(lines) >= 4
    assert all(len(text) >= 3 for text in lines)
    assert complaints("DetectText", dict(answer)) == []


@pytest.mark.usefixtures("real_engine")
def test_a_page_of_text_is_labelled_text(rekognition: "RekognitionClient") -> None:
    labels = rekognition.detect_labels(Image={"Bytes": jpeg_of(packaged("page.png"))})["Labels"]

    assert [seen["Name"] for seen in labels] == ["Text"]


@pytest.mark.usefixtures("real_engine")
def test_a_person_is_like_a_smaller_darker_picture_of_herself(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    smaller = cv2.resize(packaged("astronaut.png"), (300, 300), interpolation=cv2.INTER_AREA)
    answer = rekognition.compare_faces(
        SourceImage={"Bytes": astronaut}, TargetImage={"Bytes": jpeg_of((smaller * 0.8).astype(np.uint8), 70)}
    )

    assert answer["FaceMatches"][0]["Similarity"] > 95
    assert complaints("CompareFaces", dict(answer)) == []


@pytest.mark.usefixtures("real_engine")
def test_a_real_person_is_indexed_and_found(emulator: Emulator, astronaut: bytes) -> None:
    client = emulator.client()
    client.create_collection(CollectionId="crew")
    client.index_faces(CollectionId="crew", Image={"Bytes": astronaut}, ExternalImageId="eileen")
    mirrored = jpeg_of(np.ascontiguousarray(packaged("astronaut.png")[:, ::-1]))
    found = client.search_faces_by_image(CollectionId="crew", Image={"Bytes": mirrored})

    assert [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]] == ["eileen"]


def test_where_nobody_can_be_told_apart_it_is_refused_not_guessed(
    emulator: Emulator, astronaut: bytes
) -> None:
    if emulator.control("GET", "/_health")["engine"] != "haar":
        pytest.skip("this engine can tell people apart")
    client = emulator.client()

    with pytest.raises(client.exceptions.AccessDeniedException, match="cannot tell people apart"):
        client.compare_faces(SourceImage={"Bytes": astronaut}, TargetImage={"Bytes": astronaut})


def _turned(pixels: np.typing.NDArray[np.uint8], degrees: float) -> np.typing.NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
