"""Enrolments of many pictures, which go through the queue."""

from dataclasses import replace

import pytest

from chalicelib.domain.enrolment_jobs import KEPT_S
from chalicelib.domain.errors import NotFound
from chalicelib.domain.queued import MOST_FAILURES, JobStatus
from chalicelib.domain.tenants import Limits
from tests.unit.flows.face_world import TENANT, FaceWorld, reasons, sent

MANY = tuple(f"ada {number}" for number in range(20))


def state(world: FaceWorld, job_id: str) -> tuple[JobStatus, int, int]:
    job = world.hander.job(TENANT, job_id)
    return job.status, job.done, job.accepted


def test_many_pictures_become_a_job_that_tells_how_far_it_is() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY, "nobody 20")
    queued = state(world, job.job_id)
    world.work()

    assert queued == (JobStatus.QUEUED, 0, 0)
    assert state(world, job.job_id) == (JobStatus.COMPLETED, 21, 20)
    (rejected,) = world.hander.job(TENANT, job.job_id).rejected
    assert (rejected.index, rejected.reason and rejected.reason.value) == (20, "no_face")
    assert world.recognise("ada 99").username == "ada"


def test_pictures_are_deleted_when_the_job_is_done() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    kept = set(world.uploads.kept)
    world.work()

    assert (kept, world.uploads.kept) == ({(TENANT, job.job_id)}, {})


def test_recognition_works_while_a_job_is_under_way() -> None:
    world = FaceWorld(worked_s=20.0)
    job = world.hand_over("ada", *MANY)
    message = world.jobs.sent.pop(0)
    world.worker(TENANT, message["job_id"])

    assert state(world, job.job_id) == (JobStatus.RUNNING, 8, 8)
    assert world.recognise("ada 99").username == "ada"


def test_a_job_that_takes_long_goes_on_with_another_message() -> None:
    world = FaceWorld(worked_s=20.0)
    job = world.hand_over("ada", *MANY)

    messages = world.work()

    assert (messages, state(world, job.job_id)) == (3, (JobStatus.COMPLETED, 20, 20))


def test_a_doubled_message_changes_nothing_twice() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    world.jobs.sent *= 3
    world.jobs.delays_s *= 3

    world.work()

    assert (len(world.eyes.asked), world.vectors) == (20, 20)
    assert state(world, job.job_id) == (JobStatus.COMPLETED, 20, 20)


def test_who_finds_the_job_in_other_hands_leaves_it() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    seen: list[int] = []

    def another_worker() -> None:
        world.known_faces.after_add = lambda: None  # type: ignore[method-assign]
        before = len(world.eyes.asked)
        world.worker(TENANT, job.job_id)
        seen.append(len(world.eyes.asked) - before)

    world.known_faces.after_add = another_worker  # type: ignore[method-assign]
    world.work()

    assert (seen, state(world, job.job_id)) == ([0], (JobStatus.COMPLETED, 20, 20))


class DiedError(Exception):
    """The process is gone."""


def test_a_job_whose_worker_died_is_finished_by_the_message_that_comes_back() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    message = dict(world.jobs.sent[0])

    def die() -> None:
        if world.vectors == 11:
            raise DiedError

    world.known_faces.after_add = die  # type: ignore[method-assign]
    with pytest.raises(DiedError):
        world.work()
    world.clock.at += 360  # the queue's visibility timeout
    world.known_faces.after_add = lambda: None  # type: ignore[method-assign]
    world.jobs.sent, world.jobs.delays_s = [message], [0]
    world.work()

    assert state(world, job.job_id) == (JobStatus.COMPLETED, 20, 20)
    assert len(world.enrolments.faces_of(TENANT, "ada") or ()) == world.vectors == 20


def test_the_same_pictures_again_find_their_job() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    again = world.hand_over("ada", *MANY)
    world.work()
    later = world.hand_over("ada", *MANY)

    assert again == job
    assert (later.job_id, later.status) == (job.job_id, JobStatus.COMPLETED)
    assert (world.jobs.sent, len(world.eyes.asked)) == ([], 20)


