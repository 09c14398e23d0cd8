"""What every store of image jobs' pictures promises: the one in memory and the one in S3."""

import base64
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chalicelib.aws.job_pictures import JobPictures as S3JobPictures
from chalicelib.domain.image_jobs import ImageJob
from chalicelib.domain.policy import KEEP_IMAGES_DAYS
from chalicelib.flows.image_ports import JobPictures
from tests.fake_images import FakeJobPictures
from tests.stack import resources

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

IMAGE, OTHER = "a" * 32, "b" * 32
MOST_BYTES = 1_000_000


@pytest.fixture(params=["in memory", "in S3"])
def pictures(request: pytest.FixtureRequest) -> JobPictures:
    if request.param == "in memory":
        return FakeJobPictures()
    cloud: Cloud = request.getfixturevalue("cloud")
    return in_s3(cloud)


def in_s3(cloud: "Cloud") -> S3JobPictures:
    return S3JobPictures(cloud.client("s3"), cloud.settings.bucket, link_s=900)


def job(tenant: str, image_id: str = IMAGE, keep_days: int = 7) -> ImageJob:
    return ImageJob(tenant, image_id, "r-1", created_at=0.0, keep_days=keep_days, fingerprint="f")


def keys_of(cloud: "Cloud", tenant: str) -> list[str]:
    listed = cloud.client("s3").list_objects_v2(Bucket=cloud.settings.bucket).get("Contents", [])
    return sorted(each["Key"] for each in listed if f"/{tenant}/" in each["Key"])


def test_a_picture_waits_for_its_job_and_for_no_other(pictures: JobPictures, tenant: str) -> None:
    pictures.put(tenant, IMAGE, b"first", "image/png")
    pictures.put(tenant, IMAGE, b"picture", "image/jpeg")

    assert pictures.get(tenant, IMAGE, uploaded=False) == b"picture"
    assert pictures.get(tenant, IMAGE, uploaded=True) is None
    assert pictures.get(tenant, OTHER, uploaded=False) is None
    assert pictures.get(f"{tenant}x", IMAGE, uploaded=False) is None


def test_what_waits_is_dropped_once_or_twice_and_what_was_annotated_stays(
    pictures: JobPictures, tenant: str
) -> None:
    for image_id in (IMAGE, OTHER):
        pictures.put(tenant, image_id, b"picture", "image/jpeg")
        pictures.keep_annotated(job(tenant, image_id), b"annotated")
    for _ in range(2):
        pictures.drop(tenant, IMAGE)

    assert pictures.get(tenant, IMAGE, uploaded=False) is None
    assert pictures.get(tenant, OTHER, uploaded=False) == b"picture"
    assert pictures.annotated(job(tenant)) == b"annotated"


def test_an_annotated_picture_is_its_jobs_until_it_is_dropped(pictures: JobPictures, tenant: str) -> None:
    pictures.keep_annotated(job(tenant), b"before")
    pictures.keep_annotated(job(tenant), b"annotated")
    pictures.keep_annotated(job(tenant, OTHER), b"another")
    found = pictures.annotated(job(tenant))
    for _ in range(2):
        pictures.drop_annotated(job(tenant))

    assert found == b"annotated"
    assert pictures.annotated(job(tenant)) is None
    assert pictures.annotated(job(tenant, OTHER)) == b"another"
    assert pictures.annotated(job(f"{tenant}x", OTHER)) is None


def test_all_pictures_of_a_tenant_are_dropped_however_long_they_are_kept(
    pictures: JobPictures, tenant: str
) -> None:
    kept = [job(whose, keep_days=days) for whose in (tenant, f"{tenant}x") for days in KEEP_IMAGES_DAYS]
    for each in kept:
        pictures.put(each.tenant_id, IMAGE, b"picture", "image/jpeg")
        pictures.keep_annotated(each, b"annotated")
    for _ in range(2):
        pictures.drop_all(tenant)

    half = len(KEEP_IMAGES_DAYS)
    assert [pictures.annotated(each) for each in kept] == [None] * half + [b"annotated"] * half
    assert pictures.get(tenant, IMAGE, uploaded=False) is None
    assert pictures.get(f"{tenant}x", IMAGE, uploaded=False) == b"picture"


