"""The template's pool in moto's CloudFormation: changed in place, and gone with the stack."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local.cloud import REGION, TEMPLATE
from tests.contract.cloud import ADDED

NAME, STAGE = "proctoring-own", "own"
IDENTITY = "arn:aws:ses:eu-west-1:42:identity/example.com"


@dataclass(frozen=True)
class Stack:
    """A stack of the template."""

    formation: Any
    cognito: Any

    def create(self, **parameters: str) -> None:
        self.formation.create_stack(**self._wanted(parameters))

    def update(self, body: str | None = None, **parameters: str) -> None:
        self.formation.update_stack(**self._wanted(parameters, body))

    def outputs(self) -> dict[str, str]:
        (stack,) = self.formation.describe_stacks(StackName=NAME)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def pool(self) -> dict[str, Any]:
        pool: dict[str, Any] = self.cognito.describe_user_pool(UserPoolId=self.outputs()["UserPool"])
        return pool["UserPool"]  # type: ignore[no-any-return]

    def client(self) -> dict[str, Any]:
        told = self.outputs()
        client: dict[str, Any] = self.cognito.describe_user_pool_client(
            UserPoolId=told["UserPool"], ClientId=told["UserPoolClient"]
        )
        return client["UserPoolClient"]  # type: ignore[no-any-return]

    def _wanted(self, parameters: dict[str, str], body: str | None = None) -> dict[str, Any]:
        named = {"Stage": STAGE} | parameters
        return {
            "StackName": NAME,
            "TemplateBody": body or TEMPLATE.read_text(),
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in named.items()],
        }


@pytest.fixture
def stack() -> Iterator[Stack]:
    assert ADDED
    with mock_aws(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Tried to parse", category=UserWarning)
        given: Any = {
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        yield Stack(boto3.client("cloudformation", **given), boto3.client("cognito-idp", **given))


def test_a_pool_is_as_the_template_says(stack: Stack) -> None:
    stack.create()
    pool = stack.pool()

    assert (pool["Name"], pool["UserPoolTier"], pool["MfaConfiguration"]) == (NAME, "LITE", "OFF")
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 10
    assert pool["UserPoolTags"] == {"app": "proctoring", "stage": STAGE}
    assert pool["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert stack.client()["TokenValidityUnits"]["AccessToken"] == "hours"


def test_where_an_identity_is_named_codes_are_mailed_by_it(stack: Stack) -> None:
    stack.create(MailIdentityArn=IDENTITY, MailFrom="Exams <exams@example.com>")

    assert stack.pool()["EmailConfiguration"] == {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": IDENTITY,
        "From": "Exams <exams@example.com>",
    }


def test_a_change_leaves_the_pool_its_client_and_its_people(stack: Stack) -> None:
    stack.create()
    before = stack.outputs()
    pool_id = before["UserPool"]
    stack.cognito.admin_create_user(UserPoolId=pool_id, Username="somebody")
    stack.cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="proctor", Username="somebody")

    changed = TEMPLATE.read_text()
    for old, new in (
        ("MinimumLength: 10", "MinimumLength: 12"),
        ("RefreshTokenValidity: 30", "RefreshTokenValidity: 7"),
        ("Description: They watch exams.", "Description: They watch."),
    ):
        assert old in changed
        changed = changed.replace(old, new)
    stack.update(changed)

    group = stack.cognito.get_group(UserPoolId=pool_id, GroupName="proctor")["Group"]
    members = stack.cognito.list_users_in_group(UserPoolId=pool_id, GroupName="proctor")["Users"]
    assert stack.outputs() == before
    assert stack.pool()["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert (stack.client()["RefreshTokenValidity"], group["Description"]) == (7, "They watch.")
    assert [each["Username"] for each in members] == ["somebody"]


def test_without_what_retains_it_the_pool_goes_with_the_stack(stack: Stack) -> None:
    # moto does not know RetainExceptOnCreate, and takes it for Delete.
    stack.create()
    told = stack.outputs()
    stack.formation.delete_stack(StackName=NAME)

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        stack.cognito.describe_user_pool(UserPoolId=told["UserPool"])
