"""What Chalice is given: a fresh copy of the service, with its configuration for one stage.

`.chalice/config.json` says what holds for every stage, under `stages` what holds for one, and
`policies/<function>.json` what each function may do there. The copy is complete only here, so that any stage
can be packaged without a file of its own, nothing stale is packaged again, and nothing is left in the tree.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.deploy import configuration
from infra.deploy.stage import Stage
from infra.deploy.target import Target

HERE = Path(__file__).parent
POLICIES = HERE / "policies"
ADDITIONS = HERE / "template-additions.json"
ADDITIONS_NAME = "template-additions.json"
REQUIREMENTS = ("requirements.txt", "requirements-layer.txt")
_NAMED = re.compile(r"\$\{([\w:]+)}")

Render = Callable[[Any], Any]


def copy_project(tree: Path, to: Path, stage: str, target: Target) -> None:
    """Copy the service from `tree` to the new folder `to`, for a package that CloudFormation deploys.

    Raises PackageError for a name that cannot be a stage.
    """
    staged = Stage(stage)
    _copy_sources(tree, to)
    config = _config(configuration.without_outputs(configuration.read(tree), stage), staged)
    _write(to / ".chalice" / "config.json", config)
    _write_policies(to, staged, lambda document: in_cloudformation(document, staged))
    _write(to / ADDITIONS_NAME, additions(staged, target, configuration.variables(config, stage)))


def copy_for_account(tree: Path, to: Path, stage: Stage, names: Mapping[str, str]) -> None:
    """The same for `chalice deploy`: `names` has the account's and the stack's, as templates call them."""
    _copy_sources(tree, to)
    _write(to / ".chalice" / "config.json", _config(configuration.read(tree), stage))
    _write_policies(to, stage, lambda document: in_account(document, names))


def functions() -> set[str]:
    """The names of the functions that have a policy: all that app.py has."""
    return {policy.stem for policy in POLICIES.glob("*.json")}


def policies(folder: Path, stage: str) -> dict[str, Any]:
    """The policy of each function of a stage, by its name, before its ARNs are complete."""
    return {
        policy.stem: json.loads(policy.read_text().replace("${Stage}", stage))
        for policy in sorted(folder.glob("*.json"))
    }


def sources(tree: Path) -> Iterator[tuple[str, Path]]:
    """The service's files, each with its name in the package."""
    yield "app.py", tree / "app.py"
    for file in sorted((tree / "chalicelib").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(tree).as_posix(), file


def in_cloudformation(part: Any, stage: Stage) -> Any:  # noqa: ANN401 - any JSON
    """A policy whose ARNs CloudFormation completes: `${AWS::Region}` and the like become Fn::Sub.

    `${UserPool}` and the like are what the stage's stack exports.
    """

    def render(text: str) -> Any:  # noqa: ANN401
        names = [name for name in _NAMED.findall(text) if "::" not in name]
        imported = {name: {"Fn::ImportValue": stage.export(name)} for name in names}
        return {"Fn::Sub": [text, imported] if imported else text} if "${" in text else text

    return _with_texts(part, render)


def in_account(part: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """A policy whose ARNs are complete: `${AWS::Region}` and the like are looked up in `names`."""
    return _with_texts(part, lambda text: _NAMED.sub(lambda found: names[found[1]], text))


def additions(stage: Stage, target: Target, variables: Mapping[str, str]) -> dict[str, Any]:
    """What Chalice cannot express, for its own template to be merged with."""
    text = ADDITIONS.read_text()
    origin = variables.get("CORS_ORIGIN", "*")
    for name, value in {"Stage": stage.name, "Runtime": target.runtime, "CorsOrigin": origin}.items():
        text = text.replace(f"${{{name}}}", json.dumps(value)[1:-1])
    merged: dict[str, Any] = json.loads(text)
    return merged


def _with_texts(part: Any, render: Render) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, dict):
        return {name: _with_texts(value, render) for name, value in part.items()}
    if isinstance(part, list):
        return [_with_texts(value, render) for value in part]
    return render(part) if isinstance(part, str) else part


def _copy_sources(tree: Path, to: Path) -> None:
    for name, source in sources(tree):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to / name)
    for name in REQUIREMENTS:
        shutil.copyfile(tree / name, to / name)
    (to / ".chalice").mkdir()


def _write_policies(to: Path, stage: Stage, render: Render) -> None:
    for name, document in policies(POLICIES, stage.name).items():
        _write(to / ".chalice" / f"{name}.json", render(document))
    # Chalice's own choice for a function without a policy; wrong_with_template refuses what stands on it.
    _write(to / ".chalice" / f"policy-{stage.name}.json", {"Version": "2012-10-17", "Statement": []})


def _config(config: dict[str, Any], stage: Stage) -> dict[str, Any]:
    chosen = config.get("lambda_functions", {})
    files = {name: {"iam_policy_file": f"{name}.json"} for name in functions()}
    return config | {
        "lambda_functions": {
            name: chosen.get(name, {}) | files.get(name, {}) for name in sorted(chosen | files)
        },
        "api_gateway_stage": stage.name,
        "environment_variables": config.get("environment_variables", {}) | {"STAGE": stage.name},
    }


def _write(file: Path, document: object) -> None:
    file.write_text(json.dumps(document, indent=2))
