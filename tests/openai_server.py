"""A local server that speaks as much of OpenAI's API as the summary needs, and misbehaves on demand."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any, ClassVar

from tests.serving import serving

GOOD_TEXT, GOOD_HIGHLIGHT = (
    "The session was recorded. What it means, a person decides.",
    "Everything was seen",
)
GOOD_WORDS: Mapping[str, object] = {"text": GOOD_TEXT, "highlights": [GOOD_HIGHLIGHT]}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, the names of its headers in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def question(self) -> dict[str, Any]:
        """The body, decoded."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


@dataclass(slots=True)
class OpenAIServer:
    """Where it listens, what it was asked, and what it does next."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    behave: "Behaviour" = field(default_factory=lambda: says(GOOD_WORDS))
    closing: Event = field(default_factory=Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: ClassVar[OpenAIServer]

    def do_POST(self) -> None:
        """Record the question and behave."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server_state.asked.append(Asked(self.path, headers, body))
        self.server_state.behave(self)

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output is for the tests."""


Behaviour = Callable[[_Handler], None]


@contextmanager
def openai_server() -> Iterator[OpenAIServer]:
    """A server on a free port, until the end of the block."""
    state = OpenAIServer()
    handler = type("Handler", (_Handler,), {"server_state": state})
    with serving(handler, state.closing) as port:
        state.url = f"http://127.0.0.1:{port}/v1"
        yield state


def says(words: object, *, finish_reason: str = "stop") -> Behaviour:
    """Answer with these words, in the shape of structured output."""
    return writes(json.dumps(words), finish_reason=finish_reason)


def writes(content: str | None, *, refusal: str | None = None, finish_reason: str = "stop") -> Behaviour:
    """Answer with this content, whatever it is."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choices = [{"index": 0, "finish_reason": finish_reason, "message": message}]
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": choices,
    }
    return sends(json.dumps(completion).encode())


def fails(status: int, **headers: str) -> Behaviour:
    """Answer with an error as OpenAI words it, secrets and all."""
    error = {"message": "Incorrect API key provided: sk-verysecret.", "type": "error", "code": "code"}
    return sends(json.dumps({"error": error}).encode(), status=status, **headers)


def sends(body: bytes, *, status: int = 200, **headers: str) -> Behaviour:
    """Answer with these bytes."""

    def behave(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def hangs(handler: _Handler) -> None:
    """Never answer."""
    handler.server_state.closing.wait()


def drips_headers(handler: _Handler) -> None:
    """Send an answer's head that never ends, byte after byte."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    _drip(handler)


def drips_body(handler: _Handler) -> None:
    """Send an answer's body that never ends, byte after byte."""
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    )
    _drip(handler)


def hangs_up(handler: _Handler) -> None:
    """End the connection in the middle of the answer."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"choices"')
    handler.close_connection = True


def _drip(handler: _Handler) -> None:
    handler.close_connection = True
    try:
        while not handler.server_state.closing.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        return  # The client had enough.
