"""What must be true of the two zips. The packager's exit code says nothing of it: their contents do.

Each rule is a function that yields one sentence for each thing that is wrong.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from zipfile import ZipFile

from infra.deploy import requirements
from infra.deploy.archive import TESTS, is_compiled
from infra.deploy.target import MACHINE, Target

MIB = 1024 * 1024
MAX_APP_ZIP = 50 * MIB  # a direct upload
MAX_UNZIPPED = 250 * MIB  # the package and its layers together: 262,144,000 bytes, says Lambda

# Chalice packs these two of itself.
CHALICE = {"chalice/app.py", "chalice/__init__.py"}

IN_RUNTIME = {"boto3", "botocore", "s3transfer"}
IN_LAYER = {"cv2", "numpy", "numpy.libs", "opencv_python_headless.libs"}
LITTER = re.compile(r"__pycache__|.*\.py[co]|\.chalice|\.git|\.venv.*|\.DS_Store")
SECRET = re.compile(r"\.env(\..*)?|.*\.(pem|key|p12)|id_rsa|credentials")

_ELF_X86_64 = 62
_GLIBC = re.compile(rf"manylinux_2_(\d+)_{MACHINE}")


def wrong_with_app(
    app: ZipFile, sources: Mapping[str, bytes], pins: Mapping[str, str], target: Target
) -> Iterator[str]:
    """Everything wrong with the function's package, given the service's files and its pinned requirements."""
    yield from service_incomplete(app, sources)
    yield from requirements_incomplete(app, pins, root="")
    yield from belongs_elsewhere(app)
    yield from nobody_asked_for(app, {*sources, *CHALICE}, pins, root="")
    yield from must_not_travel(app)
    yield from runs_elsewhere(app, target, root="")


def wrong_with_layer(layer: ZipFile, pins: Mapping[str, str], target: Target) -> Iterator[str]:
    """Everything wrong with the layer, given its pinned requirements."""
    yield from requirements_incomplete(layer, pins, root="python/")
    yield from nobody_asked_for(layer, set(), pins, root="python/")
    yield from must_not_travel(layer)
    yield from runs_elsewhere(layer, target, root="python/")


def service_incomplete(app: ZipFile, sources: Mapping[str, bytes]) -> Iterator[str]:
    """Every file of the service is in the package, as it is in the tree."""
    names = set(app.namelist())
    for name, content in sources.items():
        if name not in names:
            yield f"{name} is missing"
        elif app.read(name) != content:
            yield f"{name} is not the one in the tree: something stale was packaged"


def requirements_incomplete(archive: ZipFile, pins: Mapping[str, str], root: str) -> Iterator[str]:
    """Every requirement is there, in its version, with each of its packages."""
    names = archive.namelist()
    there = dict(_distributions(archive, root))
    for name, version in pins.items():
        if (name, version) not in there:
            yield f"the requirement {name}=={version} is missing"
            continue
        for top in sorted(_top_levels(archive, there[name, version])):
            if not any(each == root + top or each.startswith(f"{root}{top}/") for each in names):
                yield f"{top} of {name}=={version} is missing"


def belongs_elsewhere(app: ZipFile) -> Iterator[str]:
    """Nothing is packed that the runtime or the layer brings."""
    tops = {PurePosixPath(name).parts[0] for name in app.namelist()}
    yield from (
        f"{top} does not belong in the package: the runtime has it" for top in sorted(tops & IN_RUNTIME)
    )
    yield from (f"{top} does not belong in the package: the layer has it" for top in sorted(tops & IN_LAYER))


def nobody_asked_for(archive: ZipFile, own: set[str], pins: Mapping[str, str], root: str) -> Iterator[str]:
    """Each file is the service's own or comes from a pinned requirement."""
    explained = set(own)
    for (name, version), record in _distributions(archive, root):
        if pins.get(name) == version:
            explained |= {root + file for file in _recorded_files(archive, record)}
        else:
            yield f"{name}=={version} is in the zip, but in no requirements file"
            explained |= {root + file for file in _recorded_files(archive, record)}
    for name in sorted(set(archive.namelist()) - explained):
        # Of a wheel's scripts and data only the unpacked place is unknown to its record.
        if not name.endswith("/") and ".data/" not in name:
            yield f"{name} is neither the service's nor a requirement's"