def test_a_job_whose_message_was_lost_is_handed_over_by_the_same_request() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    world.jobs.sent.clear()
    world.jobs.delays_s.clear()

    world.hand_over("ada", *MANY)
    world.work()

    assert state(world, job.job_id)[0] is JobStatus.COMPLETED


def test_a_provider_that_fails_for_a_while_is_waited_for() -> None:
    world = FaceWorld()
    world.known_faces.down = True
    job = world.hand_over("ada", *MANY)
    world.worker(TENANT, world.jobs.sent.pop(0)["job_id"])
    first_pause_s = world.jobs.delays_s.pop()
    stumbled = world.hander.job(TENANT, job.job_id)
    world.known_faces.down = False
    world.jobs.delays_s = [first_pause_s]
    world.work()

    assert (stumbled.status, stumbled.failures, bool(stumbled.error)) == (JobStatus.RUNNING, 1, True)
    assert first_pause_s == 30
    assert state(world, job.job_id) == (JobStatus.COMPLETED, 20, 20)


def test_a_provider_that_fails_for_long_fails_the_job_and_the_same_request_begins_anew() -> None:
    world = FaceWorld()
    world.eyes.down = True
    job = world.hand_over("ada", *MANY)
    messages = world.work()
    failed = world.hander.job(TENANT, job.job_id)
    world.eyes.down = False

    again = world.hand_over("ada", *MANY)
    world.work()

    assert (messages, failed.status, bool(failed.error)) == (MOST_FAILURES, JobStatus.FAILED, True)
    assert (again.job_id, again.status) == (job.job_id, JobStatus.QUEUED)
    assert state(world, job.job_id) == (JobStatus.COMPLETED, 20, 20)


def test_a_job_waits_for_the_tenants_next_hour() -> None:
    world = FaceWorld(limits=Limits(usd_per_hour=0.02))
    job = world.hand_over("ada", *MANY)

    world.work()

    assert state(world, job.job_id) == (JobStatus.COMPLETED, 20, 20)
    assert len(world.ledger.spent) > 1


def test_a_deletion_ends_the_job_whatever_it_has_learned() -> None:
    world = FaceWorld(worked_s=20.0)
    job = world.hand_over("ada", *MANY)
    world.worker(TENANT, world.jobs.sent.pop(0)["job_id"])
    world.jobs.delays_s.pop(0)
    world.delete("ada")
    world.work()

    ended = world.hander.job(TENANT, job.job_id)
    assert (ended.status, "deleted" in ended.error) == (JobStatus.FAILED, True)
    assert (world.vectors, world.recognise("ada 99").username, world.uploads.kept) == (0, None, {})


def test_a_deletion_before_anything_was_learned_ends_the_job_too() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)

    assert world.delete("ada") == 0
    world.work()

    assert (state(world, job.job_id)[0], world.vectors) == (JobStatus.FAILED, 0)
    with pytest.raises(NotFound):
        world.delete("ada")


def test_a_job_whose_pictures_are_gone_says_so() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    world.uploads.drop(TENANT, job.job_id)
    world.work()

    assert world.hander.job(TENANT, job.job_id).error == "Its pictures are gone; send them again."


def test_a_message_about_a_job_that_is_forgotten_is_done() -> None:
    FaceWorld().worker(TENANT, "gone")


def test_a_job_is_forgotten_after_a_day_whatever_the_table_has() -> None:
    world = FaceWorld()
    job = world.hand_over("ada", *MANY)
    world.clock.at += KEPT_S

    with pytest.raises(NotFound):
        world.hander.job(TENANT, job.job_id)
    with pytest.raises(NotFound):
        world.hander.job("rival", job.job_id)


def test_names_of_files_come_back_with_what_is_wrong() -> None:
    world = FaceWorld()
    named = [replace(each, name=f"{number}.jpg") for number, each in enumerate(sent(*MANY, "nobody 1"))]

    job = world.hander(TENANT, "ada", named)
    world.work()

    done = world.hander.job(TENANT, job.job_id)
    assert [each.name for each in done.rejected] == ["20.jpg"]
    assert reasons(done.outcomes).count(None) == 20
