"""Errors as RFC 9457 problem details. Every error of the tree has its status here, and nowhere else."""

import json
from http import HTTPStatus
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

from chalicelib.domain import errors
from chalicelib.domain.errors import BadInput, ProctoringError

MEDIA_TYPE = "application/problem+json"

STATUSES: dict[type[ProctoringError], int] = {
    errors.ProctoringError: 500,
    errors.BadInput: 422,
    errors.BadPicture: 422,
    errors.PictureTooLarge: 413,
    errors.NotAPicture: 415,
    errors.BodyTooLarge: 413,
    errors.BadCode: 422,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.NotEnrolled: 404,
    errors.Conflict: 409,
    errors.SessionExists: 409,
    errors.SessionEnded: 409,
    errors.SessionActive: 409,
    errors.ExamNotOpen: 409,
    errors.ExamOver: 409,
    errors.AttemptNotStarted: 409,
    errors.AttemptStarted: 409,
    errors.AttemptOver: 409,
    errors.DeadlinePassed: 409,
    errors.OutdatedAnswers: 409,
    errors.PersonExists: 409,
    errors.NotConfirmed: 409,
    errors.SeveralTenants: 409,
    errors.TooManyRequests: 429,
    errors.Busy: 503,
    errors.StaleSession: 503,
    errors.StaleExam: 503,
    errors.UpstreamDown: 503,
    errors.VisionUnavailable: 503,
    errors.Unhealthy: 503,
}

_MOST_ERRORS, _LONGEST = 20, 80
_RETRY_AFTER_S = "2"
_GENERIC = {
    400: "The request cannot be understood.",
    403: "There is no such path; see /api/docs.",
    405: "The path does not take this method; see /api/docs.",
    415: "The path does not take this media type; see /api/docs.",
    500: "Something went wrong on our side; try again, and tell us the request id if it persists.",
}


def problem(error: ProctoringError, instance: str) -> Response:
    """The answer to a failed request."""
    status = STATUSES[type(error)]
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = _RETRY_AFTER_S
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    body = problem_body(status, str(error), instance, kind=_kebab(type(error).__name__))
    return _response(status, body | error.members, headers)


def generic(status: int, instance: str, headers: dict[str, Any]) -> Response:
    """The answer where chalice itself refused or failed, in our words."""
    return _response(status, problem_body(status, _GENERIC.get(status, ""), instance), headers)


def problem_body(status: int, detail: str, instance: str, kind: str | None = None) -> dict[str, Any]:
    """The members of a problem. `error` is the detail again, for clients that read it there."""
    title = HTTPStatus(status).phrase
    detail = detail or title
    return {
        "type": f"urn:proctoring:problem:{kind or _kebab(title.title().replace(' ', ''))}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "success": False,
        "error": detail,
    }


def bad_input(error: ValidationError) -> BadInput:
    """What pydantic found, without the values that were sent."""
    first_ones = error.errors(include_input=False)[:_MOST_ERRORS]
    found: tuple[dict[str, Any], ...] = tuple(
        {"loc": [_short(part) for part in each["loc"]], "msg": each["msg"]} for each in first_ones
    )
    first = found[0]
    where = ".".join(str(part) for part in first["loc"])
    detail = f"{where}: {first['msg']}" if where else str(first["msg"])
    return BadInput(f"The request is not valid. {detail}", found)


def _short(part: int | str) -> int | str:
    return part if isinstance(part, int) else part[:_LONGEST]


def _response(status: int, body: dict[str, Any], headers: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status_code=status, headers={**headers, "Content-Type": MEDIA_TYPE})


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
