"""API Gateway on this machine: HTTP in, the event that Lambda gets, HTTP out.

`chalice local` has the routing; here are the gateway's limits and its own errors, in the words that the
template's GatewayResponses give them in the cloud. HEAD is answered as GET without its body.
"""

import base64
import http.client
import json
import logging
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chalice.app import Chalice, CORSConfig
from chalice.config import Config
from chalice.local import (
    LambdaEventConverter,
    LocalChalice,
    LocalGateway,
    LocalGatewayException,
    RouteMatcher,
)

from chalicelib.api.problems import MEDIA_TYPE, problem_body
from infra.deploy.stage import API_FUNCTION
from infra.local.functions import INVOKE, Functions
from infra.local.program import HOST
from infra.local.roles import running

MOST_BODY_BYTES = 10 * 1024 * 1024
"""What API Gateway reads of a request."""
MOST_EVENT_BYTES = 6 * 1024 * 1024
"""What Lambda takes of a body as it stands in the event: forms stand in base64, a third longer."""
TIMEOUT_S = 29
"""How long API Gateway waits for Lambda: what `get_remaining_time_in_millis` counts down from."""

DISCARDED_BYTES = 64 * 1024 * 1024
DISCARD_S = 2.0
"""How much of a refused body is still taken in, and how long each block may take: a client that writes does
not read."""
BLOCK_BYTES = 65_536
LONGEST_LINE = 1024

logger = logging.getLogger("gateway")

DETAILS = {
    HTTPStatus.BAD_REQUEST: "The request is not valid HTTP; say the body's length in Content-Length.",
    HTTPStatus.NOT_FOUND: "There is no such path, or it does not take this method; see /api/docs.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "The request is larger than the gateway takes: 10 MB in all, 6 MB of JSON, 4.5 MB of picture. "
        "Send smaller pictures or fewer at once."
    ),
    HTTPStatus.BAD_GATEWAY: "The function failed; its log says why.",
}


class RefusedError(Exception):
    """The gateway answers by itself, with this status."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    status: int
    headers: Mapping[str, Any]
    body: bytes


class Gateway:
    """Hands requests to a Chalice app as API Gateway does. Safe to call from many threads."""

    def __init__(self, app: Chalice) -> None:
        config = Config(config_from_disk={"app_name": app.app_name, "lambda_timeout": TIMEOUT_S})
        # As `chalice local` does it: the current request belongs to a thread.
        app.__class__ = type("LocalApp", (LocalChalice, type(app)), {})
        self._app = app
        self._functions = Functions(app)
        self._matcher = RouteMatcher(list(app.routes))
        self._local = LocalGateway(app, config)
        self._local.event_converter = EventConverter(self._matcher, app.api.binary_types)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The app's answer, or the gateway's own where the app is not reached.

        It stands in for Lambda's own API as well, so that functions of schedules can be run by hand.
        """
        invoked = INVOKE.fullmatch(target)
        if invoked and invoked[1] in self._functions:
            ended = self._functions.invoke(invoked[1], body)
            error = {"X-Amz-Function-Error": "Unhandled"} if ended.failed else {}
            return Answer(HTTPStatus.OK, {"Content-Type": "application/json", **error}, ended.payload)
        try:
            method = self._method(method, target)
            with running(API_FUNCTION):
                answered = self._local.handle_request(method, target, dict(headers), body or None)
        except RefusedError as refusal:
            return self.refusal(refusal.status, target)
        except LocalGatewayException as refusal:
            return self.refusal(HTTPStatus(refusal.CODE), target)
        except Exception:  # whatever a function raises, the gateway answers
            logger.exception("function_failed")
            return self.refusal(HTTPStatus.BAD_GATEWAY, target)
        content = answered.get("body") or ""
        raw = base64.b64decode(content) if answered.get("isBase64Encoded") else content.encode()
        return Answer(answered["statusCode"], answered["headers"] | answered["multiValueHeaders"], raw)

    def refusal(self, status: HTTPStatus, target: str, detail: str = "") -> Answer:
        """A problem that the gateway itself answers."""
        said = detail or DETAILS.get(status, status.phrase)
        problem = problem_body(status, said, target.partition("?")[0])
        cors = self._app.api.cors if isinstance(self._app.api.cors, CORSConfig) else CORSConfig()
        headers = {"Content-Type": MEDIA_TYPE, **cors.get_access_control_headers()}
        return Answer(status, headers, json.dumps(problem).encode())

    def _method(self, method: str, target: str) -> str:
        try:
            methods = self._app.routes[self._matcher.match_route(target).route]
        except ValueError as exc:
            raise RefusedError(HTTPStatus.NOT_FOUND) from exc
        if method == "HEAD" and method not in methods:
            method = "GET"
        # API Gateway knows no 405: it answers as for a path that does not exist.
        if method != "OPTIONS" and method not in methods:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return method


