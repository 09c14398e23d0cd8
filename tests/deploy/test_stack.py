"""The stack in the states that an account on this machine never gets into."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from infra.deploy.destroy import DestroyStack
from infra.deploy.errors import DeployError
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage

if TYPE_CHECKING:
    from infra.deploy.account import Account

NAME, ID = "proctoring-dev", "arn:aws:cloudformation:eu-west-1:1:stack/proctoring-dev/7"


@dataclass
class FakeFormation:
    """One stack, which takes its next statuses when it is changed, or when it is asked while it is busy."""

    body: str
    status: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    next: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    protected: bool = False

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        if self.status.endswith("_IN_PROGRESS") and self.next:
            self.status = self.next.pop(0)
        if not self.status or (self.status == "DELETE_COMPLETE" and StackName == NAME):
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}},
                "DescribeStacks",
            )
        parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()]
        stack = {"StackId": ID, "StackStatus": self.status, "Parameters": parameters}
        return {"Stacks": [stack | {"EnableTerminationProtection": self.protected}]}

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        now = datetime(2026, 11, 25, tzinfo=UTC)
        events = [
            {
                "EventId": name,
                "LogicalResourceId": name,
                "ResourceStatus": "CREATE_FAILED",
                "ResourceStatusReason": reason,
                "Timestamp": now,
            }
            for name, reason in self.failures.items()
        ]
        return {"StackEvents": events if self.calls else []}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": self.body}

    def get_template_summary(self, **_: str) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": name} for name in ("Stage", "AlarmEmail")]}

    def create_stack(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
        self._change("create", asked)
        return {"StackId": ID}

    def update_stack(self, **asked: Any) -> None:  # noqa: ANN401
        self._change("update", asked)

    def delete_stack(self, **asked: Any) -> None:  # noqa: ANN401
        self._change("delete", asked)

    def _change(self, call: str, asked: dict[str, Any]) -> None:
        self.calls.append(call)
        self.asked = asked.get("Parameters", [])
        self.status = self.next.pop(0)


@dataclass
class FakeAccount:
    formation: FakeFormation

    def client(self, service: str) -> FakeFormation:
        assert service == "cloudformation"
        return self.formation

    def pages(self, client: FakeFormation, operation: str, **_: object) -> list[dict[str, Any]]:
        assert operation == "describe_stack_events"
        return [client.describe_stack_events()]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    file.write_text("Resources: {}")
    return file


def stack_of(formation: FakeFormation, template: Path, **chosen: str) -> Stack:
    return Stack(cast("Account", FakeAccount(formation)), Stage("dev"), chosen, template)


def test_creation_that_failed_is_cleared_away_and_tried_again(template: Path) -> None:
    formation = FakeFormation("", "ROLLBACK_COMPLETE", next=["DELETE_COMPLETE", "CREATE_COMPLETE"])
    stack = stack_of(formation, template)

    assert stack.plan().startswith("delete what a failed creation left")
    assert stack.run() == "created"
    assert formation.calls == ["delete", "create"]


def test_creation_that_fails_tells_which_resource_and_why(template: Path) -> None:
    formation = FakeFormation(
        "",
        next=["ROLLBACK_COMPLETE"],
        failures={"EvidenceBucket": "bucket already exists", "JobsQueue": "Resource creation cancelled"},
    )

    with pytest.raises(DeployError) as refused:
        stack_of(formation, template).run()

    assert refused.value.args == (
        "The stack proctoring-dev is ROLLBACK_COMPLETE.",
        "EvidenceBucket: bucket already exists",
    )


def test_update_that_was_rolled_back_is_an_error(template: Path) -> None:
    formation = FakeFormation("old", "CREATE_COMPLETE", next=["UPDATE_ROLLBACK_COMPLETE"])

    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_COMPLETE"):
        stack_of(formation, template).run()


def test_update_that_was_rolled_back_is_tried_again_though_nothing_else_changed(template: Path) -> None:
    parameters = {"Stage": "dev"}
    formation = FakeFormation(
        template.read_text(), "UPDATE_ROLLBACK_COMPLETE", parameters, next=["UPDATE_COMPLETE"]
    )

    assert stack_of(formation, template).plan() == "update the stack proctoring-dev: its last update failed"
    assert stack_of(formation, template).run() == "updated"


def test_stack_that_an_interrupted_run_is_still_making_is_waited_for(template: Path) -> None:
    formation = FakeFormation(
        template.read_text(), "CREATE_IN_PROGRESS", {"Stage": "dev"}, next=["CREATE_COMPLETE"]
    )

    assert stack_of(formation, template).run() == "unchanged"
    assert formation.calls == []


def test_stack_that_cannot_be_changed_is_left_to_a_person(template: Path) -> None:
    formation = FakeFormation("old", "UPDATE_ROLLBACK_FAILED")

    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_FAILED"):
        stack_of(formation, template).run()

    assert formation.calls == []


def test_parameters_that_nobody_names_keep_their_values(template: Path) -> None:
    before = {"Stage": "dev", "AlarmEmail": "ops@example.com", "OfAnOldTemplate": "1"}
    formation = FakeFormation("old", "CREATE_COMPLETE", before, next=["UPDATE_COMPLETE"])

    assert stack_of(formation, template).run() == "updated"
    assert formation.asked == [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "AlarmEmail", "UsePreviousValue": True},
    ]


def test_only_a_parameter_changed(template: Path) -> None:
    formation = FakeFormation(
        template.read_text(), "CREATE_COMPLETE", {"Stage": "dev", "AlarmEmail": ""}, next=["UPDATE_COMPLETE"]
    )
    stack = stack_of(formation, template, AlarmEmail="ops@example.com")

    assert stack.plan() == "update the stack proctoring-dev: AlarmEmail becomes ops@example.com"
    assert stack.run() == "updated"


def test_where_the_stack_is_protected_no_data_are_touched() -> None:
    formation = FakeFormation("", "CREATE_COMPLETE", protected=True)
    account = cast("Account", FakeAccount(formation))  # which knows no other service

    with pytest.raises(DeployError, match="protected from being deleted; all data are there"):
        DestroyStack(account, Stage("dev")).run()

    assert formation.calls == []
