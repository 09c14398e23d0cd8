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
        statements = policy["PolicyDocument"]["Statement"]
        (statement,) = [each for each in statements if each["Effect"] == "Deny"]
        assert statement["Principal"] == "*"
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


def test_only_s3_may_use_a_queue_by_its_policy_and_only_for_our_bucket() -> None:
    bucket = dict(of_type("AWS::S3::Bucket"))["EvidenceBucket"]
    allowed = [
        statement
        for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy")
        for _, policy in of_type(kind)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] != "Deny"
    ]

    assert allowed == [
        {
            "Sid": "UploadsOfOurBucket",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": {"Fn::GetAtt": ["JobsQueue", "Arn"]},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                "ArnLike": {
                    "aws:SourceArn": {
                        "Fn::Sub": "arn:${AWS::Partition}:s3:::" + bucket["BucketName"]["Fn::Sub"]
                    }
                },
            },
        }
    ]


def test_uploads_alone_come_to_the_jobs_queue_whose_policy_is_there_before() -> None:
    buckets = {name: each for name, each in resources().items() if each["Type"] == "AWS::S3::Bucket"}
    telling = {
        name: each["Properties"]["NotificationConfiguration"]
        for name, each in buckets.items()
        if "NotificationConfiguration" in each["Properties"]
    }

    assert telling == {
        "EvidenceBucket": {
            "QueueConfigurations": [
                {
                    "Event": "s3:ObjectCreated:*",
                    "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "uploads/"}]}},
                    "Queue": {"Fn::GetAtt": ["JobsQueue", "Arn"]},
                }
            ]
        }
    }
    # S3 refuses to notify a queue that does not let it, and with it CloudFormation to make the bucket.
    assert buckets["EvidenceBucket"]["DependsOn"] == "JobsQueuePolicy"
    assert "KmsMasterKeyId" not in dict(of_type("AWS::SQS::Queue"))["JobsQueue"]


def test_pictures_of_jobs_leave_the_bucket_when_they_are_promised_to() -> None:
    rules = dict(of_type("AWS::S3::Bucket"))["EvidenceBucket"]["LifecycleConfiguration"]["Rules"]

    assert {rule.get("Prefix", ""): rule["ExpirationInDays"] for rule in rules} == {
        "": {"Ref": "RetentionDays"},
        "enrolments/": 1,
        "uploads/": 1,
        "pictures/": 1,
        "images/1/": 1,
        "images/7/": 7,
        "images/30/": 30,
        "images/90/": 90,
    }
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_browsers_may_show_pictures_and_upload_what_was_signed() -> None:
    cors = dict(of_type("AWS::S3::Bucket"))["EvidenceBucket"]["CorsConfiguration"]["CorsRules"]

    assert cors == [
        {
            "AllowedMethods": ["GET", "PUT", "POST"],
            "AllowedOrigins": [{"Ref": "CorsOrigin"}],
            "AllowedHeaders": ["*"],
        }
    ]


def test_every_table_is_encrypted() -> None:
    tables = dict(of_type("AWS::DynamoDB::Table"))

    assert len(tables) == 7
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
