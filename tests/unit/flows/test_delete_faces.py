"""Deleting leaves nothing that recognises: not what is known, nor what reaches the collection later."""

import pytest

from chalicelib.domain.enrolment import owner_of
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.flows.contention import LATE_S
from tests.unit.flows.face_world import TENANT, FaceWorld, doubtful_in

ADA = owner_of(TENANT, "ada")


def test_what_is_deleted_is_recognised_by_nothing_not_even_the_same_picture() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1", "ada 2")
    world.enrol("bob", "bob 1")

    assert world.delete("ada") == 2

    assert [world.recognise(f"ada {number}").username for number in (1, 2, 3)] == [None] * 3
    assert {face.owner for face in world.known_faces.all(TENANT)} == {owner_of(TENANT, "bob")}
    assert world.recognise("bob 2").username == "bob"


def test_whom_nobody_knows_cannot_be_deleted() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.delete("ada")

    for username in ("ada", "eve"):
        with pytest.raises(NotFound):
            world.delete(username)


def test_vectors_that_the_provider_does_not_delete_now_recognise_nobody_and_go_with_the_sweep() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.known_faces.down = True
    assert world.delete("ada") == 1
    world.known_faces.down = False

    assert (world.vectors, world.recognise("ada 1").username) == (1, None)
    assert world.jobs.delays_s == [LATE_S]
    world.work()
    assert world.vectors == 0


def test_a_vector_that_came_after_the_deletion_goes_with_its_sweep() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.delete("ada")
    world.known_faces.add(TENANT, ADA, b"ada 9")  # by a process that died before it told the registry

    assert world.recognise("ada 9").username is None
    world.work()
    assert (world.vectors, world.jobs.sent) == (0, [])


def test_the_sweep_leaves_what_is_known() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.enrol("bob", "bob 1")

    assert world.sweep() == 0
    assert (world.vectors, world.jobs.sent) == (2, [])


def test_a_vector_that_the_registry_may_be_about_to_know_is_looked_at_again_later() -> None:
    world = FaceWorld()
    known_later: list[str] = []

    def sweep_meanwhile() -> None:
        assert world.sweep() == 0
        known_later.extend(doubtful_in(world.jobs))

    world.known_faces.after_add = sweep_meanwhile  # type: ignore[method-assign]
    world.enrol("ada", "ada 1")
    world.work()

    assert known_later == [face.face_id for face in world.known_faces.all(TENANT)]
    assert world.recognise("ada 2").username == "ada"


def test_a_vector_that_nobody_comes_to_know_goes_at_the_second_look() -> None:
    world = FaceWorld()
    world.known_faces.add(TENANT, ADA, b"ada 9")  # its process died
    world.known_faces.add(TENANT, "f" * 32, b"eve 9")

    assert (world.sweep(), world.vectors) == (0, 2)
    world.work()

    assert world.vectors == 0


def test_who_comes_to_know_a_vector_while_it_is_swept_is_refused_and_loses_nothing() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.known_faces.add(TENANT, ADA, b"ada 2")  # its process died
    world.sweep()

    def second_look() -> None:
        world.known_faces.after_add = lambda: None  # type: ignore[method-assign]
        world.work()

    world.known_faces.after_add = second_look  # type: ignore[method-assign]
    with pytest.raises(Conflict):  # the provider gave it the very face that is deleted then
        world.enrol("ada", "ada 2")
    refused = world.enrolments.faces_of(TENANT, "ada") or ()
    learned = world.enrol("ada", "ada 2")

    assert (len(refused), len(learned.enrolment.faces)) == (1, 2)
    assert learned.enrolment.face_ids == {face.face_id for face in world.known_faces.all(TENANT)}


def test_all_of_a_tenant_is_forgotten() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.hand_over("bob", *(f"bob {number}" for number in range(20)))

    assert world.forget() == 2

    assert (world.vectors, world.enrolments.stored, world.uploads.kept) == (0, {}, {})
    assert world.recognise("ada 1").username is None
    assert world.forget() == 0
