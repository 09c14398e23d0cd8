"""AWS::SecretsManager::Secret for moto's CloudFormation, which lacks it."""

import json
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.utils import random_password


class Secret(CloudFormationModel):
    """A secret with a given value or a generated one."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Return its type in templates."""
        return "AWS::SecretsManager::Secret"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003 - moto's signature
        """Return whether a template may refer to the attribute."""
        return False

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,  # noqa: ANN401
    ) -> "Secret":
        """Make the secret that the template describes."""
        properties = cloudformation_json["Properties"]
        value = properties.get("SecretString") or _generated(properties.get("GenerateSecretString", {}))
        secretsmanager_backends[account_id][region_name].create_secret(
            name=resource_name,
            secret_string=value,
            secret_binary=None,
            description=properties.get("Description"),
            tags=None,
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return cls(resource_name)


def _generated(wanted: dict[str, Any]) -> str:
    password = random_password(
        int(wanted.get("PasswordLength", 32)),
        wanted.get("ExcludeCharacters", ""),
        _is_true(wanted.get("ExcludeNumbers")),
        _is_true(wanted.get("ExcludePunctuation")),
        _is_true(wanted.get("ExcludeUppercase")),
        _is_true(wanted.get("ExcludeLowercase")),
        _is_true(wanted.get("IncludeSpace")),
        _is_true(wanted.get("RequireEachIncludedType", True)),
    )
    if "GenerateStringKey" not in wanted:
        return password
    fields = json.loads(wanted.get("SecretStringTemplate", "{}"))
    return json.dumps({**fields, wanted["GenerateStringKey"]: password})


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"
