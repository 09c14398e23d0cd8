"""The AWS account and region that stages live in, as the environment's credentials name them."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from infra.deploy.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

# API Gateway takes one deployment of an API in five seconds from an account, and Chalice has just made one.
_PATIENT = Config(retries={"mode": "adaptive", "total_max_attempts": 10})


@dataclass(frozen=True, slots=True)
class Account:
    """Where a stage is deployed. Clients wait and ask again where AWS asks them to slow down."""

    id: str
    region: str
    partition: str
    """`aws`; `aws-cn` and `aws-us-gov` elsewhere."""
    dns_suffix: str
    """What the names of its hosts end with: `amazonaws.com`."""
    _session: boto3.session.Session = field(repr=False, compare=False)

    @overload
    def client(self, service: Literal["apigateway"]) -> "APIGatewayClient": ...
    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["cognito-idp"]) -> "CognitoIdentityProviderClient": ...
    @overload
    def client(self, service: Literal["dynamodb"]) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["events"]) -> "EventBridgeClient": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["lambda"]) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["logs"]) -> "CloudWatchLogsClient": ...
    @overload
    def client(self, service: Literal["rekognition"]) -> "RekognitionClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
    def client(self, service: str) -> Any:
        """A boto3 client of this account and region."""
        return self._session.client(service, config=_PATIENT)  # type: ignore[call-overload]

    @property
    def names(self) -> dict[str, str]:
        """The names that CloudFormation's pseudo parameters stand for."""
        return {
            "AWS::AccountId": self.id,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::URLSuffix": self.dns_suffix,
        }

    def pages(self, client: Any, operation: str, **asked: Any) -> Any:  # noqa: ANN401 - each service has its own
        """All pages of an answer."""
        return client.get_paginator(operation).paginate(**asked)


def current() -> Account:
    """The account of the environment's credentials. Raises DeployError, or what botocore does."""
    # boto3 reads only AWS_DEFAULT_REGION; every other SDK, and Lambda, has AWS_REGION.
    session = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))
    region = session.region_name
    if not region:
        raise DeployError("No region is chosen.", "Set AWS_REGION, or the profile's region.")
    partition = session.get_partition_for_region(region)
    if region not in session.get_available_regions("rekognition", partition):
        raise DeployError(f"Rekognition is not offered in {region}.", "Choose another region.")
    identity = session.client("sts").get_caller_identity()
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return Account(identity["Account"], region, partition, suffix, session)
