"""The service under other settings, and without the cloud it stands on."""

import json

import jwt
import pytest

from chalicelib import wiring
from chalicelib.domain import credentials
from tests.contract.cloud import STAGE
from tests.unit.api.service import running_service
from tests.unit.vision.pictures import jpeg, portrait

PICTURE = jpeg(portrait())


def test_emotions_that_the_operator_forbids_are_off_in_every_session() -> None:
    with running_service(EMOTIONS="false") as service:
        started = service.start(session_id="s-1", policy={"emotions": True})
        service.frame("s-1", PICTURE)

        assert started["policy"]["emotions"] is False
        assert service.rekognition.calls == ["DetectFaces", "DetectLabels", "DetectText"]
        assert "EMOTIONS" not in json.dumps(service.rekognition.asked)
        assert service.get("/health").json["features"]["emotions"] is False


@pytest.mark.parametrize("table", ["sessions", "tenants"])
def test_without_its_tables_the_service_is_503_and_says_when_to_come_back(table: str) -> None:
    with running_service() as service:
        service.start(session_id="s-1")
        service.cloud.client("dynamodb").delete_table(TableName=f"proctoring-{STAGE}-{table}")

        answers = [
            service.get("/api/sessions"),
            service.get("/api/sessions/s-1/metrics"),
            service.post("/api/sessions/start", {}),
            service.frame("s-1", PICTURE),
            service.post("/api/sessions/s-1/end"),
            service.call("DELETE", "/api/sessions/s-1"),
        ]

        assert {answer.status for answer in answers} == {503}
        assert all(answer.headers["Retry-After"] for answer in answers)
        assert service.get("/health").status == 200


def test_without_its_bucket_a_frame_that_an_alert_may_cite_is_503_and_not_counted() -> None:
    with running_service(EVIDENCE_BUCKET="no-such-bucket") as service:
        service.start(session_id="s-1")

        nobody = service.frame("s-1", PICTURE, seq=1)

        assert (nobody.status, nobody.headers["Retry-After"]) == (503, "2")
        assert service.get("/api/sessions/s-1/metrics").json["total_frames_received"] == 0


def test_without_its_secret_tokens_are_neither_made_nor_taken() -> None:
    with running_service() as service:
        service.cloud.client("secretsmanager").delete_secret(
            SecretId=f"proctoring-{STAGE}", ForceDeleteWithoutRecovery=True
        )

        assert service.post("/api/sessions/start", {"session_id": "s-1"}).status == 503
        token = jwt.encode({"sub": "s-1"}, "x" * 64, algorithm="HS256")
        assert service.get("/api/sessions/s-1/metrics", credential=token).status == 503


def test_a_key_of_this_stage_opens_no_other() -> None:
    with running_service() as service:
        assert credentials.parse(service.key) is not None
        assert wiring.settings().stage == STAGE
        assert (
            service.get("/api/sessions", credential=service.key.replace(f"pk_{STAGE}_", "pk_prod_")).status
            == 401
        )
