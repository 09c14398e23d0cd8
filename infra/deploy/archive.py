"""Folders that become zips: without what no function needs, and equal bytes for equal files."""

import re
import shutil
import zipfile
from pathlib import Path, PurePosixPath

TESTS = re.compile(r"_?tests?|conftest\.py|test_\w+\.py|\w+_test\.py")

# Zip knows no earlier day. Chalice's own zips carry the time of the build, so that no two are the same.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_EXECUTABLE, _READABLE = 0o755, 0o644

_UNUSED = re.compile(
    r"_pyinstaller|f2py|distutils|include|bin|__pycache__|.*\.(pyi|a|h|pxd|pyx|pyc)|py\.typed"
)
_CASCADES_KEPT = ("haarcascade_eye", "haarcascade_frontalface_")


def trim(root: Path) -> None:
    """Delete tests, stubs, headers, tools, and the cascades that nobody asks for."""
    for path in sorted(root.rglob("*")):
        if path.exists() and _unused(path.name):
            _delete(path)


def zip_folder(folder: Path, out: Path) -> None:
    """Zip the folder's files, sorted, with one date and plain permissions."""
    with zipfile.ZipFile(out, "w") as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (_EXECUTABLE if is_compiled(entry.filename) else _READABLE) << 16
            archive.writestr(entry, file.read_bytes())


def is_compiled(name: str) -> bool:
    """Whether a file is machine code: `core.abi3.so`, `libgfortran.so.5.0.0`."""
    return ".so" in PurePosixPath(name).suffixes


def _unused(name: str) -> bool:
    if name.startswith("haarcascade_"):
        return not name.startswith(_CASCADES_KEPT)
    return bool(TESTS.fullmatch(name) or _UNUSED.fullmatch(name))


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
