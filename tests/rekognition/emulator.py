"""The emulator as a program of its own, as callers meet it."""
# ruff: noqa: ANN401 - answers are JSON of any shape

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient

ROOT = Path(__file__).parents[2]


def interpreter() -> str:
    """Choose the Python that has the real engine, or else this one, which has Haar."""
    named = os.environ.get("REKOGNITION_PYTHON")
    own = ROOT / ".venv-rekognition" / "bin" / "python"
    return named or (str(own) if own.exists() else sys.executable)


class Emulator:
    """A running emulator."""

    def __init__(self, *options: str, python: str | None = None) -> None:
        command = [python or interpreter(), "-m", "infra.local.rekognition", "--port", "0", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.announcement = self.process.stdout.readline()
        assert "listening on" in self.announcement, "the emulator did not start"
        self.url = self.announcement.split("listening on ")[1].split()[0]

    def client(self, *, attempts: int = 1) -> "RekognitionClient":
        return boto3.client(
            "rekognition",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="offline",
            aws_secret_access_key="offline",
            config=Config(retries={"total_max_attempts": attempts}, max_pool_connections=16),
        )

    def control(self, method: str, path: str, body: object = None) -> Any:
        return self.raw(method, path, None if body is None else json.dumps(body).encode())[1]

    def raw(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and parsed answer, whatever the status."""
        request = urllib.request.Request(
            self.url + path, data=body, method=method, headers=headers or {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(_KeepErrors())
        with opener.open(request) as response:
            return response.status, json.loads(response.read() or b"null")

    def call(self, operation: str, body: bytes) -> tuple[int, Any]:
        """Call an operation with a body that no SDK would send."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"RekognitionService.{operation}",
        }
        return self.raw("POST", "/", body, headers)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait()


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, _request: Any, response: Any) -> Any:
        return response
