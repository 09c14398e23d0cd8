"""A local server that speaks as much of Rekognition's protocol as is asked, and misbehaves on demand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

import boto3
from botocore.config import Config

from tests.serving import serving

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

EMPTY: dict[str, dict[str, Any]] = {
    "DetectFaces": {"FaceDetails": []},
    "DetectLabels": {"Labels": []},
    "DetectText": {"TextDetections": []},
}


@dataclass(slots=True)
class RekognitionServer:
    """Where it listens, what it was asked, and what it does for each operation."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    behave: "dict[str, Behaviour]" = field(
        default_factory=lambda: {name: answers(reply) for name, reply in EMPTY.items()}
    )
    closing: Event = field(default_factory=Event)

    @property
    def calls(self) -> list[str]:
        """The operations it was asked for, sorted: they come side by side."""
        return sorted(operation for operation, _ in self.asked)

    def client(self) -> "RekognitionClient":
        """A boto3 client that asks this server, once."""
        return _session().client(
            "rekognition",
            endpoint_url=self.url,
            config=Config(proxies={}, retries={"total_max_attempts": 1, "mode": "standard"}),
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: ClassVar[RekognitionServer]
    question: dict[str, Any]

    def do_POST(self) -> None:
        """Record the question and behave."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].split(".")[1]
        self.question = json.loads(body)
        self.server_state.asked.append((operation, self.question))
        self.server_state.behave[operation](self)

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output is for the tests."""


Behaviour = Callable[[_Handler], None]


@contextmanager
def rekognition_server() -> Iterator[RekognitionServer]:
    """A server on a free port, until the end of the block."""
    state = RekognitionServer()
    handler = type("Handler", (_Handler,), {"server_state": state})
    with serving(handler, state.closing) as port:
        state.url = f"http://127.0.0.1:{port}"
        yield state


@cache
def _session() -> boto3.session.Session:
    # One for all: it reads the service's model once.
    return boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )


def answers(reply: object, *, status: int = 200) -> Behaviour:
    """Answer with this as JSON, be it valid or not."""
    return sends(json.dumps(reply).encode(), status=status)


def fails(code: str, status: int = 400) -> Behaviour:
    """Answer with an error of this name."""
    return answers({"__type": code, "message": "no"}, status=status)


def sends(body: bytes, *, status: int = 200) -> Behaviour:
    """Answer with these bytes."""

    def behave(handler: _Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/x-amz-json-1.1")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def hangs(handler: _Handler) -> None:
    """Never answer."""
    handler.server_state.closing.wait()
    handler.close_connection = True


def hangs_up(handler: _Handler) -> None:
    """End the connection without an answer."""
    handler.close_connection = True


def breaks_off(handler: _Handler) -> None:
    """End the connection in the middle of the answer."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"FaceDetails"')
    handler.close_connection = True
