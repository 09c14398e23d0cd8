"""A deployment's name, and the names in the account that derive from it.

Stages live side by side: every name of a stage begins with `proctoring-<stage>`, and a stage's own name has
no hyphen, so that no stage's names are taken for another's.
"""

import re
from dataclasses import dataclass

from infra.deploy.errors import PackageError

APP = "proctoring"
API_FUNCTION = "api_handler"
"""What Chalice calls the function behind all routes."""
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Stage:
    """Raises PackageError for a name that cannot be a stage."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PackageError(
                f"{self.name!r} cannot be a stage: 1 to 16 lower-case letters and digits, a letter first"
            )

    @property
    def stack(self) -> str:
        """The CloudFormation stack of infra/template.yaml."""
        return f"{APP}-{self.name}"

    @property
    def prefix(self) -> str:
        """What functions, roles and rules of the stage begin with, as Chalice names them."""
        return f"{APP}-{self.name}-"

    @property
    def layer(self) -> str:
        """The Lambda layer."""
        return f"{self.prefix}pictures"

    def function(self, name: str) -> str:
        """The function that app.py calls `name`. Chalice gives the API's no name of its own."""
        return self.stack if name == API_FUNCTION else f"{self.prefix}{name}"

    def export(self, output: str) -> str:
        """What the stack's output is called for other stacks of the account."""
        return f"{self.prefix}{output}"

    def log_group(self, function: str) -> str:
        """The log group of the function that app.py calls so."""
        return f"/aws/lambda/{self.function(function)}"
