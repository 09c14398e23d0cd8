"""infra/template.yaml as a CloudFormation stack: made, changed, and read."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.deploy.account import Account
from infra.deploy.errors import DeployError
from infra.deploy.stage import APP, Stage

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef, StackTypeDef

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
PAUSE_S = 5.0
_LATEST = 500
"""Events that are read at a time: a failure is followed by many."""

# A creation that failed leaves an empty stack in its place, which can be neither changed nor made again.
STILLBORN = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}
WHOLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
CHANGEABLE = WHOLE | {"UPDATE_ROLLBACK_COMPLETE"}


@dataclass(frozen=True, slots=True)
class Stack:
    """What the functions of a stage stand on. `chosen`: parameters; those left out keep their values."""

    account: Account
    stage: Stage
    chosen: Mapping[str, str] = field(default_factory=dict)
    template: Path = TEMPLATE

    title = "the stack: tables, user pool, buckets, queues, secret, alarms"

    def plan(self) -> str:
        """What `run` would do."""
        there = self.find()
        if there is None:
            return f"create the stack {self.stage.stack}"
        if _is_stillborn(there):
            return f"delete what a failed creation left of the stack {self.stage.stack}, and create it"
        changes = ", ".join(self._changes(there))
        return f"update the stack {self.stage.stack}: {changes}" if changes else "unchanged"

    def run(self) -> str:
        """Bring the stack to the template. Raises DeployError with the resources that failed."""
        there = self.find()
        if there and there["StackStatus"].endswith("_IN_PROGRESS") and not _is_stillborn(there):
            self._settle(there["StackId"], told=set())
            there = self.find()
        if there and _is_stillborn(there):
            self.delete()
            there = None
        if there is None:
            return self._create()
        if there["StackStatus"] not in CHANGEABLE:
            raise DeployError(f"The stack {self.stage.stack} is {there['StackStatus']}.")
        return self._update(there) if any(self._changes(there)) else "unchanged"

    def find(self) -> "StackTypeDef | None":
        """The stack, if there is one."""
        try:
            return self._client.describe_stacks(StackName=self.stage.stack)["Stacks"][0]
        except ClientError as exc:
            if "does not exist" in str(exc):
                return None
            raise

    def outputs(self) -> dict[str, str]:
        """The stack's outputs; none before it is there."""
        there = self.find()
        named = there.get("Outputs", []) if there else []
        return {output["OutputKey"]: output["OutputValue"] for output in named}

    def delete(self) -> None:
        """Delete the stack and what the template does not retain. Nothing, if it is gone."""
        there = self.find()
        if there is None:
            return
        told = self._events(there["StackId"]).keys()
        self._client.delete_stack(StackName=there["StackId"])
        self._settle(there["StackId"], set(told))

    @property
    def _client(self) -> "CloudFormationClient":
        return self.account.client("cloudformation")

    def _create(self) -> str:
        created = self._client.create_stack(
            StackName=self.stage.stack,
            TemplateBody=self.template.read_text(),
            Parameters=self._parameters(kept=set()),
            Tags=[{"Key": "app", "Value": APP}, {"Key": "stage", "Value": self.stage.name}],
        )
        self._settle(created["StackId"], told=set())
        return "created"

    def _update(self, there: "StackTypeDef") -> str:
        kept = {each["ParameterKey"] for each in there.get("Parameters", [])}
        told = set(self._events(there["StackId"]))
        try:
            self._client.update_stack(
                StackName=self.stage.stack,
                TemplateBody=self.template.read_text(),
                Parameters=self._parameters(kept),
            )
        except ClientError as exc:
            if "No updates are to be performed" in str(exc):
                return "unchanged"
            raise
        self._settle(there["StackId"], told)
        return "updated"

    def _parameters(self, kept: set[str]) -> "list[ParameterTypeDef]":
        """Chosen values; those of before, where none is chosen; the template's defaults for the rest."""
        wanted = self._wanted()
        names = sorted(kept & self._declared() - wanted.keys())
        before: list[ParameterTypeDef] = [{"ParameterKey": name, "UsePreviousValue": True} for name in names]
        chosen: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in wanted.items()
        ]
        return chosen + before

    def _wanted(self) -> dict[str, str]:
        return {**self.chosen, "Stage": self.stage.name}

    def _declared(self) -> set[str]:
        summary = self._client.get_template_summary(TemplateBody=self.template.read_text())
        return {each["ParameterKey"] for each in summary["Parameters"]}

    def _changes(self, there: "StackTypeDef") -> Iterator[str]:
        body: object = self._client.get_template(StackName=self.stage.stack)["TemplateBody"]
        if body != self.template.read_text():
            yield "the template changed"
        if there["StackStatus"] not in WHOLE:
            yield "its last update failed"
        now = {each["ParameterKey"]: each["ParameterValue"] for each in there.get("Parameters", [])}
        for name, value in self._wanted().items():
            if now.get(name) != value:
                yield f"{name} becomes {value}"

    def _settle(self, stack_id: str, told: set[str]) -> None:
        """Wait until the stack rests, and tell what becomes of it, but for the events `told` before.

        Raises DeployError with the resources that failed.
        """
        failed = []
        while True:
            status = self._client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
            for event_id, event in self._events(stack_id).items():
                if event_id not in told:
                    told.add(event_id)
                    failed += _tell(event)
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(PAUSE_S)
        if status not in WHOLE | {"DELETE_COMPLETE"}:
            raise DeployError(f"The stack {self.stage.stack} is {status}.", *failed)

    def _events(self, stack_id: str) -> "dict[str, StackEventTypeDef]":
        """The latest of them, the oldest first."""
        pages = self.account.pages(
            self._client, "describe_stack_events", StackName=stack_id, PaginationConfig={"MaxItems": _LATEST}
        )
        events = [event for page in pages for event in page["StackEvents"]]
        return {event["EventId"]: event for event in reversed(events)}


def _is_stillborn(there: "StackTypeDef") -> bool:
    return there["StackStatus"] in STILLBORN


def _tell(event: "StackEventTypeDef") -> list[str]:
    """Print what has become of a resource; in a list what is to be said if it failed."""
    status, name = event.get("ResourceStatus", ""), event.get("LogicalResourceId", "")
    if not status.endswith("_IN_PROGRESS"):
        print(f"    {name}: {status}", flush=True)
    reason = event.get("ResourceStatusReason", "no reason given")
    # What was cancelled because something else failed is no reason.
    return [f"{name}: {reason}"] if status.endswith("_FAILED") and "cancelled" not in reason else []
