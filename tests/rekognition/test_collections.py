"""Collections, and finding people in them: staged people of the same name are the same person."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from infra.local.rekognition.likeness import similarity_at
from infra.local.rekognition.staged import face, stage
from tests.rekognition.service_model import complaints

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient


@pytest.fixture
def people(rekognition: "RekognitionClient") -> "RekognitionClient":
    rekognition.create_collection(CollectionId="people")
    return rekognition


def test_a_collection_is_made_described_listed_and_deleted(rekognition: "RekognitionClient") -> None:
    made = rekognition.create_collection(CollectionId="exam.2026")
    described = rekognition.describe_collection(CollectionId="exam.2026")
    listed = rekognition.list_collections()
    deleted = rekognition.delete_collection(CollectionId="exam.2026")

    assert made["StatusCode"] == deleted["StatusCode"] == 200
    assert described["FaceCount"] == 0
    assert described["CollectionARN"] == made["CollectionArn"]
    assert listed["CollectionIds"] == ["exam.2026"]
    assert rekognition.list_collections()["CollectionIds"] == []
    for operation, answer in (
        ("CreateCollection", made),
        ("DescribeCollection", described),
        ("ListCollections", listed),
        ("DeleteCollection", deleted),
    ):
        assert complaints(operation, dict(answer)) == []


def test_a_collection_exists_once(people: "RekognitionClient") -> None:
    with pytest.raises(people.exceptions.ResourceAlreadyExistsException):
        people.create_collection(CollectionId="people")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("delete_collection", {}),
        ("describe_collection", {}),
        ("list_faces", {}),
        ("delete_faces", {"FaceIds": ["00000000-0000-0000-0000-000000000000"]}),
        ("search_faces", {"FaceId": "00000000-0000-0000-0000-000000000000"}),
        ("index_faces", {"Image": {"Bytes": b"not even a picture"}}),
        ("search_faces_by_image", {"Image": {"Bytes": b"not even a picture"}}),
    ],
)
def test_a_collection_that_is_not_there_is_a_resource_not_found(
    rekognition: "RekognitionClient", operation: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(rekognition, operation)(CollectionId="nowhere", **parameters)

    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_pages_follow_each_other_without_gap_or_overlap(rekognition: "RekognitionClient") -> None:
    names = [f"c{number}" for number in range(7)]
    for name in names:
        rekognition.create_collection(CollectionId=name)
    pages = rekognition.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 3})

    assert [page["CollectionIds"] for page in pages] == [names[:3], names[3:6], names[6:]]


def test_a_page_token_that_was_never_given_is_refused(rekognition: "RekognitionClient") -> None:
    with pytest.raises(rekognition.exceptions.InvalidPaginationTokenException):
        rekognition.list_collections(NextToken="tomorrow")


def test_an_indexed_person_is_found_by_another_picture(people: "RekognitionClient", grey: bytes) -> None:
    indexed = people.index_faces(CollectionId="people", Image=_of(grey, "ada"), ExternalImageId="ada:1")
    people.index_faces(CollectionId="people", Image=_of(grey, "grace"), ExternalImageId="grace")
    found = people.search_faces_by_image(CollectionId="people", Image=_of(grey, "ada", yaw_deg=20))

    assert [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]] == ["ada:1"]
    assert found["FaceMatches"][0]["Similarity"] > 99
    assert complaints("IndexFaces", dict(indexed)) == []
    assert complaints("SearchFacesByImage", dict(found)) == []


def test_a_stranger_is_not_found(people: "RekognitionClient", grey: bytes) -> None:
    people.index_faces(CollectionId="people", Image=_of(grey, "ada"))

    assert people.search_faces_by_image(CollectionId="people", Image=_of(grey, "eve"))["FaceMatches"] == []


def test_a_face_is_searched_with_but_not_found_by_itself(people: "RekognitionClient", grey: bytes) -> None:
    first = _index(people, grey, "ada")
    second = _index(people, grey, "ada", yaw_deg=10)
    _index(people, grey, "grace")
    found = people.search_faces(CollectionId="people", FaceId=first)

    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [second]
    assert complaints("SearchFaces", dict(found)) == []


def test_an_unknown_face_cannot_be_searched_with(people: "RekognitionClient") -> None:
    with pytest.raises(people.exceptions.InvalidParameterException):
        people.search_faces(CollectionId="people", FaceId="00000000-0000-0000-0000-000000000000")


def test_only_the_largest_faces_are_indexed_and_the_rest_say_why(
    people: "RekognitionClient", grey: bytes
) -> None:
    faces = [
        face(box=[0.0, 0.1, 0.2, 0.3], person="small"),
        face(box=[0.3, 0.1, 0.4, 0.6], person="large"),
        face(box=[0.8, 0.1, 0.02, 0.03], person="tiny"),
        face(box=[0.7, 0.1, 0.3, 0.4], person="profile", yaw_deg=85),
    ]
    answer = people.index_faces(
        CollectionId="people", Image={"Bytes": stage(grey, {"faces": faces})}, MaxFaces=1
    )

    assert [record["Face"]["BoundingBox"]["Width"] for record in answer["FaceRecords"]] == [0.4]
    assert [unindexed["Reasons"] for unindexed in answer["UnindexedFaces"]] == [
        ["EXTREME_POSE"],
        ["EXCEEDS_MAX_FACES"],
        ["SMALL_BOUNDING_BOX"],
    ]
    assert complaints("IndexFaces", dict(answer)) == []


def test_without_a_quality_filter_every_face_is_indexed(people: "RekognitionClient", grey: bytes) -> None:
    tiny = stage(grey, {"faces": [face(box=[0.8, 0.1, 0.02, 0.03], yaw_deg=85)]})
    answer = people.index_faces(CollectionId="people", Image={"Bytes": tiny}, QualityFilter="NONE")

    assert len(answer["FaceRecords"]) == 1


def test_indexing_a_picture_twice_keeps_its_faces_once(people: "RekognitionClient", grey: bytes) -> None:
    once, again = _index(people, grey, "ada"), _index(people, grey, "ada")

    assert once == again
    assert people.describe_collection(CollectionId="people")["FaceCount"] == 1


def test_faces_are_listed_in_pages_and_deleted(people: "RekognitionClient", grey: bytes) -> None:
    ids = [_index(people, grey, f"person {number}") for number in range(5)]
    pages = people.get_paginator("list_faces").paginate(
        CollectionId="people", PaginationConfig={"PageSize": 2}
    )
    listed = [[known["FaceId"] for known in page["Faces"]] for page in pages]
    unknown = "00000000-0000-0000-0000-000000000000"
    deleted = people.delete_faces(CollectionId="people", FaceIds=[ids[0], unknown])

    assert listed == [ids[:2], ids[2:4], ids[4:]]
    assert deleted["DeletedFaces"] == [ids[0]]
    assert deleted["UnsuccessfulFaceDeletions"] == [{"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]}]
    assert people.describe_collection(CollectionId="people")["FaceCount"] == 4
    assert complaints("DeleteFaces", dict(deleted)) == []
    assert complaints("ListFaces", dict(people.list_faces(CollectionId="people"))) == []


def test_the_largest_face_of_the_source_is_compared_with_all_of_the_target(
    rekognition: "RekognitionClient", grey: bytes
) -> None:
    source = [face(box=[0, 0, 0.1, 0.1], person="eve"), face(box=[0.3, 0.2, 0.4, 0.5], person="ada")]
    target = [face(person="eve"), face(person="ada"), face(person="grace")]
    answer = rekognition.compare_faces(
        SourceImage={"Bytes": stage(grey, {"faces": source})},
        TargetImage={"Bytes": stage(grey, {"faces": target})},
    )

    assert answer["SourceImageFace"]["BoundingBox"]["Width"] == 0.4
    assert [match["Similarity"] for match in answer["FaceMatches"]] == [100]
    assert len(answer["UnmatchedFaces"]) == 2
    assert complaints("CompareFaces", dict(answer)) == []


def test_no_face_to_compare_or_to_search_with_is_an_invalid_parameter(
    people: "RekognitionClient", grey: bytes
) -> None:
    nobody, somebody = {"Bytes": stage(grey, {})}, _of(grey, "ada")

    for source, target in ((nobody, somebody), (somebody, nobody)):
        with pytest.raises(people.exceptions.InvalidParameterException):
            people.compare_faces(SourceImage=source, TargetImage=target)  # type: ignore[arg-type]
    with pytest.raises(people.exceptions.InvalidParameterException):
        people.search_faces_by_image(CollectionId="people", Image=nobody)  # type: ignore[arg-type]


def test_indexing_nobody_adds_nobody(people: "RekognitionClient", grey: bytes) -> None:
    answer = people.index_faces(CollectionId="people", Image={"Bytes": stage(grey, {})})

    assert answer["FaceRecords"] == answer["UnindexedFaces"] == []


def test_similarity_falls_from_100_through_80_at_half_to_nothing() -> None:
    curve = [similarity_at(hundredths / 100) for hundredths in range(120)]

    assert curve[0] == 100
    assert similarity_at(0.5) == pytest.approx(80)
    assert curve == sorted(curve, reverse=True)
    assert curve[-1] == 0


def _of(grey: bytes, person: str, yaw_deg: float = 0) -> Any:  # noqa: ANN401 - an Image of the SDK
    return {"Bytes": stage(grey, {"faces": [face(person=person, yaw_deg=yaw_deg)]})}


def _index(people: "RekognitionClient", grey: bytes, person: str, yaw_deg: float = 0) -> str:
    records = people.index_faces(CollectionId="people", Image=_of(grey, person, yaw_deg))["FaceRecords"]
    return records[0]["Face"]["FaceId"]
