"""A real deployment and its package, made once for all tests that look at them."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.deploy.package import APP, LAYER, TEMPLATE, Package, read_package
from infra.deploy.project import sources
from infra.deploy.target import running
from tests.deploy.account import OfflineAccount, offline_account

TREE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Deployed:
    """What `python -m infra.deploy deploy` made of a tree, and what it said."""

    account: OfflineAccount
    tree: Path
    built: Path
    said: str

    def run(self, *arguments: str, typed: str = "", tree: Path | None = None) -> tuple[int, str]:
        """The exit code and the output of the command line with these arguments."""
        done = subprocess.run(
            [sys.executable, "-m", "infra.deploy", *arguments],
            cwd=tree or self.tree,
            env=self.account.environment,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineAccount]:
    """An account that the tests of a session share; each has stages of its own."""
    with offline_account(tmp_path_factory.mktemp("account"), with_rekognition=True) as started:
        yield started


@pytest.fixture
def environment(account: OfflineAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's deployments go into the offline account."""
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def deployed(account: OfflineAccount, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Stage `dev`, deployed by the command line from a tree of its own."""
    tree = copy_tree(tmp_path_factory.mktemp("deployed") / "tree")
    nothing = Deployed(account, tree, tree / "build" / "dev", "")
    code, said = nothing.run("deploy", "--stage", "dev", "--no-check")
    assert code == 0, said
    return replace(nothing, said=said)


@pytest.fixture(scope="session")
def light(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package without libraries, for deployments that nobody calls: a hundredth to send and to keep."""
    folder = tmp_path_factory.mktemp("light")
    with ZipFile(folder / APP, "w") as app:
        for name, source in sources(deployed.tree):
            app.write(source, name)
    with ZipFile(folder / LAYER, "w") as layer:
        layer.writestr("python/empty.py", "")
    return folder


@dataclass(frozen=True, slots=True)
class Built:
    """What `make package` wrote, unpacked as Lambda would."""

    package: Package
    task: Path
    layer: Path
    template: Path


@pytest.fixture(scope="session")
def built(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package of stage `dev`."""
    root = tmp_path_factory.mktemp("package")
    package = read_package(deployed.tree, deployed.built, running())
    for name in (APP, LAYER):
        with ZipFile(package.folder / name) as archive:
            archive.extractall(root / Path(name).stem)
    return Built(package, root / Path(APP).stem, root / Path(LAYER).stem, package.folder / TEMPLATE)


def copy_tree(to: Path) -> Path:
    """What a deployment reads of the project, where it may write."""
    for name in ("chalicelib", "infra/deploy"):
        shutil.copytree(TREE / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", ".chalice/config.json", "infra/__init__.py", "infra/template.yaml"):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TREE / name, to / name)
    for requirements in TREE.glob("requirements*.txt"):
        shutil.copyfile(requirements, to / requirements.name)
    return to
