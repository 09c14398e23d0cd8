"""The rules about the zips: each defect is found and named."""

import struct
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.deploy.contents import MIB, too_large, wrong_with_app, wrong_with_layer
from infra.deploy.target import Target

Files = Mapping[str, str | bytes | None]

TARGET = Target(minor=12)
SOURCES = {"app.py": b"app = 1", "chalicelib/pages/docs.html": b"<html>"}
PINS = {"jiter": "0.19.0"}
LAYER_PINS = {"numpy": "2.2.6"}


def elf(machine: int = 62) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine)


def distribution(name: str, version: str, tag: str, *files: str) -> dict[str, str | bytes | None]:
    info = f"{name}-{version}.dist-info"
    recorded = [*files, f"{info}/RECORD", f"{info}/WHEEL"]
    return {
        f"{info}/RECORD": "".join(f"{file},sha256=x,1\n" for file in recorded),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n",
    }


COMPILED = "jiter/jiter.cpython-312-x86_64-linux-gnu.so"
GOOD: Files = {
    "app.py": b"app = 1",
    "chalicelib/pages/docs.html": b"<html>",
    "chalice/__init__.py": "",
    "chalice/app.py": "",
    "jiter/__init__.py": "",
    COMPILED: elf(),
    **distribution("jiter", "0.19.0", "cp312-cp312-manylinux_2_17_x86_64", "jiter/__init__.py", COMPILED),
}
GOOD_LAYER: Files = {
    f"python/{name}": content
    for name, content in {
        "numpy/__init__.py": "",
        "numpy.libs/libgfortran.so.5.0.0": elf(),
        **distribution(
            "numpy",
            "2.2.6",
            "cp312-cp312-manylinux2014_x86_64",
            *("numpy/__init__.py", "numpy.libs/libgfortran.so.5.0.0", "../../bin/f2py"),
        ),
    }.items()
}


def zipped(folder: Path, files: Files) -> ZipFile:
    """A zip of these files; None leaves one out."""
    with ZipFile(folder / "some.zip", "w") as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return ZipFile(folder / "some.zip")


def wrong(folder: Path, changes: Files) -> list[str]:
    return list(wrong_with_app(zipped(folder, {**GOOD, **changes}), SOURCES, PINS, TARGET))


def test_nothing_is_wrong_with_a_complete_package(tmp_path: Path) -> None:
    assert wrong(tmp_path, {}) == []


def test_nothing_is_wrong_with_a_complete_layer(tmp_path: Path) -> None:
    assert list(wrong_with_layer(zipped(tmp_path, GOOD_LAYER), LAYER_PINS, TARGET)) == []


@pytest.mark.parametrize("name", SOURCES)
def test_missing_file_of_the_service_is_found(tmp_path: Path, name: str) -> None:
    assert wrong(tmp_path, {name: None}) == [f"{name} is missing"]


def test_stale_module_is_found(tmp_path: Path) -> None:
    sentence = "app.py is not the one in the tree: something stale was packaged"

    assert wrong(tmp_path, {"app.py": b"app = 0"}) == [sentence]


def test_deleted_module_that_is_still_packaged_is_found(tmp_path: Path) -> None:
    sentence = "chalicelib/gone.py is neither the service's nor a requirement's"

    assert wrong(tmp_path, {"chalicelib/gone.py": ""}) == [sentence]


def test_missing_requirement_is_found(tmp_path: Path) -> None:
    without = {name: None for name in GOOD if name.startswith("jiter")}

    assert wrong(tmp_path, without) == ["the requirement jiter==0.19.0 is missing"]


def test_requirement_without_its_package_is_found(tmp_path: Path) -> None:
    without = {name: None for name in GOOD if name.startswith("jiter/")}

    assert wrong(tmp_path, without) == ["jiter of jiter==0.19.0 is missing"]


def test_other_version_than_the_pinned_is_found(tmp_path: Path) -> None:
    pinned = {name: None for name in GOOD if ".dist-info/" in name}
    other = distribution("jiter", "0.18.0", "py3-none-any", "jiter/__init__.py", COMPILED)

    assert wrong(tmp_path, {**pinned, **other}) == [
        "the requirement jiter==0.19.0 is missing",
        "jiter==0.18.0 is in the zip, but in no requirements file",
    ]


