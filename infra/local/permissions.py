"""Which permissions a call needs, as the Service Authorization Reference of AWS has it.

A call that is not listed here is refused loudly: nobody has looked up what it needs.
"""

from collections.abc import Mapping
from typing import Any

from infra.local.iam import Account, Permission

Parameters = Mapping[str, Any]

# DynamoDB has no permission for a transaction: it needs those of its parts.
PARTS = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
ON_OBJECT = {
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "DeleteObject": "DeleteObject",
}
ON_BUCKET = {"ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}
ON_QUEUE = {
    "GetQueueUrl": "GetQueueUrl",
    "GetQueueAttributes": "GetQueueAttributes",
    "SendMessage": "SendMessage",
    "SendMessageBatch": "SendMessage",
    "ReceiveMessage": "ReceiveMessage",
    "DeleteMessage": "DeleteMessage",
    "DeleteMessageBatch": "DeleteMessage",
}
ON_NOTHING = {
    "CompareFaces",
    "CreateFaceLivenessSession",
    "DetectFaces",
    "DetectLabels",
    "DetectText",
    "GetFaceLivenessSessionResults",
    "ListCollections",
}
"""Calls of Rekognition that are about no resource of the account."""
ON_COLLECTION = {
    "CreateCollection",
    "DeleteCollection",
    "DeleteFaces",
    "IndexFaces",
    "ListFaces",
    "SearchFacesByImage",
}
ON_POOL = {
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminGetUser",
    "AdminInitiateAuth",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminResetUserPassword",
    "AdminRespondToAuthChallenge",
    "AdminSetUserPassword",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "ListUsers",
    "ListUsersInGroup",
}
OF_ANYBODY = {
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "ForgotPassword",
    "GetUser",
    "GlobalSignOut",
    "InitiateAuth",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SignUp",
}
"""Calls of Cognito that carry no credentials of AWS, and so need no permission of a role."""
SUFFIX = "-a1B2c3"
"""Secrets Manager adds six characters of its own to a secret's name."""


class UnknownCallError(Exception):
    """A call whose permissions are not known; write them into `infra.local.permissions`."""


def needed(service: str, operation: str, parameters: Parameters, account: Account) -> list[Permission]:
    """What must be allowed. Raises UnknownCallError."""
    match service:
        case "cognito-idp" if operation in OF_ANYBODY:
            return []
        case "cognito-idp" if operation in ON_POOL:
            pool = account.arn("cognito-idp", f"userpool/{parameters['UserPoolId']}")
            permissions = [Permission(f"cognito-idp:{operation}", pool)]
        case "dynamodb":
            permissions = _dynamodb(operation, parameters, account)
        case "s3":
            permissions = _s3(operation, parameters)
        case "sqs" if operation in ON_QUEUE:
            queue = parameters.get("QueueName") or parameters["QueueUrl"].rpartition("/")[2]
            permissions = [Permission(f"sqs:{ON_QUEUE[operation]}", account.arn("sqs", queue))]
        case "secretsmanager" if operation == "GetSecretValue":
            secret = account.arn("secretsmanager", f"secret:{parameters['SecretId']}{SUFFIX}")
            permissions = [Permission("secretsmanager:GetSecretValue", secret)]
        case "rekognition" if operation in ON_NOTHING:
            permissions = [Permission(f"rekognition:{operation}", "*"), *_read_for(parameters)]
        case "rekognition" if operation in ON_COLLECTION:
            collection = account.arn("rekognition", f"collection/{parameters['CollectionId']}")
            permissions = [Permission(f"rekognition:{operation}", collection)]
        case _:
            permissions = []
    if not permissions:
        raise UnknownCallError(f"Nobody has looked up what {service}:{operation} needs to be allowed.")
    return permissions


def _dynamodb(operation: str, parameters: Parameters, account: Account) -> list[Permission]:
    asked: list[tuple[str, str]] = []
    match operation:
        case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" | "Scan":
            asked = [(operation, _table(parameters))]
        case "BatchGetItem" | "BatchWriteItem":
            asked = [(operation, f"table/{name}") for name in parameters["RequestItems"]]
        case "TransactGetItems" | "TransactWriteItems":
            parts = [part for item in parameters["TransactItems"] for part in item.items()]
            asked = [(PARTS[kind], _table(part)) for kind, part in parts]
    return [Permission(f"dynamodb:{action}", account.arn("dynamodb", name)) for action, name in asked]


def _read_for(parameters: Parameters) -> list[Permission]:
    """Rekognition reads a picture in S3 with the rights of who calls it."""
    pictures = [parameters.get(name) or {} for name in ("Image", "SourceImage", "TargetImage")]
    kept = [picture["S3Object"] for picture in pictures if "S3Object" in picture]
    return [Permission("s3:GetObject", f"arn:aws:s3:::{each['Bucket']}/{each['Name']}") for each in kept]


def _table(parameters: Parameters) -> str:
    index = parameters.get("IndexName")
    return f"table/{parameters['TableName']}" + (f"/index/{index}" if index else "")


def _s3(operation: str, parameters: Parameters) -> list[Permission]:
    bucket = f"arn:aws:s3:::{parameters.get('Bucket')}"
    if operation == "CreateBucket":  # so botocore calls the signing of a form, by which somebody uploads
        return [Permission("s3:PutObject", f"{bucket}/uploads/*")]
    if operation == "DeleteObjects":
        keys = [each["Key"] for each in parameters["Delete"]["Objects"]]
        return [Permission("s3:DeleteObject", f"{bucket}/{key}") for key in keys]
    if operation in ON_OBJECT:
        return [Permission(f"s3:{ON_OBJECT[operation]}", f"{bucket}/{parameters['Key']}")]
    return [Permission(f"s3:{ON_BUCKET[operation]}", bucket)] if operation in ON_BUCKET else []
