"""Pictures that are handed over to the queue, and what their callers see of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.errors import BadInput, BadPicture, Conflict, NotFound, UpstreamDown
from chalicelib.domain.image_jobs import (
    DAY_S,
    LOST,
    NEVER_UPLOADED,
    UPLOAD_S,
    ImageJob,
    UploadForm,
    image_id_of,
)
from chalicelib.domain.queued import JobStatus
from chalicelib.flows.hand_over_image import MOST_UPLOADED_BYTES, Asked
from tests.fake_images import FakeImageJobs
from tests.observations import STARTED_AT
from tests.unit.flows.image_world import ASKED, CALLBACK, TENANT, ImageWorld

IMAGE = image_id_of(TENANT, "r-1")
MESSAGE = {"job": "detect_image", "tenant_id": TENANT, "image_id": IMAGE}


def waits(job: ImageJob) -> str:
    """Where its picture waits for it."""
    return f"pictures/{job.tenant_id}/{job.waits_as}"


def uploaded(world: ImageWorld, words: str = "person 1") -> None:
    """What S3 and its notification do."""
    name = world.seen(IMAGE).waits_as
    world.pictures.kept[f"uploads/{TENANT}/{name}"] = words.encode()
    world.jobs.send("detect_image", tenant_id=TENANT, image_id=IMAGE)


@dataclass(slots=True)
class RacingJobs(FakeImageJobs):
    """A store in which somebody else is quicker, once."""

    meanwhile: Callable[[], object] | None = None

    def save(self, job: ImageJob) -> ImageJob:
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        return FakeImageJobs.save(self, job)


def test_a_picture_becomes_a_job_whose_message_says_nothing_but_where_it_is() -> None:
    world = ImageWorld()

    job = world.hand_over("person 1", Asked("r-1", CALLBACK, numbers=True))

    assert job == ImageJob(
        TENANT,
        IMAGE,
        "r-1",
        created_at=STARTED_AT,
        keep_days=30,
        fingerprint=job.fingerprint,
        callback_url=CALLBACK,
        numbers=True,
        retention_days=90,
        version=int(STARTED_AT * 1000),
    )
    assert (world.store.load(TENANT, IMAGE), world.seen(IMAGE)) == (job, job)
    assert (world.pictures.kept, world.jobs.sent) == ({waits(job): b"person 1"}, [MESSAGE])


def test_a_job_is_kept_as_long_as_the_tenants_policy_says() -> None:
    world = ImageWorld()
    world.tenants.change(TENANT, policy={"keep_images_days": 7})
    job = world.hand_over()
    world.clock.at += 7 * DAY_S - 1
    last = world.seen(IMAGE)
    world.clock.at += 1

    assert (job.keep_days, last) == (7, job)
    with pytest.raises(NotFound):
        world.seen(IMAGE)


def test_the_same_request_twice_is_one_job_looked_at_once() -> None:
    world = ImageWorld()
    first, again = world.hand_over(), world.hand_over()
    world.work()
    later = world.hand_over()

    assert again == first
    assert (later.image_id, later.status) == (IMAGE, JobStatus.COMPLETED)
    assert (len(world.store.kept), world.detector.asked, world.jobs.sent) == (1, [("person 1", False)], [])


def test_of_two_requests_at_the_same_time_one_makes_the_job_and_both_are_told_of_it() -> None:
    world = ImageWorld(store=RacingJobs())
    assert isinstance(world.store, RacingJobs)
    others: list[ImageJob] = []
    world.store.meanwhile = lambda: others.append(world.hand_over())

    job = world.hand_over()

    assert [job] == others == list(world.store.kept.values())


def test_another_request_at_the_same_time_with_its_request_id_is_refused() -> None:
    world = ImageWorld(store=RacingJobs())
    assert isinstance(world.store, RacingJobs)
    others: list[ImageJob] = []
    world.store.meanwhile = lambda: others.append(world.hand_over("guest 1"))

    with pytest.raises(Conflict):
        world.hand_over("person 1")
    assert others == list(world.store.kept.values())
    world.work()
    assert world.detector.asked == [("guest 1", False)]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("person 2", ASKED),
        ("person 1", replace(ASKED, callback_url=CALLBACK)),
        ("person 1", replace(ASKED, numbers=True)),
    ],
)
def test_another_picture_callback_or_format_under_the_same_request_id_is_refused(
    words: str, asked: Asked
) -> None:
    world = ImageWorld()
    job = world.hand_over()

    with pytest.raises(Conflict):
        world.hand_over(words, asked)
    assert (world.seen(IMAGE), world.pictures.kept, len(world.jobs.sent)) == (
        job,
        {waits(job): b"person 1"},
        1,
    )


def test_another_request_id_is_another_job_whatever_the_picture() -> None:
    world = ImageWorld()

    assert world.hand_over().image_id != world.hand_over(asked=Asked("r-2")).image_id
    assert (len(world.store.kept), len(world.pictures.kept)) == (2, 2)


def test_a_message_that_was_lost_is_sent_again_by_the_same_request() -> None:
    world = ImageWorld()
    world.jobs.fails = {"detect_image": 1}
    with pytest.raises(UpstreamDown):
        world.hand_over()

    world.hand_over()
    world.work()

    assert world.seen(IMAGE).status is JobStatus.COMPLETED


def test_a_job_that_failed_is_begun_anew_by_the_same_request() -> None:
    world = ImageWorld()
    world.detector.down = True
    world.hand_over()
    world.work()
    failed = world.seen(IMAGE)
    world.detector.down = False

    anew = world.hand_over()
    world.work()

    assert failed.status is JobStatus.FAILED
    assert anew == replace(
        anew, status=JobStatus.QUEUED, error="", failures=0, created_at=world.clock.at, finished_at=None
    )
    assert world.seen(IMAGE).status is JobStatus.COMPLETED


def test_a_job_of_another_request_that_failed_keeps_its_request_id() -> None:
    world = ImageWorld()
    world.hand_over()
    world.worker.give_up(TENANT, IMAGE)

    with pytest.raises(Conflict):
        world.hand_over("person 2")


def test_a_job_that_was_forgotten_leaves_its_request_id_to_any_request() -> None:
    world = ImageWorld()
    old = world.hand_over()
    world.clock.at = old.expires_at

    anew = world.hand_over("person 2")

    assert (anew.created_at, anew.status) == (old.expires_at, JobStatus.QUEUED)
    assert world.pictures.kept[waits(anew)] == b"person 2"


def test_a_bad_picture_or_a_bad_callback_makes_no_job() -> None:
    world = ImageWorld()

    with pytest.raises(BadPicture):
        world.hand_over("neither")
    for url in ("http://hooks.example/", "https://10.0.0.1/"):
        with pytest.raises(BadInput):
            world.hand_over(asked=Asked("r-1", url))
        with pytest.raises(BadInput):
            world.hander.by_upload(TENANT, Asked("r-1", url))
    assert (world.store.kept, world.pictures.kept, world.jobs.sent) == ({}, {}, [])


def test_a_picture_may_be_uploaded_for_an_hour_from_when_its_job_was_made() -> None:
    world = ImageWorld()
    job, form = world.hander.by_upload(TENANT, ASKED)
    world.clock.at += 600
    again = world.hander.by_upload(TENANT, ASKED)

    assert (job.by_upload, job.status, world.jobs.sent) == (True, JobStatus.QUEUED, [])
    policies = [f"{MOST_UPLOADED_BYTES} {seconds}" for seconds in (UPLOAD_S, UPLOAD_S - 600)]
    key = f"uploads/{TENANT}/{job.waits_as}"
    forms = [
        UploadForm("https://bucket.example/", {"key": key, "policy": policy.replace(".0", "")})
        for policy in policies
    ]
    assert (form, again) == (forms[0], (job, forms[1]))


def test_a_picture_that_was_uploaded_is_looked_at_and_no_form_is_given_any_more() -> None:
    world = ImageWorld()
    world.hander.by_upload(TENANT, ASKED)
    uploaded(world)
    world.work()

    job, form = world.hander.by_upload(TENANT, ASKED)

    assert (job.status, job.detection is not None, form) == (JobStatus.COMPLETED, True, None)
    assert world.pictures.kept == {f"images/30/{TENANT}/{IMAGE}.jpg": b"annotated 1 in person 1"}


def test_a_picture_that_never_came_fails_its_job_and_the_same_request_begins_anew() -> None:
    world = ImageWorld()
    world.hander.by_upload(TENANT, ASKED)
    world.clock.at += UPLOAD_S
    failed = world.seen(IMAGE)

    anew, form = world.hander.by_upload(TENANT, ASKED)

    assert (failed.status, failed.error) == (JobStatus.FAILED, NEVER_UPLOADED)
    assert (anew.created_at, anew.awaits_upload) == (world.clock.at, True)
    assert form is not None
    assert form.fields["policy"] == f"{MOST_UPLOADED_BYTES} {int(UPLOAD_S)}"


def test_a_request_that_sent_its_picture_may_not_upload_another() -> None:
    world = ImageWorld()
    world.hand_over()

    with pytest.raises(Conflict):
        world.hander.by_upload(TENANT, ASKED)


def test_an_annotated_picture_is_there_when_the_job_is_completed() -> None:
    world = ImageWorld()
    world.hand_over("guest 1")
    with pytest.raises(Conflict, match="no annotated picture yet"):
        world.reader.completed(TENANT, IMAGE)
    before = world.reader.link(TENANT, IMAGE)
    world.work()

    job = world.reader.completed(TENANT, IMAGE)

    assert (before, world.reader.link(TENANT, IMAGE)) == (None, world.pictures.link(job))
    assert world.reader.annotated(job) == b"annotated 2 in guest 1"
    assert world.reader.link("rival", IMAGE) is None


def test_of_a_job_that_failed_there_is_no_annotated_picture_and_it_is_said_why() -> None:
    world = ImageWorld()
    world.hand_over()
    world.worker.give_up(TENANT, IMAGE)

    with pytest.raises(Conflict, match=LOST[:30]):
        world.reader.completed(TENANT, IMAGE)
    assert world.reader.link(TENANT, IMAGE) is None


def test_an_annotated_picture_that_is_gone_is_not_found() -> None:
    world = ImageWorld()
    world.hand_over()
    world.work()
    world.pictures.kept.clear()

    with pytest.raises(NotFound):
        world.reader.annotated(world.seen(IMAGE))


def test_nobody_sees_another_tenants_job() -> None:
    world = ImageWorld()
    world.hand_over()

    for absent in (("rival", IMAGE), (TENANT, "0" * 32)):
        with pytest.raises(NotFound):
            world.reader.job(*absent)
        with pytest.raises(NotFound):
            world.reader.erase(*absent)
    assert len(world.store.kept) == 1


@pytest.mark.parametrize("done", [True, False])
def test_an_erased_job_is_gone_with_its_pictures(*, done: bool) -> None:
    world = ImageWorld()
    world.hand_over()
    if done:
        world.work()

    world.reader.erase(TENANT, IMAGE)

    assert (world.store.kept, world.pictures.kept) == ({}, {})
    with pytest.raises(NotFound):
        world.seen(IMAGE)


def test_all_jobs_of_a_tenant_are_forgotten_with_their_pictures() -> None:
    world = ImageWorld()
    world.tenants.create("rival", "Rival", "")
    for number in range(3):
        world.hand_over(asked=Asked(f"r-{number}"))
    world.work(most=2)
    other = world.hander("rival", ASKED, b"person 1")

    assert world.forget() == 3
    assert list(world.store.kept.values()) == [other]
    assert list(world.pictures.kept) == [waits(other)]


def test_no_job_is_kept_longer_than_its_stage_keeps_anything() -> None:
    world = ImageWorld()
    world.tenants.change(TENANT, policy={"keep_images_days": 90})

    job = replace(world.hander, retention_days=7)(TENANT, ASKED, b"person 1")

    assert (job.keep_days, job.expires_at) == (90, STARTED_AT + 7 * DAY_S)
