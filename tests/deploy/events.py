"""Events as AWS hands them to functions, whole."""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.cloud import ACCOUNT
from tests.deploy.account import REGION

Event = dict[str, Any]


def from_gateway(
    method: str,
    resource: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    binary: bool = False,
    query: Mapping[str, str] | None = None,
    ids: Mapping[str, str] | None = None,
) -> Event:
    """A request through a REST API with Lambda proxy integration. `resource`: the route's pattern."""
    path = re.sub(r"\{(\w+)}", lambda found: (ids or {})[found[1]], resource)
    sent = {"Host": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "X-Forwarded-Proto": "https", **headers}
    encoded = None if body is None else base64.b64encode(body).decode() if binary else body.decode()
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()}
        if query
        else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "1t7kz5",
            "resourcePath": resource,
            "httpMethod": method,
            "extendedRequestId": "UPAbXGmCDoEFREA=",
            "requestTime": "25/Nov/2026:10:15:30 +0000",
            "path": f"/dev{path}",
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": "dev",
            "domainPrefix": "a1b2c3d4e5",
            "requestTimeEpoch": 1795601730000,
            "requestId": "d7ce4f0c-7a1b-4f6e-9d57-0d3e8d2f1b11",
            "identity": {
                "cognitoIdentityPoolId": None,
                "accountId": None,
                "cognitoIdentityId": None,
                "caller": None,
                "sourceIp": "192.0.2.1",
                "principalOrgId": None,
                "accessKey": None,
                "cognitoAuthenticationType": None,
                "cognitoAuthenticationProvider": None,
                "userArn": None,
                "userAgent": "Mozilla/5.0",
                "user": None,
            },
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "apiId": "a1b2c3d4e5",
        },
        "body": encoded,
        "isBase64Encoded": binary,
    }


def from_queue(queue: str, messages: Sequence[Mapping[str, Any]]) -> Event:
    """Messages as SQS's ReceiveMessage gave them, as Lambda's poller hands them over."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": message.get("Attributes", {}).get("SentTimestamp", "1795601730000"),
                    "SenderId": "AROAEXAMPLE:proctoring-dev",
                    "ApproximateFirstReceiveTimestamp": "1795601730001",
                },
                "messageAttributes": {},
                "md5OfBody": message.get("MD5OfBody", "0" * 32),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }
