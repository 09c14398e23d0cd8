"""`.chalice/config.json`: what an operator chose for a stage, and what deploying it brought forth.

Settings (docs/settings.md) stand in `stages.<stage>.environment_variables`. What the stack and the layer are
called stands beside them, written by the deployment, so that Chalice finds it and a reader sees it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Config = dict[str, Any]

OUTPUTS = ("EVIDENCE_BUCKET",)
"""Variables that the deployment writes."""


def path(tree: Path) -> Path:
    """Where it lies."""
    return tree / ".chalice" / "config.json"


def read(tree: Path) -> Config:
    """The whole file."""
    config: Config = json.loads(path(tree).read_text())
    return config


def variables(config: Config, stage: str) -> dict[str, str]:
    """The environment that the stage's functions are given."""
    own = config.get("stages", {}).get(stage, {}).get("environment_variables", {})
    return {**config.get("environment_variables", {}), **own}


def with_outputs(config: Config, stage: str, layer_arn: str, outputs: Mapping[str, str]) -> Config:
    """The configuration with what the stage's functions stand on."""
    stages = config.get("stages", {})
    chosen = stages.get(stage, {})
    environment = chosen.get("environment_variables", {}) | outputs
    staged = chosen | {"layers": [layer_arn], "environment_variables": environment}
    return config | {"stages": stages | {stage: staged}}


def without_outputs(config: Config, stage: str) -> Config:
    """The configuration as the operator chose it: CloudFormation brings the rest by itself."""
    stages = dict(config.get("stages", {}))
    chosen = {name: value for name, value in stages.pop(stage, {}).items() if name != "layers"}
    environment = chosen.pop("environment_variables", {})
    if kept := {name: value for name, value in environment.items() if name not in OUTPUTS}:
        chosen["environment_variables"] = kept
    if chosen:
        stages[stage] = chosen
    rest = {name: value for name, value in config.items() if name != "stages"}
    return rest | {"stages": stages} if stages else rest


def write(tree: Path, config: Config) -> None:
    """Write the file."""
    path(tree).write_text(json.dumps(config, indent=2) + "\n")
