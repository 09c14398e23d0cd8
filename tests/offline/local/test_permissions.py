"""Each call needs the permissions that AWS asks for it, and an unknown one is refused."""

from typing import Any

import pytest

from infra.local.iam import Account, Permission
from infra.local.permissions import UnknownCallError, needed

ACCOUNT = Account("eu-west-1", "42")
TABLE = "arn:aws:dynamodb:eu-west-1:42:table/t"
QUEUE = "arn:aws:sqs:eu-west-1:42:jobs"
ITEM = {"TableName": "t"}
OBJECT = {"Bucket": "b", "Key": "acme/s-1/a"}

NEEDED: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("dynamodb.GetItem", ITEM, [("dynamodb:GetItem", TABLE)]),
    ("dynamodb.UpdateItem", ITEM, [("dynamodb:UpdateItem", TABLE)]),
    ("dynamodb.Query", ITEM, [("dynamodb:Query", TABLE)]),
    ("dynamodb.Query", ITEM | {"IndexName": "i"}, [("dynamodb:Query", f"{TABLE}/index/i")]),
    ("dynamodb.Scan", ITEM, [("dynamodb:Scan", TABLE)]),
    (
        "dynamodb.BatchGetItem",
        {"RequestItems": {"t": {}, "u": {}}},
        [("dynamodb:BatchGetItem", TABLE), ("dynamodb:BatchGetItem", TABLE.removesuffix("t") + "u")],
    ),
    ("dynamodb.BatchWriteItem", {"RequestItems": {"t": []}}, [("dynamodb:BatchWriteItem", TABLE)]),
    (
        "dynamodb.TransactWriteItems",
        {"TransactItems": [{kind: ITEM} for kind in ("Put", "Update", "Delete", "ConditionCheck")]},
        [
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            ("dynamodb:ConditionCheckItem", TABLE),
        ],
    ),
    ("dynamodb.TransactGetItems", {"TransactItems": [{"Get": ITEM}]}, [("dynamodb:GetItem", TABLE)]),
    ("s3.PutObject", OBJECT, [("s3:PutObject", "arn:aws:s3:::b/acme/s-1/a")]),
    ("s3.HeadObject", OBJECT, [("s3:GetObject", "arn:aws:s3:::b/acme/s-1/a")]),
    (
        "s3.DeleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": "c/d"}]}},
        [("s3:DeleteObject", "arn:aws:s3:::b/a"), ("s3:DeleteObject", "arn:aws:s3:::b/c/d")],
    ),
    ("s3.ListObjectsV2", {"Bucket": "b", "Prefix": "acme/"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
    ("sqs.GetQueueUrl", {"QueueName": "jobs"}, [("sqs:GetQueueUrl", QUEUE)]),
    ("sqs.SendMessage", {"QueueUrl": "https://sqs/42/jobs"}, [("sqs:SendMessage", QUEUE)]),
    ("sqs.DeleteMessageBatch", {"QueueUrl": "https://sqs/42/jobs"}, [("sqs:DeleteMessage", QUEUE)]),
    ("rekognition.DetectFaces", {"Image": {}}, [("rekognition:DetectFaces", "*")]),
    (
        "rekognition.IndexFaces",
        {"CollectionId": "proctoring-dev-acme"},
        [("rekognition:IndexFaces", "arn:aws:rekognition:eu-west-1:42:collection/proctoring-dev-acme")],
    ),
    (
        "cognito-idp.AdminInitiateAuth",
        {"UserPoolId": "eu-west-1_aB1", "ClientId": "c"},
        [("cognito-idp:AdminInitiateAuth", "arn:aws:cognito-idp:eu-west-1:42:userpool/eu-west-1_aB1")],
    ),
    ("cognito-idp.SignUp", {"ClientId": "c"}, []),
    (
        "secretsmanager.GetSecretValue",
        {"SecretId": "proctoring-dev"},
        [
            (
                "secretsmanager:GetSecretValue",
                "arn:aws:secretsmanager:eu-west-1:42:secret:proctoring-dev-a1B2c3",
            )
        ],
    ),
]


@pytest.mark.parametrize(("call", "parameters", "permissions"), NEEDED, ids=str)
def test_a_call_needs_what_aws_asks_for_it(
    call: str, parameters: dict[str, Any], permissions: list[tuple[str, str]]
) -> None:
    service, operation = call.split(".")

    assert needed(service, operation, parameters, ACCOUNT) == [Permission(*each) for each in permissions]


@pytest.mark.parametrize(
    "call",
    [
        "dynamodb.DeleteTable",
        "s3.PutObjectAcl",
        "sqs.PurgeQueue",
        "secretsmanager.PutSecretValue",
        "rekognition.SearchFaces",
        "cognito-idp.DeleteUserPool",
        "iam.CreateUser",
    ],
)
def test_a_call_that_nobody_has_looked_up_is_refused(call: str) -> None:
    service, operation = call.split(".")

    with pytest.raises(UnknownCallError, match=f"{service}:{operation}"):
        needed(service, operation, ITEM | OBJECT, ACCOUNT)
