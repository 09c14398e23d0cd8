"""An AWS account on this machine, with Rekognition, for what `make deploy` does to it."""

import json
import os
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from infra.deploy.account import Account, current
from infra.deploy.deploy import steps as steps_of
from infra.deploy.stage import Stage
from infra.deploy.steps import Step
from infra.deploy.target import running
from infra.local.cloud import EMULATOR_PYTHON
from infra.local.program import HOST, Program, free_port

REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class OfflineAccount:
    """Where it answers, and the environment that leads there and nowhere else."""

    url: str
    rekognition_url: str
    environment: dict[str, str]

    def client(self, service: str, region: str = REGION) -> Any:  # noqa: ANN401 - any service's
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="offline",
            aws_secret_access_key="offline",
        )

    def rekognition(self) -> Any:  # noqa: ANN401 - as `client`
        return boto3.client(
            "rekognition",
            endpoint_url=self.rekognition_url,
            region_name=REGION,
            aws_access_key_id="offline",
            aws_secret_access_key="offline",
        )

    def hold(self, passed: Collection[str]) -> None:
        """Stay silent after the next change that is none of these."""
        self._control("POST", sorted(passed))

    def held(self) -> str | None:
        held: str | None = self._control("GET")
        return held

    def go_on(self) -> None:
        self._control("DELETE")

    def _control(self, method: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        request = urllib.request.Request(f"{self.url}/_hold", json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def offline_account(logs: Path, *, with_rekognition: bool = False) -> Iterator[OfflineAccount]:
    """Gone at the end of the block."""
    aws, rekognition = free_port(), free_port()
    url, rekognition_url = f"http://{HOST}:{aws}", f"http://{HOST}:{rekognition}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_REKOGNITION": rekognition_url,
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }
    with ExitStack() as programs:
        moto = Program(
            "The offline AWS",
            "tests.deploy.moto_server",
            ("--port", str(aws)),
            environment,
            log=logs / "aws.log",
        )
        moto.start()
        programs.callback(moto.stop)
        if with_rekognition:
            emulator = Program(
                "Rekognition",
                "infra.local.rekognition",
                ("--port", str(rekognition)),
                environment,
                str(EMULATOR_PYTHON),
                logs / "rekognition.log",
            )
            emulator.start()
            programs.callback(emulator.stop)
            emulator.wait_until_answers(f"{rekognition_url}/_health")
        moto.wait_until_answers(f"{url}/moto-api/")
        yield OfflineAccount(url, rekognition_url, environment)


def steps(stage: str, tree: Path, built: Path, **parameters: str) -> tuple[Account, list[Step]]:
    """The steps of `make deploy` in the environment's account, but for the last: nothing answers there."""
    account = current()
    todo = steps_of(
        account,
        Stage(stage),
        tree=tree,
        built=built,
        target=running(),
        parameters=parameters,
        checked=False,
    )
    return account, todo
