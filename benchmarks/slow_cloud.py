"""A stub of AWS that answers after fixed times: `python -m benchmarks.slow_cloud --port N --provider-ms 250`.

It stands for the cloud where our own overhead is measured: it knows DynamoDB, S3, Secrets Manager, SQS and
Rekognition as far as the service asks, checks nothing, and sleeps without blocking, so that hundreds of calls
wait side by side. It says how long each call really took (`GET /_times`), so that nobody is blamed for a stub
that was late. One process, one thread, keep-alive; asyncio switches Nagle's algorithm off by itself.
`benchmarks.running` starts it.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from benchmarks.canned import MOSAIC, REPLIES, is_mosaic
from benchmarks.tables import Tables, UnsupportedError
from infra.local.program import HOST

PROVIDER_MS, S3_MS, DYNAMODB_MS = 250.0, 25.0, 8.0
"""Usual latencies of Rekognition, of S3, and of DynamoDB."""
SECRET = {"session_token_key": "a key for benchmarks, of more than thirty-two bytes", "openai_api_key": ""}

_MARKED_BYTES = 768
_HEAD_CHARACTERS = 4096
"""In which the header of a frame's JPEG stands."""
_MOST_BYTES = 16 * 1024 * 1024


def mark(picture: bytes) -> str:
    """What a picture is told by: a hash of its end, which in frames that differ differs."""
    return hashlib.sha256(picture[-_MARKED_BYTES:]).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Reply:
    """It has the latency of `service`; `operation` and `picture` say what was asked, and of what."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    service: str = ""
    operation: str = ""
    picture: str = ""


@dataclass(slots=True)
class _Server:
    latencies_s: Mapping[str, float]
    tables: Tables = field(default_factory=Tables)
    objects: dict[str, bytes] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    pictures: dict[str, dict[str, float]] = field(default_factory=dict)
    late_ms: deque[float] = field(default_factory=lambda: deque(maxlen=100_000))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client: requests one after another, until it goes away."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await _read(reader, writer)
                began = time.perf_counter()
                reply = self._reply(request)
                wanted_s = self.latencies_s.get(reply.service, 0.0)
                await asyncio.sleep(max(0.0, wanted_s - (time.perf_counter() - began)))
                _write(writer, request, reply)
                await writer.drain()
                if reply.service:
                    self._count(reply, time.perf_counter() - began, wanted_s)
        writer.close()

    def _count(self, reply: _Reply, took_s: float, wanted_s: float) -> None:
        self.calls[reply.operation] += 1
        self.late_ms.append((took_s - wanted_s) * 1000)
        if reply.picture:
            self.pictures.setdefault(reply.picture, {})[reply.operation] = took_s

    def _reply(self, request: _Request) -> _Reply:
        target = request.headers.get("x-amz-target")
        try:
            if target:
                service, operation = target.split(".", 1)
                return self._aws_json(service, operation, json.loads(request.body or b"{}"))
            if request.path.startswith("/_"):
                return self._controlled(request)
            return self._s3(request)
        except UnsupportedError as exc:
            said = {"__type": "ValidationException", "message": str(exc)}
            return _Reply(json.dumps(said).encode(), status=400)

    def _aws_json(self, service: str, operation: str, asked: Any) -> _Reply:  # noqa: ANN401 - any operation's
        if service.startswith("DynamoDB"):
            replied: Any = self.tables.answer(operation, asked)
            return _Reply(json.dumps(replied).encode(), service="dynamodb", operation=operation)
        if service == "RekognitionService" and operation in _CANNED:
            coded = asked["Image"]["Bytes"]  # cut in whole groups of four characters
            picture = mark(base64.b64decode(coded[-_MARKED_BYTES * 2 :]))
            large = is_mosaic(base64.b64decode(coded[:_HEAD_CHARACTERS]))
            body = _CANNED_MOSAIC if large and operation == "DetectFaces" else _CANNED[operation]
            return _Reply(body, service="provider", operation=operation, picture=picture)
        known = {
            "GetSecretValue": {"Name": "proctoring", "SecretString": json.dumps(SECRET)},
            "GetQueueUrl": {"QueueUrl": f"http://{HOST}/queue"},
            "SendMessage": {"MessageId": "1"},
        }
        if operation not in known:
            raise UnsupportedError(f"the stub does not know {operation}")
        return _Reply(json.dumps(known[operation]).encode())

    def _s3(self, request: _Request) -> _Reply:
        reply = _Reply(service="s3", operation=f"S3 {request.method}")
        if request.method == "PUT":
            self.objects[request.path] = request.body
            return replace(reply, headers={"ETag": '"0"'}, picture=mark(request.body))
        if "list-type" in request.query:
            prefix = f"{request.path.rstrip('/')}/{request.query.get('prefix', [''])[0]}"
            keys = sorted(path.split("/", 2)[2] for path in self.objects if path.startswith(prefix))
            listed = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys)
            page = f"<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>"
            return replace(reply, body=page.encode(), headers={"Content-Type": "application/xml"})
        stored = self.objects.get(request.path)
        return replace(reply, body=stored or b"", status=404 if stored is None else 200)

    def _controlled(self, request: _Request) -> _Reply:
        if request.path == "/_copy":
            place = {name: values[0] for name, values in request.query.items()}
            self.tables.copy(place["table"], place["source"], place["target"])
            return _Reply(b"{}")
        late = sorted(self.late_ms) or [0.0]
        late_ms = round(late[int(0.95 * (len(late) - 1))], 3)
        told = {"calls": self.calls, "pictures": self.pictures, "late_ms": late_ms}
        return _Reply(json.dumps(told).encode())


_CANNED = {operation: json.dumps(reply).encode() for operation, reply in REPLIES.items()}
_CANNED_MOSAIC = json.dumps(MOSAIC).encode()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    return _Request(method, unquote(url.path), parse_qs(url.query), headers, body)


def _write(writer: asyncio.StreamWriter, request: _Request, reply: _Reply) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.0", "Content-Length": str(len(reply.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **reply.headers}.items())
    body = b"" if request.method == "HEAD" else reply.body
    writer.write(f"HTTP/1.1 {reply.status} -\r\n{lines}\r\n".encode() + body)


async def _run(port: int, latencies_s: Mapping[str, float]) -> None:
    server = _Server(latencies_s)
    listening = await asyncio.start_server(server.serve, HOST, port, limit=_MOST_BYTES, backlog=512)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with listening:
        await stopped.wait()
        os._exit(0)  # clients keep their connections open, and nothing is left to be written


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="benchmarks.slow_cloud")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--provider-ms", type=float, default=PROVIDER_MS)
    parser.add_argument("--s3-ms", type=float, default=S3_MS)
    parser.add_argument("--dynamodb-ms", type=float, default=DYNAMODB_MS)
    options = parser.parse_args()
    asyncio.run(
        _run(
            options.port,
            {
                "provider": options.provider_ms / 1000,
                "s3": options.s3_ms / 1000,
                "dynamodb": options.dynamodb_ms / 1000,
            },
        )
    )


if __name__ == "__main__":
    main()
