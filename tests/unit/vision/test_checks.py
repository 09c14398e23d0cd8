"""What OpenCV says of a picture by itself."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from chalicelib.domain import rules
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import View
from chalicelib.vision.checks import look
from tests.observations import seen
from tests.unit.vision.pictures import (
    Pixels,
    blurred,
    covered,
    dimmed,
    flat,
    jpeg,
    png,
    portrait,
    saved,
)


def view(pixels: Pixels) -> View:
    return look(jpeg(pixels)).view


def noted(pixels: Pixels) -> list[str]:
    """The alert types whose condition holds in the pixels."""
    return list(rules.signs(replace(seen(1), view=view(pixels)), Policy()))


def change(one: bytes, other: bytes) -> float:
    """How much two files differ in the eyes of the frozen feed's rule."""
    prints = [look(each).view.fingerprint for each in (one, other)]
    difference: int = sum(abs(a - b) for a, b in zip(*prints, strict=True))
    return difference / len(prints[0])


def test_a_picture_keeps_its_bytes_and_is_named_by_them() -> None:
    encoded = jpeg(portrait())

    picture = look(encoded)

    assert (picture.encoded, picture.media_type) == (encoded, "image/jpeg")
    assert picture.name == hashlib.sha256(encoded).hexdigest()[:32]
    assert look(encoded) == picture


def test_a_png_is_known_as_one() -> None:
    picture = look(png(portrait()))

    assert (picture.media_type, picture.view.width, picture.view.height) == ("image/png", 640, 480)


def test_a_good_portrait_gives_no_sign() -> None:
    assert noted(portrait()) == []


@pytest.mark.parametrize(
    ("pixels", "signs"),
    [
        (flat(0), ["camera_blocked"]),
        (flat(255), ["camera_blocked"]),
        (flat(128), ["camera_blocked"]),
        (covered(), ["camera_blocked"]),
        (dimmed(0.05), ["camera_blocked"]),
        (dimmed(0.3), ["low_light"]),
        (dimmed(0.22), ["low_light"]),
        (dimmed(0.7), []),
        (blurred(2.0), ["blurred"]),
        (blurred(5.0), ["blurred"]),
        (blurred(0.5), []),
    ],
    ids=["black", "white", "grey", "finger", "night", "dusk", "late", "evening", "soft", "smeared", "crisp"],
)
def test_bad_conditions_are_told_apart(pixels: Pixels, signs: list[str]) -> None:
    assert noted(pixels) == signs


def test_the_figures_of_black_and_white_are_what_they_must_be() -> None:
    black, white = view(flat(0)), view(flat(255))

    assert black == View(640, 480, 0.0, 0.0, 0.0, 0.0, bytes(192))
    assert white == View(640, 480, 255.0, 0.0, 255.0, 0.0, b"\xff" * 192)


def test_sharpness_does_not_depend_on_the_light() -> None:
    assert view(dimmed(0.5)).sharpness == pytest.approx(view(portrait()).sharpness, rel=0.05)


@pytest.mark.parametrize("factor", [2, 4])
def test_the_figures_do_not_depend_on_the_cameras_resolution(factor: int) -> None:
    large = np.asarray(portrait().repeat(factor, axis=0).repeat(factor, axis=1))

    small_view, large_view = view(portrait()), view(large)

    assert (large_view.width, large_view.height) == (640 * factor, 480 * factor)
    assert large_view.mean == pytest.approx(small_view.mean, abs=1.0)
    assert large_view.deviation == pytest.approx(small_view.deviation, abs=2.0)
    assert large_view.sharpness == pytest.approx(small_view.sharpness, rel=0.3)


@pytest.mark.parametrize(("quality", "other"), [(75, 80), (75, 95), (90, 80)])
def test_a_frame_that_was_coded_again_counts_as_the_same(quality: int, other: int) -> None:
    same = change(jpeg(portrait(), quality), jpeg(portrait(), other))

    assert list(rules.signs_of_change(same, Policy())) == ["frozen_feed"]


@pytest.mark.parametrize(
    "moved", [np.roll(portrait(), 1, axis=1), np.roll(portrait(), 1, axis=0), dimmed(0.97)]
)
def test_a_picture_that_moves_by_a_pixel_or_darkens_a_little_counts_as_another(moved: Pixels) -> None:
    other = change(jpeg(portrait()), jpeg(moved))

    assert rules.signs_of_change(other, Policy()) == {}


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_picture_that_says_it_lies_on_its_side_is_taken_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = saved(Image.fromarray(portrait()), "JPEG", exif=exif)

    upright = look(lying).view

    assert (upright.width, upright.height) == (480, 640)


def test_metadata_changes_the_name_but_not_what_is_seen() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Interview, take 2"
    image = Image.fromarray(portrait())
    plain, told = (look(saved(image, "JPEG", **more)) for more in ({}, {"exif": exif}))

    assert plain.view == told.view
    assert plain.name != told.name


@pytest.mark.parametrize(
    "encoded",
    [
        saved(Image.fromarray(portrait()).convert("L"), "JPEG"),
        saved(Image.fromarray(portrait()).convert("CMYK"), "JPEG"),
        saved(Image.fromarray(portrait()), "JPEG", progressive=True),
        saved(Image.fromarray(portrait()).convert("RGBA"), "PNG"),
        saved(Image.fromarray(portrait()).convert("P"), "PNG"),
        saved(Image.fromarray(portrait()).convert("1"), "PNG"),
        png(portrait().astype(np.uint16) * 257),
        jpeg(portrait()) + b"\0" * 100,
    ],
    ids=["grey", "CMYK", "progressive", "alpha", "palette", "one bit", "16 bits", "bytes after the end"],
)
def test_every_kind_of_jpeg_and_png_is_looked_at(encoded: bytes) -> None:
    picture = look(encoded)

    assert (picture.view.width, picture.view.height) == (640, 480)
    assert picture.view.deviation > 10


@pytest.mark.parametrize("coded", [jpeg, png], ids=["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("width", "height"), [(1281, 721), (1283, 963), (3456, 2234), (5125, 2887), (641, 479)]
)
def test_a_large_picture_with_sides_of_any_number_is_taken(
    coded: Callable[[Pixels], bytes], width: int, height: int
) -> None:
    taken = look(coded(flat(128, width, height))).view

    assert (taken.width, taken.height, taken.mean) == (width, height, 128.0)


@pytest.mark.parametrize(("width", "height"), [(80, 80), (80, 1_600), (1_600, 80), (4_000, 3_000)])
def test_sides_from_80_pixels_to_a_large_cameras_are_taken(width: int, height: int) -> None:
    assert look(jpeg(flat(128, width, height))).view.width == width
