"""Faces drawn on their picture."""

import itertools

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from chalicelib.domain.detection import DetectedFace, pixel_box
from chalicelib.domain.errors import BadPicture
from chalicelib.domain.seen import BoundingBox, Landmark
from chalicelib.vision.draw import Marks, Place, Points, annotated, label_place, marks
from tests.media import media
from tests.unit.vision.pictures import Pixels, flat, jpeg, png, saved

BOX = BoundingBox(0.4, 0.4, 0.3, 0.35)
NOWHERE: Points = np.empty((0, 2), np.int64)
SIZES = [(80, 80), (640, 480), (4000, 3000), (1600, 80)]
NOISE_OF_JPEG = 40

Changed = NDArray[np.bool_]


def shown(encoded: bytes) -> Pixels:
    """The pixels as a browser would show them."""
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def changed(before: Pixels, after: Pixels) -> Changed:
    """Which pixels are another colour, beyond what JPEG makes of them."""
    assert before.shape == after.shape
    return np.asarray(cv2.absdiff(before, after).max(axis=2) > NOISE_OF_JPEG, np.bool_)


def drawn(face: DetectedFace, width: int, height: int, grey: int = 128) -> Changed:
    """Which pixels of a grey picture are drawn on."""
    before = flat(grey, width, height)
    return changed(before, shown(annotated(jpeg(before), [face])))


