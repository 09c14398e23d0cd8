"""infra/template.yaml, read."""

from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

TEMPLATE = Path(__file__).parents[1] / "infra" / "template.yaml"


def resources() -> dict[str, Any]:
    """Each resource by its logical name; `!Sub` and the like stand as `{"Fn::Sub": ...}`."""
    made: dict[str, Any] = cfn_yaml.load(str(TEMPLATE))["Resources"]
    return made
