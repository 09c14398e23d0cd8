"""Faces by OpenCV's own cascades."""

import cv2
import numpy as np
import pytest
from PIL import Image

from chalicelib.domain.detection import DetectedFace
from chalicelib.domain.errors import BadPicture
from chalicelib.domain.seen import BoundingBox
from chalicelib.vision.cascades import ENGINE, faces
from tests.media import media
from tests.unit.vision.pictures import Pixels, flat, jpeg, png, portrait, saved
from tests.unit.vision.scenes import FACE

QUARTER = Image.Exif()
QUARTER[0x0112] = 6
"""To be turned by a quarter clockwise."""


def overlap(one: BoundingBox, other: BoundingBox) -> float:
    """What both boxes cover, of what either covers."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    common = max(0.0, across) * max(0.0, down)
    return common / (one.area + other.area - common)


def the_face(encoded: bytes) -> BoundingBox:
    (face,) = faces(encoded)
    return face.box


def enlarged(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def two_sizes() -> Pixels:
    """The portrait at the right, and the same at half the size left of it."""
    canvas = flat(128, width=960, height=480)
    canvas[:, 320:] = portrait()
    canvas[200:440, :320] = cv2.resize(portrait(), (320, 240), interpolation=cv2.INTER_AREA)
    return canvas


def lying_with_exif() -> bytes:
    """The portrait on its side, with an Exif orientation that sets it upright."""
    lying = cv2.rotate(portrait(), cv2.ROTATE_90_COUNTERCLOCKWISE)
    return saved(Image.fromarray(cv2.cvtColor(lying, cv2.COLOR_BGR2RGB)), "JPEG", exif=QUARTER, quality=92)


@pytest.mark.parametrize("encoded", [jpeg(portrait()), png(portrait())], ids=["jpeg", "png"])
def test_a_portrait_has_one_face_in_its_place_and_nothing_is_invented(encoded: bytes) -> None:
    (face,) = faces(encoded)

    assert overlap(face.box, FACE.box) > 0.4
    assert face == DetectedFace(face.box)


def test_a_wall_has_no_face() -> None:
    assert faces(jpeg(flat(128))) == ()


@pytest.mark.parametrize(("width", "height"), [(160, 120), (1600, 1200), (5600, 4200)])
def test_the_box_is_the_same_share_of_the_picture_at_any_size(width: int, height: int) -> None:
    small = the_face(jpeg(portrait()))

    assert overlap(the_face(jpeg(enlarged(portrait(), width, height))), small) > 0.8


def test_the_largest_face_comes_first() -> None:
    first, second = faces(jpeg(two_sizes()))

    assert first.box.left > 1 / 3 > second.box.left
    assert first.box.area > 2 * second.box.area


def test_a_jpeg_is_searched_as_its_orientation_shows_it() -> None:
    assert overlap(the_face(lying_with_exif()), the_face(jpeg(portrait()))) > 0.9


def test_a_png_is_never_turned() -> None:
    upright = Image.fromarray(cv2.cvtColor(portrait(), cv2.COLOR_BGR2RGB))

    assert the_face(saved(upright, "PNG", exif=QUARTER)) == the_face(png(portrait()))


def test_a_transparent_png_is_searched_like_another() -> None:
    see_through = cv2.cvtColor(portrait(), cv2.COLOR_BGR2BGRA)
    see_through[:100, :100, 3] = 0

    assert overlap(the_face(png(np.asarray(see_through, np.uint8))), FACE.box) > 0.4


@pytest.mark.parametrize("encoded", [b"", b"no picture", jpeg(portrait())[:200], png(portrait())[:40]])
def test_what_cannot_be_decoded_is_a_bad_picture(encoded: bytes) -> None:
    with pytest.raises(BadPicture):
        faces(encoded)


def test_the_engine_says_its_version() -> None:
    assert f"OpenCV {cv2.__version__}" == ENGINE


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("skimage/coffee.png", 0),
        ("skimage/chelsea.png", 0),
        ("skimage/page.png", 0),
        ("azure/printed_text.jpg", 0),
        ("azure/detection1.jpg", 1),
        ("azure/detection2.jpg", 1),
        ("aws-virtual-proctor/face-search.jpeg", 1),
        ("face_recognition/biden.jpg", 1),
        ("face_recognition/obama.jpg", 1),
        ("hysts/image00.jpg", 1),
    ],
)
def test_in_real_pictures_it_finds_the_frontal_faces_and_no_others(name: str, count: int) -> None:
    assert len(faces(media(name).read_bytes())) == count
