"""Files that are no pictures, or want to fill the memory: each is refused with what to do, none crashes."""

import struct
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.domain.errors import BadPicture, NotAPicture, PictureTooLarge
from chalicelib.vision.checks import look
from chalicelib.vision.travel import MOST_BYTES
from tests.unit.vision.pictures import (
    blurred,
    chunk,
    flat,
    header,
    jpeg,
    png,
    portrait,
    saved,
    tiny_file,
)

JPEG, PNG = jpeg(blurred(1.0), 60), png(flat(128, 200, 100))
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def refusal(encoded: bytes) -> BadPicture:
    with pytest.raises(BadPicture) as refused:
        look(encoded)
    return refused.value


def test_81_megapixels_in_a_few_kilobytes_are_refused() -> None:
    bomb = tiny_file(9_000, 9_000)

    refused = refusal(bomb)

    assert len(bomb) < 11_000
    assert type(refused) is PictureTooLarge
    assert "9000 x 9000" in str(refused)


def test_too_many_pixels_are_refused_by_the_header_alone() -> None:
    """There are no pixels in the file: whoever tried to decode it would call it broken, not large."""
    refused = refusal(SIGNATURE + header(9_000, 9_000) + chunk(b"IEND", b""))

    assert type(refused) is PictureTooLarge


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (80, 2**31 - 1), (5_001, 5_000)])
def test_any_number_of_pixels_above_the_limit_is_refused(width: int, height: int) -> None:
    assert type(refusal(SIGNATURE + header(width, height) + chunk(b"IEND", b""))) is PictureTooLarge


def test_a_jpeg_of_too_many_pixels_is_refused() -> None:
    start_of_frame = JPEG.index(b"\xff\xc0")
    size = struct.pack(">HH", 60_000, 60_000)
    large = JPEG[: start_of_frame + 5] + size + JPEG[start_of_frame + 9 :]

    assert type(refusal(large)) is PictureTooLarge


@pytest.mark.parametrize(("width", "height"), [(80, 100_000), (100_000, 80), (80, 1_601)])
def test_a_picture_so_long_that_it_would_fill_the_memory_is_refused(width: int, height: int) -> None:
    ribbon = tiny_file(width, height)
    tracemalloc.start()

    refused = refusal(ribbon)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "less elongated" in str(refused)
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("width", "height"), [(0, 0), (0, 480), (79, 480), (640, 79), (1, 1), (2**32 - 1, 1), (1, 2**24)]
)
def test_sides_too_small_to_show_a_face_are_refused(width: int, height: int) -> None:
    assert issubclass(type(refusal(SIGNATURE + header(width, height) + chunk(b"IEND", b""))), BadPicture)


def test_the_smallest_side_is_said() -> None:
    assert "at least 80" in str(refusal(jpeg(flat(128, 640, 79))))


def test_too_many_bytes_are_refused() -> None:
    fat = jpeg(portrait()) + b"\0" * MOST_BYTES

    refused = refusal(fat)

    assert type(refused) is PictureTooLarge
    assert str(MOST_BYTES) in str(refused)


def test_an_empty_picture_is_refused() -> None:
    assert "empty" in str(refusal(b""))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="9" height="9"/></svg>'


@pytest.mark.parametrize(
    "encoded",
    [
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        saved(Image.fromarray(portrait()), "GIF"),
        saved(Image.fromarray(portrait()), "BMP"),
        saved(Image.fromarray(portrait()), "WEBP"),
        saved(Image.fromarray(portrait()), "TIFF"),
        b"%PDF-1.7",
        b"P6 640 480 255 ",
        b"<html></html>",
        b"\0" * 1000,
        b"\xff",
        b"\xff\xd8",
        SIGNATURE[:-1],
    ],
    ids=[
        "SVG",
        "XML",
        "GIF",
        "BMP",
        "WebP",
        "TIFF",
        "PDF",
        "PPM",
        "HTML",
        "zeros",
        "byte",
        "marker",
        "start",
    ],
)
def test_what_is_neither_jpeg_nor_png_is_refused_as_such(encoded: bytes) -> None:
    assert type(refusal(encoded)) is NotAPicture


@pytest.mark.parametrize("whole", [JPEG, PNG], ids=["JPEG", "PNG"])
@pytest.mark.parametrize("kept", [0.05, 0.3, 0.5, 0.9, 0.99])
def test_a_picture_that_is_cut_off_is_refused(whole: bytes, kept: float) -> None:
    cut = whole[: int(len(whole) * kept)]

    assert type(refusal(cut)) is BadPicture


@pytest.mark.parametrize(
    "encoded",
    [
        SIGNATURE + chunk(b"IEND", b""),
        SIGNATURE + header(640, 480) + chunk(b"IEND", b""),
        SIGNATURE + header(640, 480) + chunk(b"IDAT", b"no zlib") + chunk(b"IEND", b""),
        SIGNATURE + header(640, 480, bits=99) + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xc0\x00\x0b\x08\x01\xe0\x02\x80\x01\x01\x11\x00\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00" + b"\xff" * 100 + b"\xd9",
    ],
    ids=["no header", "no pixels", "no zlib", "odd depth", "nothing", "no scan", "endless markers"],
)
def test_a_hollow_picture_is_refused(encoded: bytes) -> None:
    assert type(refusal(encoded)) is BadPicture


@pytest.mark.parametrize("length", [1_000, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("kind", [b"IDAT", b"tEXt", b"eXIf", b"acTL"])
def test_a_chunk_that_claims_to_be_longer_than_the_file_is_refused_before_memory_is_taken_for_it(
    kind: bytes, length: int
) -> None:
    claim = struct.pack(">I", length) + kind + b"few" + chunk(b"IEND", b"")

    refused = refusal(SIGNATURE + header(640, 480) + claim)

    assert str(refused) == "The picture is cut off; send the file whole."


@given(st.binary(max_size=300))
@example(b"\xff\xd8\xff")
@example(SIGNATURE)
def test_any_bytes_are_refused_or_a_picture(encoded: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", SIGNATURE, SIGNATURE + header(100, 100, bits=8)):
        for end in (b"", b"\xff\xd9", chunk(b"IEND", b"")):
            taken_or_refused(start + encoded + end)


@settings(max_examples=500)
@given(
    whole=st.sampled_from([JPEG, PNG]),
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_any_damage_to_a_picture_is_refused_or_survived(whole: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(whole)
    for place, value in changes:
        # Most damage where it hurts: in the header.
        damaged[place % (len(damaged) if place % 2 else 700) % len(damaged)] = value

    taken_or_refused(bytes(damaged))


@given(
    whole=st.sampled_from([JPEG, PNG]),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_any_missing_part_is_refused_or_survived(whole: bytes, cut: tuple[float, float]) -> None:
    start, end = sorted(int(len(whole) * place) for place in cut)

    taken_or_refused(whole[:start] + whole[end:])


def taken_or_refused(encoded: bytes) -> None:
    said = ""
    with suppress(BadPicture):
        picture = look(encoded)
        said = picture.name
        assert picture.encoded == encoded
        assert len(picture.view.fingerprint) == 192
    assert said or refusal(encoded)
