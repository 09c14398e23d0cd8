"""What every tenant's collection of faces promises: the one in memory and the one in Rekognition."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.faces import KnownFace
from chalicelib.flows.face_ports import KnownFaces
from chalicelib.vision.rekognition.collection import FaceCollections
from infra.local.rekognition.staged import face
from tests.fake_faces import FakeKnownFaces
from tests.offline.client import NOBODY, picture
from tests.rekognition.emulator import Emulator

ADA, ADA_AGAIN = (picture(seed, {"faces": [face(person="ada")]}) for seed in (1, 2))
BOB = picture(3, {"faces": [face(person="bob")]})
ROOM = picture(4, NOBODY)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    running = Emulator("--engine", "haar")
    yield running
    running.stop()


@pytest.fixture(params=["in memory", "in Rekognition"])
def known_faces(request: pytest.FixtureRequest) -> KnownFaces:
    if request.param == "in memory":
        return FakeKnownFaces()
    emulator: Emulator = request.getfixturevalue("emulator")
    return FaceCollections(emulator.client(), "proctoring-test-")


def add(known_faces: KnownFaces, tenant: str, owner: str, encoded: bytes, generation: int = 0) -> KnownFace:
    added = known_faces.add(tenant, owner, encoded, generation=generation)
    assert added is not None
    return added[0]


def found(known_faces: KnownFaces, tenant: str, encoded: bytes) -> list[KnownFace]:
    return [match.face for match in known_faces.search(tenant, encoded, at_least=80.0).matches]


def test_a_face_that_was_added_is_found_by_another_picture_and_says_whose_it_is(
    known_faces: KnownFaces, tenant: str
) -> None:
    ada = add(known_faces, tenant, "a" * 32, ADA)
    add(known_faces, tenant, "b" * 32, BOB)

    searched = known_faces.search(tenant, ADA_AGAIN, at_least=80.0)

    assert [match.face for match in searched.matches] == [ada]
    assert ada.owner == "a" * 32
    assert 80.0 <= searched.matches[0].similarity <= 100.0
    assert (searched.found, bool(searched.engine)) == (True, True)


def test_who_learned_a_face_says_its_version(known_faces: KnownFaces, tenant: str) -> None:
    added = known_faces.add(tenant, "a", ADA)

    assert added is not None
    assert added[1][-1].isdigit()


def test_the_same_picture_of_the_same_owner_and_generation_is_one_face(
    known_faces: KnownFaces, tenant: str
) -> None:
    once, again = (add(known_faces, tenant, "a", ADA) for _ in range(2))
    other = add(known_faces, tenant, "b", ADA)
    later = add(known_faces, tenant, "a", ADA, generation=3)

    assert once == again
    assert len({once.face_id, other.face_id, later.face_id}) == 3
    assert (later.owner, later.generation, once.generation) == ("a", 3, 0)
    assert set(known_faces.all(tenant)) == {once, other, later}


def test_each_tenant_has_its_own_faces(known_faces: KnownFaces, tenant: str) -> None:
    add(known_faces, tenant, "a", ADA)
    add(known_faces, f"rival-{tenant}", "b", BOB)

    assert found(known_faces, f"rival-{tenant}", ADA_AGAIN) == []
    assert len(list(known_faces.all(tenant))) == 1


def test_a_picture_without_a_face_adds_nothing_and_finds_nothing(
    known_faces: KnownFaces, tenant: str
) -> None:
    add(known_faces, tenant, "a", ADA)

    assert known_faces.add(tenant, "b", ROOM) is None
    searched = known_faces.search(tenant, ROOM, at_least=80.0)
    assert (searched.matches, searched.found) == ((), False)


def test_of_a_tenant_that_has_none_nothing_is_found_listed_or_deleted(
    known_faces: KnownFaces, tenant: str
) -> None:
    known_faces.remove(tenant, ["00000000-0000-0000-0000-000000000000"])
    known_faces.drop(tenant)

    searched = known_faces.search(tenant, ADA, at_least=80.0)
    assert (searched.matches, searched.collected) == ((), False)
    assert list(known_faces.all(tenant)) == []


def test_what_is_removed_is_found_by_nothing_and_removing_it_again_is_no_error(
    known_faces: KnownFaces, tenant: str
) -> None:
    ada, bob = add(known_faces, tenant, "a", ADA), add(known_faces, tenant, "b", BOB)
    for _ in range(2):
        known_faces.remove(tenant, {ada.face_id})
    known_faces.remove(tenant, set())

    assert found(known_faces, tenant, ADA) == []
    assert list(known_faces.all(tenant)) == [bob]


def test_all_faces_of_a_tenant_go_at_once_and_others_may_come(known_faces: KnownFaces, tenant: str) -> None:
    add(known_faces, tenant, "a", ADA)
    known_faces.drop(tenant)
    gone = list(known_faces.all(tenant))

    bob = add(known_faces, tenant, "b", BOB)

    assert (gone, list(known_faces.all(tenant))) == ([], [bob])
