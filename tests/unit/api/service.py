"""The whole service in the process: chalice's test client, moto behind it, and a Rekognition on a port.

Every answer is held against the API's own description: its status must be documented, its body must be valid.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app import app
from chalicelib import wiring
from chalicelib.api import openapi
from tests.contract.cloud import REGION, STAGE, Cloud, offline_cloud
from tests.pool_keys import pool_keys
from tests.unit.vision.rekognition_server import RekognitionServer, rekognition_server

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it is
        """The body, decoded."""
        return json.loads(self.body)


@cache
def _described() -> dict[str, Any]:
    """The API's own description, made once: it takes a third of a start."""
    return openapi.document()


@dataclass(slots=True)
class Service:
    """A running service with one tenant; `key` is the tenant's."""

    http: Any
    cloud: Cloud
    rekognition: RekognitionServer
    key: str = ""
    _description: dict[str, Any] = field(default_factory=_described)

    def call(
        self,
        method: str,
        path: str,
        *,
        credential: str | None = None,
        body: bytes | object = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Ask, as the tenant unless another credential is given; `""` is none at all."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if credential != "":
            sent["Authorization"] = f"Bearer {credential or self.key}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.http.request(method, path, headers=sent, body=raw)
        answer = Answer(response.status_code, dict(response.headers), response.body)
        self._check(method, path, answer)
        return answer

    def get(self, path: str, **options: Any) -> Answer:  # noqa: ANN401 - as `call` takes them
        """Read."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: bytes | object = b"", **options: Any) -> Answer:  # noqa: ANN401
        """Do."""
        return self.call("POST", path, body=body, **options)

    def start(self, **wanted: object) -> Any:  # noqa: ANN401 - the answer's JSON
        """A new session."""
        answer = self.post("/api/sessions/start", wanted)
        assert answer.status == 200, answer.body
        return answer.json

    def frame(self, session_id: str, picture: bytes, **facts: object) -> Answer:
        """Send a frame as bare base64."""
        return self.post(f"/api/sessions/{session_id}/frame", {"frame": b64encode(picture).decode(), **facts})

    def _check(self, method: str, path: str, answer: Answer) -> None:
        operation = self._operation(method, path.partition("?")[0])
        if operation is None:
            return
        documented = operation["responses"]
        assert str(answer.status) in documented, f"{method} {path} answers {answer.status}: {answer.body!r}"
        contents = documented[str(answer.status)]["content"]
        answered = answer.headers["Content-Type"].split(";")[0]
        assert not contents or answered in contents
        for media_type, content in contents.items():
            if media_type == answered and media_type.endswith("json"):
                schema = {**content["schema"], "components": self._description["components"]}
                Draft202012Validator(schema).validate(answer.json)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for template, operations in self._description["paths"].items():
            parts = zip(template.split("/"), path.split("/"), strict=False)
            same_length = template.count("/") == path.count("/")
            if same_length and all(one == other or one.startswith("{") for one, other in parts):
                found: dict[str, Any] | None = operations.get(method.lower())
                return found
        return None


@contextmanager
def running_service(**environment: str) -> Iterator[Service]:
    """The service with these variables in its environment, until the end of the block."""
    with (
        pytest.MonkeyPatch.context() as patch,
        offline_cloud() as cloud,
        rekognition_server() as rekognition,
        pool_keys() as keys_url,
    ):
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        local = {
            "STAGE": STAGE,
            "EVIDENCE_BUCKET": cloud.settings.evidence_bucket,
            "USER_POOL_ID": cloud.settings.user_pool_id,
            "USER_POOL_CLIENT_ID": cloud.settings.user_pool_client_id,
            "JWKS_URL": keys_url,
            "KEY_CACHE_S": "0",
            # Tests are faster than the provider's rate: at the default, calls would be withheld.
            "REKOGNITION_TPS": "0",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_REKOGNITION": rekognition.url,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        for name, value in (local | environment).items():
            patch.setenv(name, value)
        forget()
        try:
            key = wiring.open_tenant()("Acme Hiring").text if "STAGE" not in environment else "pk_none"
            yield Service(Client(app, project_dir=str(ROOT)).http, cloud, rekognition, key)
        finally:
            forget()


def forget() -> None:
    """Let the next request make everything anew, from the environment as it is then."""
    for made in vars(wiring).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()
