"""Every kind of clip is sampled at its own time."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from infra.local import sources
from infra.local.sources import Source, SourceError, open_camera, open_clip


def grey(level: int, width: int = 64, height: int = 48) -> sources.Pixels:
    return np.full((height, width, 3), level, np.uint8)


def levels(source: Source) -> list[int]:
    """The brightness of each frame, to the nearest ten."""
    return [round(float(pixels(frame.picture).mean()), -1).__int__() for frame in source.frames]


def pixels(picture: bytes) -> sources.Pixels:
    decoded = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded, np.uint8)


def video(path: Path, fps: float, shown: list[int]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (64, 48))
    for level in shown:
        writer.write(grey(level))
    writer.release()
    return path


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
def test_a_video_is_sampled_at_its_own_time(tmp_path: Path, ending: str) -> None:
    path = video(tmp_path / f"clip.{ending}", 10, [50] * 10 + [100] * 10 + [200] * 5)

    source = open_clip(path, fps=1)

    assert (source.count, source.live) == (3, False)
    assert levels(source) == [50, 100, 200]
    assert [frame.at_s for frame in open_clip(path, fps=2).frames] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_video_slower_than_the_sampling_shows_its_frames_longer(tmp_path: Path) -> None:
    path = video(tmp_path / "clip.mp4", 2, [50, 100, 200])

    assert levels(open_clip(path, fps=4)) == [50, 50, 100, 100, 200, 200]


def test_a_video_shorter_than_a_moment_is_one_frame(tmp_path: Path) -> None:
    path = video(tmp_path / "clip.mp4", 30, [100, 100])

    assert levels(open_clip(path, fps=1)) == [100]


def test_an_animation_shows_each_picture_as_long_as_it_says(tmp_path: Path) -> None:
    pictures = [Image.new("L", (64, 48), level) for level in (50, 100, 200)]
    path = tmp_path / "clip.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[500, 2000, 600], loop=0)

    source = open_clip(path, fps=1)

    assert source.count == 4
    assert levels(source) == [50, 100, 100, 200]


def test_an_animation_in_too_much_hurry_is_shown_as_browsers_do(tmp_path: Path) -> None:
    pictures = [Image.new("L", (64, 48), level) for level in (50, 100)]
    path = tmp_path / "clip.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=0)

    assert levels(open_clip(path, fps=10)) == [50, 100]


def test_pictures_come_in_natural_order_and_jpeg_files_as_they_are(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        cv2.imwrite(str(tmp_path / f"Frame{number}.jpg"), grey(number * 20))
    cv2.imwrite(str(tmp_path / "frame3.PNG"), grey(60))
    (tmp_path / "notes.txt").write_text("no picture")

    source = open_clip(tmp_path, fps=2)
    frames = list(source.frames)

    assert source.count == 4
    assert [frame.at_s for frame in frames] == [0.0, 0.5, 1.0, 1.5]
    assert [round(pixels(frame.picture).mean()) for frame in frames] == [20, 40, 60, 200]
    assert frames[0].picture == (tmp_path / "Frame1.jpg").read_bytes()
    assert frames[3].picture == (tmp_path / "Frame10.jpg").read_bytes()


def test_a_single_picture_is_one_frame(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(tmp_path / "clear.png")

    assert levels(open_clip(tmp_path / "clear.png", fps=1)) == [260]


def test_a_jpeg_with_its_staged_comment_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "staged.jpg"
    Image.new("RGB", (64, 48)).save(path, comment=b"what Rekognition shall answer")
    (frame,) = open_clip(path, fps=1).frames

    assert hashlib.sha256(frame.picture).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_large_frames_are_made_no_larger_than_a_browser_sends(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), grey(100, width=2560, height=1440))
    (frame,) = open_clip(tmp_path / "large.png", fps=1).frames

    assert pixels(frame.picture).shape == (720, 1280, 3)


def test_a_jpeg_that_the_api_would_not_take_is_made_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_PIXELS", 1_000_000)
    cv2.imwrite(str(tmp_path / "large.jpg"), grey(100, width=2560, height=1440))
    (frame,) = open_clip(tmp_path / "large.jpg", fps=1).frames

    assert pixels(frame.picture).shape == (720, 1280, 3)


def test_a_broken_picture_among_others_is_left_for_the_api_to_refuse(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.jpg"), grey(100))
    (tmp_path / "2.jpg").write_bytes(b"\xff\xd8\xff broken")
    (tmp_path / "3.png").write_bytes(b"\x89PNG broken")

    assert [frame.picture for frame in open_clip(tmp_path, fps=1).frames][1:] == [
        b"\xff\xd8\xff broken",
        b"\x89PNG broken",
    ]


@pytest.mark.parametrize("name", ["missing.mp4", "empty", "text.mp4", "nothing.mp4"])
def test_what_cannot_be_played_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "nothing.mp4").write_bytes(b"")

    with pytest.raises(SourceError, match=name):
        open_clip(tmp_path / name, fps=1)


def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match="Camera 93"):
        open_camera(93, fps=1)


def test_a_camera_plays_at_the_pace_of_the_clock(tmp_path: Path) -> None:
    camera = cv2.VideoCapture(str(video(tmp_path / "camera.avi", 1000, [50] * 5000)))
    frames = list(sources._live(camera, fps=1000))  # noqa: SLF001 - a camera cannot be had here

    assert frames
    assert [frame.at_s for frame in frames] == sorted({frame.at_s for frame in frames})
    assert {round(pixels(frame.picture).mean(), -1) for frame in frames} == {50}
