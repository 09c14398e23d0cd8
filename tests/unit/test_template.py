"""What the functions stand on is private, encrypted, and reached by TLS alone; no secret is a setting."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.domain.people import LEAST_PASSWORD
from chalicelib.settings import Settings
from tests.stack import resources

SECRETIVE = ("KEY", "SECRET", "TOKEN", "PASSWORD", "CREDENTIAL")


def of_type(kind: str) -> list[tuple[str, Any]]:
    """The resources of a type, each by its logical name with its properties."""
    return [(name, each["Properties"]) for name, each in resources().items() if each["Type"] == kind]


def tls_only(policy_type: str, of: str) -> Iterator[tuple[str, Any]]:
    """What each policy refuses that comes without TLS: the logical name of whom it is for, and of what."""
    for _, policy in of_type(policy_type):
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Action"] in {"s3:*", "sqs:*"}
        targets = policy[of] if isinstance(policy[of], list) else [policy[of]]
        for target in targets:
            yield target["Ref"], statement["Resource"]


@pytest.mark.parametrize("name", [name for name, _ in of_type("AWS::S3::Bucket")])
def test_a_bucket_is_private_and_encrypted(name: str) -> None:
    bucket = dict(of_type("AWS::S3::Bucket"))[name]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_every_bucket_refuses_what_comes_without_tls() -> None:
    buckets = {name for name, _ in of_type("AWS::S3::Bucket")}

    assert dict(tls_only("AWS::S3::BucketPolicy", "Bucket")) == {
        name: [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}] for name in buckets
    }


def test_every_queue_is_encrypted_and_refuses_what_comes_without_tls() -> None:
    queues = dict(of_type("AWS::SQS::Queue"))

    assert {name: queue["SqsManagedSseEnabled"] for name, queue in queues.items()} == dict.fromkeys(
        queues, True
    )
    assert dict(tls_only("AWS::SQS::QueuePolicy", "Queues")) == {
        name: {"Fn::GetAtt": [name, "Arn"]} for name in queues
    }


def test_every_table_is_encrypted() -> None:
    tables = dict(of_type("AWS::DynamoDB::Table"))

    assert len(tables) == 5
    assert {name: table["SSESpecification"] for name, table in tables.items()} == {
        name: {"SSEEnabled": True} for name in tables
    }


def test_a_password_is_tried_by_the_service_alone() -> None:
    ((_, client),) = of_type("AWS::Cognito::UserPoolClient")

    assert client["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"]


def test_a_username_is_neither_an_e_mail_nor_a_name_that_people_choose() -> None:
    ((_, pool),) = of_type("AWS::Cognito::UserPool")

    assert {"UsernameAttributes", "AliasAttributes"} & pool.keys() == set()
    assert pool["AutoVerifiedAttributes"] == ["email"]


def test_the_pool_takes_every_password_that_the_service_takes() -> None:
    ((_, pool),) = of_type("AWS::Cognito::UserPool")

    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": LEAST_PASSWORD,
        "RequireLowercase": True,
        "RequireUppercase": True,
        "RequireNumbers": True,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 1,
    }


def test_there_is_a_group_for_every_role_of_people() -> None:
    groups = of_type("AWS::Cognito::UserPoolGroup")

    assert {name: group["GroupName"] for name, group in groups} == {
        "CandidateGroup": "candidate",
        "ProctorGroup": "proctor",
        "AdminGroup": "admin",
    }


def test_no_setting_could_hold_a_secret() -> None:
    # Secrets are in Secrets Manager. A setting of text that is added here has been thought about.
    texts = {name for name, setting in Settings.model_fields.items() if setting.annotation is str}

    assert {setting.annotation for setting in Settings.model_fields.values()} <= {str, int, float, bool}
    assert texts == {
        "stage",
        "evidence_bucket",
        "user_pool_id",
        "user_pool_client_id",
        "jwks_url",
        "cors_origin",
        "openai_model",
        "log_level",
    }
    assert not [name for name in texts if any(word in name.upper() for word in SECRETIVE)]
