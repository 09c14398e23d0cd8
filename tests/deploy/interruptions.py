"""A server that goes silent after it has changed something, so that its client can be killed just there.

`POST /_hold` with a JSON list of operations: the next change that is none of them is made, and not answered.
`GET /_hold`: which one that was, or null. `DELETE /_hold`: go on as usual. `GET /_services`: who was asked.
"""

import io
import json
import re
from collections.abc import Iterable
from threading import Event
from typing import Any
from urllib.parse import parse_qs

from infra.local.moto_server import Application

_READING = re.compile(r"(Get|List|Describe|Validate|Head|AssumeRole)")
_WORDS = {
    *("functions", "code", "configuration", "concurrency", "policy", "layers", "versions"),
    *("event-source-mappings", "restapis", "deployments", "gatewayresponses", "stages", "tags"),
}
"""Of a path, what is no name and no id: an id may look like any word."""
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


class Interruptions:
    """Between the client and the application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._passed: set[str] | None = None
        self._held: str | None = None
        self._release = Event()
        self._services: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        """A WSGI application."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"] == "/_hold":
            return self._control(environ["REQUEST_METHOD"], body, start_response)
        if environ["PATH_INFO"] == "/_services":
            return _json(sorted(self._services), start_response)
        if service := service_of(environ):
            self._services.add(service)
        changed, release = change(environ, body), self._release
        if changed is None or self._passed is None or changed in self._passed:
            return list(self._application(environ, start_response))
        self._passed = None
        answered = list(self._application(environ, start_response))
        self._held = changed
        release.wait()
        return answered

    def _control(self, method: str, body: bytes, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        if method == "POST":
            self._passed, self._held, self._release = set(json.loads(body)), None, Event()
        if method == "DELETE":
            self._passed = None
            self._release.set()
        return _json(self._held, start_response)


def change(environ: dict[str, Any], body: bytes) -> str | None:
    """What the request changes: `iam CreateRole`, `lambda POST functions code`; None if it only reads."""
    service = service_of(environ)
    if service is None:
        return None
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if not operation and b"Action=" in body[:2000]:
        operation = parse_qs(body.decode())["Action"][0]
    if operation:
        return None if _READING.match(operation) else f"{service} {operation}"
    if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
        return None
    words = [word for word in environ["PATH_INFO"].split("/") if word in _WORDS]
    return " ".join([service, environ["REQUEST_METHOD"], *words])


def service_of(environ: dict[str, Any]) -> str | None:
    """The service that the request is signed for."""
    signed = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return signed[1] if signed else None


def _json(answer: object, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
