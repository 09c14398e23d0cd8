"""`python -m infra.deploy package --stage dev --out build/dev`."""

import argparse
import sys
from pathlib import Path

from infra.deploy.contents import MAX_APP_ZIP, MAX_UNZIPPED, MIB
from infra.deploy.errors import PackageError
from infra.deploy.package import APP, LAYER, TEMPLATE, Package, make_package
from infra.deploy.target import running

TREE = Path(__file__).parents[2]


def main() -> int:
    """Do what the command line says; 1 when the package would not work."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    package = commands.add_parser("package", help="build and check the package and the layer of a stage")
    package.add_argument("--stage", default="dev")
    package.add_argument("--out", type=Path, help="folder for the results (default: build/STAGE)")
    asked = parser.parse_args()
    target = running()
    print(f"Packaging stage {asked.stage} for {target.runtime} ...", flush=True)
    try:
        _show(make_package(TREE, asked.out or TREE / "build" / asked.stage, asked.stage, target))
    except PackageError as exc:
        print("Not packaged:", *exc.args, sep="\n  ", file=sys.stderr)
        return 1
    return 0


def _show(package: Package) -> None:
    unzipped = package.app.unzipped + package.layer.unzipped
    print(f"{'MiB':22}{'zipped':>8}{'limit':>7}{'unzipped':>10}{'limit':>7}")
    print(
        f"{APP:22}{package.app.zipped / MIB:8.1f}{MAX_APP_ZIP / MIB:7.0f}{package.app.unzipped / MIB:10.1f}"
    )
    print(f"{LAYER:22}{package.layer.zipped / MIB:8.1f}{'':7}{package.layer.unzipped / MIB:10.1f}")
    print(f"{'together':22}{'':15}{unzipped / MIB:10.1f}{MAX_UNZIPPED / MIB:7.0f}")
    print(f"Written to {package.folder}: {APP}, {LAYER} and {TEMPLATE}")


if __name__ == "__main__":
    sys.exit(main())
