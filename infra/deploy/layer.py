"""The Lambda layer: NumPy and OpenCV for the target."""

import subprocess
import sys
from pathlib import Path

from infra.deploy.archive import trim, zip_folder
from infra.deploy.errors import PackageError
from infra.deploy.target import Target

# Lambda has the layer's python/ on the path.
ROOT = "python"


def build_layer(requirements: Path, target: Target, scratch: Path, out: Path) -> None:
    """Write the layer's zip to `out`. Raises PackageError when there are no wheels for the target."""
    _install(requirements, target, scratch / ROOT)
    trim(scratch)
    zip_folder(scratch, out)


def _install(requirements: Path, target: Target, into: Path) -> None:
    platforms = [word for tag in target.platforms for word in ("--platform", tag)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"),
            *("--only-binary=:all:", "--implementation", "cp", "--python-version", target.python, *platforms),
            *("--target", str(into), "-r", str(requirements)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackageError(f"pip found no wheels of the layer for {target.runtime}:\n{done.stderr.strip()}")
