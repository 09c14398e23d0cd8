"""A proctored session on what was deployed: real events, through the deployed handlers, as Lambda would."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from chalicelib.settings import Settings
from infra.deploy.package import APP, LAYER
from infra.local.schedule import scheduled_event
from tests.deploy.account import OfflineAccount
from tests.deploy.conftest import Deployed
from tests.deploy.events import Event, from_gateway, from_queue
from tests.deploy.lambda_process import LambdaProcess, link_runtime
from tests.offline.client import NOBODY, base64_of, picture
from tests.old_sessions import grow_old

SESSION = "/api/sessions/{session_id}"
APART_S = 0.4
"""So that the rate of Rekognition's calls, which is as deployed, grants all of a frame's."""
BOUNDARY = "frame-boundary"


@dataclass(frozen=True, slots=True)
class Service:
    """The functions of stage `dev`, each in a process of its own, and what they stand on."""

    account: OfflineAccount
    functions: dict[str, LambdaProcess]
    api_key: str

    def call(
        self, method: str, resource: str, body: object = None, *, credential: str = "", **ids: str
    ) -> tuple[int, Any]:
        """Status and body of an answer to JSON."""
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {credential or self.api_key}",
        }
        raw = None if body is None else json.dumps(body).encode()
        return self.answer(from_gateway(method, resource, headers=headers, body=raw, ids=ids))

    def answer(self, event: Event) -> tuple[int, Any]:
        answered = self.functions["app.app"].invoke(event)
        return answered["statusCode"], json.loads(answered["body"])

    def work(self, *extra: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """Hand all that is in the queue to the worker, with these messages; its answer."""
        sqs, queue = self.account.client("sqs"), Settings(stage="dev").jobs_queue
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        messages = []
        while received := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            messages += received
        assert messages
        return self.functions["app.run_job"].invoke(from_queue(queue, [*messages, *extra]))

    def pictures(self) -> list[str]:
        bucket = "proctoring-dev-evidence-123456789012"
        listed = self.account.client("s3").list_objects_v2(Bucket=bucket)
        return [each["Key"] for each in listed.get("Contents", [])]


@pytest.fixture(scope="module")
def service(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    root = tmp_path_factory.mktemp("lambda")
    for name in (APP, LAYER):
        with ZipFile(deployed.built / name) as archive:
            archive.extractall(root / Path(name).stem)
    (root / "runtime").mkdir()
    runtime = link_runtime(root / "runtime")
    client = deployed.account.client("lambda")
    named = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    with ExitStack() as processes:
        functions = {}
        for name in named:
            if name != "proctoring-dev" and not name.startswith("proctoring-dev-"):
                continue
            configuration = client.get_function_configuration(FunctionName=name)
            functions[configuration["Handler"]] = processes.enter_context(
                LambdaProcess(
                    configuration,
                    root / Path(APP).stem,
                    root / Path(LAYER).stem,
                    runtime,
                    {key: each for key, each in deployed.account.environment.items() if "AWS" in key},
                    root / f"{name}.log",
                )
            )
        yield Service(deployed.account, functions, new_tenant(deployed))


def new_tenant(deployed: Deployed) -> str:
    """What `make tenant` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.tenants", "Acme Hiring"],
        env=deployed.account.environment | {"STAGE": "dev"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def start(service: Service, **wanted: object) -> tuple[str, str]:
    status, started = service.call("POST", "/api/sessions/start", wanted)
    assert status == 200, started
    return started["session_id"], started["session_token"]


def test_first_proctored_session_from_its_start_to_its_erasure(service: Service) -> None:
    session_id, token = start(service, candidate={"name": "Ada"})

    for seq in range(1, 5):
        time.sleep(APART_S)
        frame = {"frame": base64_of(picture(seq, NOBODY)), "seq": seq}
        status, answered = service.call(
            "POST", f"{SESSION}/frame", frame, credential=token, session_id=session_id
        )
        assert status == 200, answered
    status, live = service.call("GET", f"{SESSION}/metrics", credential=token, session_id=session_id)
    assert (status, live["frames_analyzed"], live["alert_count"]) == (200, 4, 1)

    status, ended = service.call("POST", f"{SESSION}/end", {}, session_id=session_id)
    assert (status, ended["report"]["coverage"]["analysed"]) == (200, 4)
    assert [alert["type"] for alert in ended["report"]["alerts"]] == ["no_face_detected"]
    assert service.work() == {"batchItemFailures": []}
    assert service.pictures()

    status, _ = service.call("DELETE", SESSION, session_id=session_id)
    assert status == 200
    assert service.call("GET", f"{SESSION}/report", session_id=session_id)[0] == 404
    assert service.pictures() == []


def test_what_was_deployed_reaches_all_that_it_stands_on(service: Service) -> None:
    status, health = service.answer(from_gateway("GET", "/health", headers={}, query={"deep": "true"}))

    assert status == 200, health
    assert {name for name, each in health["dependencies"].items() if each["ok"]} == {
        *(
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
        ),
    }


def test_picture_that_comes_as_a_form_comes_in_base64(service: Service) -> None:
    session_id, token = start(service)
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="frame"; filename="f.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode() + picture(1)
    event = from_gateway(
        "POST",
        f"{SESSION}/frame",
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        },
        body=body + f"\r\n--{BOUNDARY}--\r\n".encode(),
        binary=True,
        ids={"session_id": session_id},
    )

    status, answered = service.answer(event)

    assert (status, answered["result"]["face_count"]) == (200, 1)


def test_refusals_are_problems_that_browsers_can_read(service: Service) -> None:
    event = from_gateway("GET", "/api/sessions", headers={"Authorization": "Bearer nonsense"})

    answered = service.functions["app.app"].invoke(event)

    assert answered["statusCode"] == 401
    headers = {**answered["headers"], **{k: v[0] for k, v in answered["multiValueHeaders"].items()}}
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_only_the_message_that_failed_comes_back(service: Service) -> None:
    session_id, _ = start(service)
    service.call("POST", f"{SESSION}/end", {}, session_id=session_id)
    poison = {"MessageId": "poison", "ReceiptHandle": "x", "Body": '{"job": "unknown"}'}

    assert service.work(poison) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}


def test_schedule_ends_what_nobody_ended(service: Service) -> None:
    session_id, _ = start(service)
    grow_old(service.account.client("dynamodb"), session_id)

    answered = service.functions["app.close_abandoned"].invoke(scheduled_event())

    assert answered is None
    assert service.work() == {"batchItemFailures": []}
    status, told = service.call("GET", f"{SESSION}/report", session_id=session_id)
    assert (status, told["report"]["ended_by"]) == (200, "service")
