"""What must be true of the CloudFormation template that Chalice writes."""

import json
from collections.abc import Iterator
from pathlib import Path

from infra.deploy import project
from infra.deploy.stage import API_FUNCTION


def wrong_with_template(template: Path, config: Path) -> Iterator[str]:
    """Each function has a policy; policies and settings find their functions, renamed ones too."""
    functions = set(functions_in(template))
    policies = project.functions()
    for name in sorted(functions - policies):
        yield f"the function {name} may do nothing: write infra/deploy/policies/{name}.json"
    for name in sorted(policies - functions):
        yield f"app.py has no function {name}, which infra/deploy/policies/{name}.json is for"
    for name in sorted(set(json.loads(config.read_text()).get("lambda_functions", {})) - functions):
        yield f"app.py has no function {name}, which .chalice/config.json configures"


def functions_in(template: Path) -> Iterator[str]:
    """The Lambda functions, by the name that Chalice's configuration has for them."""
    for resource in json.loads(template.read_text())["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            name = resource["Properties"]["Handler"].removeprefix("app.")
            yield API_FUNCTION if name == "app" else name
