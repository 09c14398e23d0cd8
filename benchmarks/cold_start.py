"""What starting a function costs: importing app over importing what it cannot do without, and its packages.

What it cannot do without are the modules of other people that are loaded once app is imported, asked of a
process that did it. Both are imported in turn, each time by a new process, with compiled files at hand; what
counts is processor time, which other programs disturb less. The sizes are those of what `make package` would
upload, built by the same code.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, gettempdir

from infra.deploy.contents import MIB
from infra.deploy.errors import PackageError
from infra.deploy.package import make_package
from infra.deploy.target import running
from infra.local.program import ROOT

ROUNDS = 9

# What lies where packages are installed; in the order in which it was loaded.
_NAMES = """
import json
import sys
import app
others = [name for name, module in list(sys.modules.items())
          if "site-packages" in (getattr(module, "__file__", None) or "")
          and getattr(module.__spec__, "name", "") == name]
print(json.dumps(others))
"""
_IMPORT = """
import importlib, json, sys, time
names = json.load(sys.stdin)
began = time.process_time()
for name in names:
    importlib.import_module(name)
print(time.process_time() - began)
"""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Import time as a ratio and in ms, medians; sizes in MiB, None where packages cannot be built here."""

    import_ratio: float
    import_ms: float
    zip_mb: float | None = None
    unzipped_mb: float | None = None
    layer_zip_mb: float | None = None
    layer_unzipped_mb: float | None = None


def measure() -> ColdStart:
    """Import in turn, and build the packages in a scratch folder."""
    others: list[str] = json.loads(_run(_NAMES))
    took = _took_s({"app": ["app"], "others": others})
    with TemporaryDirectory(prefix="proctoring-bench-") as folder:
        sizes = _sizes(Path(folder))
    return ColdStart(
        import_ratio=round(took["app"] / took["others"], 3), import_ms=round(took["app"] * 1000, 1), **sizes
    )


def _took_s(wanted: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Median seconds of importing each list of modules; the first round compiles, and is left out."""
    took: dict[str, list[float]] = {name: [] for name in wanted}
    for _ in range(1 + ROUNDS):
        for name, modules in wanted.items():
            took[name].append(float(_run(_IMPORT, json.dumps(modules))))
    return {name: median(each[1:]) for name, each in took.items()}


def _run(program: str, told: str = "") -> str:
    # Compiled files are kept, and where they are nobody else's business.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=kept | {"PYTHONPYCACHEPREFIX": str(Path(gettempdir()) / "proctoring-bench-pyc")},
        input=told,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _sizes(folder: Path) -> dict[str, float]:
    try:
        package = make_package(ROOT, folder, "dev", running())
    except PackageError as exc:
        print("The packages cannot be built here:", *exc.args, sep="\n  ", file=sys.stderr)
        return {}
    return {
        "zip_mb": _mb(package.app.zipped),
        "unzipped_mb": _mb(package.app.unzipped),
        "layer_zip_mb": _mb(package.layer.zipped),
        "layer_unzipped_mb": _mb(package.layer.unzipped),
    }


def _mb(size: int) -> float:
    return round(size / MIB, 2)
