"""The service itself: health, documentation, OpenAPI."""

import json
from functools import cache
from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib import __version__, wiring
from chalicelib.api import openapi
from chalicelib.api.bodies import Answer
from chalicelib.api.endpoint import ANYONE, Call, endpoint

service = Blueprint(__name__)

_PAGES = Path(__file__).parent.parent / "pages"


class HealthAnswer(Answer):
    """The service is up. It asks no other service to say so."""

    status: str
    service: str
    version: str
    stage: str
    features: dict[str, bool]


@endpoint(service, "GET", "/health", roles=ANYONE, answer=HealthAnswer)
def get_health(_call: Call) -> HealthAnswer:
    """Ask whether the service is up, and what it can do."""
    settings = wiring.settings()
    return HealthAnswer(
        status="healthy",
        service="proctoring",
        version=__version__,
        stage=settings.stage,
        features={
            "faces": True,
            "labels": True,
            "text": True,
            "emotions": settings.emotions,
            "batches": True,
            "summaries": True,
        },
    )


@endpoint(service, "GET", "/api/openapi.json", roles=ANYONE)
def get_openapi(_call: Call) -> Response:
    """Read the API's description, OpenAPI 3.1."""
    return Response(_openapi(), headers={"Content-Type": "application/json"})


@endpoint(service, "GET", "/api/docs", roles=ANYONE, media_type="text/html")
def get_docs(_call: Call) -> Response:
    """Read the documentation of the API."""
    # The page carries the description: it loads nothing from anywhere.
    page = (_PAGES / "docs.html").read_text()
    description = _openapi().replace("<", "\\u003c")
    return Response(
        page.replace("__OPENAPI__", description), headers={"Content-Type": "text/html; charset=utf-8"}
    )


@cache
def _openapi() -> str:
    return json.dumps(openapi.document())
