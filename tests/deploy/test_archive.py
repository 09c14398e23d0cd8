"""Folders that become zips."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.deploy.archive import trim, zip_folder


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_equal_files_make_equal_zips(tmp_path: Path) -> None:
    names = ["numpy/core.so", "numpy/__init__.py", "cv2/__init__.py"]
    make(tmp_path / "one", *names)
    make(tmp_path / "two", *reversed(names))

    zip_folder(tmp_path / "one", tmp_path / "one.zip")
    zip_folder(tmp_path / "two", tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_libraries_may_be_executed_and_everything_may_be_read(tmp_path: Path) -> None:
    make(tmp_path / "layer", "libs/libgfortran.so.5.0.0", "numpy/__init__.py")

    zip_folder(tmp_path / "layer", tmp_path / "layer.zip")

    with ZipFile(tmp_path / "layer.zip") as archive:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
    assert modes == {"libs/libgfortran.so.5.0.0": "0o755", "numpy/__init__.py": "0o644"}


@pytest.mark.parametrize(
    "name",
    [
        "numpy/tests/test_core.py",
        "sniffio/_tests/__init__.py",
        "numpy/conftest.py",
        "numpy/__init__.pyi",
        "numpy/f2py/cfuncs.py",
        "numpy/core/include/numpy/arrayobject.h",
        "bin/f2py",
        "cv2/data/haarcascade_upperbody.xml",
    ],
)
def test_what_no_function_needs_is_trimmed(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, "kept.py")

    trim(tmp_path)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["kept.py"]


@pytest.mark.parametrize(
    "name",
    [
        "numpy/testing/__init__.py",
        "numpy/_core/_multiarray_umath.so",
        "cv2/data/haarcascade_frontalface_alt2.xml",
        "chalicelib/pages/docs.html",
        "pydantic/types.py",
    ],
)
def test_what_functions_need_is_kept(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)

    trim(tmp_path)

    assert (tmp_path / name).exists()
