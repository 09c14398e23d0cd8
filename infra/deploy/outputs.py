"""What the stack and the layer are called, written into `.chalice/config.json`."""

from dataclasses import dataclass
from pathlib import Path

from infra.deploy import configuration
from infra.deploy.configuration import Config
from infra.deploy.published import PublishedLayer
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage


@dataclass(frozen=True, slots=True)
class Outputs:
    """From the account into the file."""

    stage: Stage
    tree: Path
    stack: Stack
    layer: PublishedLayer

    title = ".chalice/config.json"

    def plan(self) -> str:
        """What `run` would do."""
        if not self.stack.outputs() or not self.layer.find():
            return f"write what the stack and the layer are called to stages.{self.stage.name}"
        changed = self._configured() != configuration.read(self.tree)
        return f"write stages.{self.stage.name}" if changed else "unchanged"

    def run(self) -> str:
        """Write it, if it is not there."""
        configured = self._configured()
        if configured == configuration.read(self.tree):
            return "unchanged"
        configuration.write(self.tree, configured)
        return f"wrote stages.{self.stage.name}"

    def _configured(self) -> Config:
        return configuration.with_outputs(
            configuration.read(self.tree),
            self.stage.name,
            self.layer.arn(),
            configuration.handed_over(self.stack.outputs()),
        )
