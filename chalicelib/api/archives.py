"""Pictures out of a ZIP archive, read in memory and in bounds: nothing is unpacked to a disk.

What an archive says of itself is checked before it is believed, and what it holds is counted while it is
read: a few KB can claim, or become, gigabytes.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from chalicelib.domain.errors import BadInput, BodyTooLarge

MOST_PICTURES = 100
MOST_UNPACKED = 24_000_000
"""Bytes of all its pictures: photographs are compressed already, so that an archive hardly grows."""

_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_END, _END_SIZE, _END_64 = b"PK\x05\x06", 22, b"PK\x06\x07"
_LONGEST_COMMENT = 65_535
_MOST_DIRECTORY = 131_072
"""Bytes of the list of entries: some hundred long names."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_LONGEST_NAME = 100
_LEFTOVERS = ("__MACOSX/",)
_BROKEN = "The ZIP archive cannot be read; make it anew, without a password."
_GARBLED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, KeyError, OSError, OverflowError, IndexError),
)
"""What zipfile raises for an archive that somebody made up."""


def is_archive(content: bytes) -> bool:
    """Whether the bytes begin as a ZIP archive does."""
    return content.startswith(_SIGNATURES)


def pictures_in(content: bytes, *, most_bytes: int) -> list[tuple[str, bytes]]:
    """The files in an archive with their names; of one larger than `most_bytes` only so much and a byte.

    Folders, hidden files and what a Mac leaves behind are passed over. Raises BadInput for what is no archive
    or has more than MOST_PICTURES files, BodyTooLarge for one that holds more than MOST_UNPACKED.
    """
    _check_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return list(_read(archive, most_bytes))
    except _GARBLED as exc:
        raise BadInput(_BROKEN) from exc


def _check_end(content: bytes) -> None:
    """Look at the end record by hand: zipfile makes an object of each entry that the list claims to hold."""
    start = content.rfind(_END, max(0, len(content) - _END_SIZE - _LONGEST_COMMENT))
    if start < 0 or len(content) - start < _END_SIZE:
        raise BadInput(_BROKEN)
    *_, directory, _place, _comment = struct.unpack("<4s4H2LH", content[start : start + _END_SIZE])
    if directory > _MOST_DIRECTORY or content[max(0, start - 20) :].startswith(_END_64):
        raise BadInput(f"The ZIP archive lists too many files; send at most {MOST_PICTURES}.")


def _read(archive: zipfile.ZipFile, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    entries = [each for each in archive.infolist() if _is_wanted(each)]
    if len(entries) > MOST_PICTURES:
        raise BadInput(f"The ZIP archive holds {len(entries)} files; send at most {MOST_PICTURES}.")
    left = MOST_UNPACKED
    for entry in entries:
        read = _content(archive, entry, min(left, most_bytes) + 1)
        left -= len(read)
        if left < 0:
            raise BodyTooLarge(f"The ZIP archive holds over {MOST_UNPACKED} bytes; send smaller pictures.")
        yield shown(entry.filename), read


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    return not (
        entry.is_dir() or entry.filename.startswith(_LEFTOVERS) or _last(entry.filename).startswith(".")
    )


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The first bytes of an entry; none of one that is packed in an unusual way."""
    if entry.compress_type not in _METHODS or entry.flag_bits & _ENCRYPTED:
        return b""
    with archive.open(entry) as packed:
        return packed.read(most)


def shown(name: str) -> str:
    """The name of a file as it may be shown: without its path, and without what does not print."""
    return "".join(letter for letter in _last(name) if letter.isprintable())[:_LONGEST_NAME]


def _last(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
