"""A tenant's server that is told things: the standard library alone, by the rules of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the signed content
is `<webhook-id>.<webhook-timestamp>.<body>`, the key what stands in base64 behind `whsec_`, the signature
`v1,<base64 of HMAC-SHA256>`, of which several may stand in the header, with spaces between.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE_S = 300


@dataclass(frozen=True, slots=True)
class Got:
    """A message as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:  # noqa: ANN401 - JSON of any shape
        return json.loads(self.body)

    def is_signed_by(self, secret: str) -> bool:
        """Whether a receiver with this secret takes it for ours, and for one of now."""
        sent_at = int(self.headers["webhook-timestamp"])
        if abs(time.time() - sent_at) > TOLERANCE_S:
            return False
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = b".".join((self.message_id.encode(), str(sent_at).encode(), self.body))
        right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        signatures = [each.partition(",") for each in self.headers["webhook-signature"].split(" ")]
        return any(hmac.compare_digest(right, each) for version, _, each in signatures if version == "v1")


@dataclass(slots=True)
class Receiver:
    """What came to `/...`; each path answers with the statuses it was told, the last of them for good."""

    url: str
    got: list[tuple[str, Got]] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def at(self, path: str) -> list[Got]:
        with self.arrived:
            return [got for where, got in self.got if where == path]

    def wait_for(self, path: str, count: int, *, within_s: float = 60.0) -> list[Got]:
        """The messages at a path, once there are so many; fewer if they do not come at all."""
        until = time.monotonic() + within_s
        while len(found := self.at(path)) < count and time.monotonic() < until:
            with self.arrived:
                self.arrived.wait(1.0)
        return found

    def take(self, path: str, got: Got) -> int:
        with self.arrived:
            self.got.append((path, got))
            statuses = self.answers.get(path, [200])
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            self.arrived.notify_all()
        return status


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on this machine, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(self.path, Got(headers, body)))
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://localhost:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
