"""What a failed request is answered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalGateway
from pydantic import TypeAdapter, ValidationError

from app import app
from chalicelib.api import problems
from chalicelib.api.problems import STATUSES, bad_input, generic, problem, problem_body
from chalicelib.domain.errors import BadInput, ProctoringError
from tests.unit.api.service import Service

MARKER = "s3cr3t-m4rker"
EVERY_ERROR = list(STATUSES)


def made(error: type[ProctoringError]) -> ProctoringError:
    return error("Do something about it.")


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_every_error_becomes_a_problem_with_its_own_type(error: type[ProctoringError]) -> None:
    response = problem(made(error), instance="/api/sessions")

    body = json.loads(response.body)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["type"].startswith("urn:proctoring:problem:")
    assert {name: body[name] for name in ("status", "detail", "instance", "success", "error")} == {
        "status": STATUSES[error],
        "detail": "Do something about it.",
        "instance": "/api/sessions",
        "success": False,
        "error": "Do something about it.",
    }


def test_no_two_errors_have_the_same_type() -> None:
    types = {json.loads(problem(made(error), "/").body)["type"] for error in EVERY_ERROR}

    assert len(types) == len(EVERY_ERROR)


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_whoever_shall_come_back_is_told_when_and_whoever_lacks_a_credential_which(
    error: type[ProctoringError],
) -> None:
    headers = problem(made(error), instance="/").headers

    assert ("Retry-After" in headers) == (STATUSES[error] in {429, 503})
    assert ("WWW-Authenticate" in headers) == (STATUSES[error] == 401)


def test_the_places_at_fault_are_listed() -> None:
    places: tuple[dict[str, object], ...] = ({"loc": ["frame"], "msg": "Field required"},)

    body = json.loads(problem(BadInput("Say more.", places), instance="/").body)

    assert body["errors"] == list(places)


def test_what_pydantic_found_is_told_without_the_values() -> None:
    with pytest.raises(ValidationError) as found:
        TypeAdapter(dict[str, int]).validate_python({"a": MARKER, "b": {"deep": MARKER}})

    refused = bad_input(found.value)

    assert MARKER not in f"{refused} {refused.errors}"
    assert [each["loc"] for each in refused.errors] == [["a"], ["b"]]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 415, 429, 500, 502, 504])
def test_what_chalice_or_the_gateway_refused_is_told_in_the_same_form(status: int) -> None:
    response = generic(status, "/nowhere", {"X-Request": "1"})

    body = json.loads(response.body)
    assert set(body) == set(problem_body(422, "", "/"))
    assert (response.status_code, response.headers["X-Request"], body["status"]) == (status, "1", status)
    assert body["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/sessions/start", {"session_id": f"{MARKER}/../x"}),
        ("/api/sessions/start", {"session_id": {"a": MARKER}}),
        ("/api/sessions/start", {"policy": {"yaw_deg": MARKER}}),
        ("/api/sessions/start", {"policy": {"keep_frames": MARKER}}),
        ("/api/sessions/start", {"policy": {"alerts_off": [MARKER]}}),
        ("/api/sessions/start", {"policy": {"forbidden_objects": [MARKER * 10]}}),
        ("/api/sessions/start", {"job_data": MARKER}),
        ("/api/sessions/start", {"candidate": {"name": MARKER * 1_000}}),
        ("/api/sessions/start", f'{{"job_data": {{"{MARKER}": NaN}}}}'.encode()),
        ("/api/sessions/start", MARKER.encode()),
        ("/api/sessions/start", f'"{MARKER}"'.encode()),
        ("/api/sessions/s-1/frame", {"frame": MARKER}),
        ("/api/sessions/s-1/frame", {"frame": f"{MARKER},QQ=="}),
        ("/api/sessions/s-1/frame", {"frame": f"data:{MARKER},QQ=="}),
        ("/api/sessions/s-1/frame", {"frame": "QQ==", "seq": MARKER}),
        ("/api/sessions/s-1/frame", {"frame": "QQ==", "captured_at": MARKER}),
        ("/api/sessions/s-1/frames", {"frames": MARKER}),
        ("/api/sessions/s-1/frames", {"frames": [{"frame": "QQ==", "seq": MARKER}]}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_problem_never_repeats_what_was_sent(service: Service, path: str, body: object) -> None:
    answer = service.post(path, body)

    assert answer.status in {404, 422}
    assert MARKER.encode() not in answer.body


@pytest.mark.parametrize("query", [f"limit={MARKER}", f"cursor={MARKER}"])
def test_a_problem_never_repeats_a_query(service: Service, query: str) -> None:
    answer = service.get(f"/api/sessions?{query}")

    assert answer.status == 422
    assert MARKER.encode() not in answer.body


def test_a_bad_credential_is_not_repeated(service: Service) -> None:
    for credential in (MARKER, f"pk_{MARKER}"):
        answer = service.get("/api/sessions", credential=credential)

        assert answer.status == 401
        assert MARKER.encode() not in answer.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/sessions"),
        ("POST", "/api/sessions/start"),
        ("GET", "/api/sessions/s-1/metrics"),
        ("DELETE", "/api/sessions/s-1"),
    ],
)
def test_failures_carry_the_headers_that_let_a_browser_read_them(
    service: Service, method: str, path: str
) -> None:
    answer = service.call(method, path, credential="")

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, "*")


def test_an_instance_is_the_path_that_was_asked(service: Service) -> None:
    assert service.get("/api/sessions/never/metrics").json["instance"] == "/api/sessions/never/metrics"


@pytest.fixture
def broken() -> Iterator[Chalice]:
    """The application with a route that fails as no route should."""
    routes = dict(app.routes)

    def fail() -> None:
        raise RuntimeError(MARKER)

    app.route("/broken", methods=["GET"], name="broken")(fail)
    yield app
    app.routes.clear()
    app.routes.update(routes)


def ask(application: Chalice, method: str, path: str, headers: dict[str, str]) -> Any:  # noqa: ANN401
    return LocalGateway(application, Config.create()).handle_request(method, path, headers, b"")


def test_a_defect_is_a_problem_too_and_tells_nothing(broken: Chalice) -> None:
    response = ask(broken, "GET", "/broken", {})

    body = json.loads(response["body"])
    assert (response["statusCode"], body["type"], body["instance"]) == (
        500,
        "urn:proctoring:problem:internal-server-error",
        "/broken",
    )
    assert MARKER not in response["body"]
    assert response["headers"]["Content-Type"] == problems.MEDIA_TYPE
    assert response["headers"]["Access-Control-Allow-Origin"] == "*"