def test_boto3_in_the_package_is_found(tmp_path: Path) -> None:
    boto3 = {"boto3/__init__.py": "", **distribution("boto3", "1.44.5", "py3-none-any", "boto3/__init__.py")}

    assert wrong(tmp_path, boto3) == [
        "boto3 does not belong in the package: the runtime has it",
        "boto3==1.44.5 is in the zip, but in no requirements file",
    ]


def test_numpy_in_the_package_is_found(tmp_path: Path) -> None:
    assert "numpy does not belong in the package: the layer has it" in wrong(
        tmp_path, {"numpy/__init__.py": ""}
    )


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("jiter/tests/test_jiter.py", "is a test"),
        ("tests/unit/test_rules.py", "is a test"),
        ("chalicelib/conftest.py", "is a test"),
        ("chalicelib/__pycache__/app.cpython-312.pyc", "is litter of a build"),
        (".chalice/config.json", "is litter of a build"),
        (".env", "may hold a secret"),
        ("chalicelib/.env.prod", "may hold a secret"),
        ("chalicelib/signing.pem", "may hold a secret"),
    ],
)
def test_what_must_not_travel_is_found(tmp_path: Path, name: str, verdict: str) -> None:
    assert f"{name} {verdict}" in wrong(tmp_path, {name: ""})


def test_module_compiled_for_another_python_is_found(tmp_path: Path) -> None:
    name = "jiter/jiter.cpython-311-x86_64-linux-gnu.so"
    record = distribution("jiter", "0.19.0", "cp312-cp312-manylinux_2_17_x86_64", "jiter/__init__.py", name)

    assert wrong(tmp_path, {COMPILED: None, name: elf(), **record}) == [
        f"{name} is not for cpython-312-x86_64-linux-gnu"
    ]


@pytest.mark.parametrize(
    "content", [elf(machine=183), b"\xcf\xfa\xed\xfe", b""], ids=["arm64", "macos", "empty"]
)
def test_module_compiled_for_another_machine_is_found(tmp_path: Path, content: bytes) -> None:
    assert wrong(tmp_path, {COMPILED: content}) == [f"{COMPILED} is not compiled for x86_64 Linux"]


@pytest.mark.parametrize(
    "tag",
    [
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_39_x86_64",
        "cp312-cp312-manylinux_2_17_aarch64",
        "cp312-cp312-musllinux_1_2_x86_64",
        "cp312-cp312-linux_x86_64",
    ],
)
def test_wheel_that_does_not_run_in_the_runtime_is_found(tmp_path: Path, tag: str) -> None:
    record = distribution("jiter", "0.19.0", tag, "jiter/__init__.py", COMPILED)

    assert wrong(tmp_path, record) == [f"jiter==0.19.0 is a wheel for {tag}, not for python3.12"]


def test_layer_without_its_libraries_is_found(tmp_path: Path) -> None:
    without = {**GOOD_LAYER, "python/numpy.libs/libgfortran.so.5.0.0": None}

    sentences = list(wrong_with_layer(zipped(tmp_path, without), LAYER_PINS, TARGET))

    assert sentences == ["numpy.libs of numpy==2.2.6 is missing"]


def test_layer_file_outside_its_folder_is_found(tmp_path: Path) -> None:
    outside = {**GOOD_LAYER, "numpy/__init__.py": ""}

    sentences = list(wrong_with_layer(zipped(tmp_path, outside), LAYER_PINS, TARGET))

    assert sentences == ["numpy/__init__.py is neither the service's nor a requirement's"]


def test_sizes_at_the_limits_are_accepted() -> None:
    assert list(too_large(50 * MIB, 250 * MIB)) == []


def test_sizes_over_the_limits_are_found() -> None:
    assert list(too_large(51 * MIB, 251 * MIB)) == [
        "the package has 51.0 MiB: Lambda takes 50.0 MiB in an upload",
        "package and layer have 251.0 MiB unzipped: Lambda takes 250.0 MiB",
    ]
