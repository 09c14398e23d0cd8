"""What Chalice is given to package: a fresh copy of the service, with its configuration for one stage.

`.chalice/config.json` says what holds for every stage, and `policies/<function>.json` what each function may
do there. The copy is complete only here, so that any stage can be packaged without a file of its own, nothing
stale is packaged again, and nothing is left in the tree.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.deploy.errors import PackageError
from infra.deploy.target import Target

HERE = Path(__file__).parent
POLICIES = HERE / "policies"
ADDITIONS = HERE / "template-additions.json"
ADDITIONS_NAME = "template-additions.json"

STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")


def copy_project(tree: Path, to: Path, stage: str, target: Target) -> None:
    """Copy the service from `tree` to the new folder `to`, configured for the stage.

    Raises PackageError for a name that cannot be a stage.
    """
    if not STAGE.fullmatch(stage):
        raise PackageError(
            f"{stage!r} cannot be a stage: 1 to 16 lower-case letters and digits, a letter first"
        )
    for name, source in sources(tree):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to / name)
    for name in ("requirements.txt", "requirements-layer.txt"):
        shutil.copyfile(tree / name, to / name)
    (to / ".chalice").mkdir()
    _write(to / ".chalice" / "config.json", _config(tree, stage))
    for policy in sorted(POLICIES.glob("*.json")):
        document = json.loads(policy.read_text().replace("${Stage}", stage))
        _write(to / ".chalice" / policy.name, in_cloudformation(document))
    # Chalice's own choice for a function without a policy; wrong_with_template refuses what stands on it.
    _write(to / ".chalice" / f"policy-{stage}.json", {"Version": "2012-10-17", "Statement": []})
    additions = ADDITIONS.read_text().replace("${Stage}", stage).replace("${Runtime}", target.runtime)
    (to / ADDITIONS_NAME).write_text(additions)


def sources(tree: Path) -> Iterator[tuple[str, Path]]:
    """The service's files, each with its name in the package."""
    yield "app.py", tree / "app.py"
    for file in sorted((tree / "chalicelib").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(tree).as_posix(), file


def in_cloudformation(part: Any) -> Any:  # noqa: ANN401 - any JSON
    """A policy whose ARNs CloudFormation completes: `${AWS::Region}` and the like become Fn::Sub."""
    if isinstance(part, dict):
        return {name: in_cloudformation(value) for name, value in part.items()}
    if isinstance(part, list):
        return [in_cloudformation(value) for value in part]
    return {"Fn::Sub": part} if isinstance(part, str) and "${" in part else part


def _config(tree: Path, stage: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((tree / ".chalice" / "config.json").read_text())
    functions = config.get("lambda_functions", {})
    policies = {policy.stem: {"iam_policy_file": policy.name} for policy in POLICIES.glob("*.json")}
    config["lambda_functions"] = {
        name: functions.get(name, {}) | policies.get(name, {}) for name in sorted(functions | policies)
    }
    config["api_gateway_stage"] = stage
    config["environment_variables"] = config.get("environment_variables", {}) | {"STAGE": stage}
    return config


def _write(file: Path, document: object) -> None:
    file.write_text(json.dumps(document, indent=2))
