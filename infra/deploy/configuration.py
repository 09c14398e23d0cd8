"""`.chalice/config.json`: what an operator chose for a stage, and what deploying it brought forth.

Settings (docs/settings.md) stand in `stages.<stage>.environment_variables`. What the stack and the layer are
called stands beside them, written by the deployment, so that Chalice finds it and a reader sees it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.deploy.stage import Stage

Config = dict[str, Any]

OUTPUTS = {
    "EVIDENCE_BUCKET": "EvidenceBucket",
    "USER_POOL_ID": "UserPool",
    "USER_POOL_CLIENT_ID": "UserPoolClient",
}
"""Variables that the deployment writes, each with the stack's output that it has."""


def path(tree: Path) -> Path:
    """Where it lies."""
    return tree / ".chalice" / "config.json"


def read(tree: Path) -> Config:
    """The whole file."""
    config: Config = json.loads(path(tree).read_text())
    return config


def handed_over(outputs: Mapping[str, str]) -> dict[str, str]:
    """The variables that the deployment writes, of a stack with these outputs."""
    return {variable: outputs[output] for variable, output in OUTPUTS.items()}


def variables(config: Config, stage: str) -> dict[str, str]:
    """The environment that the stage's functions are given."""
    own = config.get("stages", {}).get(stage, {}).get("environment_variables", {})
    return {**config.get("environment_variables", {}), **own}


def with_outputs(config: Config, stage: str, layer_arn: str, outputs: Mapping[str, str]) -> Config:
    """The configuration with what the stage's functions stand on."""
    stages = config.get("stages", {})
    chosen = stages.get(stage, {})
    environment = chosen.get("environment_variables", {}) | outputs
    layers = [*_others(chosen, layer_arn.rpartition(":")[0]), layer_arn]
    staged = chosen | {"layers": layers, "environment_variables": environment}
    return config | {"stages": stages | {stage: staged}}


def without_outputs(config: Config, stage: str) -> Config:
    """The configuration as the operator chose it: CloudFormation brings the rest by itself."""
    stages = dict(config.get("stages", {}))
    chosen = dict(stages.pop(stage, {}))
    if others := _others(chosen, f":layer:{Stage(stage).layer}"):
        chosen["layers"] = others
    else:
        chosen.pop("layers", None)
    environment = chosen.pop("environment_variables", {})
    if kept := {name: value for name, value in environment.items() if name not in OUTPUTS}:
        chosen["environment_variables"] = kept
    if chosen:
        stages[stage] = chosen
    rest = {name: value for name, value in config.items() if name != "stages"}
    return rest | {"stages": stages} if stages else rest


def _others(chosen: Config, ours: str) -> list[str]:
    """Layers that the operator chose."""
    return [arn for arn in chosen.get("layers", []) if ours not in arn]


def write(tree: Path, config: Config) -> None:
    """Write the file."""
    path(tree).write_text(json.dumps(config, indent=2) + "\n")
