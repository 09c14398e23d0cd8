"""A stage is deployed when it says that it is well."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import pytest

from infra.deploy.check import TRIES, Check
from infra.deploy.errors import DeployError
from tests.serving import serving

if TYPE_CHECKING:
    from infra.deploy.functions import Functions

WELL = {"status": "healthy", "dependencies": {"sessions": {"ok": True}, "rekognition": {"ok": True}}}
ILL = {"status": 503, "dependencies": {"sessions": {"ok": True}, "rekognition": {"ok": False}}}


@dataclass
class Service:
    """Answers one after the other; the last one ever after."""

    answers: list[tuple[int, dict[str, Any]]]
    asked: list[str] = field(default_factory=list)
    url_: str = ""

    def url(self) -> str:
        return self.url_

    def next(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return status, json.dumps(body).encode()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service([(200, WELL)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = service.next(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with serving(Handler, Event()) as port:
        service.url_ = f"http://127.0.0.1:{port}/dev/"
        yield service


def check(service: Service) -> str:
    return Check(cast("Functions", service), pause_s=0.0).run()


def test_healthy_stage_is_said_to_be_so(service: Service) -> None:
    assert check(service) == "healthy: sessions, rekognition"
    assert service.asked == ["/dev/health?deep=true"]


def test_stage_that_needs_a_moment_has_it(service: Service) -> None:
    service.answers = [(403, {"message": "Forbidden"}), (503, ILL), (200, WELL)]

    assert check(service) == "healthy: sessions, rekognition"


def test_part_that_is_not_reached_is_named(service: Service) -> None:
    service.answers = [(503, ILL)]

    with pytest.raises(DeployError, match="not reached: rekognition"):
        check(service)

    assert len(service.asked) == TRIES


def test_stage_that_does_not_answer_is_an_error(service: Service) -> None:
    service.url_ = "http://127.0.0.1:1/dev/"

    with pytest.raises(DeployError, match=r"127\.0\.0\.1:1/dev/health"):
        check(service)
