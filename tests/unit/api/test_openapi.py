"""The API's own description."""

import json
import re
from http import HTTPStatus
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.api import openapi
from chalicelib.api.endpoint import OPERATIONS, Operation
from chalicelib.api.problems import STATUSES
from chalicelib.domain.report import Report
from tests.unit.api.service import Service

DOCUMENT: dict[str, Any] = openapi.document()


def described(operation: Operation) -> Any:  # noqa: ANN401 - a part of the document
    return DOCUMENT["paths"][operation.path][operation.method.lower()]


def name(operation: Operation) -> str:
    return operation.name


EVERY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=name)


def test_the_description_is_valid_openapi_3_1() -> None:
    errors = list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors())

    assert DOCUMENT["openapi"] == "3.1.0"
    assert errors == []


def test_the_description_is_json() -> None:
    assert json.loads(json.dumps(DOCUMENT, allow_nan=False)) == DOCUMENT


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    routes = {(method, path) for path, methods in app.routes.items() for method in methods}
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert routes == told


def test_the_routes_are_those_of_the_contract() -> None:
    assert {f"{each.method} {each.path}" for each in OPERATIONS} >= {
        "POST /api/sessions/start",
        "POST /api/sessions/{session_id}/frame",
        "POST /api/sessions/{session_id}/frames",
        "GET /api/sessions/{session_id}/metrics",
        "GET /api/sessions/{session_id}/alerts",
        "GET /api/sessions/{session_id}/emotions",
        "POST /api/sessions/{session_id}/end",
        "GET /api/sessions/{session_id}/report",
        "DELETE /api/sessions/{session_id}",
        "GET /api/sessions",
        "GET /health",
        "GET /api/docs",
        "GET /api/openapi.json",
    }


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [described(operation)["operationId"] for operation in OPERATIONS]

    assert len(set(ids)) == len(ids)


@EVERY_OPERATION
def test_an_operation_has_a_summary_of_one_line(operation: Operation) -> None:
    summary = described(operation)["summary"]

    assert 5 < len(summary) < 100
    assert not summary.endswith(".")


@EVERY_OPERATION
def test_an_operation_documents_what_it_raises(operation: Operation) -> None:
    responses = described(operation)["responses"]

    assert {str(STATUSES[error]) for error in operation.errors} <= set(responses)
    for status, response in responses.items():
        assert response["description"]
        if int(status) >= HTTPStatus.BAD_REQUEST:
            assert list(response["content"]) == ["application/problem+json"]


@EVERY_OPERATION
def test_an_operation_with_a_credential_documents_what_a_bad_one_is_answered(operation: Operation) -> None:
    told = described(operation)

    protected = not operation.access.is_open
    assert told["security"] == ([{"bearer": []}] if protected else [])
    assert ({"401", "403", "503"} <= set(told["responses"])) == protected
    assert ("Credential: " in told["description"]) == protected


@EVERY_OPERATION
def test_an_operation_with_a_body_documents_what_a_bad_one_is_answered(operation: Operation) -> None:
    told = described(operation)

    assert ("requestBody" in told) == (operation.body is not None)
    assert operation.body is None or {"413", "422"} <= set(told["responses"])


@EVERY_OPERATION
def test_an_operations_path_parameters_are_described(operation: Operation) -> None:
    in_path = [each["name"] for each in described(operation)["parameters"] if each["in"] == "path"]

    assert in_path == re.findall(r"{(\w+)}", operation.path)


def references(part: object) -> set[str]:
    """All names that a part of the document refers to."""
    if isinstance(part, dict):
        here = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return here.union(*(references(each) for each in part.values()))
    if isinstance(part, list):
        return set().union(*(references(each) for each in part))
    return set()


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    schemas = {f"#/components/schemas/{each}" for each in DOCUMENT["components"]["schemas"]}
    used = references(DOCUMENT)

    assert used <= schemas
    assert {each for each in schemas - used if not each.endswith("Query")} == set()


def test_the_report_is_described_with_all_its_fields() -> None:
    schema = DOCUMENT["components"]["schemas"]["Report"]

    assert set(schema["properties"]) == set(Report.__dataclass_fields__)


def test_every_member_of_a_policy_is_explained() -> None:
    members = DOCUMENT["components"]["schemas"]["Policy"]["properties"]

    assert [each for each, schema in members.items() if not schema.get("description")] == []


def test_a_member_is_explained_by_the_words_beneath_its_field() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    assert schemas["FrameRequest"]["properties"]["frame"]["description"] == (
        "The picture, JPEG or PNG: a data URL, or bare base64."
    )
    assert "description" not in schemas["FrameAnswer"]["properties"]["session_id"]


def test_an_inherited_member_is_explained_as_its_ancestors() -> None:
    members = DOCUMENT["components"]["schemas"]["FrameRequest"]["properties"]

    assert members["seq"]["description"] == "Counts the client's frames: 1, 2, 3 …"


def test_the_service_serves_its_description(service: Service) -> None:
    answer = service.get("/api/openapi.json", credential="")

    assert answer.json == json.loads(json.dumps(DOCUMENT))


def test_the_documentation_page_carries_the_description_and_loads_nothing_from_elsewhere(
    service: Service,
) -> None:
    page = service.get("/api/docs", credential="", headers={"Accept": "text/html"}).body.decode()

    assert "Start a session" in page
    assert "__OPENAPI__" not in page
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page) == []
    assert "@import" not in page


def test_health_tells_what_the_service_can_do(service: Service) -> None:
    health = service.get("/health", credential="").json

    assert {each: health[each] for each in ("success", "status", "service", "stage")} == {
        "success": True,
        "status": "healthy",
        "service": "proctoring",
        "stage": "test",
    }
    assert health["features"]["faces"] is True
