"""The offline cloud: AWS, Rekognition and the service in processes of their own, on ports of this machine.

What the service is given is the environment of a function, and nothing else tells it where it runs.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import boto3
import botocore.session
from botocore.config import Config

from infra.deploy import configuration
from infra.deploy.project import POLICIES
from infra.local.program import HOST, ROOT, Program, StartError, claim

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

STAGE = "dev"
REGION = "us-east-1"
ACCOUNT = "123456789012"
"""moto's."""
TEMPLATE = ROOT / "infra" / "template.yaml"
EMULATOR_PYTHON = ROOT / ".venv-rekognition" / "bin" / "python"
"""The emulator's own environment, where it is installed."""
LOGS = ROOT / "build" / "local"

API_PORT = 8000
"""Rekognition takes the next one, AWS the one after it."""
WATCH_S = 1.0


@dataclass(slots=True)
class OfflineCloud:
    """Started by `with`, and gone after it."""

    port: int = 0
    """Of the API; Rekognition and AWS take the next two. 0: any free ones."""
    answers: Path | None = None
    """A file of answers for the emulator, by picture."""
    labels_model: Path | None = None
    """An ONNX model that the emulator finds objects with."""
    logs: Path = LOGS
    show_log: bool = False
    """Whether the service's log goes to the terminal rather than to a file."""
    with_api: bool = True
    policies: Path = POLICIES
    """A folder of the functions' policies."""

    url: str = ""
    rekognition_url: str = ""
    aws_url: str = ""
    engine: str = ""
    """What sees in the emulator, and what it lacks."""
    environment: dict[str, str] = field(default_factory=dict)
    """What a function would find in os.environ."""
    _programs: ExitStack = field(default_factory=ExitStack)
    _running: list[Program] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start everything; raises StartError, and leaves nothing behind, if that fails."""
        with ExitStack() as programs:
            self._start(programs)
            self._programs = programs.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._programs.close()

    @property
    def asked(self) -> Path:
        """What the functions asked to be allowed; for `roles.read_asked`."""
        return self.logs / "asked.jsonl"

    def watch(self) -> None:
        """Stay until interrupted; raises StartError if a program ends."""
        while True:
            for program in self._running:
                program.check()
            time.sleep(WATCH_S)

    @overload
    def client(self, service: Literal["dynamodb"]) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["sqs"]) -> "SQSClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
    @overload
    def client(self, service: Literal["cognito-idp"]) -> "CognitoIdentityProviderClient": ...
    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    def client(self, service: str) -> Any:
        """A boto3 client of the offline AWS, whatever the environment says."""
        session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        return boto3.session.Session(botocore_session=session).client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.aws_url,
            region_name=REGION,
            aws_access_key_id="offline",
            aws_secret_access_key="offline",  # noqa: S106 - nobody checks it
            config=Config(proxies={}),
        )

    def _start(self, programs: ExitStack) -> None:
        api, rekognition, aws = (
            claim(self.port and self.port + offset, purpose=purpose)
            for offset, purpose in enumerate(("the API", "the Rekognition emulator", "the offline AWS"))
        )
        self.url, self.rekognition_url, self.aws_url = (
            f"http://{HOST}:{port}" for port in (api, rekognition, aws)
        )
        self.environment = _function_environment(os.environ, self.aws_url, self.rekognition_url)
        self.logs.mkdir(parents=True, exist_ok=True)

        moto = self._program(programs, "The offline AWS", "moto_server", port=aws)
        emulator = self._emulator(programs, rekognition)
        moto.wait_until_answers(f"{self.aws_url}/moto-api/")
        self.environment |= self._handed_over(self._make_stack())
        self._hand_over_openai_key()
        if self.with_api:
            service = self._service(programs, api)
            service.wait_until_answers(f"{self.url}/health")
        health = json.loads(emulator.wait_until_answers(f"{self.rekognition_url}/_health"))
        self.engine = f"{health['engine']} - {health['lacks']}" if health.get("lacks") else health["engine"]

    def _program(
        self,
        programs: ExitStack,
        name: str,
        module: str,
        *options: str,
        port: int,
        show_log: bool = False,
        python: str = sys.executable,
    ) -> Program:
        log = None if show_log else self.logs / f"{module}.log"
        if log:
            log.unlink(missing_ok=True)
        arguments = ("--port", str(port), *options)
        program = Program(name, f"infra.local.{module}", arguments, self.environment, python, log)
        program.start()
        programs.callback(program.stop)
        self._running.append(program)
        return program

    def _service(self, programs: ExitStack, port: int) -> Program:
        self.asked.unlink(missing_ok=True)
        options = ("--policies", str(self.policies), "--asked", str(self.asked))
        return self._program(programs, "The service", "serve", *options, port=port, show_log=self.show_log)

    def _emulator(self, programs: ExitStack, port: int) -> Program:
        options = []
        if self.answers:
            options += ["--answers", str(self.answers.resolve())]
        if self.labels_model:
            options += ["--labels-model", str(self.labels_model.resolve())]
        python = str(EMULATOR_PYTHON) if EMULATOR_PYTHON.exists() else sys.executable
        name = "The Rekognition emulator"
        return self._program(programs, name, "rekognition", *options, port=port, python=python)

    def _make_stack(self) -> dict[str, str]:
        """Everything that the template describes; its outputs."""
        formation, name = self.client("cloudformation"), f"proctoring-{STAGE}"
        formation.create_stack(
            StackName=name,
            TemplateBody=TEMPLATE.read_text(),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": STAGE}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        stack = formation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise StartError(f"infra/template.yaml cannot be created: {stack.get('StackStatusReason')}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def _handed_over(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """What a deployment hands over of the stack, and where the pool's keys are on this machine."""
        keys_url = f"{self.aws_url}/{outputs['UserPool']}/.well-known/jwks.json"
        return configuration.handed_over(outputs) | {"JWKS_URL": keys_url}

    def _hand_over_openai_key(self) -> None:
        """A key in the user's environment becomes a secret, where the service finds it in the cloud too."""
        key = os.environ.get("OPENAI_API_KEY")
        if not key:
            return
        secrets, name = self.client("secretsmanager"), f"proctoring-{STAGE}"
        fields = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps({**fields, "openai_api_key": key}))


def _function_environment(
    environment: Mapping[str, str], aws_url: str, rekognition_url: str
) -> dict[str, str]:
    """The user's environment without what would lead to a real cloud, and with what leads to this one."""
    kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    kept.pop("OPENAI_API_KEY", None)
    direct = ",".join(
        filter(None, (environment.get("NO_PROXY") or environment.get("no_proxy"), HOST, "localhost"))
    )
    return kept | {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_REKOGNITION": rekognition_url,
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PYTHONUNBUFFERED": "1",
        "STAGE": STAGE,
        "LOCAL_CALLBACKS": "true",
    }
