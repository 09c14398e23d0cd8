"""The real package, built once for all tests that look at it."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.deploy.package import APP, LAYER, TEMPLATE, Package, make_package
from infra.deploy.target import running

TREE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Built:
    """What `make package` wrote, unpacked as Lambda would."""

    package: Package
    task: Path
    layer: Path
    template: Path
    left_behind: set[Path]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    root = tmp_path_factory.mktemp("package")
    before = files_of_the_project()
    package = make_package(TREE, root / "out", "dev", running())
    left_behind = files_of_the_project() - before
    for name in (APP, LAYER):
        with ZipFile(root / "out" / name) as archive:
            archive.extractall(root / Path(name).stem)
    return Built(
        package, root / Path(APP).stem, root / Path(LAYER).stem, root / "out" / TEMPLATE, left_behind
    )


def files_of_the_project() -> set[Path]:
    return {*TREE.glob("*"), *(TREE / ".chalice").rglob("*"), *(TREE / "chalicelib").rglob("*")}
