"""What tests over HTTP need: a caller, pictures, and the emulator's controls."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import cv2
import numpy as np

from infra.local.rekognition.script import Script
from infra.local.rekognition.staged import face, stage

Json = dict[str, Any]
PRESENT: Script = {"faces": [face()]}
NOBODY: Script = {"faces": []}
TWO: Script = {"faces": [face(), face()]}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said."""

    status: int
    media_type: str
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the service with one credential."""

    url: str
    credential: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, body: object = None, raw: bytes | None = None, **headers: str
    ) -> Answer:
        sent = raw if raw is not None else None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.url + path,
            data=sent,
            method=method,
            headers={
                "Authorization": f"Bearer {self.credential}",
                "Content-Type": "application/json",
                **named,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.headers, error.read())

    def start(self, **wanted: object) -> "Interview":
        answer = self.call("POST", "/api/sessions/start", wanted)
        assert answer.status == 200, answer.body
        token = answer.body["session_token"]
        return Interview(self, answer.body["session_id"], Client(self.url, token), answer.body)


@dataclass(frozen=True, slots=True)
class Interview:
    """A session: its platform's server, and its candidate's browser."""

    server: Client
    session_id: str
    browser: Client
    started: Json

    @property
    def path(self) -> str:
        return f"/api/sessions/{self.session_id}"

    def frame(self, jpeg: bytes, **facts: object) -> Answer:
        return self.browser.call("POST", f"{self.path}/frame", {"frame": base64_of(jpeg), **facts})

    def end(self) -> Json:
        answer = self.server.call("POST", f"{self.path}/end", {})
        assert answer.status == 200, answer.body
        report: Json = answer.body["report"]
        return report

    def metrics(self) -> Json:
        metrics: Json = self.browser.call("GET", f"{self.path}/metrics").body
        return metrics


@dataclass(frozen=True, slots=True)
class Emulator:
    """The controls of the Rekognition emulator."""

    url: str

    def fail(self, **fault: object) -> None:
        self._control("POST", "/_faults", fault)

    def heal(self) -> None:
        self._control("DELETE", "/_faults")

    def say_liveness(self, **result: object) -> None:
        self._control("POST", "/_liveness", result)

    def forget_liveness(self) -> None:
        self._control("DELETE", "/_liveness")

    def calls(self) -> Json:
        counted: Json = self._control("GET", "/_calls")
        return counted

    def _control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON of any shape
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"null")


def base64_of(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def picture(seed: int, script: Script = PRESENT) -> bytes:
    """A sharp, bright picture unlike that of any other seed, staged with what it shall be taken to show."""
    cells = np.random.default_rng(seed).integers(40, 220, (12, 16, 3), dtype=np.uint8)
    pixels = cv2.resize(cells, (320, 240), interpolation=cv2.INTER_NEAREST)
    encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    return stage(encoded, script)


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    media_type = headers.get_content_type()
    said = json.loads(body) if media_type.endswith("json") else body
    return Answer(status, media_type, said, dict(headers.items()))
