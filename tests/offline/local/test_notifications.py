"""What is uploaded to the bucket comes to the jobs' queue; nothing else that the bucket is given does."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

import pytest

from infra.local.cloud import OfflineCloud
from tests.offline.client import picture

BOUNDARY = "a boundary of this test"
PAGE = "https://hiring.example"
"""Where the browser's page comes from."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineCloud]:
    """A cloud in which nobody works on jobs."""
    with OfflineCloud(with_api=False, logs=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def at_first(started: OfflineCloud) -> list[Any]:
    """What was in its queue when the stack had been made."""
    return bodies(started)


@pytest.fixture
def cloud(started: OfflineCloud, at_first: list[Any]) -> OfflineCloud:  # noqa: ARG001 - it empties the queue
    """The same, with nothing in its queue."""
    bodies(started)
    return started


def bodies(cloud: OfflineCloud, queue: str = "proctoring-dev-jobs") -> list[Any]:
    """What is in the queue, taken out of it: moto notifies before it answers."""
    sqs, taken = cloud.client("sqs"), list[Any]()
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            taken.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return taken


def facts(notification: Any) -> tuple[str, str, str, int]:  # noqa: ANN401 - JSON
    """What happened, in which bucket, to which key of what size."""
    (record,) = notification["Records"]
    about = record["s3"]
    key = unquote_plus(about["object"]["key"])
    return record["eventName"], about["bucket"]["name"], key, about["object"]["size"]


def send_form(url: str, fields: Mapping[str, str], content: bytes) -> tuple[int, str]:
    """Post a form as a browser does, the file last; the answer's status, and whose pages may read it."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = "".join(parts).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f'multipart/form-data; boundary="{BOUNDARY}"', "Origin": PAGE}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
        return answer.status, answer.headers["Access-Control-Allow-Origin"]


def test_the_queue_is_told_of_what_a_browser_uploads_by_a_signed_form(cloud: OfflineCloud) -> None:
    s3, bucket, key, sent = cloud.client("s3"), evidence(cloud), "uploads/acme/1f.jpg", picture(1)
    form = s3.generate_presigned_post(
        bucket, key, Fields={"Content-Type": "image/jpeg"}, Conditions=[{"Content-Type": "image/jpeg"}]
    )

    status, readable_by = send_form(form["url"], form["fields"], sent)

    (notification,) = bodies(cloud)
    assert (status, readable_by) == (204, PAGE)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == sent
    assert facts(notification) == ("ObjectCreated:Post", bucket, key, len(sent))


def test_the_queue_is_told_of_what_is_put_among_the_uploads(cloud: OfflineCloud) -> None:
    bucket = evidence(cloud)
    cloud.client("s3").put_object(Bucket=bucket, Key="uploads/acme/a b.jpg", Body=b"picture")

    assert [facts(each) for each in bodies(cloud)] == [
        ("ObjectCreated:Put", bucket, "uploads/acme/a b.jpg", len(b"picture"))
    ]


@pytest.mark.parametrize("key", ["pictures/acme/1f", "images/7/acme/1f.jpg", "acme/uploads/1.jpg"])
def test_the_queue_is_not_told_of_what_is_put_elsewhere(cloud: OfflineCloud, key: str) -> None:
    cloud.client("s3").put_object(Bucket=evidence(cloud), Key=key, Body=b"picture")

    assert bodies(cloud) == []


def test_the_queue_is_not_told_of_what_is_deleted(cloud: OfflineCloud) -> None:
    s3, bucket, key = cloud.client("s3"), evidence(cloud), "uploads/acme/2.jpg"
    s3.put_object(Bucket=bucket, Key=key, Body=b"picture")
    bodies(cloud)

    s3.delete_object(Bucket=bucket, Key=key)

    assert bodies(cloud) == []


def test_s3_tries_the_queue_when_the_bucket_is_made(cloud: OfflineCloud, at_first: list[Any]) -> None:
    (tried,) = at_first

    assert (tried["Service"], tried["Event"], tried["Bucket"]) == (
        "Amazon S3",
        "s3:TestEvent",
        evidence(cloud),
    )


def test_a_stack_that_changes_what_is_told_changes_it(cloud: OfflineCloud) -> None:
    formation, s3 = cloud.client("cloudformation"), cloud.client("s3")
    formation.create_stack(StackName="changing", TemplateBody=telling_of("first/"))
    formation.update_stack(StackName="changing", TemplateBody=telling_of("second/"))
    bodies(cloud, "changing")

    for key in ("first/1.jpg", "second/1.jpg"):
        s3.put_object(Bucket="changing", Key=key, Body=b"picture")

    assert [facts(each)[2] for each in bodies(cloud, "changing")] == ["second/1.jpg"]


def evidence(cloud: OfflineCloud) -> str:
    """The name of the bucket for pictures."""
    return cloud.environment["EVIDENCE_BUCKET"]


def telling_of(prefix: str) -> str:
    """A template of a bucket that tells a queue of what is put under a prefix."""
    told = {
        "Event": "s3:ObjectCreated:*",
        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}},
        "Queue": {"Fn::GetAtt": ["Queue", "Arn"]},
    }
    bucket = {"BucketName": "changing", "NotificationConfiguration": {"QueueConfigurations": [told]}}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": bucket},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "changing"}},
    }
    return json.dumps({"Resources": resources})
