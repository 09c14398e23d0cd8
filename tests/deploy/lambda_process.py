"""A deployed function as Lambda runs it: its package, its layer and what the runtime brings, nothing else."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What the runtime brings of itself."""

# Reads an event a line, writes what Lambda would make of the answer to a pipe of its own: the log has stdout.
BOOTSTRAP = """
import sys
sys.path[:0] = {path!r}
import importlib, json, os, time

class Context:
    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:" + function_name
    memory_limit_in_mb = {memory!r}
    aws_request_id = "5f7a2c1e-0000-4000-8000-000000000000"
    log_group_name = "/aws/lambda/" + function_name
    log_stream_name = "2026/11/25/[$LATEST]1"
    identity = client_context = None

    def __init__(self):
        self.began = time.monotonic()

    def get_remaining_time_in_millis(self):
        return int(1000 * ({timeout!r} - time.monotonic() + self.began))

module, _, name = {handler!r}.rpartition(".")
handler = getattr(importlib.import_module(module), name)
with os.fdopen({answers}, "w") as answers:
    for line in sys.stdin:
        try:
            answer = {{"answer": json.loads(json.dumps(handler(json.loads(line), Context())))}}
        except Exception as error:
            answer = {{"errorType": type(error).__name__, "errorMessage": str(error)}}
        answers.write(json.dumps(answer) + "\\n")
        answers.flush()
"""


class FunctionError(Exception):
    """The handler raised: Lambda would try again."""


@dataclass(slots=True)
class LambdaProcess:
    """One warm process of a function. `configuration`: as Lambda's GetFunctionConfiguration tells it."""

    configuration: Mapping[str, Any]
    task: Path
    layer: Path
    runtime: Path
    environment: Mapping[str, str]
    """What leads to the offline account: in the cloud, endpoints and credentials come of themselves."""
    log: Path
    _process: subprocess.Popen[str] | None = None
    _answers: Any = field(default=None, repr=False)

    def __enter__(self) -> Self:
        read, write = os.pipe()
        program = BOOTSTRAP.format(
            path=[str(self.task), str(self.layer / "python"), str(self.runtime)],
            memory=self.configuration["MemorySize"],
            timeout=self.configuration["Timeout"],
            handler=self.configuration["Handler"],
            answers=write,
        )
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", "-c", program],
                cwd=self.task,
                env={
                    **self.environment,
                    **self.configuration["Environment"]["Variables"],
                    "AWS_LAMBDA_FUNCTION_NAME": self.configuration["FunctionName"],
                    "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.configuration['Runtime']}",
                    "LAMBDA_TASK_ROOT": str(self.task),
                    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
                },
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                pass_fds=(write,),
            )
        os.close(write)
        self._answers = os.fdopen(read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._answers.close()

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """The handler's answer. Raises FunctionError if it raises."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        line = self._answers.readline()
        if not line:
            raise FunctionError(self.log.read_text()[-3000:])
        answered = json.loads(line)
        if "answer" not in answered:
            raise FunctionError(f"{answered}\n{self.log.read_text()[-3000:]}")
        return answered["answer"]


def link_runtime(folder: Path) -> Path:
    """A folder with the libraries that the runtime brings."""
    for name in RUNTIME:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        module = Path(spec.origin)
        source = module.parent if module.name == "__init__.py" else module
        (folder / source.name).symlink_to(source)
    return folder
