"""The service itself: health, documentation, OpenAPI."""

import json
from functools import cache
from pathlib import Path

from chalice.app import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from chalicelib import __version__, wiring
from chalicelib.api import openapi
from chalicelib.api.bodies import Answer, Body, is_none
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.domain.errors import Unhealthy

service = Blueprint(__name__)

_PAGES = Path(__file__).parent.parent / "pages"


class HealthQuery(Body):
    """How far to look."""

    deep: bool = False
    """Ask each service that this one stands on, too."""


class DependencyHealth(BaseModel):
    """What became of a question to another service."""

    model_config = ConfigDict(defer_build=True, from_attributes=True)

    ok: bool
    ms: int
    """How long it took."""
    error: str | None = Field(default=None, exclude_if=is_none)
    """The kind of failure; absent where there was none."""


class HealthAnswer(Answer):
    """The service is up. It asks no other service to say so, unless it is asked to."""

    status: str
    service: str
    version: str
    stage: str
    features: dict[str, bool]
    dependencies: dict[str, DependencyHealth] | None = Field(default=None, exclude_if=is_none)
    """With `deep=true`: each service that this one stands on."""


@endpoint(
    service,
    "GET",
    "/health",
    query=HealthQuery,
    answer=HealthAnswer,
    errors=(Unhealthy,),
)
def get_health(call: Call) -> HealthAnswer:
    """Ask whether the service is up, and what it can do.

    With `deep=true` it asks each service that it stands on the cheapest harmless question, and answers 503 if
    one is down; the member `dependencies` says which, there too. What was found is kept for five seconds.
    """
    settings = wiring.settings()
    dependencies = _dependencies() if call.query.deep else None
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
        dependencies=dependencies,
    )


@endpoint(service, "GET", "/api/openapi.json")
def get_openapi(_call: Call) -> Response:
    """Read the API's description, OpenAPI 3.1."""
    return Response(_openapi(), headers={"Content-Type": "application/json"})


@endpoint(service, "GET", "/api/docs", media_type="text/html")
def get_docs(_call: Call) -> Response:
    """Read the documentation of the API."""
    # The page carries the description: it loads nothing from anywhere.
    page = (_PAGES / "docs.html").read_text()
    description = _openapi().replace("<", "\\u003c")
    return Response(
        page.replace("__OPENAPI__", description), headers={"Content-Type": "text/html; charset=utf-8"}
    )


def _dependencies() -> dict[str, DependencyHealth]:
    found = {name: DependencyHealth.model_validate(each) for name, each in wiring.check_health()().items()}
    down = [name for name, each in found.items() if not each.ok]
    if down:
        told = {name: each.model_dump() for name, each in found.items()}
        raise Unhealthy(f"Not answering: {', '.join(down)}; try again.", told)
    return found


@cache
def _openapi() -> str:
    return json.dumps(openapi.document())
