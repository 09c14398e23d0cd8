"""What runs in processes of its own: the slow cloud, the service before it, and what measures them."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import boto3
import botocore.session
from botocore.config import Config

from benchmarks.slow_cloud import DYNAMODB_MS, PROVIDER_MS, S3_MS
from chalicelib.settings import Settings
from infra.local.player import Api
from infra.local.program import HOST, ROOT, Program, free_port

if TYPE_CHECKING:
    from types import TracebackType

_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Times:
    """What the stub did. `pictures`: mark of a picture to operation to the seconds that its call took."""

    calls: Mapping[str, int]
    pictures: Mapping[str, Mapping[str, float]]
    late_ms: float
    """How much longer than it was told to the stub took for a call: 95th percentile."""


@dataclass(slots=True)
class SlowCloud:
    """The stub in a process of its own; started by `with`, and gone after it."""

    provider_ms: float = PROVIDER_MS
    s3_ms: float = S3_MS
    dynamodb_ms: float = DYNAMODB_MS
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Raises StartError."""
        port = free_port()
        latencies = {"provider": self.provider_ms, "s3": self.s3_ms, "dynamodb": self.dynamodb_ms}
        options = [word for name, ms in latencies.items() for word in (f"--{name}-ms", str(ms))]
        program = Program(
            "The slow cloud", "benchmarks.slow_cloud", ("--port", str(port), *options), os.environ
        )
        program.start()
        self._running.callback(program.stop)
        self.url = f"http://{HOST}:{port}"
        try:
            program.wait_until_answers(f"{self.url}/_times")
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._running.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a function would find in os.environ: the user's own, with every setting as it comes."""
        settings = {name.upper() for name in Settings.model_fields}
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in settings and not name.startswith(("AWS_", "OPENAI_"))
        }
        return kept | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "offline",
            "AWS_SECRET_ACCESS_KEY": "offline",
            "AWS_DEFAULT_REGION": _REGION,
            "AWS_REGION": _REGION,
            "REKOGNITION_TPS": "1000",  # an account with room: its limit is not what is measured
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": f"{HOST},localhost",
            "no_proxy": f"{HOST},localhost",
        }

    def client(self, service: str) -> Any:  # noqa: ANN401 - each service has a client of its own
        """A boto3 client of the stub, whatever the environment says."""
        session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        return boto3.session.Session(botocore_session=session).client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name=_REGION,
            aws_access_key_id="offline",
            aws_secret_access_key="offline",  # noqa: S106 - nobody checks it
            config=Config(proxies={}),
        )

    def times(self) -> Times:
        """What it has done since it was started."""
        return Times(**json.loads(self._control("/_times")))

    def copy(self, table: str, source: str, target: str) -> None:
        """Give the partition `target` of a table the items of the partition `source`."""
        self._control(f"/_copy?{urlencode({'table': table, 'source': source, 'target': target})}")

    def _control(self, target: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + target) as answer:
            return bytes(answer.read())


@contextmanager
def service(cloud: SlowCloud) -> Iterator[Api]:
    """The service behind the local gateway, on this cloud, with a tenant of its own. Raises StartError."""
    port = free_port()
    program = Program("The service", "benchmarks.served", ("--port", str(port)), cloud.environment)
    program.start()
    try:
        program.wait_until_answers(f"http://{HOST}:{port}/health")
        yield Api(f"http://{HOST}:{port}", api_key(cloud.environment))
    finally:
        program.stop()


def api_key(environment: Mapping[str, str]) -> str:
    """The API key of a new tenant of the cloud that this environment leads to."""
    return _output("infra.tenants", "Benchmarks", environment=environment)


def in_own_process(module: str, *arguments: str, environment: Mapping[str, str]) -> Any:  # noqa: ANN401
    """What a module of ours prints, as JSON. What it says on standard error goes to the terminal."""
    return json.loads(_output(module, *arguments, environment=environment).splitlines()[-1])


def _output(module: str, *arguments: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()
