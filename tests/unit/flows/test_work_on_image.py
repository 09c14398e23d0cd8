"""Looking at pictures that were handed over, whatever comes twice or dies in between."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib.domain.detection import REKOGNITION, Detection, as_detected
from chalicelib.domain.errors import Busy, UpstreamDown
from chalicelib.domain.image_jobs import LOST, UPLOAD_S, ImageJob, image_id_of
from chalicelib.domain.queued import LEASE_S, MOST_FAILURES, MOST_TRIES, JobStatus
from chalicelib.domain.tenants import Limits
from chalicelib.domain.webhooks import CALLBACKS, EventType
from chalicelib.flows.hand_over_image import Asked
from chalicelib.flows.work_on_image import GONE
from tests.fake_images import FakeImageJobs
from tests.fakes import shown
from tests.unit.flows.image_world import CALLBACK, TENANT, ImageWorld

IMAGE = image_id_of(TENANT, "r-1")
CALLED_BACK = Asked("r-1", CALLBACK)
ANNOTATED = f"images/30/{TENANT}/{IMAGE}.jpg"
MESSAGE = {"job": "detect_image", "tenant_id": TENANT, "image_id": IMAGE}
DONE, FAILED = "image.completed", "image.failed"


@dataclass(slots=True)
class SlowlyErased(FakeImageJobs):
    """A store in which something happens before a job is removed."""

    meanwhile: Callable[[], object] = tuple

    def remove(self, tenant_id: str, image_id: str) -> None:
        self.meanwhile()
        FakeImageJobs.remove(self, tenant_id, image_id)


def body_of(world: ImageWorld, where: str = CALLBACKS) -> dict[str, Any]:
    """What is told there, once."""
    (told,) = [each.body for (_, endpoint, _), each in world.deliveries.kept.items() if endpoint == where]
    parsed: dict[str, Any] = json.loads(told)
    return parsed


def handed_over(words: str = "person 1") -> ImageWorld:
    """A world in which one picture waits, and its caller wants to be called back."""
    world = ImageWorld()
    world.hand_over(words, CALLED_BACK)
    return world


def run(world: ImageWorld) -> ImageJob:
    """The job after the next message about its picture."""
    world.do(world.take("detect_image")[0])
    return world.seen(IMAGE)


def test_what_was_found_is_stored_annotated_and_told_and_the_picture_is_deleted() -> None:
    world = ImageWorld()
    endpoint = world.listen()
    world.hand_over("guest 1", CALLED_BACK)
    world.clock.at += 2.5

    job = run(world)

    faces = sorted(shown(b"guest 1").faces or (), key=lambda face: -face.box.area)
    assert (job.status, job.finished_at) == (JobStatus.COMPLETED, world.clock.at)
    assert job.detection == Detection(tuple(map(as_detected, faces)), REKOGNITION, 640, 480)
    assert world.pictures.kept == {ANNOTATED: b"annotated 2 in guest 1"}
    assert world.told == [(CALLBACKS, DONE), (endpoint.endpoint_id, DONE)]
    assert [each["endpoint_id"] for each in world.take("deliver")] == [endpoint.endpoint_id, CALLBACKS]


def test_a_callback_is_told_strings_or_numbers_as_was_asked_and_an_endpoint_numbers() -> None:
    boxes = []
    for numbers in (False, True):
        world = ImageWorld()
        endpoint = world.listen()
        world.hand_over("person 1", replace(CALLED_BACK, numbers=numbers))
        run(world)
        told = body_of(world, endpoint.endpoint_id)["data"]["faces"][0]
        boxes.append((body_of(world)["faces"][0]["box"], told["box"]))

    assert boxes == [("[192, 96, 256, 192]", [192, 96, 256, 192]), ([192, 96, 256, 192],) * 2]


def test_nobody_is_told_where_nobody_wants_to_know() -> None:
    world = ImageWorld()
    world.listen(EventType.SESSION_ALERT)
    world.hand_over()

    assert run(world).status is JobStatus.COMPLETED
    assert (world.deliveries.kept, world.jobs.sent) == ({}, [])


def test_a_doubled_message_works_once_and_tells_once() -> None:
    world = handed_over()
    world.jobs.sent *= 3
    world.jobs.delays_s *= 3

    world.work()

    assert (world.detector.asked, world.callbacks) == ([("person 1", False)], [DONE])
    assert [url for url, _, _ in world.receiver.got] == [CALLBACK]


def test_who_finds_the_job_in_other_hands_leaves_it() -> None:
    world = handed_over()
    asked: list[int] = []

    def another_worker() -> None:
        world.detector.meanwhile = lambda: None  # type: ignore[method-assign]
        world.do(MESSAGE)
        asked.append(len(world.detector.asked))

    world.detector.meanwhile = another_worker  # type: ignore[method-assign]

    assert (run(world).status, asked, world.callbacks) == (JobStatus.COMPLETED, [1], [DONE])


def test_who_was_overtaken_after_its_lease_tells_nothing() -> None:
    world = handed_over()

    def slow() -> None:
        world.detector.meanwhile = lambda: None  # type: ignore[method-assign]
        world.clock.at += LEASE_S
        world.do(MESSAGE)

    world.detector.meanwhile = slow  # type: ignore[method-assign]

    assert run(world).status is JobStatus.COMPLETED
    assert (len(world.detector.asked), world.callbacks) == (2, [DONE])
    assert ANNOTATED in world.pictures.kept


@pytest.mark.parametrize("message_was_lost", [True, False])
def test_a_worker_that_dies_before_it_tells_is_finished_by_the_next_message(
    *, message_was_lost: bool
) -> None:
    world = ImageWorld()
    endpoint = world.listen()
    world.hand_over("person 1", CALLED_BACK)
    world.jobs.fails = {"deliver": 1}
    message = world.take("detect_image")[0]
    with pytest.raises(UpstreamDown):
        world.do(message)
    stored = world.seen(IMAGE)
    if not message_was_lost:  # it died a moment earlier
        world.deliveries.kept.clear()

    world.do(message)
    world.work()

    assert stored.status is JobStatus.COMPLETED
    assert (world.seen(IMAGE), len(world.detector.asked)) == (stored, 1)
    assert world.told == [(CALLBACKS, DONE), (endpoint.endpoint_id, DONE)]
    assert len(world.receiver.got) == 2
    assert list(world.pictures.kept) == [ANNOTATED]


def test_a_worker_that_dies_at_work_is_followed_by_the_message_that_comes_back() -> None:
    world = handed_over()

    class DiedError(Exception):
        """The process is gone."""

    def die() -> None:
        raise DiedError

    world.detector.meanwhile = die  # type: ignore[method-assign]
    message = world.take("detect_image")[0]
    with pytest.raises(DiedError):
        world.do(message)
    world.detector.meanwhile = lambda: None  # type: ignore[method-assign]
    world.do(message)
    too_early = world.seen(IMAGE)
    world.clock.at += LEASE_S
    world.do(message)

    assert (too_early.status, too_early.tries) == (JobStatus.RUNNING, 1)
    assert (world.seen(IMAGE).status, world.seen(IMAGE).tries) == (JobStatus.COMPLETED, 0)


def test_a_job_that_was_erased_meanwhile_leaves_no_picture_and_nobody_is_told() -> None:
    world = handed_over()
    world.detector.meanwhile = lambda: world.reader.erase(TENANT, IMAGE)  # type: ignore[method-assign]

    world.work()

    assert (world.store.kept, world.pictures.kept, world.deliveries.kept) == ({}, {}, {})


def test_a_picture_that_is_uploaded_for_an_erased_job_is_deleted_unseen() -> None:
    world = ImageWorld()
    job, _ = world.hander.by_upload(TENANT, CALLED_BACK)
    world.reader.erase(TENANT, IMAGE)
    world.pictures.kept[f"uploads/{TENANT}/{job.waits_as}"] = b"person 1"

    world.do(MESSAGE)

    assert (world.pictures.kept, world.detector.asked, world.jobs.sent) == ({}, [], [])


def test_a_provider_that_fails_for_a_while_is_waited_for() -> None:
    world = handed_over()
    world.detector.down = True
    stumbled = run(world)
    pauses_s = list(world.jobs.delays_s)
    world.detector.down = False
    world.work()

    assert (stumbled.status, stumbled.failures, stumbled.tries) == (JobStatus.RUNNING, 1, 0)
    assert (stumbled.error, pauses_s) == ("The provider did not answer; try again.", [30])
    assert (world.seen(IMAGE).status, world.callbacks) == (JobStatus.COMPLETED, [DONE])


def test_a_provider_that_fails_for_long_fails_the_job_and_nobody_is_told_of_faces() -> None:
    world = handed_over()
    world.detector.down = True

    waited_s = world.work()

    job = world.seen(IMAGE)
    assert waited_s[:MOST_FAILURES] == [0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert (job.status, len(world.detector.asked)) == (JobStatus.FAILED, MOST_FAILURES)
    assert body_of(world) == {
        "image_id": IMAGE,
        "request_id": "r-1",
        "status": "failed",
        "error": "The provider did not answer; try again.",
    }
    assert (world.callbacks, world.pictures.kept) == ([FAILED], {})


def test_a_picture_waits_for_the_tenants_next_hour_and_for_room_in_the_rate() -> None:
    world = ImageWorld(limits=Limits(usd_per_hour=0.001))
    world.detect(TENANT, b"person 9", "rekognition")
    world.hand_over()
    world.ledger.down = True
    without_room = run(world)
    world.ledger.down = False
    world.clock.at += 30
    over_budget = run(world)
    world.clock.at += 3_600
    done = run(world)

    assert [each.failures for each in (without_room, over_budget, done)] == [1, 2, 0]
    assert (without_room.error[:19], over_budget.error[:9]) == ("The provider's rate", "The calls")
    assert done.status is JobStatus.COMPLETED


def test_a_bad_picture_fails_at_once_and_it_is_told_why() -> None:
    world = ImageWorld()
    job, _ = world.hander.by_upload(TENANT, CALLED_BACK)
    world.pictures.kept[f"uploads/{TENANT}/{job.waits_as}"] = b"neither"

    world.do(MESSAGE)

    assert (world.seen(IMAGE).status, world.detector.asked) == (JobStatus.FAILED, [])
    assert body_of(world)["error"] == "The picture cannot be decoded; encode it again."
    assert (world.callbacks, world.pictures.kept) == ([FAILED], {})


def test_who_asks_while_a_job_waits_for_the_provider_does_not_use_up_its_tries() -> None:
    world = handed_over()
    world.detector.down = True
    run(world)
    for _ in range(20):
        world.clock.at += 1
        world.hand_over("person 1", CALLED_BACK)
        world.do(MESSAGE)

    assert (world.seen(IMAGE).status, world.seen(IMAGE).failures) == (JobStatus.RUNNING, 1)
    assert {message["job"] for message in world.jobs.sent} == {"detect_image"}
    assert max(world.jobs.delays_s) <= 30


def test_what_is_sent_again_after_a_failure_is_not_deleted_by_who_ends_the_failed_job_late() -> None:
    world = handed_over()
    world.pictures.kept.clear()
    failed = run(world)
    world.clock.at += 1
    world.hand_over("person 1", CALLED_BACK)

    world.pictures.drop(TENANT, failed.waits_as)
    world.work()

    assert world.seen(IMAGE).status is JobStatus.COMPLETED


def test_who_held_a_job_that_was_erased_and_made_anew_stores_nothing_in_the_new_one() -> None:
    world = handed_over()
    old = world.store.save(replace(world.seen(IMAGE), tries=1))
    world.reader.erase(TENANT, IMAGE)
    world.clock.at += 1
    anew = world.store.save(replace(world.hand_over("person 1", CALLED_BACK), tries=1))

    with pytest.raises(Busy):
        world.store.save(old)
    assert world.seen(IMAGE) == anew


def test_what_is_uploaded_by_the_form_of_an_earlier_job_is_deleted_unseen() -> None:
    world = ImageWorld()
    earlier, _ = world.hander.by_upload(TENANT, CALLED_BACK)
    world.clock.at += UPLOAD_S
    world.hander.by_upload(TENANT, CALLED_BACK)
    world.pictures.kept[f"uploads/{TENANT}/{earlier.waits_as}"] = b"person 1"

    world.worker(TENANT, IMAGE, upload=earlier.waits_as)

    assert (world.pictures.kept, world.detector.asked, world.seen(IMAGE).awaits_upload) == ({}, [], True)


def test_what_a_worker_keeps_while_its_job_is_being_erased_is_erased_too() -> None:
    store = SlowlyErased()
    world = ImageWorld(store=store)
    world.hand_over("person 1", CALLED_BACK)
    held = world.store.save(replace(world.seen(IMAGE), tries=1))
    store.meanwhile = lambda: world.pictures.keep_annotated(held, b"drawn")

    world.reader.erase(TENANT, IMAGE)

    assert (world.store.kept, world.pictures.kept) == ({}, {})


def test_a_picture_that_is_gone_fails_its_job() -> None:
    world = handed_over()
    world.pictures.kept.clear()

    assert (run(world).error, world.callbacks) == (GONE, [FAILED])


def test_a_job_that_is_given_up_says_so_and_is_done_when_its_message_is_redriven() -> None:
    world = handed_over()
    message = world.take("detect_image")[0]
    for _ in range(2):
        world.worker.give_up(TENANT, IMAGE)
    given_up, told = world.seen(IMAGE), world.callbacks
    world.do(message)
    still = world.seen(IMAGE)
    world.do(message, redriven=True)

    assert (given_up.status, given_up.error, told) == (JobStatus.FAILED, LOST, [FAILED])
    assert still == given_up
    assert (world.seen(IMAGE).status, world.callbacks) == (JobStatus.COMPLETED, [FAILED, DONE])
    assert list(world.pictures.kept) == [ANNOTATED]


def test_a_job_that_no_message_came_back_to_is_done_when_its_message_is_redriven() -> None:
    world = handed_over()
    message = world.take("detect_image")[0]
    held = world.store.load(TENANT, IMAGE)
    assert held
    world.store.save(replace(held, status=JobStatus.RUNNING, tries=MOST_TRIES))
    seen = world.seen(IMAGE)

    world.do(message, redriven=True)

    assert (seen.error, world.seen(IMAGE).status) == (LOST, JobStatus.COMPLETED)


def test_what_failed_for_its_own_reasons_stays_failed_though_it_is_redriven() -> None:
    world = handed_over()
    world.pictures.kept.clear()
    failed = run(world)

    world.do(MESSAGE, redriven=True)

    assert (world.seen(IMAGE), world.callbacks) == (failed, [FAILED])


def test_what_is_finished_or_erased_is_not_given_up() -> None:
    world = handed_over()
    done = run(world)
    world.worker.give_up(TENANT, IMAGE)
    kept = world.seen(IMAGE)
    world.reader.erase(TENANT, IMAGE)
    world.worker.give_up(TENANT, IMAGE)

    assert (kept, world.store.kept, world.callbacks) == (done, {}, [DONE])
