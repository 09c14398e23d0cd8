"""Each function in its own role: what its policy does not allow is refused as AWS refuses it.

Beneath the service, which knows nothing of it: botocore asks here before it sends a call. What was asked is
taken down, so that tests can hold the policies against it.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.local.iam import Account, Permission, Policy
from infra.local.permissions import needed

if TYPE_CHECKING:
    import boto3

SAY_IT_SHORTER = {"s3", "sqs"}
"""Services that call it AccessDenied; to the others it is AccessDeniedException."""

_FUNCTION: ContextVar[str] = ContextVar("function")


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """What a function asked for. The resource of an allowed call is the policy's, else the call's."""

    function: str
    action: str
    resource: str
    allowed: bool


class NoFunctionError(Exception):
    """A call that no function makes: nobody knows whose permissions it should have."""


@contextmanager
def running(function: str) -> Iterator[None]:
    """What is called in this block, and by threads that copy its context, is called by this function."""
    before = _FUNCTION.set(function)
    try:
        yield
    finally:
        _FUNCTION.reset(before)


class Roles:
    """The functions' policies, and a file of what was asked for, each thing once."""

    def __init__(self, policies: Mapping[str, Policy], account: Account, file: Path | None) -> None:
        self._policies = policies
        self._account = account
        self._file = file
        self._asked: set[Asked] = set()
        self._lock = threading.Lock()

    def enforce(self, session: "boto3.session.Session") -> None:
        """Let every client that the session makes from now on ask here."""
        session.events.register("before-parameter-build", self._check)

    def _check(self, params: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401
        """Raises ClientError for what is not allowed. A link is checked when it is signed."""
        service, function = model.service_model.service_name, _FUNCTION.get(None)
        if function is None:
            raise NoFunctionError(f"No function is running, and {service}:{model.name} is called.")
        policy = self._policies.get(function, Policy())
        for permission in needed(service, model.name, params, self._account):
            allowed_by = policy.permission_for(permission)
            resource = (allowed_by or permission).resource
            self._take_down(Asked(function, permission.action, resource, allowed=allowed_by is not None))
            if allowed_by is None:
                raise _denied(service, model.name, function, permission)

    def _take_down(self, asked: Asked) -> None:
        with self._lock:
            if self._file is None or asked in self._asked:
                return
            self._asked.add(asked)
            with self._file.open("a") as lines:
                lines.write(json.dumps(asdict(asked)) + "\n")


def read_asked(file: Path) -> set[Asked]:
    """What was taken down so far."""
    return {Asked(**json.loads(line)) for line in file.read_text().splitlines()} if file.exists() else set()


def _denied(service: str, operation: str, function: str, permission: Permission) -> ClientError:
    said = (
        f"{function} is not authorized to perform: {permission.action} on resource: {permission.resource} "
        f"because no identity-based policy allows the {permission.action} action"
    )
    code = "AccessDenied" if service in SAY_IT_SHORTER else "AccessDeniedException"
    return ClientError({"Error": {"Code": code, "Message": said}}, operation)