def must_not_travel(archive: ZipFile) -> Iterator[str]:
    """No tests, no litter, no secrets."""
    for name in archive.namelist():
        parts = PurePosixPath(name).parts
        if any(TESTS.fullmatch(part) for part in parts):
            yield f"{name} is a test"
        if any(LITTER.fullmatch(part) for part in parts):
            yield f"{name} is litter of a build"
        if any(SECRET.fullmatch(part) for part in parts):
            yield f"{name} may hold a secret"


def runs_elsewhere(archive: ZipFile, target: Target, root: str) -> Iterator[str]:
    """Compiled code is for the target's interpreter, processor and C library."""
    for name in archive.namelist():
        if not is_compiled(name):
            continue
        tag = re.search(r"\.(cpython-[^.]+)\.so$", name)
        if tag and tag[1] != target.extension_tag:
            yield f"{name} is not for {target.extension_tag}"
        if not _is_elf_for_machine(archive, name):
            yield f"{name} is not compiled for {MACHINE} Linux"
    for (name, version), record in _distributions(archive, root):
        wheel = archive.read(record.removesuffix("RECORD") + "WHEEL").decode()
        tags = [line.removeprefix("Tag: ") for line in wheel.splitlines() if line.startswith("Tag: ")]
        if not any(_runs_on(tag, target) for tag in tags):
            yield f"{name}=={version} is a wheel for {', '.join(tags)}, not for {target.runtime}"


def too_large(app_zip_bytes: int, unzipped_bytes: int) -> Iterator[str]:
    """Lambda takes the package, and the package with its layer."""
    if app_zip_bytes > MAX_APP_ZIP:
        yield f"the package has {_mib(app_zip_bytes)}: Lambda takes {_mib(MAX_APP_ZIP)} in an upload"
    if unzipped_bytes > MAX_UNZIPPED:
        yield f"package and layer have {_mib(unzipped_bytes)} unzipped: Lambda takes {_mib(MAX_UNZIPPED)}"


def unzipped_bytes(archive: ZipFile) -> int:
    """The size of the files in the zip once they are unpacked."""
    return sum(entry.file_size for entry in archive.infolist())


def _distributions(archive: ZipFile, root: str) -> Iterator[tuple[tuple[str, str], str]]:
    """((name, version), name of its RECORD) of each installed distribution."""
    for file in archive.namelist():
        parts = PurePosixPath(file.removeprefix(root)).parts
        if file.startswith(root) and len(parts) == 2 and parts[1] == "RECORD":  # noqa: PLR2004 - <name>.dist-info/RECORD
            found = requirements.recorded(parts[0])
            if found:
                yield found, file


def _recorded_files(archive: ZipFile, record: str) -> set[str]:
    rows = archive.read(record).decode().splitlines()
    return {row.rsplit(",", 2)[0].strip('"') for row in rows if row}


def _top_levels(archive: ZipFile, record: str) -> set[str]:
    tops = {PurePosixPath(file).parts[0] for file in _recorded_files(archive, record)}
    return {top for top in tops if top != ".." and not top.endswith((".dist-info", ".data")) and top != "bin"}


def _is_elf_for_machine(archive: ZipFile, name: str) -> bool:
    with archive.open(name) as file:
        head = file.read(20)
    return head[:5] == b"\x7fELF\x02" and struct.unpack_from("<H", head, 18)[0] == _ELF_X86_64


def _runs_on(tag: str, target: Target) -> bool:
    python, abi, platform = tag.split("-")
    if platform == "any":
        return python.startswith("py")
    glibc = _GLIBC.fullmatch(platform.replace("manylinux2014", "manylinux_2_17"))
    return abi in {target.abi, "abi3"} and glibc is not None and int(glibc[1]) <= target.glibc_minor


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"
