"""Health: of the service, and of what it stands on."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib import wiring
from tests.unit.api.service import Answer, Service, forget, running_service
from tests.unit.vision.rekognition_server import answers, fails

ALL = {
    "sessions",
    "tenants",
    "exams",
    "faces",
    "images",
    "webhooks",
    "ledger",
    "evidence",
    "jobs",
    "keys",
    "vision",
    "people",
}


@pytest.fixture
def well() -> Iterator[Service]:
    """A service of the test's own, whose Rekognition has no collections."""
    with running_service() as service:
        service.rekognition.behave["ListCollections"] = answers({"CollectionIds": []})
        yield service


def deep(service: Service) -> Answer:
    return service.get("/health?deep=true", credential="")


def test_health_asks_nobody_unless_it_is_asked_to(well: Service) -> None:
    forget()
    health = well.get("/health", credential="")

    assert "dependencies" not in health.json
    assert well.rekognition.calls == []
    assert [name for name in ("pool", "keys", "vision") if getattr(wiring, name).cache_info().currsize] == []


def test_deep_health_tells_of_every_service_and_costs_nothing(well: Service) -> None:
    answer = deep(well)

    assert (answer.status, answer.json["status"]) == (200, "healthy")
    assert set(answer.json["dependencies"]) == ALL
    assert all(set(each) == {"ok", "ms"} for each in answer.json["dependencies"].values())
    assert all(each["ok"] for each in answer.json["dependencies"].values())
    assert well.rekognition.calls == ["ListCollections"]


LOST: dict[str, Callable[[Service], object]] = {
    "vision": lambda well: well.rekognition.behave.update(ListCollections=fails("InternalServerError")),
    "jobs": lambda well: well.cloud.client("sqs").delete_queue(
        QueueUrl=well.cloud.client("sqs").get_queue_url(QueueName=well.cloud.settings.jobs_queue)["QueueUrl"]
    ),
    "evidence": lambda well: well.cloud.client("s3").delete_bucket(Bucket=well.cloud.settings.bucket),
    "keys": lambda well: well.cloud.client("secretsmanager").delete_secret(
        SecretId=well.cloud.settings.secrets_name, ForceDeleteWithoutRecovery=True
    ),
    "exams": lambda well: well.cloud.client("dynamodb").delete_table(
        TableName=well.cloud.settings.exams_table
    ),
    "faces": lambda well: well.cloud.client("dynamodb").delete_table(
        TableName=well.cloud.settings.faces_table
    ),
    "ledger": lambda well: well.cloud.client("dynamodb").delete_table(
        TableName=well.cloud.settings.ledger_table
    ),
    "people": lambda well: well.cloud.client("cognito-idp").delete_user_pool(
        UserPoolId=well.cloud.settings.user_pool_id
    ),
    "sessions": lambda well: well.cloud.client("dynamodb").delete_table(
        TableName=well.cloud.settings.sessions_table
    ),
    "tenants": lambda well: well.cloud.client("dynamodb").delete_table(
        TableName=well.cloud.settings.tenants_table
    ),
}


def test_deep_health_is_503_and_says_which_services_are_lost_and_no_more_of_it(well: Service) -> None:
    lost = set()
    for name, lose in LOST.items():
        lose(well)
        lost.add(name)
        wiring.check_health.cache_clear()
        answer = deep(well)

        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        found = answer.json["dependencies"]
        assert {each for each in ALL if not found[each]["ok"]} == lost
        assert all(found[each]["error"].isidentifier() for each in lost)
        assert "arn:" not in str(answer.body)


def test_a_depth_that_is_none_is_refused(well: Service) -> None:
    assert well.get("/health?deep=down", credential="").status == 422
