"""How far an enrolment is that the queue works on, and what comes next."""

from dataclasses import replace

from chalicelib.domain.enrolment import Outcome, Reason
from chalicelib.domain.enrolment_jobs import EnrolmentJob, advanced, job_id_of
from chalicelib.domain.queued import (
    LEASE_S,
    MOST_FAILURES,
    JobStatus,
    failed,
    leased,
    pause_s,
    paused,
    stumbled,
)

NOW = 1_800_000_000.0
JOB = EnrolmentJob("acme", "j-1", "ada", total=3, created_at=NOW)
GOOD, BAD = Outcome(0), Outcome(1).rejected(Reason.NO_FACE)


def held(job: EnrolmentJob = JOB, now: float = NOW) -> EnrolmentJob:
    found = leased(job, now)
    assert found is not None
    return found


def test_a_job_is_held_by_one_at_a_time_and_taken_over_when_the_lease_ends() -> None:
    job = held()

    assert (job.status, leased(job, NOW + LEASE_S - 1)) == (JobStatus.RUNNING, None)
    assert leased(job, NOW + LEASE_S) is not None
    assert leased(paused(job), NOW + 1) is not None


def test_a_job_that_is_finished_is_not_taken_up_again() -> None:
    done = advanced(held(), [GOOD, GOOD, GOOD], NOW)

    assert leased(done, NOW + 1e6) is None
    assert leased(failed(JOB, "gone"), NOW + 1e6) is None


def test_pictures_that_are_done_add_up_until_all_are() -> None:
    once = advanced(held(), [GOOD], NOW)
    twice = advanced(once, [BAD, replace(GOOD, index=2)], NOW + 1)

    assert (once.status, once.done, once.leased_until) == (JobStatus.RUNNING, 1, NOW + LEASE_S)
    assert (twice.status, twice.done, twice.accepted, twice.rejected) == (
        JobStatus.COMPLETED,
        3,
        2,
        (BAD,),
    )


def test_a_job_that_comes_no_further_waits_ever_longer_and_fails_in_the_end() -> None:
    job, pauses = held(), []
    while not job.is_finished:
        job = stumbled(job, "The provider did not answer; try again.")
        pauses.append(pause_s(job))

    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900, 900]
    assert (len(pauses), job.status, job.error) == (
        MOST_FAILURES,
        JobStatus.FAILED,
        "The provider did not answer; try again.",
    )
    assert max(pauses) <= 900  # what SQS holds a message back


def test_who_comes_further_starts_counting_anew() -> None:
    job = advanced(stumbled(held(), "down"), [GOOD], NOW)

    assert (job.failures, job.error, pause_s(job)) == (0, "", 0)


def test_the_same_pictures_of_the_same_username_are_the_same_job() -> None:
    ids = [
        job_id_of("acme", "ada", 0, ["p", "q"]),
        job_id_of("acme", "ada", 0, ["q", "p"]),
        job_id_of("acme", "ada", 1, ["p", "q"]),
        job_id_of("acme", "bob", 0, ["p", "q"]),
        job_id_of("rival", "ada", 0, ["p", "q"]),
    ]

    assert len(set(ids)) == 5
    assert ids[0] == job_id_of("acme", "ada", 0, ["p", "q"])
    assert {len(each) for each in ids} == {32}
