"""What an operator must be allowed to do: docs/deploy.md hands out this policy."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.deploy.conftest import TREE, Deployed

POLICY = TREE / "infra/deploy/deployer-policy.json"
# The prefixes of actions, where they are not the names that requests are signed for.
SIGNED_AS = {"monitoring": "cloudwatch"}
# Resource types of the template whose actions the caller of CloudFormation needs.
MADE_BY = {
    "AWS::CloudWatch": "cloudwatch",
    "AWS::Cognito": "cognito-idp",
    "AWS::DynamoDB": "dynamodb",
    "AWS::Logs": "logs",
    "AWS::S3": "s3",
    "AWS::SNS": "sns",
    "AWS::SQS": "sqs",
    "AWS::SecretsManager": "secretsmanager",
}


def granted() -> set[str]:
    statements: list[dict[str, Any]] = json.loads(POLICY.read_text())["Statement"]
    actions = [
        action
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    return {action.partition(":")[0] for action in actions}


def test_every_service_that_a_deployment_asks_is_granted(deployed: Deployed) -> None:
    with urllib.request.urlopen(f"{deployed.account.url}/_services", timeout=10) as answer:
        asked = {SIGNED_AS.get(service, service) for service in json.load(answer)}

    assert asked >= {"apigateway", "cloudformation", "events", "iam", "lambda", "s3", "sts"}
    assert asked <= granted()


def test_every_kind_of_resource_of_the_stack_is_granted() -> None:
    template = (TREE / "infra/template.yaml").read_text()
    kinds = {
        line.split("Type: ")[1].rsplit("::", 1)[0] for line in template.splitlines() if "Type: AWS::" in line
    }

    assert {MADE_BY[kind] for kind in kinds if kind != "AWS::SSM"} <= granted()


def test_what_may_be_changed_is_named_after_the_service() -> None:
    statements: list[dict[str, Any]] = json.loads(POLICY.read_text())["Statement"]
    tagged = {
        statement["Sid"]
        for statement in statements
        if statement.get("Condition")
        in [{"StringEquals": {f"aws:{which}Tag/app": "proctoring"}} for which in ("Request", "Resource")]
    }
    unnamed = {
        statement["Sid"]
        for statement in statements
        if any("proctoring-" not in arn for arn in [statement["Resource"]] if isinstance(arn, str))
    }

    # Reading, and what AWS names by itself: mappings, and roles of which an account has one.
    assert unnamed - tagged == {
        "FindOutWhatIsThere",
        "WhatFeedsThem",
        "TracesOfTheGateway",
        "MailsOfThePool",
    }
    assert tagged == {"MakeAPool", "ItsPool"}  # a pool's ARN has its id, not its name


def test_the_page_names_the_policy() -> None:
    assert POLICY.relative_to(TREE).as_posix() in Path(TREE / "docs/deploy.md").read_text()