class EventConverter(LambdaEventConverter):
    """An HTTP request as the event of a Lambda proxy integration."""

    def create_lambda_event(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> dict[str, Any]:
        """Return the event; raises RefusedError if Lambda would not take it."""
        event: dict[str, Any] = super().create_lambda_event(method, path, headers, body)
        if isinstance(event["body"], bytes):
            # The gateway's text is UTF-8, and what is not gets lost.
            event["body"] = event["body"].decode(errors="replace")
        if len(event["body"] or "") > MOST_EVENT_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        event.setdefault("isBase64Encoded", False)
        event["requestContext"] |= {
            "requestId": str(uuid.uuid4()),
            "stage": "api",
            "protocol": "HTTP/1.1",
            "requestTimeEpoch": int(time.time() * 1000),
        }
        return event

    def _is_binary(self, headers: Mapping[str, str]) -> bool:
        kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        return kind.partition(";")[0].strip().lower() in self._binary_types


class Server(ThreadingHTTPServer):
    """The gateway at a port of this machine."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: Chalice, port: int) -> None:
        self.gateway = Gateway(app)
        super().__init__((HOST, port), Connection)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """A client that went away is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """One client: requests one after another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_request(self) -> None:
        """Answer one request whose head has been read."""
        began = time.perf_counter()
        try:
            body = self._body()
        except RefusedError as refusal:
            self._refuse(refusal.status)
            return
        answer = self.server.gateway.answer(self.command, self.path, dict(self.headers), body)
        self._send(answer)
        took_ms = (time.perf_counter() - began) * 1000
        logger.info("%s %s %d %.0f ms", self.command, self.path.partition("?")[0], answer.status, took_ms)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = handle_request  # noqa: N815

    def handle_expect_100(self) -> bool:
        """A client that asks before it sends too much is told at once."""
        length = self.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > MOST_BODY_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, discard=False)
            return False
        return super().handle_expect_100()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server refuses by itself, such as a broken request line, in our form."""
        self._refuse(HTTPStatus(code), detail=explain or message or "", discard=False)

    def log_message(self, *_: object) -> None:
        """Nothing: `handle_request` writes the log."""

    def _body(self) -> bytes:
        """The whole body. Raises RefusedError before more is read than the gateway takes."""
        length = self.headers.get("Content-Length")
        coding = self.headers.get("Transfer-Encoding")
        if coding is not None:
            if length is not None or coding.strip().lower() != "chunked":
                raise RefusedError(HTTPStatus.BAD_REQUEST)
            return self._chunks()
        if length is None:
            return b""
        if not (length.isascii() and length.isdecimal()):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        if int(length) > MOST_BODY_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := self._chunk_size():
            if len(body) + size > MOST_BODY_BYTES:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            body += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise RefusedError(HTTPStatus.BAD_REQUEST)
        http.client.parse_headers(self.rfile)  # trailers, up to the empty line
        return bytes(body)

    def _chunk_size(self) -> int:
        digits = self.rfile.readline(LONGEST_LINE).partition(b";")[0].strip()
        try:
            return int(digits, base=16)
        except ValueError as exc:
            raise RefusedError(HTTPStatus.BAD_REQUEST) from exc

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionResetError("The client went away before it had sent the body.")
        return body

    def _refuse(self, status: HTTPStatus, *, detail: str = "", discard: bool = True) -> None:
        """Answer without having read the body, which ends the connection."""
        self.close_connection = True
        target = getattr(self, "path", "") or "/"
        self._send(self.server.gateway.refusal(status, target, detail))
        if discard:
            self._discard()

    def _discard(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(DISCARD_S)
        left = DISCARDED_BYTES
        while left > 0 and (block := self.rfile.read1(min(left, BLOCK_BYTES))):
            left -= len(block)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name, str(each))
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if getattr(self, "command", None) != "HEAD":
            self.wfile.write(answer.body)
