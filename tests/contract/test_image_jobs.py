"""What every store of image jobs promises: the one in memory and the one in DynamoDB."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.image_jobs import ImageJobs as DynamoImageJobs
from chalicelib.domain.detection import DetectedFace, Detection
from chalicelib.domain.errors import Busy
from chalicelib.domain.image_jobs import ImageJob, completed, image_id_of
from chalicelib.domain.seen import BoundingBox, Landmark, Pose
from chalicelib.flows.image_ports import ImageJobs
from tests.contract.cloud import OneAtATime
from tests.fake_images import FakeImageJobs
from tests.stack import resources

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

NOW = 1_800_000_000.0
FIRST = int((NOW + 0.5) * 1000)
"""A job's first version: no other job under its id has that."""
FACE = DetectedFace(
    BoundingBox(0.1, 0.2, 0.3, 0.4), 99.5, Pose(1.0, 2.0, 3.0), (Landmark("nose", 0.5, 0.5),), 60.0, 80.0
)


def client(request: pytest.FixtureRequest) -> tuple[Any, str]:
    cloud: Cloud = request.getfixturevalue("cloud")
    return cast("Any", OneAtATime(cloud.client("dynamodb"))), cloud.settings.images_table


@pytest.fixture(params=["in memory", "in DynamoDB"])
def jobs(request: pytest.FixtureRequest) -> ImageJobs:
    return FakeImageJobs() if request.param == "in memory" else DynamoImageJobs(*client(request))


def job(tenant: str, request_id: str = "r-1") -> ImageJob:
    return ImageJob(
        tenant,
        image_id_of(tenant, request_id),
        request_id,
        created_at=NOW + 0.5,
        keep_days=7,
        fingerprint="f" * 64,
        callback_url="https://hooks.example/",
        numbers=True,
        by_upload=True,
    )


def test_a_job_is_saved_and_loaded_with_all_that_was_found(jobs: ImageJobs, tenant: str) -> None:
    done = completed(job(tenant), Detection((FACE,), "engine 1", 640, 480, fallback=True), NOW + 2)

    saved = jobs.save(done)

    assert saved == replace(done, version=FIRST)
    assert jobs.load(tenant, done.image_id) == saved


def test_there_is_no_job_that_was_not_made_nor_another_tenants(jobs: ImageJobs, tenant: str) -> None:
    made = jobs.save(job(tenant))

    assert jobs.load(tenant, image_id_of(tenant, "r-2")) is None
    assert jobs.load(f"{tenant}x", made.image_id) is None


def test_of_two_that_work_on_a_job_one_is_refused(jobs: ImageJobs, tenant: str) -> None:
    first = jobs.save(job(tenant))
    second = jobs.save(replace(first, tries=1))

    for stale in (first, job(tenant), replace(second, version=7)):
        with pytest.raises(Busy):
            jobs.save(stale)
    assert jobs.load(tenant, first.image_id) == replace(first, tries=1, version=FIRST + 1)


def test_a_job_that_was_removed_is_gone_and_not_brought_back_by_who_holds_it(
    jobs: ImageJobs, tenant: str
) -> None:
    held = jobs.save(job(tenant))
    for _ in range(2):
        jobs.remove(tenant, held.image_id)

    assert jobs.load(tenant, held.image_id) is None
    with pytest.raises(Busy):
        jobs.save(held)
    assert jobs.save(job(tenant)) == replace(job(tenant), version=FIRST)


def test_everything_of_a_tenant_is_forgotten_and_nothing_of_another(jobs: ImageJobs, tenant: str) -> None:
    made = [jobs.save(job(tenant, f"r-{number}")) for number in range(40)]
    other = jobs.save(job(f"{tenant}x"))

    assert jobs.forget(tenant) == 40
    assert [jobs.load(tenant, each.image_id) for each in made] == [None] * 40
    assert jobs.load(f"{tenant}x", other.image_id) == other
    assert jobs.forget(tenant) == 0


def test_a_job_lies_in_one_of_sixteen_partitions_and_expires_with_its_picture(
    cloud: "Cloud", tenant: str
) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.images_table
    made = DynamoImageJobs(client, table).save(job(tenant))

    key = {"pk": {"S": f"{tenant}#images#{made.image_id[0]}"}, "sk": {"S": made.image_id}}
    item = client.get_item(TableName=table, Key=key)["Item"]
    assert item["expires_at"] == {"N": str(math.ceil(NOW + 0.5 + 7 * 86_400))}
    ttl = resources()["ImagesTable"]["Properties"]["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "expires_at", "Enabled": True}
