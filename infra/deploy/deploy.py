"""`make deploy`: the steps from a package to a stage that answers."""

import re
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError
from pydantic import ValidationError

from chalicelib.settings import Settings, from_environment
from infra.deploy import configuration
from infra.deploy.account import Account
from infra.deploy.check import Check
from infra.deploy.errors import DeployError
from infra.deploy.finish import Finish
from infra.deploy.found import Found
from infra.deploy.functions import Functions
from infra.deploy.outputs import Outputs
from infra.deploy.package import APP, LAYER
from infra.deploy.published import PublishedLayer
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage
from infra.deploy.steps import Step
from infra.deploy.target import Target

PARAMETERS = {"retention_days": "RetentionDays", "cors_origin": "CorsOrigin"}
"""Settings that the stack has to know, too: always told, so that what is taken back is taken back there."""
OURS = {"Stage", *PARAMETERS.values()}
"""Parameters of the stack that nobody chooses but here."""
_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL")


def steps(
    account: Account,
    stage: Stage,
    *,
    tree: Path,
    built: Path,
    target: Target,
    parameters: Mapping[str, str],
    checked: bool = True,
) -> list[Step]:
    """What to do, in order. `built`: the folder of `make package`; `parameters`: of infra/template.yaml."""
    variables = configuration.variables(configuration.read(tree), stage.name)
    settings = from_environment(variables | {"STAGE": stage.name})
    chosen = {parameter: str(getattr(settings, name)) for name, parameter in PARAMETERS.items()}
    stack = Stack(account, stage, dict(parameters) | chosen)
    layer = PublishedLayer(account, stage, stack, built / LAYER, target)
    functions = Functions(account, stage, tree, built / APP, target)
    built_up: list[Step] = [
        stack,
        layer,
        Outputs(stage, tree, stack, layer),
        functions,
        Finish(account, stage, tree, target),
    ]
    return [*built_up, Check(functions)] if checked else built_up


def check_settings(tree: Path, stage: Stage) -> None:
    """Raises DeployError for settings that no function would start with, and for secrets among them."""
    variables = configuration.variables(configuration.read(tree), stage.name)
    where = f"stages.{stage.name}.environment_variables of .chalice/config.json"
    try:
        from_environment(variables | {"STAGE": stage.name})
    except ValidationError as exc:
        wrong = (f"{str(error['loc'][0]).upper()}: {error['msg']}" for error in exc.errors())
        raise DeployError(*wrong, f"Correct {where}; docs/settings.md lists the settings.") from None
    for name in variables:
        if _SECRET.search(name) and name.lower() not in Settings.model_fields:
            raise DeployError(
                f"{name} looks like a secret, and an environment is no place for one.",
                f"Take it out of {where}, and put it into the secret {stage.stack} of Secrets Manager.",
            )


def check_place(account: Account, stage: Stage) -> None:
    """Raises DeployError if the stage is another region's: roles and buckets have one name in an account."""
    bucket = f"{stage.prefix}artifacts-{account.id}"
    try:
        there = account.client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "NoSuchBucket":
            raise
        return
    if there != account.region:
        raise DeployError(
            f"The stage {stage.name} of this account lives in {there}, not in {account.region}.",
            "Choose that region, or another name: a stage's name is used once in an account.",
        )


def check_maker(account: Account, stage: Stage) -> None:
    """Raises DeployError if the stage's functions were not made by Chalice, but by a pipeline."""
    if foreign := Found(account, stage).foreign():
        made = ", ".join(f"{name} (by {maker})" for name, maker in sorted(foreign.items()))
        raise DeployError(
            f"Functions of the stage {stage.name} are there that Chalice did not make: {made}.",
            "Change or delete them the way they were made: docs/deploy.md.",
        )


def farewell(account: Account, stage: Stage) -> str:
    """What to do with a stage that was deployed."""
    found = Found(account, stage)
    url = found.api_url(found.api() or "")
    return (
        f"\nStage {stage.name} answers at {url}\n"
        f"  make tenant STAGE={stage.name} NAME='Acme Hiring'   makes a tenant and its first API key\n"
        f"  curl {url}health?deep=true\n"
        "Commit .chalice/config.json: it says what the stage stands on."
    )
