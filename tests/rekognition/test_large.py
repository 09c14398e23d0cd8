"""Large pictures: small faces in them, and frames that are joined to one picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from infra.local.rekognition.engine.windows import Window, ends_at, panes, smallest_face_px, windows
from tests.rekognition.conftest import Pixels, jpeg_of, packaged
from tests.rekognition.emulator import Emulator
from tests.rekognition.service_model import complaints

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient
    from mypy_boto3_rekognition.type_defs import FaceDetailTypeDef

WIDTH, HEIGHT = 1920, 1440
TILE_WIDTH, TILE_HEIGHT = 640, 480
FACE_PX, FACE_X, FACE_Y = 94.0, 143, 120
"""How wide the astronaut's face is, and where its middle lies in the part that is pasted."""

Place = tuple[int, int, int]
"""The middle of a face, and its width, in pixels."""

SCATTERED = [
    (90, 100, 55), (500, 90, 55), (1000, 110, 56), (1500, 95, 58), (1820, 100, 55),
    (100, 500, 60), (420, 480, 70), (1010, 520, 100), (1500, 560, 180), (1820, 880, 55),
    (90, 900, 55), (500, 1000, 240), (1080, 960, 55), (1300, 1340, 55), (1820, 1350, 60), (90, 1350, 56),
]  # fmt: skip
ON_THE_LINES = [(x, y, 60) for y in (240, 480, 720, 960, 1200) for x in (320, 640, 960, 1280, 1600)]


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("places", [SCATTERED, ON_THE_LINES], ids=["scattered", "where_windows_end"])
def test_small_faces_are_found_wherever_they_are_and_none_twice(
    rekognition: "RekognitionClient", places: list[Place]
) -> None:
    answer = rekognition.detect_faces(Image={"Bytes": jpeg_of(_crowd(places), 90)}, Attributes=["ALL"])
    found = answer["FaceDetails"]

    assert len(found) == len(places)
    assert [place for place in places if not any(_is_at(face, place) for face in found)] == []
    assert complaints("DetectFaces", dict(answer)) == []


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("face_px", [55, 110, 420, 800])
def test_a_face_alone_is_one_face_however_large(rekognition: "RekognitionClient", face_px: int) -> None:
    place = (WIDTH // 2 + 30, HEIGHT // 2, face_px)
    (seen,) = rekognition.detect_faces(Image={"Bytes": jpeg_of(_crowd([place]), 90)})["FaceDetails"]

    assert _is_at(seen, place)


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("name", ["coffee.png", "brick.png", "page.png", "rocket.jpg"])
def test_nobody_is_seen_in_a_large_picture_of_things(rekognition: "RekognitionClient", name: str) -> None:
    large = cv2.resize(packaged(name), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)

    assert rekognition.detect_faces(Image={"Bytes": jpeg_of(large.astype(np.uint8))})["FaceDetails"] == []


@pytest.mark.usefixtures("real_engine")
def test_a_face_in_a_mosaic_is_measured_as_in_its_frame_alone(rekognition: "RekognitionClient") -> None:
    frames = [_scene([(250 + 15 * n, 200, 60 + 10 * n)], TILE_WIDTH, TILE_HEIGHT) for n in range(9)]
    tiles = _look_at_mosaic(rekognition, frames)

    for frame, in_tile in zip(frames, tiles, strict=True):
        (alone,) = _faces(rekognition, frame)
        (there,) = in_tile
        assert there["Pose"]["Yaw"] == pytest.approx(alone["Pose"]["Yaw"], abs=4)
        assert there["Pose"]["Pitch"] == pytest.approx(alone["Pose"]["Pitch"], abs=4)
        assert there["BoundingBox"]["Width"] * 3 == pytest.approx(alone["BoundingBox"]["Width"], rel=0.1)
        assert set(there) == set(alone)


@pytest.mark.usefixtures("real_engine")
def test_a_face_that_its_frame_cuts_in_half_stays_in_its_own_tile(rekognition: "RekognitionClient") -> None:
    half = _scene([(TILE_WIDTH - 1, 240, 90)], TILE_WIDTH, TILE_HEIGHT)
    empty = _scene([], TILE_WIDTH, TILE_HEIGHT) // 2
    frames = [empty] * 4 + [half] + [empty] * 4

    assert [len(tile) for tile in _look_at_mosaic(rekognition, frames)] == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_the_fallback_finds_the_faces_of_a_mosaic_too(start: Callable[..., Emulator]) -> None:
    frames = [_scene([(320, 240, 90)], TILE_WIDTH, TILE_HEIGHT)] * 9

    assert [len(tile) for tile in _look_at_mosaic(start().client(), frames)] == [1] * 9


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("session", ["badge_a", "badge_c", "smiling"])
def test_a_mosaic_of_frames_shows_as_many_faces_as_the_frames(
    rekognition: "RekognitionClient", media: Path, session: str
) -> None:
    wrong = []
    # The last group is one where a second person is cut by the frame's edge.
    for first in (0, 99, 144, 270):
        names = [media / "sessions" / session / f"{first + n:04d}.jpg" for n in range(9)]
        frames = [_read(name) for name in names]
        for name, frame, tile in zip(names, frames, _look_at_mosaic(rekognition, frames), strict=True):
            alone = _faces(rekognition, frame)
            if min(2, len(alone)) != min(2, len(tile)):
                wrong.append((name.stem, len(alone), len(tile)))

    assert wrong == []


@pytest.mark.usefixtures("real_engine")
@pytest.mark.parametrize("name", ["biden.jpg", "obama3.jpg", "obama.jpg", "biden2.jpg"])
def test_a_large_portrait_is_one_face_as_it_is_and_scaled_down(
    rekognition: "RekognitionClient", media: Path, name: str
) -> None:
    portrait = _read(media / "face_recognition" / name)
    scale = min(1.0, WIDTH / max(portrait.shape[:2]))
    smaller = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    assert len(_faces(rekognition, portrait)) == 1
    assert len(_faces(rekognition, smaller.astype(np.uint8, copy=False))) == 1


@pytest.mark.parametrize(
    ("width", "height", "smallest"), [(1920, 1080, 40), (1280, 720, 40), (1920, 1440, 53), (3840, 2160, 80)]
)
def test_the_smallest_face_grows_with_the_picture(width: int, height: int, smallest: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)

    assert round(smallest_face_px(picture)) == smallest
    assert {round(smallest_face_px(window.of(picture))) for window in windows(picture)} == {40}


@pytest.mark.parametrize(("width", "height"), [(1920, 1440), (1280, 1920), (970, 2204), (1001, 90)])
def test_what_is_half_as_large_as_a_window_is_whole_in_one(width: int, height: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    looks = windows(picture)
    wide, high = looks[0].right // 2 - 2, looks[0].bottom // 2 - 2

    assert set(panes(picture)) <= set(looks)
    for left in range(0, width - wide, 17):
        for top in range(0, height - high, 17):
            assert any(_holds(window, left, top, left + wide, top + high) for window in looks)


def test_a_pane_ends_where_pictures_are_joined_and_where_the_picture_ends() -> None:
    dark, light = (np.full((TILE_HEIGHT, TILE_WIDTH, 3), grey, np.uint8) for grey in (60, 90))
    joined = _mosaic([dark, dark, light] * 3)
    middle = panes(joined)[4]

    assert not ends_at(joined, middle, middle.left)
    assert ends_at(joined, middle, middle.right)
    assert all(ends_at(joined, pane, x) for pane in panes(joined) for x in (0, WIDTH))


def _crowd(places: Sequence[Place]) -> Pixels:
    return _scene(places, WIDTH, HEIGHT)


def _scene(places: Sequence[Place], width: int, height: int) -> Pixels:
    """Paste the astronaut's head, so large, in so many places of a wall."""
    across = np.linspace(150, 190, width)[None, :, None]
    scene = np.broadcast_to(across, (height, width, 3)).astype(np.uint8)
    head = packaged("astronaut.png")[:240, 80:366]
    for x, y, face_px in places:
        scale = face_px / FACE_PX
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pasted = cv2.resize(head, None, fx=scale, fy=scale, interpolation=how)
        left, top = round(x - FACE_X * scale), round(y - FACE_Y * scale)
        rows = slice(max(0, top), min(height, top + pasted.shape[0]))
        columns = slice(max(0, left), min(width, left + pasted.shape[1]))
        scene[rows, columns] = pasted[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return scene


def _is_at(face: "FaceDetailTypeDef", place: Place) -> bool:
    box = face["BoundingBox"]
    x, y = (box["Left"] + box["Width"] / 2) * WIDTH, (box["Top"] + box["Height"] / 2) * HEIGHT
    near = place[2] * 0.3
    return (
        abs(x - place[0]) < near and abs(y - place[1]) < near and 0.75 < box["Width"] * WIDTH / place[2] < 1.3
    )


def _holds(window: Window, left: int, top: int, right: int, bottom: int) -> bool:
    return window.left <= left and right <= window.right and window.top <= top and bottom <= window.bottom


def _mosaic(frames: Sequence[Pixels]) -> Pixels:
    return np.vstack([np.hstack(frames[row * 3 : row * 3 + 3]) for row in range(3)])


def _look_at_mosaic(
    rekognition: "RekognitionClient", frames: Sequence[Pixels]
) -> "list[list[FaceDetailTypeDef]]":
    """Show nine frames at once: the faces of each tile, by the middles of their boxes."""
    tiles: list[list[FaceDetailTypeDef]] = [[] for _ in frames]
    for face in _faces(rekognition, _mosaic(frames)):
        box = face["BoundingBox"]
        # A face that the picture's own edge cuts may have its middle outside.
        column = max(0, min(2, int(3 * (box["Left"] + box["Width"] / 2))))
        row = max(0, min(2, int(3 * (box["Top"] + box["Height"] / 2))))
        tiles[3 * row + column].append(face)
    return tiles


def _faces(rekognition: "RekognitionClient", pixels: Pixels) -> "list[FaceDetailTypeDef]":
    answer = rekognition.detect_faces(Image={"Bytes": jpeg_of(pixels, 90)}, Attributes=["ALL"])
    return answer["FaceDetails"]


def _read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.astype(np.uint8, copy=False)
