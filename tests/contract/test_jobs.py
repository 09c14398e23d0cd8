"""What every queue of jobs promises: the one in memory and the one in SQS."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chalicelib.aws.jobs import Jobs as SqsJobs
from chalicelib.flows.ports import Jobs
from tests.fakes import FakeJobs

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

Received = Callable[[], list[dict[str, str]]]


@pytest.fixture(params=["in memory", "in SQS"])
def queue(request: pytest.FixtureRequest) -> tuple[Jobs, Received]:
    """A queue, and what is read from it."""
    if request.param == "in memory":
        fake = FakeJobs()
        return fake, lambda: fake.sent
    cloud: Cloud = request.getfixturevalue("cloud")
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=cloud.settings.jobs_queue)["QueueUrl"]

    def received() -> list[dict[str, str]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return SqsJobs(sqs, cloud.settings.jobs_queue), received


def test_a_job_arrives_with_all_that_is_said_about_it(queue: tuple[Jobs, Received]) -> None:
    jobs, received = queue

    jobs.send("tidy_evidence", tenant_id="acme", session_id="sitzung-ü")

    assert received() == [{"job": "tidy_evidence", "tenant_id": "acme", "session_id": "sitzung-ü"}]


def test_every_job_arrives(queue: tuple[Jobs, Received]) -> None:
    jobs, received = queue

    for number in range(3):
        jobs.send("count", number=str(number))

    assert sorted(job["number"] for job in received()) == ["0", "1", "2"]


def test_a_job_may_be_handed_over_for_later(queue: tuple[Jobs, Received]) -> None:
    jobs, _ = queue

    jobs.send("sweep_pictures", delay_s=60, tenant_id="acme", session_id="s-1")