def test_a_form_names_the_place_of_its_job_and_of_no_other(pictures: JobPictures, tenant: str) -> None:
    forms = [
        pictures.form(whose, image_id, most_bytes=MOST_BYTES, expires_s=60)
        for whose, image_id in ((tenant, IMAGE), (tenant, OTHER), (f"{tenant}x", IMAGE))
    ]

    assert [form.fields["key"] for form in forms] == [
        f"uploads/{tenant}/{IMAGE}",
        f"uploads/{tenant}/{OTHER}",
        f"uploads/{tenant}x/{IMAGE}",
    ]
    assert {urlsplit(form.url).scheme for form in forms} == {"https"}


def test_a_link_leads_to_the_annotated_picture_whether_there_is_one_or_not(
    pictures: JobPictures, tenant: str
) -> None:
    link = urlsplit(pictures.link(job(tenant)))

    assert link.scheme == "https"
    assert unquote(link.path).endswith(f"images/7/{tenant}/{IMAGE}.jpg")
    assert pictures.link(job(tenant, OTHER)) != pictures.link(job(tenant))


def test_pictures_lie_where_the_bucket_deletes_each_in_its_time(cloud: "Cloud", tenant: str) -> None:
    pictures = in_s3(cloud)
    pictures.put(tenant, IMAGE, b"picture", "image/png")
    for days in KEEP_IMAGES_DAYS:
        pictures.keep_annotated(job(tenant, keep_days=days), b"annotated")

    rules = resources()["EvidenceBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    days_by_prefix = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert keys_of(cloud, tenant) == sorted(
        [f"pictures/{tenant}/{IMAGE}", *(f"images/{days}/{tenant}/{IMAGE}.jpg" for days in KEEP_IMAGES_DAYS)]
    )
    assert (days_by_prefix["pictures/"], days_by_prefix["uploads/"]) == (1, 1)
    assert [days_by_prefix[f"images/{days}/"] for days in KEEP_IMAGES_DAYS] == list(KEEP_IMAGES_DAYS)


def test_what_is_stored_has_the_media_type_of_its_picture(cloud: "Cloud", tenant: str) -> None:
    pictures, s3 = in_s3(cloud), cloud.client("s3")
    pictures.put(tenant, IMAGE, b"picture", "image/png")
    pictures.keep_annotated(job(tenant), b"annotated")

    types = {
        key.partition("/")[0]: s3.head_object(Bucket=cloud.settings.bucket, Key=key)["ContentType"]
        for key in keys_of(cloud, tenant)
    }
    assert types == {"pictures": "image/png", "images": "image/jpeg"}


def test_what_was_uploaded_is_found_and_dropped_as_what_the_service_stored(
    cloud: "Cloud", tenant: str
) -> None:
    pictures = in_s3(cloud)
    key = pictures.form(tenant, IMAGE, most_bytes=MOST_BYTES, expires_s=60).fields["key"]
    cloud.client("s3").put_object(Bucket=cloud.settings.bucket, Key=key, Body=b"uploaded")

    found = [pictures.get(tenant, IMAGE, uploaded=uploaded) for uploaded in (True, False)]
    pictures.drop(tenant, IMAGE)

    assert (found, keys_of(cloud, tenant)) == ([b"uploaded", None], [])


def test_a_form_is_good_for_one_key_and_so_many_bytes(cloud: "Cloud", tenant: str) -> None:
    form = in_s3(cloud).form(tenant, IMAGE, most_bytes=MOST_BYTES, expires_s=60)

    conditions = json.loads(base64.b64decode(form.fields["policy"]))["conditions"]
    assert ["content-length-range", 1, MOST_BYTES] in conditions
    assert {"key": f"uploads/{tenant}/{IMAGE}"} in conditions
    assert {"bucket": cloud.settings.bucket} in conditions


def test_a_link_ends_when_it_was_said_to(cloud: "Cloud", tenant: str) -> None:
    began = int(time.time())
    query = parse_qs(urlsplit(in_s3(cloud).link(job(tenant))).query)

    assert began + 900 <= int(query["Expires"][0]) <= time.time() + 900
