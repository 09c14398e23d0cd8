"""Functions, API, schedules and what feeds them: `chalice deploy` and `chalice delete`, of a stage.

Chalice is run in a fresh copy of the service, is told what it made before (`Found`), and is handed the
package that was checked: it takes what lies where it would put its own.
"""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager, PipRunner, SubprocessPip
from chalice.utils import UI, OSUtils

from infra.deploy import chalice_cli
from infra.deploy.account import Account
from infra.deploy.errors import DeployError
from infra.deploy.found import Found
from infra.deploy.project import copy_for_account, functions
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage
from infra.deploy.target import Target


@dataclass(frozen=True, slots=True)
class Functions:
    """`package`: the zip as `make package` built and checked it."""

    account: Account
    stage: Stage
    tree: Path
    package: Path
    target: Target

    title = "the functions and the API, by Chalice"

    def plan(self) -> str:
        """What `run` would do."""
        there, wanted = self._found.functions(), functions()
        stale = self._stale(there)
        verbs = dict.fromkeys(sorted(wanted), "create")
        verbs |= {name: "update" if name in stale else "configure" for name in sorted(wanted & there.keys())}
        for name, function in there.items():
            if function["Runtime"] != self.target.runtime:
                verbs[name] = f"take from {function['Runtime']} to {self.target.runtime}"
        verbs |= dict.fromkeys(sorted(there.keys() - wanted), "delete")
        verbs["the API"] = "update" if self._found.api() else "create"
        return ", ".join(f"{verb} {name}" for name, verb in verbs.items())

    def run(self) -> str:
        """Run Chalice. Raises DeployError with what it said, or if not the checked package is there."""
        with self._project() as project:
            _run(project, self.account.region, "deploy", "--stage", self.stage.name)
        if stale := self._stale(self._found.functions()):
            names = ", ".join(sorted(stale))
            raise DeployError(f"{names}: the code in Lambda is not the package that was checked.")
        self._write_state(self.tree)  # lets Chalice's other commands (logs, url, invoke) work in the tree
        return f"deployed; {self.url()}"

    def delete(self) -> str:
        """Delete all that Chalice has made of the stage."""
        with self._project() as project:
            _run(project, self.account.region, "delete", "--stage", self.stage.name)
        self._state_file(self.tree).unlink(missing_ok=True)
        return "deleted"

    def url(self) -> str:
        """Where the API answers; empty before there is one."""
        api_id = self._found.api()
        return self._found.api_url(api_id) if api_id else ""

    @property
    def _found(self) -> Found:
        return Found(self.account, self.stage)

    @contextmanager
    def _project(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="proctoring-deploy-") as scratch:
            project = Path(scratch) / "project"
            copy_for_account(self.tree, project, self.stage, self._names())
            if self.package.exists():
                there = _package_file(project, self.target)
                there.parent.mkdir(parents=True)
                shutil.copyfile(self.package, there)
            self._write_state(project)
            yield project

    def _names(self) -> dict[str, str]:
        """What policies refer to. Where the stack is gone the functions are only deleted."""
        return {"UserPool": "gone", **Stack(self.account, self.stage).outputs(), **self.account.names}

    def _write_state(self, project: Path) -> None:
        file = self._state_file(project)
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(self._found.state(), indent=2) + "\n")

    def _state_file(self, project: Path) -> Path:
        return project / ".chalice" / "deployed" / f"{self.stage.name}.json"

    def _stale(self, there: Mapping[str, Mapping[str, object]]) -> set[str]:
        """Of these functions, those whose code in Lambda is another than the package."""
        digest = base64.b64encode(hashlib.sha256(self.package.read_bytes()).digest()).decode()
        return {name for name, function in there.items() if function["CodeSha256"] != digest}


def _package_file(project: Path, target: Target) -> Path:
    """Where Chalice looks for a package of this service that it made before."""
    osutils = OSUtils()
    pip = PipRunner(SubprocessPip(osutils=osutils), osutils=osutils)
    packager = LambdaDeploymentPackager(osutils, DependencyBuilder(osutils, pip), UI())
    return Path(packager.deployment_package_filename(str(project), target.runtime))


def _run(project: Path, region: str, *arguments: str) -> None:
    done = subprocess.Popen(
        chalice_cli.command(*arguments),
        cwd=project,
        env=chalice_cli.environment() | {"AWS_DEFAULT_REGION": region, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    assert done.stdout is not None
    for line in done.stdout:
        said.append(line.rstrip())
        print(f"    {line.rstrip()}", flush=True)
    if done.wait():
        raise DeployError(f"chalice {arguments[0]} failed:", *(line for line in said[-8:] if line.strip()))
