"""AWS inside the process: moto, with everything that the template of the real cloud describes."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from moto import mock_aws

from chalicelib.settings import Settings
from infra.local import cognito, dynamodb, secret, user_pool

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
STAGE = "test"
TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"
ADDED = (secret.Secret, user_pool.UserPool, user_pool.UserPoolClient, user_pool.UserPoolGroup)
"""Resources that moto's CloudFormation lacks; it finds them among the subclasses of its model."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """The resources by the names that the service gives them."""

    settings: Settings

    @overload
    def client(self, service: Literal["dynamodb"]) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["sqs"]) -> "SQSClient": ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
    @overload
    def client(self, service: Literal["cognito-idp"]) -> "CognitoIdentityProviderClient": ...
    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        return _client(service)


@contextmanager
def offline_cloud() -> Iterator[Cloud]:
    """The cloud of one stage, gone at the end of the block."""
    _install()
    with mock_aws(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Tried to parse", category=UserWarning)
        formation = _client("cloudformation")
        formation.create_stack(
            StackName=STAGE,
            TemplateBody=_template(),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": STAGE}],
        )
        stack = formation.describe_stacks(StackName=STAGE)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        settings = Settings(
            stage=STAGE,
            evidence_bucket=outputs["EvidenceBucket"],
            user_pool_id=outputs["UserPool"],
            user_pool_client_id=outputs["UserPoolClient"],
        )
        yield Cloud(settings)


@cache
def _install() -> None:
    """What the offline cloud adds to moto, and mends of it."""
    cognito.install()
    dynamodb.install()


@cache
def _template() -> str:
    """The template without alarms and the like: half of it, and nothing that moto's CloudFormation makes."""
    seeing = r"^  # --- Seeing: .*?(?=^Outputs:)|^  # --- Seeing\n  Alarms:.*\Z"
    template, cut = re.subn(seeing, "", TEMPLATE.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert cut == 2, "the template has other parts than it had"
    return template


class OneAtATime:
    """A client whose calls do not overlap: moto does in steps what AWS does at once."""

    def __init__(self, client: object) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the client has it
        call = getattr(self._client, name)

        def alone(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with self._lock:
                return call(*args, **kwargs)

        return alone if name.startswith(("get_", "put_", "update_", "transact_", "query")) else call


@cache
def _session() -> boto3.session.Session:
    # One for all: it reads the services' models once.
    return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


def _client(service: str) -> Any:  # noqa: ANN401 - each service has a client of its own type
    return _session().client(service)  # type: ignore[call-overload]
