"""The HTTP side: AWS JSON 1.1 on `POST /`, and the controls under paths that begin with an underscore."""

import json
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.rekognition.calls import Calls, Rate
from infra.local.rekognition.controls import control
from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.faults import Faults, Strike
from infra.local.rekognition.operations import OPERATIONS
from infra.local.rekognition.operations.room import Room
from infra.local.rekognition.parameters import TARGET_PREFIX, read_parameters

JSON_1_1 = "application/x-amz-json-1.1"
# Two pictures of 5 MB in base64, with room to spare.
MAX_BODY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Desk:
    """Everything that requests share."""

    room: Room
    rate: Rate
    latency_s: float = 0.0
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    closing: threading.Event = field(default_factory=threading.Event)


class Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, desk: Desk) -> None:
        self.desk = desk
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's types
        """Let callers hang up: those who time out do."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with connections kept alive."""

    protocol_version = "HTTP/1.1"
    # Nagle's algorithm costs 40 ms for each answer on a connection that is kept alive.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_POST(self) -> None:
        """Answer a call, or a control."""
        body = self._body()
        if body is None:
            return
        if self.path.startswith("/_"):
            self._control(body)
        else:
            self._call(body)

    def do_GET(self) -> None:
        """Answer a control."""
        self._control(b"")

    def do_DELETE(self) -> None:
        """Answer a control."""
        self._control(self._body() or b"")

    def do_PUT(self) -> None:
        """Answer a control."""
        body = self._body()
        if body is not None:
            self._control(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Say nothing: `/_calls` counts."""

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(413, b'{"__type":"RequestEntityTooLargeException"}')
            return None
        return self.rfile.read(int(length))

    def _control(self, body: bytes) -> None:
        status, answer = control(self.server.desk, self.command, self.path, body)
        self._send(status, json.dumps(answer).encode(), kind="application/json")

    def _call(self, body: bytes) -> None:
        desk, started_s = self.server.desk, time.monotonic()
        target = self.headers.get("X-Amz-Target", "")
        name = target.removeprefix(TARGET_PREFIX)
        counted = name if name in OPERATIONS else "unknown"
        strike = desk.faults.strike(name)
        if strike.delay_s:
            desk.closing.wait(strike.delay_s)
        if strike.kind in ("hang", "drop"):
            desk.calls.count(counted, f"fault:{strike.kind}")
            self.close_connection = True
            return
        status, answer, end = _answer(desk, target, body, strike)
        desk.calls.count(counted, end)
        # A real provider is no quicker than this, however little work there was.
        left_s = desk.latency_s - (time.monotonic() - started_s)
        if left_s > 0:
            desk.closing.wait(left_s)
        self._send(status, answer)

    def _send(self, status: int, body: bytes, *, kind: str = JSON_1_1) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _answer(desk: Desk, target: str, body: bytes, strike: Strike) -> tuple[int, bytes, str]:
    """Status, body and how the call ended."""
    if strike.kind == "garbage":
        return 200, strike.garbage, "fault:garbage"
    try:
        _admit(desk, strike)
        return 200, json.dumps(_operate(desk.room, target, body)).encode(), "ok"
    except Refused as exc:
        refused = exc
    # An engine that stumbles must look like a provider that does, not like a lost connection.
    except Exception as exc:  # noqa: BLE001
        refused = Refused(Code.INTERNAL, f"{type(exc).__name__}: {exc}")
    return refused.status, _problem(refused), refused.code


def _admit(desk: Desk, strike: Strike) -> None:
    if strike.kind == "throttle":
        raise Refused(Code.THROTTLING, "Rate exceeded")
    if strike.kind == "error":
        raise Refused(Code.INTERNAL, "Internal server error")
    if not desk.rate.admits():
        raise Refused(Code.THROUGHPUT_EXCEEDED, "Provisioned rate exceeded")


def _operate(room: Room, target: str, body: bytes) -> dict[str, object]:
    operation = (
        OPERATIONS.get(target.removeprefix(TARGET_PREFIX)) if target.startswith(TARGET_PREFIX) else None
    )
    if operation is None:
        raise Refused(
            Code.UNKNOWN_OPERATION, f"{target or 'No X-Amz-Target'}: not an operation of this emulator"
        )
    return operation(room, read_parameters(target.removeprefix(TARGET_PREFIX), body))


def _problem(refused: Refused) -> bytes:
    return json.dumps({"__type": refused.code, "Code": refused.code, "Message": refused.message}).encode()
