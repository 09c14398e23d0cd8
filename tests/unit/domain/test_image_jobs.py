"""How far the queue is with a picture, and what its caller sees of that."""

from dataclasses import replace

import pytest

from chalicelib.domain.detection import Detection
from chalicelib.domain.image_jobs import (
    DAY_S,
    LOST,
    NEVER_UPLOADED,
    UPLOAD_S,
    ImageJob,
    as_seen,
    begun,
    completed,
    given_up,
    image_id_of,
    revived,
)
from chalicelib.domain.queued import LEASE_S, MOST_TRIES, JobStatus

NOW = 1_800_000_000.0
JOB = ImageJob("acme", "i-1", "r-1", created_at=NOW, keep_days=7, fingerprint="f")
UPLOAD = replace(JOB, by_upload=True)
NOTHING = Detection((), "engine 1", 640, 480)


def held(job: ImageJob = JOB, now: float = NOW) -> ImageJob:
    found = begun(job, now)
    assert found is not None
    return found


def died_with(job: ImageJob, messages: int, now: float = NOW) -> ImageJob:
    for number in range(messages):
        job = held(job, now + number * LEASE_S)
    return job


def test_a_request_has_one_image_id_and_no_other_request_or_tenant_has_it() -> None:
    ids = [image_id_of(*place) for place in (("acme", "r-1"), ("acme", "r-2"), ("rival", "r-1"))]

    assert image_id_of("acme", "r-1") == ids[0]
    assert len(set(ids)) == 3
    assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in ids)


def test_a_message_holds_the_job_for_a_while_and_is_counted() -> None:
    job = held()

    assert job == replace(JOB, status=JobStatus.RUNNING, tries=1, leased_until=NOW + LEASE_S)
    assert begun(job, NOW + LEASE_S - 0.001) is None
    assert held(job, NOW + LEASE_S) == replace(job, tries=2, leased_until=NOW + 2 * LEASE_S)


def test_a_job_that_is_finished_is_not_begun() -> None:
    assert begun(completed(held(), NOTHING, NOW), NOW + DAY_S) is None
    assert begun(given_up(held(), LOST, NOW), NOW + DAY_S) is None


def test_what_was_found_completes_the_job_and_forgets_what_held_it_up() -> None:
    troubled = replace(held(), failures=3, error="The provider did not answer; try again.")

    assert completed(troubled, NOTHING, NOW + 1.23456) == replace(
        JOB, status=JobStatus.COMPLETED, detection=NOTHING, finished_at=NOW + 1.235
    )


def test_a_job_that_is_given_up_says_why_and_since_when() -> None:
    assert given_up(held(), "broken", NOW + 1.23456) == replace(
        JOB, status=JobStatus.FAILED, error="broken", finished_at=NOW + 1.235
    )


def test_a_failed_job_is_revived_as_if_nothing_had_happened_to_it() -> None:
    failed = replace(given_up(held(), LOST, NOW), failures=4)

    assert revived(failed) == replace(JOB, status=JobStatus.RUNNING)


@pytest.mark.parametrize(("error", "gave_up"), [(LOST, True), ("The picture is broken.", False)])
def test_only_what_failed_by_the_services_fault_counts_as_lost(error: str, *, gave_up: bool) -> None:
    assert given_up(JOB, error, NOW).gave_up is gave_up
    assert replace(JOB, error=error).gave_up is False


def test_a_job_is_forgotten_so_many_days_after_it_was_made() -> None:
    assert (JOB.expires_at, replace(JOB, keep_days=90).expires_at) == (NOW + 7 * DAY_S, NOW + 90 * DAY_S)


def test_a_picture_is_awaited_until_its_job_is_begun() -> None:
    assert [job.awaits_upload for job in (UPLOAD, JOB, held(UPLOAD))] == [True, False, False]


def test_a_picture_that_never_came_is_seen_as_failed_when_its_hour_is_over() -> None:
    over = NOW + UPLOAD_S

    assert as_seen(UPLOAD, over - 0.001) == UPLOAD
    assert as_seen(UPLOAD, over + 5) == replace(
        UPLOAD, status=JobStatus.FAILED, error=NEVER_UPLOADED, finished_at=over
    )


def test_a_picture_that_came_is_not_seen_as_failed_however_long_it_takes() -> None:
    for job in (JOB, held(UPLOAD), completed(held(UPLOAD), NOTHING, NOW)):
        assert as_seen(job, NOW + UPLOAD_S) == job


def test_a_job_that_every_try_of_its_message_died_with_is_seen_as_failed_when_the_last_lease_ends() -> None:
    lost = died_with(JOB, MOST_TRIES)
    over = lost.leased_until

    assert as_seen(lost, over - 0.001) == lost
    assert as_seen(lost, over + 5) == replace(
        lost, status=JobStatus.FAILED, error=LOST, finished_at=over, tries=0, leased_until=0.0
    )
    assert as_seen(lost, over).gave_up


def test_a_job_whose_message_comes_back_once_more_is_seen_as_running() -> None:
    job = died_with(JOB, MOST_TRIES - 1)

    assert as_seen(job, job.leased_until + DAY_S) == job
