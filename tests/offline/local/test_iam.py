"""A policy allows what it says and nothing else; what it says in other words is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.iam import Account, Permission, Policy, UnsupportedPolicyError, policy_of, read_policies

STATEMENT = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_each_action_is_allowed_on_each_resource_of_its_statement() -> None:
    statement = STATEMENT | {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["one", "two"]}

    assert policy_of(document(statement)) == Policy(
        (
            Permission("s3:GetObject", "one"),
            Permission("s3:GetObject", "two"),
            Permission("s3:PutObject", "one"),
            Permission("s3:PutObject", "two"),
        )
    )


@pytest.mark.parametrize(
    ("allowed", "asked", "covered"),
    [
        ("arn:table/a", "arn:table/a", True),
        ("arn:table/a", "arn:table/ab", False),
        ("arn:table/a", "arn:table/a/index/i", False),
        ("arn:::b/*", "arn:::b/c/d.jpg", True),
        ("arn:::b/*", "arn:::b", False),
        ("arn:::b", "arn:::b/c", False),
        ("arn:secret:s-??????", "arn:secret:s-a1B2c3", True),
        ("arn:secret:s-??????", "arn:secret:s-a1B2c", False),
        ("arn:secret:s-??????", "arn:secret:s-more-a1B2c3", False),
        ("arn.table", "arnXtable", False),
        ("*", "*", True),
        ("arn:*", "*", False),
        ("*", "arn:anything", True),
    ],
)
def test_a_resource_is_covered_by_its_pattern(*, allowed: str, asked: str, covered: bool) -> None:
    policy = Policy((Permission("s3:GetObject", allowed),))

    found = policy.permission_for(Permission("s3:GetObject", asked))

    assert found == (Permission("s3:GetObject", allowed) if covered else None)


def test_one_action_does_not_allow_another() -> None:
    policy = Policy((Permission("s3:GetObject", "*"),))

    assert policy.permission_for(Permission("s3:GetObjectAcl", "*")) is None
    assert Policy().permission_for(Permission("s3:GetObject", "*")) is None


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Action": "s3:*"},
        {"Action": "*"},
        {"Action": ["s3:GetObject", "s3:Get*"]},
        {"Resource": "arn:aws:s3:::b/${aws:username}/*"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"NotAction": "s3:PutObject"},
        {"Principal": "*"},
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedPolicyError):
        policy_of(document(STATEMENT | change))


def test_a_policy_of_another_version_is_refused() -> None:
    with pytest.raises(UnsupportedPolicyError):
        policy_of({"Version": "2008-10-17", "Statement": [STATEMENT]})


def test_policies_are_read_for_a_stage_and_an_account(tmp_path: Path) -> None:
    arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:proctoring-${Stage}-jobs"
    written = document({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn})
    (tmp_path / "run_job.json").write_text(json.dumps(written))

    assert read_policies(tmp_path, "dev", Account("eu-west-1", "42"), {}) == {
        "run_job": Policy((Permission("sqs:SendMessage", "arn:aws:sqs:eu-west-1:42:proctoring-dev-jobs"),))
    }


def test_a_policy_may_name_what_the_stack_made(tmp_path: Path) -> None:
    arn = "arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/${UserPool}"
    written = document({"Effect": "Allow", "Action": "cognito-idp:AdminGetUser", "Resource": arn})
    (tmp_path / "run_job.json").write_text(json.dumps(written))
    here, pool = Account("eu-west-1", "42"), "eu-west-1_aB1"

    assert read_policies(tmp_path, "dev", here, {"UserPool": pool}) == {
        "run_job": Policy(
            (Permission("cognito-idp:AdminGetUser", f"arn:aws:cognito-idp:eu-west-1:42:userpool/{pool}"),)
        )
    }
    with pytest.raises(UnsupportedPolicyError):
        read_policies(tmp_path, "dev", here, {})
