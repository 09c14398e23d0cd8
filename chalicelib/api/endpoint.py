"""The route decorator: credential -> body model -> view -> JSON; error -> problem+json; and OpenAPI is fed.

A view takes a `Call` and its path's ids, and returns its answer model, or a chalice Response of its own.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel

from chalicelib.api import bodies
from chalicelib.api.auth import Caller, Role, authenticate, authorize
from chalicelib.api.bodies import Body
from chalicelib.api.problems import problem
from chalicelib.domain.errors import BadInput, NotFound, ProctoringError
from chalicelib.domain.model import Ticket
from chalicelib.telemetry import know, tell

View = Callable[..., Any]

ANYONE: tuple[Role, ...] = ()
TENANT = (Role.TENANT,)
TENANT_OR_CANDIDATE = (Role.TENANT, Role.CANDIDATE)

_MOST_KEY = 255


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as OpenAPI tells of it."""

    method: str
    path: str
    roles: tuple[Role, ...]
    answer: type[BaseModel] | None
    status: int
    body: type[Body] | None
    query: type[BaseModel] | None
    multipart: bool
    idempotency_key: bool
    media_type: str
    errors: tuple[type[ProctoringError], ...]
    doc: str
    name: str


OPERATIONS: list[Operation] = []


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known."""

    request: Request
    caller: Caller | None
    body: Any = None
    query: Any = None

    @property
    def raw(self) -> bytes:
        """The body as it came."""
        return raw_body(self.request)

    @property
    def tenant_id(self) -> str:
        """The caller's tenant."""
        assert self.caller is not None
        return self.caller.tenant_id

    @property
    def is_tenant(self) -> bool:
        """Whether the caller may see what is not for candidates."""
        return self.caller is not None and self.caller.role is Role.TENANT


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    roles: tuple[Role, ...],
    answer: type[BaseModel] | None = None,
    status: int = 200,
    body: type[Body] | None = None,
    query: type[BaseModel] | None = None,
    multipart: bool = False,
    idempotency_key: bool = False,
    media_type: str = "application/json",
    errors: tuple[type[ProctoringError], ...] = (),
) -> Callable[[View], View]:
    """Register a view. `multipart` bodies are left to the view; `errors`: what it raises beyond the usual."""

    def register(view: View) -> View:
        name = view.__name__
        doc = (view.__doc__ or "").strip()
        OPERATIONS.append(
            Operation(
                method=method,
                path=path,
                roles=roles,
                answer=answer,
                status=status,
                body=body,
                query=query,
                multipart=multipart,
                idempotency_key=idempotency_key,
                media_type=media_type,
                errors=errors,
                doc=doc,
                name=name,
            )
        )

        def handle(**ids: str) -> Response:
            request = blueprint.current_request
            is_form = bodies.is_multipart(request.headers.get("content-type", ""))
            json_body = None if multipart and is_form else body
            try:
                return _answered(view(_call(request, roles, json_body, query, ids), **ids), status)
            except ProctoringError as error:
                tell(error=type(error).__name__)
                return problem(error, instance=path.format(**ids))

        handle.__name__ = name
        blueprint.route(path, methods=[method], content_types=[], name=name)(handle)
        return view

    return register


def _call(
    request: Request,
    roles: tuple[Role, ...],
    body: type[Body] | None,
    query: type[BaseModel] | None,
    ids: dict[str, str],
) -> Call:
    caller = None
    if roles:
        caller = authenticate(request.headers.get("authorization"))
        know(tenant_id=caller.tenant_id)
        session_id = _checked(ids.get("session_id"))
        if session_id is not None:
            know(session_id=session_id)
        authorize(caller, roles, session_id)
    return Call(
        request=request,
        caller=caller,
        body=bodies.read_json(body, raw_body(request)) if body else None,
        query=bodies.read_fields(query, request.query_params or {}) if query else None,
    )


def _checked(session_id: str | None) -> str | None:
    # No session can have such an id, and no table takes one of any length.
    if session_id is not None and not re.fullmatch(bodies.SESSION_ID, session_id):
        raise NotFound("There is no such session; check its id.")
    return session_id


def raw_body(request: Request) -> bytes:
    """The body as it came."""
    raw = request.raw_body
    return raw.encode() if isinstance(raw, str) else raw


def ticket(call: Call) -> Ticket | None:
    """The request's Idempotency-Key, if it has one. Raises BadInput."""
    key = call.request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= _MOST_KEY or not key.isascii() or not key.isprintable():
        raise BadInput(f"The Idempotency-Key must have 1 to {_MOST_KEY} printable ASCII characters.")
    return Ticket(key, hashlib.sha256(call.raw).hexdigest())


def _answered(answer: Any, status: int) -> Response:  # noqa: ANN401 - a model, or a response of the view's own
    if isinstance(answer, Response):
        return answer
    return Response(
        answer.model_dump_json(), status_code=status, headers={"Content-Type": "application/json"}
    )
