"""The route decorator: credential -> body model -> view -> JSON; error -> problem+json; and OpenAPI is fed.

A view takes a `Call` and its path's ids, and returns its answer model, or a chalice Response of its own.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel

from chalicelib import wiring
from chalicelib.api import bodies
from chalicelib.api.access import ACCESS, Access, Role
from chalicelib.api.auth import Caller, authenticate, authorize
from chalicelib.api.bodies import Body
from chalicelib.api.problems import problem
from chalicelib.domain.credentials import EVERYTHING, Scope
from chalicelib.domain.enrolment import USERNAME
from chalicelib.domain.errors import BadInput, NotFound, ProctoringError
from chalicelib.domain.model import Ticket
from chalicelib.telemetry import know, tell

View = Callable[..., Any]

_MOST_KEY = 255
_PATTERNS = {"username": USERNAME}
"""Of ids that are not like a session's."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as OpenAPI tells of it."""

    method: str
    path: str
    access: Access
    answer: type[BaseModel] | None
    status: int
    body: type[Body] | None
    query: type[BaseModel] | None
    multipart: bool
    csv: bool
    idempotency_key: bool
    media_type: str
    errors: tuple[type[ProctoringError], ...]
    doc: str
    name: str
    accepted: type[BaseModel] | None = None
    """What is answered with 202, where the work goes on."""
    also_media_type: str | None = None
    """Of an answer that has two, for who accepts the other one."""
    redirects: bool = False
    """Whether some are led on to where it is."""


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
    def person_id(self) -> str:
        """Who logged in, where only people may call."""
        assert self.caller is not None
        assert self.caller.person_id is not None
        return self.caller.person_id

    @property
    def role(self) -> Role:
        """What the caller may do."""
        assert self.caller is not None
        return self.caller.role

    @property
    def may_hand_on(self) -> frozenset[Scope]:
        """The scopes that the caller may give to an API key."""
        assert self.caller is not None
        return EVERYTHING if self.caller.role is Role.ADMIN else self.caller.scopes

    @property
    def sees_evidence(self) -> bool:
        """Whether the caller may see what is not for candidates."""
        return self.caller is not None and self.caller.role not in {Role.SESSION, Role.CANDIDATE}


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    also: str | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    body: type[Body] | None = None,
    query: type[BaseModel] | None = None,
    multipart: bool = False,
    csv: bool = False,
    idempotency_key: bool = False,
    media_type: str = "application/json",
    accepted: type[BaseModel] | None = None,
    also_media_type: str | None = None,
    redirects: bool = False,
    errors: tuple[type[ProctoringError], ...] = (),
) -> Callable[[View], View]:
    """Register a view; `chalicelib.api.access` says who may call it. `also`: a second path to the same.

    `multipart` and `csv` bodies are left to the view; `accepted`: the model that is answered with 202;
    `errors`: what it raises beyond the usual.
    """

    def register(view: View) -> View:
        name = view.__name__
        _register(
            blueprint,
            Operation(
                method=method,
                path=path,
                access=ACCESS[name],
                answer=answer,
                status=status,
                body=body,
                query=query,
                multipart=multipart,
                csv=csv,
                idempotency_key=idempotency_key,
                media_type=media_type,
                errors=errors,
                doc=(view.__doc__ or "").strip(),
                name=name,
                accepted=accepted,
                also_media_type=also_media_type,
                redirects=redirects,
            ),
            view,
            also,
        )
        return view

    return register


def _register(blueprint: Blueprint, operation: Operation, view: View, also: str | None) -> None:
    alias = [replace(operation, path=also, name=f"{operation.name}_at_root")] if also else []
    for each in (operation, *alias):
        OPERATIONS.append(each)
        blueprint.route(each.path, methods=[each.method], content_types=[], name=each.name)(
            _handler(blueprint, each, view)
        )


def _handler(blueprint: Blueprint, operation: Operation, view: View) -> Callable[..., Response]:
    def handle(**raw_ids: str) -> Response:
        ids = _as_meant(raw_ids)
        try:
            call = _call(blueprint.current_request, operation, ids)
            return _answered(view(call, **ids), operation)
        except ProctoringError as error:
            tell(error=type(error).__name__)
            return problem(error, instance=operation.path.format(**ids))

    handle.__name__ = operation.name
    return handle


def _call(request: Request, operation: Operation, ids: dict[str, str]) -> Call:
    caller = None
    if not operation.access.is_open:
        caller = authenticate(request.headers.get("authorization"))
        know(tenant_id=caller.tenant_id)
        if caller.person_id is not None:
            know(caller_id=caller.person_id)
        if caller.role not in {Role.SESSION, Role.CANDIDATE}:
            # Whoever takes an exam does not pay for what others ask.
            wiring.limit_requests()(caller.tenant_id)
        _check_ids(ids)
        session_id = ids.get("session_id")
        if session_id is not None:
            know(session_id=session_id)
        authorize(caller, operation.access, session_id)
    query, body = operation.query, operation.body
    content_type = request.headers.get("content-type", "")
    if (operation.multipart and bodies.is_multipart(content_type)) or (
        operation.csv and bodies.is_csv(content_type)
    ):
        body = None
    return Call(
        request=request,
        caller=caller,
        body=bodies.read_json(body, raw_body(request)) if body else None,
        query=bodies.read_fields(query, request.query_params or {}) if query else None,
    )


def _as_meant(ids: dict[str, str]) -> dict[str, str]:
    """Ids of a path without what URLs make of them: no id has a `%` of its own."""
    return {name: unquote(value) for name, value in ids.items()}


def _check_ids(ids: dict[str, str]) -> None:
    # Nothing can have such an id, and no table takes one of any length.
    for name, value in ids.items():
        if not re.fullmatch(_PATTERNS.get(name, bodies.SESSION_ID), value):
            raise NotFound(f"There is no such {name.removesuffix('_id')}; check its id.")


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


def _answered(answer: Any, operation: Operation) -> Response:  # noqa: ANN401 - a model, or a response of the view's own
    if isinstance(answer, Response):
        return answer
    is_accepted = operation.accepted is not None and isinstance(answer, operation.accepted)
    status = HTTPStatus.ACCEPTED if is_accepted else operation.status
    return Response(
        answer.model_dump_json(), status_code=status, headers={"Content-Type": "application/json"}
    )
