"""What every registry of known faces promises: the one in memory and the one in DynamoDB."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.enrolment_jobs import EnrolmentJobs as DynamoJobs
from chalicelib.aws.enrolments import EMPTY_KEPT_S
from chalicelib.aws.enrolments import Enrolments as DynamoEnrolments
from chalicelib.aws.uploads import Uploads as S3Uploads
from chalicelib.domain.enrolment import EnrolledFace, Enrolment, Outcome, Reason, owner_of
from chalicelib.domain.enrolment_jobs import KEPT_S, EnrolmentJob
from chalicelib.domain.errors import BadInput, Busy
from chalicelib.flows.contention import settled
from chalicelib.flows.face_ports import EnrolmentJobs, Enrolments, Uploads
from tests.contract.cloud import OneAtATime
from tests.fake_faces import FakeEnrolmentJobs, FakeEnrolments, FakeUploads
from tests.stack import resources

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

NOW = 1_800_000_000.0
THREADS = 8
FACE = EnrolledFace("face-1", "p" * 32, NOW, "Amazon Rekognition 7.0")


def client(request: pytest.FixtureRequest) -> tuple[Any, str]:
    cloud: Cloud = request.getfixturevalue("cloud")
    return cast("Any", OneAtATime(cloud.client("dynamodb"))), cloud.settings.faces_table


@pytest.fixture(params=["in memory", "in DynamoDB"])
def enrolments(request: pytest.FixtureRequest) -> Enrolments:
    return FakeEnrolments() if request.param == "in memory" else DynamoEnrolments(*client(request))


@pytest.fixture(params=["in memory", "in DynamoDB"])
def jobs(request: pytest.FixtureRequest) -> EnrolmentJobs:
    return FakeEnrolmentJobs() if request.param == "in memory" else DynamoJobs(*client(request))


@pytest.fixture(params=["in memory", "in S3"])
def uploads(request: pytest.FixtureRequest) -> Uploads:
    if request.param == "in memory":
        return FakeUploads()
    cloud: Cloud = request.getfixturevalue("cloud")
    return S3Uploads(cloud.client("s3"), cloud.settings.bucket)


def enrolled(tenant: str, username: str = "ada@acme.example", faces: int = 1) -> Enrolment:
    several = tuple(replace(FACE, face_id=f"{username}-{number}") for number in range(faces))
    return Enrolment(tenant, username, several, enrolled_at=NOW, updated_at=NOW + 1)


def test_what_is_saved_is_loaded_and_counted(enrolments: Enrolments, tenant: str) -> None:
    saved = enrolments.save(enrolled(tenant))

    assert saved == replace(enrolled(tenant), version=1)
    assert enrolments.load(tenant, "ada@acme.example") == saved
    assert enrolments.load(tenant, "bob") is None
    assert enrolments.load(f"{tenant}x", "ada@acme.example") is None


def test_the_ids_of_the_faces_of_who_is_enrolled_are_told(enrolments: Enrolments, tenant: str) -> None:
    enrolments.save(enrolled(tenant, "ada", faces=2))
    enrolments.save(enrolled(tenant, "bob", faces=0))

    assert enrolments.faces_of(tenant, "ada") == ("ada-0", "ada-1")
    assert enrolments.faces_of(tenant, "bob") is None
    assert enrolments.faces_of(tenant, "eve") is None


def test_of_two_that_change_the_same_thing_one_is_refused(enrolments: Enrolments, tenant: str) -> None:
    first = enrolments.save(enrolled(tenant))
    enrolments.save(first)

    for stale in (first, enrolled(tenant)):
        with pytest.raises(Busy):
            enrolments.save(stale)


def test_of_many_that_add_to_one_username_at_once_none_is_lost(enrolments: Enrolments, tenant: str) -> None:
    start = Barrier(THREADS)

    def add(number: int) -> None:
        start.wait()

        def attempt() -> Enrolment:
            known = enrolments.load(tenant, "ada") or Enrolment(tenant, "ada")
            added = replace(FACE, face_id=f"face-{number}")
            return enrolments.save(replace(known, faces=(*known.faces, added)))

        settled(attempt, tries=3 * THREADS)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add, range(THREADS)))

    assert set(enrolments.faces_of(tenant, "ada") or ()) == {f"face-{number}" for number in range(THREADS)}


def test_several_are_found_by_their_owners(enrolments: Enrolments, tenant: str) -> None:
    names = [f"user-{number}" for number in range(103)]
    saved = {owner_of(tenant, name): enrolments.save(enrolled(tenant, name)) for name in names}

    assert enrolments.several(tenant, {*saved, "f" * 32}) == saved
    assert enrolments.several(tenant, []) == {}


def test_those_with_faces_are_listed_in_pages_without_gap_or_overlap(
    enrolments: Enrolments, tenant: str
) -> None:
    for number in range(7):
        enrolments.save(enrolled(tenant, f"user-{number}", faces=0 if number == 3 else 1))
    enrolments.save(enrolled(f"{tenant}x", "rival"))

    told, after = [], None
    while True:
        page = enrolments.page(tenant, 2, after)
        told += [each.username for each in page.items]
        if (after := page.cursor) is None:
            break

    assert sorted(told) == [f"user-{number}" for number in (0, 1, 2, 4, 5, 6)]


def test_a_foreign_cursor_is_refused(enrolments: Enrolments, tenant: str) -> None:
    with pytest.raises(BadInput):
        enrolments.page(tenant, 2, "tomorrow")


def test_everything_of_a_tenant_is_forgotten(enrolments: Enrolments, tenant: str) -> None:
    for number in range(30):
        enrolments.save(enrolled(tenant, f"user-{number}"))
    enrolments.save(enrolled(f"{tenant}x", "user-1"))

    assert enrolments.forget(tenant) == 30
    assert enrolments.load(tenant, "user-1") is None
    assert enrolments.load(f"{tenant}x", "user-1") is not None


@pytest.mark.parametrize("faces", [0, 1])
def test_what_has_no_faces_expires_and_what_has_some_stays(cloud: "Cloud", tenant: str, faces: int) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.faces_table
    DynamoEnrolments(client, table, clock=lambda: NOW).save(enrolled(tenant, faces=faces))

    key = {"pk": {"S": f"{tenant}#faces"}, "sk": {"S": f"owner#{owner_of(tenant, 'ada@acme.example')}"}}
    expires = client.get_item(TableName=table, Key=key)["Item"].get("expires_at")
    assert expires == (None if faces else {"N": str(math.ceil(NOW + EMPTY_KEPT_S))})


JOB = EnrolmentJob("", "j" * 32, "ada", total=2, created_at=NOW, names=("a.jpg", ""))


def test_a_job_is_saved_and_loaded_with_all_that_became_of_it(jobs: EnrolmentJobs, tenant: str) -> None:
    job = replace(JOB, tenant_id=tenant, outcomes=(Outcome(0, "a.jpg", Reason.NO_FACE, "No face."),))

    saved = jobs.save(job)

    assert saved == replace(job, version=1)
    assert jobs.load(tenant, job.job_id) == saved
    assert jobs.load(f"{tenant}x", job.job_id) is None


def test_of_two_that_work_on_a_job_one_is_refused(jobs: EnrolmentJobs, tenant: str) -> None:
    saved = jobs.save(replace(JOB, tenant_id=tenant))
    jobs.save(saved)

    for stale in (saved, replace(JOB, tenant_id=tenant)):
        with pytest.raises(Busy):
            jobs.save(stale)


def test_a_job_expires_and_is_forgotten_with_its_tenant(cloud: "Cloud", tenant: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.faces_table
    jobs = DynamoJobs(client, table)
    jobs.save(replace(JOB, tenant_id=tenant))

    key = {"pk": {"S": f"{tenant}#faces"}, "sk": {"S": f"job#{JOB.job_id}"}}
    item = client.get_item(TableName=table, Key=key)["Item"]
    assert item["expires_at"] == {"N": str(math.ceil(NOW + KEPT_S))}
    assert DynamoEnrolments(client, table).forget(tenant) == 1
    assert jobs.load(tenant, JOB.job_id) is None


def test_pictures_of_a_job_are_kept_in_their_order_until_they_are_dropped(
    uploads: Uploads, tenant: str
) -> None:
    pictures = [b"second", b"", b"first" * 100]
    uploads.put(tenant, "j-1", [b"other"])
    uploads.put(tenant, "j-1", pictures)
    uploads.put(tenant, "j-10", [b"another job's"])

    assert uploads.get(tenant, "j-1") == pictures
    for _ in range(2):
        uploads.drop(tenant, "j-1")
    assert uploads.get(tenant, "j-1") is None
    assert uploads.get(tenant, "j-10") == [b"another job's"]


def test_pictures_of_all_jobs_of_a_tenant_are_dropped(uploads: Uploads, tenant: str) -> None:
    for number in range(3):
        uploads.put(tenant, f"j-{number}", [b"picture"])
    uploads.put(f"{tenant}x", "j-1", [b"another tenant's"])

    assert uploads.drop_all(tenant) == 3
    assert uploads.get(tenant, "j-1") is None
    assert uploads.get(f"{tenant}x", "j-1") == [b"another tenant's"]
    assert uploads.drop_all(tenant) == 0


def test_pictures_of_a_job_lie_where_no_session_has_any(cloud: "Cloud", tenant: str) -> None:
    s3, bucket = cloud.client("s3"), cloud.settings.bucket
    S3Uploads(s3, bucket).put(tenant, "j-1", [b"picture"])

    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    rules = resources()["EvidenceBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert f"enrolments/{tenant}/j-1" in keys
    assert [rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "enrolments/"] == [1]
