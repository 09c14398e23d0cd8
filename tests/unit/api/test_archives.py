"""ZIP archives: pictures come out, and nothing that an archive claims or becomes fills the memory."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.archives import MOST_PICTURES, MOST_UNPACKED, is_archive, pictures_in
from chalicelib.domain.errors import BadInput, BodyTooLarge

MOST = 5_242_880


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def read(content: bytes) -> list[tuple[str, bytes]]:
    return pictures_in(content, most_bytes=MOST)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_files_of_an_archive_come_out_in_their_order(method: int) -> None:
    content = zipped(("b.jpg", b"second"), ("a.png", b"first"), method=method)

    assert is_archive(content)
    assert read(content) == [("b.jpg", b"second"), ("a.png", b"first")]


def test_what_is_no_archive_is_told() -> None:
    assert not is_archive(b"\xff\xd8\xff\xe0")
    assert is_archive(zipped())


def test_paths_are_left_out_of_names_and_nothing_is_written_anywhere() -> None:
    content = zipped(("../../etc/a.jpg", b"1"), ("C:\\faces\\b.jpg", b"2"), ("\x07" + "c" * 200, b"3"))

    assert [name for name, _ in read(content)] == ["a.jpg", "b.jpg", "c" * 100]


def test_folders_hidden_files_and_what_a_mac_leaves_behind_are_passed_over() -> None:
    content = zipped(
        ("faces/", b""), ("faces/a.jpg", b"1"), ("__MACOSX/faces/._a.jpg", b"2"), ("faces/.DS_Store", b"3")
    )

    assert read(content) == [("a.jpg", b"1")]


def test_an_archive_within_an_archive_is_a_file_like_any_other() -> None:
    inner = zipped(("a.jpg", b"1"))

    assert read(zipped(("inner.zip", inner))) == [("inner.zip", inner)]


def test_of_a_file_that_is_too_large_no_more_is_read_than_shows_it() -> None:
    ((_, content),) = pictures_in(zipped(("a.jpg", bytes(10_000))), most_bytes=100)

    assert len(content) == 101


def test_an_archive_that_becomes_too_large_is_refused() -> None:
    bomb = zipped(*((f"{number}.jpg", bytes(5_000_000)) for number in range(6)))

    assert len(bomb) < 50_000
    assert MOST_UNPACKED < 6 * 5_000_000
    with pytest.raises(BodyTooLarge):
        read(bomb)


def test_a_file_that_lies_about_its_size_is_found_out() -> None:
    honest = zipped(("a.jpg", bytes(1_000_000)))
    lying = honest.replace(struct.pack("<L", 1_000_000), struct.pack("<L", 10))

    with pytest.raises(BadInput):
        read(lying)


def test_a_hundred_files_are_read_and_one_more_is_refused() -> None:
    files = [(f"{number}.jpg", b"1") for number in range(MOST_PICTURES + 1)]

    assert len(read(zipped(*files[:-1]))) == MOST_PICTURES
    with pytest.raises(BadInput, match="101 files"):
        read(zipped(*files))


def test_a_list_of_files_that_is_too_long_is_refused_before_it_is_read() -> None:
    content = zipped(*((f"{'n' * 200}{number}", b"") for number in range(2_000)))

    with pytest.raises(BadInput, match="too many"):
        read(content)


def test_an_archive_that_points_at_a_longer_list_elsewhere_is_refused() -> None:
    content = zipped(("a.jpg", b"1"))
    end = content.rindex(b"PK\x05\x06")
    pointer = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)

    with pytest.raises(BadInput, match="too many"):
        read(content[:end] + pointer + content[end:])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_an_unusual_way_is_an_empty_file(method: int) -> None:
    assert read(zipped(("a.jpg", b"1" * 100), method=method)) == [("a.jpg", b"")]


def test_what_is_encrypted_is_an_empty_file() -> None:
    content = bytearray(zipped(("a.jpg", b"1" * 100)))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1

    assert read(bytes(content)) == [("a.jpg", b"")]


WHOLE = zipped(("a.jpg", b"1" * 1000), ("b.jpg", b"2" * 1000))


@pytest.mark.parametrize("length", [3, 4, 30, len(WHOLE) - 30, len(WHOLE) - 1])
def test_an_archive_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(BadInput):
        read(WHOLE[:length])


@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), cut=st.integers(0, 20))
def test_any_bytes_are_an_archive_or_refused(place: int, byte: int, cut: int) -> None:
    garbled = bytearray(WHOLE)
    garbled[place] = byte
    outcome: object = None
    try:
        outcome = read(bytes(garbled[: len(garbled) - cut]))
    except BadInput as refused:
        outcome = refused

    assert isinstance(outcome, list | BadInput)