def extent(touched: Changed) -> Place:
    """The smallest rectangle that holds all that is drawn."""
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    return Place(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def apart(one: Place, other: Place) -> int:
    """By how many pixels their sides differ at the most."""
    across = abs(one.left - other.left), abs(one.right - other.right)
    return max(*across, abs(one.top - other.top), abs(one.bottom - other.bottom))


def place_of(box: BoundingBox, width: int, height: int) -> Place:
    left, top, across, down = pixel_box(box, width, height)
    return Place(left, top, left + across, top + down)


def label_px(width: int, height: int) -> int:
    sizes = marks(width, height)
    return sizes.text + 2 * sizes.margin


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_box_is_drawn_along_its_edge_and_nowhere_else(width: int, height: int) -> None:
    touched = drawn(DetectedFace(BOX), width, height)
    box = place_of(BOX, width, height)

    assert apart(extent(touched), box) <= 2
    assert touched[box.top : box.bottom, box.left + 1].mean() > 0.9
    assert touched[box.top : box.bottom, box.right - 2].mean() > 0.9
    assert touched[box.top + 1, box.left : box.right].mean() > 0.9
    assert touched[box.bottom - 2, box.left : box.right].mean() > 0.9
    assert not touched[(box.top + box.bottom) // 2, box.left + width // 20 : box.right - width // 20].any()


@pytest.mark.parametrize("grey", [0, 128, 255], ids=["black", "grey", "white"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_lines_dots_and_label_stand_out_from_any_ground(width: int, height: int, grey: int) -> None:
    eye = Landmark("eyeLeft", 0.5, 0.6)

    touched = drawn(DetectedFace(BOX, 99.9, landmarks=(eye,)), width, height, grey)

    box = place_of(BOX, width, height)
    assert touched[round(0.6 * height), round(0.5 * width)]
    assert touched[(box.top + box.bottom) // 2, box.left : box.left + 4].any()
    assert extent(touched).top <= box.top


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_text_is_at_least_nine_pixels_high_and_a_fiftieth_of_the_picture(width: int, height: int) -> None:
    with_label = extent(drawn(DetectedFace(BOX, 99.9), width, height))
    without = extent(drawn(DetectedFace(BOX), width, height))
    high = with_label.bottom - with_label.top - (without.bottom - without.top)

    assert marks(width, height).text >= max(9, int(0.02 * (width * height) ** 0.5))
    assert high >= marks(width, height).text + 2


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_label_is_dark_text_on_a_bright_ground(width: int, height: int) -> None:
    picture = shown(annotated(jpeg(flat(128, width, height)), [DetectedFace(BOX, 99.9)]))
    box = place_of(BOX, width, height)
    above = box.top >= label_px(width, height)
    label = picture[box.top - label_px(width, height) : box.top] if above else picture[box.bottom :]
    grey = cv2.cvtColor(
        np.ascontiguousarray(label[:, box.left : box.left + label_px(width, height)]), cv2.COLOR_BGR2GRAY
    )

    assert (grey > 160).mean() > 0.3
    assert (grey < 90).mean() > 0.05


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(("left", "top"), list(itertools.product((-0.1, 0.4, 0.75), (-0.1, 0.4, 0.75))))
def test_the_whole_label_is_in_the_picture_wherever_the_face_is(
    left: float, top: float, width: int, height: int
) -> None:
    box = place_of(BoundingBox(left, top, 0.35, 0.35), width, height)
    size = 4 * marks(width, height).text, label_px(width, height)

    label = label_place(box, size, (width, height), [], NOWHERE)

    assert (label.right - label.left, label.bottom - label.top) == size
    assert min(label.left, label.top) >= 0
    assert label.right <= width
    assert label.bottom <= height


@pytest.mark.parametrize(
    ("box", "place"),
    [
        (Place(100, 100, 200, 200), Place(100, 80, 150, 100)),
        (Place(100, 10, 200, 110), Place(100, 110, 150, 130)),
        (Place(100, 10, 200, 470), Place(100, 10, 150, 30)),
        (Place(620, 100, 640, 200), Place(590, 80, 640, 100)),
        (Place(0, 0, 640, 480), Place(0, 0, 50, 20)),
    ],
    ids=["above", "below at the upper edge", "inside between the edges", "at the right edge", "all of it"],
)
def test_the_label_goes_above_the_box_else_below_else_inside(box: Place, place: Place) -> None:
    assert label_place(box, (50, 20), (640, 480), [], NOWHERE) == place


def test_the_label_gives_way_to_landmarks_and_to_other_labels() -> None:
    box, size, within = Place(100, 100, 200, 200), (50, 20), (640, 480)
    nose = np.array([[120, 90]], np.int64)

    beside = label_place(box, size, within, [], nose)
    below = label_place(box, size, within, [Place(90, 80, 210, 100)], NOWHERE)

    assert beside == Place(150, 80, 200, 100)
    assert below == Place(100, 200, 150, 220)


def test_labels_one_below_the_other_hide_no_landmark_of_either_face() -> None:
    eyes = tuple(Landmark("eye", x, 0.38) for x in (0.42, 0.46, 0.5))
    upper, lower = BoundingBox(0.4, 0.2, 0.12, 0.2), BoundingBox(0.4, 0.4, 0.12, 0.2)
    both = [DetectedFace(lower, 99.9), DetectedFace(upper, 98.0, landmarks=eyes)]

    picture = shown(annotated(jpeg(flat(128)), both))

    dots = [picture[round(eye.y * 480), round(eye.x * 640)].astype(int) for eye in eyes]
    assert all(abs(dot - (0, 230, 255)).max() < 60 for dot in dots)


def test_no_confidence_no_label() -> None:
    told, untold = (extent(drawn(DetectedFace(BOX, confidence), 640, 480)) for confidence in (99.9, None))

    assert told.top < untold.top
    assert apart(untold, place_of(BOX, 640, 480)) <= 2


@pytest.mark.parametrize(
    ("box", "visible"),
    [
        (BoundingBox(-0.2, -0.3, 0.4, 0.6), Place(0, 0, 128, 144)),
        (BoundingBox(0.8, 0.7, 0.5, 0.5), Place(512, 336, 640, 480)),
        (BoundingBox(-1.0, -1.0, 3.0, 3.0), Place(0, 0, 640, 480)),
        (BoundingBox(-0.3, 0.2, 0.301, 0.5), Place(0, 96, 1, 336)),
    ],
    ids=["upper left", "lower right", "larger than the picture", "a sliver"],
)
def test_a_box_that_reaches_beyond_the_picture_is_drawn_as_far_as_it_is_in_it(
    box: BoundingBox, visible: Place
) -> None:
    assert apart(extent(drawn(DetectedFace(box), 640, 480)), visible) <= 2


def test_what_lies_outside_the_picture_is_not_drawn() -> None:
    outside = DetectedFace(BoundingBox(1.5, 1.5, 0.1, 0.1), 99.9, landmarks=(Landmark("nose", 1.55, 1.55),))

    assert not drawn(outside, 640, 480).any()


def test_marks_on_a_small_face_of_a_large_picture_are_finer() -> None:
    assert marks(4000, 3000, face_px=100).dot < marks(4000, 3000).dot
    assert marks(4000, 3000, face_px=100).line < marks(4000, 3000).line
    assert marks(4000, 3000, face_px=1) == Marks(marks(4000, 3000).text, line=1, dot=1, rim=1)


def test_a_jpeg_is_shown_upright_and_the_box_is_where_the_upright_picture_has_it() -> None:
    quarter = Image.Exif()
    quarter[0x0112] = 6
    lying = saved(Image.new("RGB", (640, 480), (128, 128, 128)), "JPEG", exif=quarter)

    touched = changed(flat(128, 480, 640), shown(annotated(lying, [DetectedFace(BOX)])))

    assert apart(extent(touched), place_of(BOX, 480, 640)) <= 2


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_png_is_never_turned_and_comes_back_as_jpeg(mode: str) -> None:
    quarter = Image.Exif()
    quarter[0x0112] = 6
    grey = saved(Image.new("RGB", (640, 480), (128, 128, 128)).convert(mode), "PNG", exif=quarter)

    made = annotated(grey, [DetectedFace(BOX)])

    assert made.startswith(b"\xff\xd8\xff")
    assert apart(extent(changed(flat(128), shown(made))), place_of(BOX, 640, 480)) <= 2


def test_without_faces_the_picture_stays_as_it_is() -> None:
    assert not changed(flat(77), shown(annotated(png(flat(77)), []))).any()


def test_a_picture_that_grows_too_large_loses_quality_before_size() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    best = len(annotated(png(noise), []))

    coarser = annotated(png(noise), [], most_bytes=best // 2)
    smaller = annotated(png(noise), [], most_bytes=best // 20)

    assert len(coarser) <= best // 2
    assert shown(coarser).shape == (480, 640, 3)
    assert len(smaller) <= best // 20
    assert shown(smaller).shape[0] < 480
    assert shown(smaller).shape[1] / shown(smaller).shape[0] == pytest.approx(4 / 3, abs=0.05)


def test_drawing_ends_even_where_no_picture_is_small_enough() -> None:
    assert shown(annotated(png(flat(128)), [], most_bytes=1)).shape == (1, 1, 3)


@pytest.mark.parametrize("encoded", [b"", b"no picture", jpeg(flat(1))[:200], png(flat(1))[:40]])
def test_what_cannot_be_decoded_is_a_bad_picture(encoded: bytes) -> None:
    with pytest.raises(BadPicture):
        annotated(encoded, [])


def test_a_real_picture_keeps_its_size_and_what_is_far_from_the_face() -> None:
    encoded = media("hysts/image02.jpg").read_bytes()
    face = DetectedFace(BoundingBox(0.65, 0.12, 0.08, 0.17), 99.93)

    touched = changed(shown(encoded), shown(annotated(encoded, [face])))

    box = place_of(face.box, touched.shape[1], touched.shape[0])
    assert touched[box.top : box.bottom, box.left + 1].mean() > 0.5
    assert not touched[:, : box.left - 20].any()
    assert not touched[box.bottom + 20 :].any()
