"""What a policy allows: the part of IAM's language that the functions' policies are written in.

Statements that allow, actions by name, resources with `*` and `?`. Whatever else a policy may say is refused:
nothing must be allowed here that AWS would not allow.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from infra.deploy import project

_VERSION = "2012-10-17"
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z]+")


class UnsupportedPolicyError(Exception):
    """A policy that says more than is understood here."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the resources are."""

    region: str
    number: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.number}:{resource}"


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """An action on a resource; in a policy, on all resources of a pattern."""

    action: str
    resource: str

    def covers(self, asked: "Permission") -> bool:
        """Whether it allows what is asked."""
        return self.action == asked.action and bool(_pattern(self.resource).fullmatch(asked.resource))


@dataclass(frozen=True, slots=True)
class Policy:
    """What a role may do."""

    permissions: tuple[Permission, ...] = ()

    def permission_for(self, asked: Permission) -> Permission | None:
        """The permission that allows it; None if it is not allowed."""
        return next((each for each in self.permissions if each.covers(asked)), None)


def read_policies(
    folder: Path, stage: str, account: Account, outputs: Mapping[str, str]
) -> dict[str, Policy]:
    """The policy of each function of a stage, by its name. `outputs`: of the stage's stack.

    Raises UnsupportedPolicyError.
    """
    pseudo = {"AWS::Partition": "aws", "AWS::Region": account.region, "AWS::AccountId": account.number}
    names = {**outputs, **pseudo}
    documents = project.policies(folder, stage)
    try:
        return {name: policy_of(project.in_account(each, names)) for name, each in documents.items()}
    except KeyError as exc:
        raise UnsupportedPolicyError(f"A resource has no variables of its own: {exc}") from exc


def policy_of(document: Mapping[str, Any]) -> Policy:
    """The policy that a document describes. Raises UnsupportedPolicyError."""
    if document.keys() != {"Version", "Statement"} or document["Version"] != _VERSION:
        raise UnsupportedPolicyError(f"A policy has a Version, {_VERSION}, and a Statement.")
    return Policy(tuple(each for statement in document["Statement"] for each in _permissions(statement)))


def _permissions(statement: Mapping[str, Any]) -> list[Permission]:
    if statement.keys() - {"Sid"} != {"Effect", "Action", "Resource"} or statement["Effect"] != "Allow":
        raise UnsupportedPolicyError(f"A statement allows actions on resources, no more: {statement}")
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise UnsupportedPolicyError(f"An action stands by its name: {action}")
    for resource in resources:
        if "$" in resource:
            raise UnsupportedPolicyError(f"A resource has no variables of its own: {resource}")
    return [Permission(action, resource) for action in actions for resource in resources]


def _listed(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more


@lru_cache
def _pattern(resource: str) -> re.Pattern[str]:
    return re.compile(re.escape(resource).replace(r"\*", ".*").replace(r"\?", "."))
