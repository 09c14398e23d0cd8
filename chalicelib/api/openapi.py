"""OpenAPI 3.1, made from the registered operations and their models."""

import re
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib import __version__
from chalicelib.api.access import Access, Role
from chalicelib.api.bodies import Body
from chalicelib.api.descriptions import Described
from chalicelib.api.endpoint import OPERATIONS, Operation
from chalicelib.api.problems import MEDIA_TYPE, STATUSES
from chalicelib.domain.errors import (
    BadInput,
    BodyTooLarge,
    Forbidden,
    NotFound,
    ProctoringError,
    TooManyRequests,
    Unauthorized,
    UpstreamDown,
)

_SCHEMAS = "#/components/schemas/"
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "instance", "success", "error"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do about it."},
        "instance": {"type": "string"},
        "success": {"const": False},
        "error": {"type": "string", "description": "The detail again."},
        "errors": {
            "type": "array",
            "description": "Places at fault, without the values that were sent.",
            "items": {
                "type": "object",
                "required": ["loc", "msg"],
                "properties": {"loc": {"type": "array"}, "msg": {"type": "string"}},
            },
        },
        "deadline": {
            "type": "string",
            "description": "Of answers that came too late: when they were due.",
        },
        "kept": {
            "type": ["object", "null"],
            "description": "Of answers that came too late: those that came in time.",
            "required": ["revision", "answered_at", "submitted"],
            "properties": {
                "revision": {"type": "integer"},
                "answered_at": {"type": "string"},
                "submitted": {"type": "boolean"},
            },
        },
        "dependencies": {
            "type": "object",
            "description": "Of /health?deep=true: what became of each service that this one stands on.",
            "additionalProperties": {"$ref": _SCHEMAS + "DependencyHealth"},
        },
    },
}
_WHO = {
    Role.SESSION: "the session's own token",
    Role.CANDIDATE: "a candidate's user token",
    Role.PROCTOR: "a proctor's",
    Role.ADMIN: "an admin's",
}


def document() -> dict[str, Any]:
    """The description of the whole API."""
    paths: dict[str, dict[str, Any]] = {}
    schemas = _schemas()
    for operation in sorted(OPERATIONS, key=lambda operation: operation.path):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Proctoring API",
            "version": __version__,
            "summary": "Frames in, explainable alerts and an honest report out.",
        },
        "servers": [{"url": ".."}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> dict[str, Any]:
    models: list[tuple[type[BaseModel], Any]] = []
    for operation in OPERATIONS:
        models += [(model, "validation") for model in (operation.body, operation.query) if model]
        answers = (operation.answer, operation.accepted)
        models += [(answer, "serialization") for answer in answers if answer]
    _, made = models_json_schema(
        list(dict.fromkeys(models)), ref_template=_SCHEMAS + "{model}", schema_generator=Described
    )
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    summary, _, rest = operation.doc.partition("\n")
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": summary.strip().rstrip("."),
        "description": _description(operation, rest),
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation, schemas),
            *_headers(operation),
        ],
        "responses": _responses(operation),
        "security": [] if operation.access.is_open else [{"bearer": []}],
    }
    if not operation.access.is_open:
        described |= {"x-roles": sorted(operation.access.roles), "x-scope": operation.access.scope}
    if operation.body:
        described["requestBody"] = _request_body(operation)
    return described


def _description(operation: Operation, rest: str) -> str:
    text = re.sub(r"\s+", " ", rest).strip()
    return f"{text} {_credentials(operation.access)}".strip()


def _credentials(access: Access) -> str:
    keys = [f"an API key with the scope `{access.scope}`"] if access.scope else []
    who = keys + [words for role, words in _WHO.items() if role in access.roles]
    return f"Credential: {', or '.join(who)}." if who else ""


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", operation.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if not operation.query:
        return []
    properties = schemas[operation.query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.idempotency_key:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}]


def _request_body(operation: Operation) -> dict[str, Any]:
    assert operation.body is not None
    content: dict[str, Any] = {"application/json": {"schema": _reference(operation.body)}}
    if operation.multipart:
        content["multipart/form-data"] = {"schema": _form(operation.body)}
    if operation.csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    required = any(field.is_required() for field in operation.body.model_fields.values())
    return {"required": required, "content": content}


def _form(body: type[Body]) -> dict[str, Any]:
    if body.form is not None:
        return {"type": "object", "required": sorted(body.form), "properties": dict(body.form)}
    properties = {
        "frame": {"type": "string", "contentMediaType": "image/jpeg"},
        "seq": {"type": "integer"},
        "captured_at": {"type": "string", "format": "date-time"},
    }
    if "exam_id" in body.model_fields:
        properties["exam_id"] = {"type": "string"}
    return {"type": "object", "required": ["frame"], "properties": properties}


def _responses(operation: Operation) -> dict[str, Any]:
    schema = _reference(operation.answer) if operation.answer else {}
    content = {operation.media_type: {"schema": schema}}
    if operation.also_media_type:
        content[operation.also_media_type] = {"schema": {}}
    good = {"description": "Success", "content": content}
    responses: dict[str, Any] = {str(operation.status): good}
    if operation.redirects:
        responses["302"] = {"description": "Elsewhere: see the header Location", "content": {}}
    if operation.accepted:
        content = {operation.media_type: {"schema": _reference(operation.accepted)}}
        responses["202"] = {"description": "Accepted: the work goes on", "content": content}
    raised: dict[int, list[type[ProctoringError]]] = {}
    usual: list[type[ProctoringError]] = []
    if not operation.access.is_open:
        usual += [Unauthorized, Forbidden, TooManyRequests, UpstreamDown]
        usual += [NotFound] if "{" in operation.path else []
    usual += [BadInput] if operation.query else []
    usual += [BadInput, BodyTooLarge] if operation.body else []
    for error in dict.fromkeys((*operation.errors, *usual)):
        raised.setdefault(STATUSES[error], []).append(error)
    for status, errors in sorted(raised.items()):
        responses[str(status)] = {
            "description": " ".join(
                (error.__doc__ or HTTPStatus(status).phrase).split("\n")[0] for error in errors
            ),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS + "Problem"}}},
        }
    return responses


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMAS + model.__name__}
