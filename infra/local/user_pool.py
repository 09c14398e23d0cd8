"""A Cognito user pool, its client and its groups for moto's CloudFormation, which lacks them.

Each is made in moto's own Cognito, from the properties that the template gives.
"""

from contextlib import suppress
from typing import Any

from moto.cognitoidp.exceptions import ResourceNotFoundError
from moto.cognitoidp.models import CognitoIdpBackend, cognitoidp_backends
from moto.core.common_models import CloudFormationModel

Properties = dict[str, Any]


class UserPool(CloudFormationModel):
    """A pool; what it is called in AWS is its id."""

    def __init__(self, pool_id: str, arn: str) -> None:
        self.physical_resource_id = pool_id
        self.arn = arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "UserPoolName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return its type in templates."""
        return "AWS::Cognito::UserPool"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether a template may refer to the attribute."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what a template refers to."""
        return {"Arn": self.arn}[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_: Any,  # noqa: ANN401
    ) -> "UserPool":
        """Make the pool that the template describes."""
        made = _backend(account_id, region_name).create_user_pool(
            resource_name, _without(cloudformation_json, "UserPoolName")
        )
        return cls(made.id, made.arn)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "UserPool",
        new_resource_name: str,  # noqa: ARG003 - moto's signature
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> "UserPool":
        """Let the pool be as the template describes it now; its people stay."""
        _backend(account_id, region_name).update_user_pool(
            original_resource.physical_resource_id, _without(cloudformation_json, "UserPoolName", "Schema")
        )
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Take it away with everybody in it."""
        _backend(account_id, region_name).delete_user_pool(self.physical_resource_id)


class UserPoolClient(CloudFormationModel):
    """A client of a pool; what it is called in AWS is its id."""

    def __init__(self, pool_id: str, client_id: str) -> None:
        self.pool_id = pool_id
        self.physical_resource_id = client_id

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "ClientName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return its type in templates."""
        return "AWS::Cognito::UserPoolClient"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether a template may refer to the attribute."""
        return attr == "ClientId"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what a template refers to."""
        return {"ClientId": self.physical_resource_id}[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_: Any,  # noqa: ANN401
    ) -> "UserPoolClient":
        """Make the client that the template describes."""
        wanted = _without(cloudformation_json, "UserPoolId", "GenerateSecret")
        properties = cloudformation_json["Properties"]
        made = _backend(account_id, region_name).create_user_pool_client(
            properties["UserPoolId"],
            bool(properties.get("GenerateSecret")),
            {**wanted, "ClientName": resource_name},
        )
        return cls(properties["UserPoolId"], made.id)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "UserPoolClient",
        new_resource_name: str,  # noqa: ARG003 - moto's signature
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> "UserPoolClient":
        """Let the client be as the template describes it now; its tokens stay valid."""
        _backend(account_id, region_name).update_user_pool_client(
            original_resource.pool_id,
            original_resource.physical_resource_id,
            _without(cloudformation_json, "UserPoolId", "GenerateSecret"),
        )
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Take it away, if its pool was not first: moto keeps to no order."""
        with suppress(ResourceNotFoundError):
            _backend(account_id, region_name).delete_user_pool_client(self.pool_id, self.physical_resource_id)


class UserPoolGroup(CloudFormationModel):
    """A group of a pool; what it is called in AWS is its name."""

    def __init__(self, pool_id: str, name: str) -> None:
        self.pool_id = pool_id
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "GroupName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return its type in templates."""
        return "AWS::Cognito::UserPoolGroup"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003 - moto's signature
        """Return whether a template may refer to the attribute."""
        return False

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_: Any,  # noqa: ANN401
    ) -> "UserPoolGroup":
        """Make the group that the template describes."""
        properties = cloudformation_json["Properties"]
        _backend(account_id, region_name).create_group(
            properties["UserPoolId"],
            resource_name,
            properties.get("Description"),
            properties.get("RoleArn"),
            properties.get("Precedence"),
        )
        return cls(properties["UserPoolId"], resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "UserPoolGroup",
        new_resource_name: str,  # noqa: ARG003 - moto's signature
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> "UserPoolGroup":
        """Let the group be as the template describes it now; its members stay."""
        properties = cloudformation_json["Properties"]
        _backend(account_id, region_name).update_group(
            original_resource.pool_id,
            original_resource.physical_resource_id,
            properties.get("Description"),
            properties.get("RoleArn"),
            properties.get("Precedence"),
        )
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Take it away, if its pool was not first; its members stay in the pool."""
        with suppress(ResourceNotFoundError):
            _backend(account_id, region_name).delete_group(self.pool_id, self.physical_resource_id)


def _backend(account_id: str, region_name: str) -> CognitoIdpBackend:
    return cognitoidp_backends[account_id][region_name]


def _without(cloudformation_json: Properties, *names: str) -> Properties:
    """The properties that moto takes as they are: all but these."""
    properties = cloudformation_json["Properties"]
    return {name: value for name, value in properties.items() if name not in names}
