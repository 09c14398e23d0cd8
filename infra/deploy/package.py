"""The package and the layer of a stage: built in a scratch folder, handed over only when they are right."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from infra.deploy import chalice_cli, contents, stack
from infra.deploy.archive import trim, zip_folder
from infra.deploy.errors import PackageError
from infra.deploy.layer import build_layer
from infra.deploy.project import ADDITIONS_NAME, copy_project, sources
from infra.deploy.requirements import pins
from infra.deploy.target import Target
from infra.deploy.template import wrong_with_template

APP, LAYER, TEMPLATE, STACK = "deployment.zip", "layer.zip", "sam.json", "stack.yaml"

# Chalice says these, exits with 0, and hands over a package that does not work or is not today's.
_BAD_OMENS = ("Could not install dependencies", "Reusing existing")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of a zip."""

    zipped: int
    unzipped: int


@dataclass(frozen=True, slots=True)
class Package:
    """What was written, and how large it is."""

    folder: Path
    app: Sizes
    layer: Sizes


def make_package(tree: Path, out: Path, stage: str, target: Target) -> Package:
    """Write `deployment.zip`, `layer.zip` and their template `sam.json` to `out`, and what they stand on.

    Raises PackageError, and writes nothing, unless both zips hold what they must.
    """
    with TemporaryDirectory(prefix="proctoring-package-") as scratch:
        copy, built, app, layer = (Path(scratch) / name for name in ("project", "built", "app", "layer"))
        copy_project(tree, copy, stage, target)
        _run_chalice(copy, built, stage)
        _repack(built / APP, app)
        build_layer(copy / "requirements-layer.txt", target, layer, built / LAYER)
        wrong = tuple(_wrong(copy, built, target))
        if wrong:
            raise PackageError(*wrong)
        out.mkdir(parents=True, exist_ok=True)
        for name in (APP, LAYER, TEMPLATE):
            shutil.copyfile(built / name, out / name)
        shutil.copyfile(stack.TEMPLATE, out / STACK)
    return Package(out, _sizes(out / APP), _sizes(out / LAYER))


def read_package(tree: Path, folder: Path, target: Target) -> Package:
    """A package that was made before. Raises PackageError unless it is right, and of this very tree."""
    missing = [name for name in (APP, LAYER, TEMPLATE) if not (folder / name).is_file()]
    if missing:
        raise PackageError(f"{folder} has no {', '.join(missing)}: `make package` writes them")
    if wrong := tuple(_wrong(tree, folder, target)):
        raise PackageError(*wrong)
    return Package(folder, _sizes(folder / APP), _sizes(folder / LAYER))


def _run_chalice(project: Path, out: Path, stage: str) -> None:
    given = chalice_cli.environment()
    given.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # wanted, but not used
    done = subprocess.run(
        chalice_cli.command("package", "--stage", stage, "--merge-template", ADDITIONS_NAME, str(out)),
        cwd=project,
        env=given | {"STAGE": stage},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode or any(omen in done.stdout for omen in _BAD_OMENS):
        raise PackageError(f"chalice package failed:\n{done.stdout.strip()}")


def _repack(app_zip: Path, scratch: Path) -> None:
    with ZipFile(app_zip) as archive:
        archive.extractall(scratch)
    trim(scratch)
    zip_folder(scratch, app_zip)


def _wrong(project: Path, built: Path, target: Target) -> Iterator[str]:
    service = {name: source.read_bytes() for name, source in sources(project)}
    with ZipFile(built / APP) as app, ZipFile(built / LAYER) as layer:
        for sentence in contents.wrong_with_app(app, service, pins(project / "requirements.txt"), target):
            yield f"{APP}: {sentence}"
        for sentence in contents.wrong_with_layer(layer, pins(project / "requirements-layer.txt"), target):
            yield f"{LAYER}: {sentence}"
    app_sizes, layer_sizes = _sizes(built / APP), _sizes(built / LAYER)
    yield from contents.too_large(app_sizes.zipped, app_sizes.unzipped + layer_sizes.unzipped)
    for sentence in wrong_with_template(built / TEMPLATE, project / ".chalice" / "config.json"):
        yield f"{TEMPLATE}: {sentence}"


def _sizes(file: Path) -> Sizes:
    with ZipFile(file) as archive:
        return Sizes(zipped=file.stat().st_size, unzipped=contents.unzipped_bytes(archive))
