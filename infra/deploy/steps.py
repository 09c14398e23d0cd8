"""A deployment as steps: each compares what is there with what should be, and does the rest.

No step remembers anything, so a deployment that was interrupted anywhere is completed by the next one.
"""

import json
from collections.abc import Sequence
from typing import Protocol

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.errors import DeployError

# An upload fails by an error of boto3's own; files may be missing, or the disk be full.
FAILURES = (BotoCoreError, ClientError, Boto3Error, DeployError, OSError, json.JSONDecodeError)


class Step(Protocol):
    """One of them."""

    @property
    def title(self) -> str:
        """What it is about."""

    def plan(self) -> str:
        """What `run` would do now. Changes nothing."""

    def run(self) -> str:
        """Do it; what was done."""


class StoppedError(Exception):
    """A step that failed, and why."""

    def __init__(self, title: str, reason: Exception) -> None:
        super().__init__(title)
        self.title = title
        self.reason = reason


def show_plan(steps: Sequence[Step]) -> None:
    """Print what each step would do."""
    for number, step in enumerate(steps, 1):
        print(f"  {number}. {step.title}\n     {step.plan()}", flush=True)


def carry_out(steps: Sequence[Step]) -> None:
    """Do one after the other. Raises StoppedError at the first that fails."""
    for number, step in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {step.title} ...", flush=True)
        try:
            done = step.run()
        except FAILURES as exc:
            raise StoppedError(step.title, exc) from exc
        print(f"    {done}", flush=True)
