"""The offline cloud is the template's, and it leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.cloud import TEMPLATE, OfflineCloud
from infra.local.moto_server import LEFT_OUT
from infra.local.program import ROOT, StartError

if TYPE_CHECKING:
    from tests.offline.conftest import Cloud

START_AND_WAIT = """
import sys, time
from pathlib import Path
from infra.local.cloud import OfflineCloud
with OfflineCloud(logs=Path(sys.argv[1])) as cloud:
    print(cloud.url, cloud.rekognition_url, cloud.aws_url, flush=True)
    time.sleep(3600)
"""


def answers(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_every_resource_of_the_template_exists(cloud: "Cloud") -> None:
    resources = cloud.client("cloudformation").describe_stack_resources(StackName="proctoring-dev")
    made = {each["LogicalResourceId"] for each in resources["StackResources"] if "LogicalResourceId" in each}
    wanted = dict(re.findall(r"^  (\w+):\n    Type: (AWS::\S+)$", TEMPLATE.read_text(), re.MULTILINE))

    assert len(wanted) > 5
    assert {wanted[name] for name in wanted.keys() - made} == set(LEFT_OUT)


@pytest.mark.parametrize(
    ("table", "keys", "indices"),
    [
        (
            "sessions",
            ["pk", "sk"],
            {
                "by_start": ["tenant_id", "started"],
                "alerts_by_tenant": ["tenant_id", "opened"],
                "alerts_by_exam": ["of_exam", "opened"],
                "alerts_by_candidate": ["of_candidate", "opened"],
            },
        ),
        ("tenants", ["pk"], {"by_tenant": ["tenant_id", "pk"]}),
        ("exams", ["pk", "sk"], {"by_candidate": ["candidate", "exam_id"]}),
    ],
)
def test_the_tables_have_their_keys_and_indices(
    cloud: "Cloud", table: str, keys: list[str], indices: dict[str, list[str]]
) -> None:
    described = cloud.client("dynamodb").describe_table(TableName=f"proctoring-dev-{table}")["Table"]

    assert [each["AttributeName"] for each in described["KeySchema"]] == keys
    assert {
        each["IndexName"]: [key["AttributeName"] for key in each["KeySchema"]]
        for each in described["GlobalSecondaryIndexes"]
    } == indices


def test_the_queue_hands_what_fails_to_its_dead_letters(cloud: "Cloud") -> None:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="proctoring-dev-jobs")["QueueUrl"]
    redrive = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]

    assert json.loads(redrive["RedrivePolicy"])["deadLetterTargetArn"].endswith(":proctoring-dev-jobs-dead")


def test_the_bucket_for_pictures_is_the_one_that_the_service_is_told_of(cloud: "Cloud") -> None:
    buckets = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]

    artifacts = cloud.environment["EVIDENCE_BUCKET"].replace("evidence", "artifacts")
    assert sorted(buckets) == [artifacts, cloud.environment["EVIDENCE_BUCKET"]]


def test_the_secret_has_a_key_to_sign_tokens_with(cloud: "Cloud") -> None:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId="proctoring-dev")["SecretString"]

    assert len(json.loads(secret)["session_token_key"]) == 64


def test_people_log_in_to_the_pool_that_the_service_is_told_of(cloud: "Cloud") -> None:
    cognito = cloud.client("cognito-idp")
    pool_id, client_id = cloud.environment["USER_POOL_ID"], cloud.environment["USER_POOL_CLIENT_ID"]
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
    with urllib.request.urlopen(cloud.environment["JWKS_URL"], timeout=10) as answer:
        keys = json.load(answer)["keys"]

    assert client["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert [key["alg"] for key in keys] == ["RS256"]


def test_the_users_openai_key_becomes_a_secret_and_nothing_of_the_users_aws_reaches_the_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-user")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.example")
    with OfflineCloud(with_api=False, logs=tmp_path) as cloud:
        secret = cloud.client("secretsmanager").get_secret_value(SecretId="proctoring-dev")["SecretString"]
    kept = {name for name in cloud.environment if name.startswith(("AWS_", "OPENAI_"))}

    assert json.loads(secret)["openai_api_key"] == "sk-of-the-user"
    assert kept == {
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_REKOGNITION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "OPENAI_BASE_URL",
    }


def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is taken"), OfflineCloud(port=port, logs=tmp_path):
            pass

    assert list(tmp_path.iterdir()) == []


def test_everything_ends_when_the_program_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    urls = parent.stdout.readline().split()
    assert all(answers(url) for url in urls)
    parent.kill()
    parent.wait()
    while any(answers(url) for url in urls):
        pass


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_the_cloud_in_good_order(sent: signal.Signals, code: int) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    parent = subprocess.Popen(
        [sys.executable, "-m", "infra.local", "serve", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert parent.stdout is not None
    said = ""
    while "Ctrl-C ends it" not in said:
        line = parent.stdout.readline()
        assert line, said
        said += line
    url = next(word for word in said.split() if word.startswith("http://"))
    with urllib.request.urlopen(f"{url}/health") as health:
        answered: Any = json.load(health)
    parent.send_signal(sent)
    rest = parent.stdout.read()
    parent.stdout.close()

    assert answered["success"]
    assert parent.wait() == code
    assert "Traceback" not in rest
    assert not answers(url)
