"""Where an interview's pictures come from: a video, an animation, pictures, or a camera.

A clip is sampled at its own time: the n-th frame is what its screen shows (n - 1) / fps seconds from the
start.
"""

import io
import math
import re
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

Pixels = NDArray[np.uint8]
"""Rows of blue, green, red."""

JPEG_QUALITY = 85
LONGEST_SIDE = 1280
"""Larger frames are made smaller, as a browser does before it sends them."""
MOST_BYTES, MOST_PIXELS = 4_000_000, 25_000_000
"""A JPEG file up to these goes out byte for byte."""

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
PICTURE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""What is opened as a picture; without this list Pillow also takes some videos for one."""
USUAL_FPS = 25.0
"""For containers that do not say theirs."""
FASTEST_FPS = 240.0
"""What claims more has no frame rate: it is the clock of its time stamps."""
SHORTEST_S, USUAL_S = 0.011, 0.1
"""Browsers show an animation's frames that claim less than the first for the second."""
SAME_MOMENT_S = 1e-6


class SourceError(Exception):
    """There is nothing to play; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded picture, and when it was captured, in seconds from the start."""

    at_s: float
    picture: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """Frames in their order."""

    name: str
    frames: Generator[Frame, None, None]
    count: int | None = None
    """How many, where it is known before they are played."""
    live: bool = False
    """Whether it goes on until it is stopped, at the pace of the clock."""


def open_clip(path: Path, fps: float) -> Source:
    """A file or a folder of pictures. Raises SourceError."""
    if not path.exists():
        raise SourceError(
            f"{path} does not exist. CLIP names a video, a GIF, a picture or a folder of pictures."
        )
    if path.is_dir():
        return _folder(path, fps)
    try:
        with Image.open(path, formats=PICTURE_FORMATS) as opened:
            animated = getattr(opened, "is_animated", False) and opened.format != "JPEG"
            shots = len(list(ImageSequence.Iterator(opened))) if animated else 1
    except UnidentifiedImageError:
        return _video(path, fps)
    except (OSError, ValueError, Image.DecompressionBombError) as exc:
        raise SourceError(f"{path} cannot be read: {exc}. Is the file whole?") from exc
    return _animation(path, fps) if shots > 1 else _pictures(path.name, [path], fps)


def open_camera(number: int, fps: float) -> Source:
    """A camera of this machine. Raises SourceError."""
    camera = cv2.VideoCapture(number)
    if not camera.isOpened() or not camera.grab():
        raise SourceError(f"Camera {number} cannot be opened. Is it there, and does no other program use it?")
    return Source(f"camera {number}", _live(camera, fps), live=True)


def encode(pixels: Pixels) -> bytes:
    """The frame as a browser would send it."""
    scale = LONGEST_SIDE / max(pixels.shape[:2])
    if scale < 1:
        pixels = np.asarray(
            cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def at_moments(
    shots: Iterable[tuple[float, Pixels]], fps: float, last_s: float
) -> Generator[Frame, None, None]:
    """What the screen shows at 0, 1/fps, 2/fps …: each shot until the next one, the last one for `last_s`."""
    shown: Pixels | None = None
    shown_at_s, number = 0.0, 0
    for at_s, pixels in shots:
        while shown is not None and number / fps < at_s - SAME_MOMENT_S:
            yield Frame(number / fps, encode(shown))
            number += 1
        shown, shown_at_s = pixels, at_s
    while shown is not None and (number == 0 or number / fps < shown_at_s + last_s - SAME_MOMENT_S):
        yield Frame(number / fps, encode(shown))
        number += 1


def _folder(path: Path, fps: float) -> Source:
    files = [file for file in path.iterdir() if file.suffix.lower() in PICTURES and file.is_file()]
    if not files:
        kinds = ", ".join(sorted(PICTURES))
        raise SourceError(f"{path} holds no pictures ({kinds}). Name a folder that does, or a video.")
    return _pictures(path.name, sorted(files, key=_natural), fps)


def _natural(file: Path) -> list[tuple[int, str]]:
    """frame2 before frame10."""
    return [
        (int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", file.name.lower())
    ]


def _pictures(name: str, files: list[Path], fps: float) -> Source:
    frames = (Frame(number / fps, _picture(file)) for number, file in enumerate(files))
    return Source(name, frames, len(files))


def _picture(file: Path) -> bytes:
    """A JPEG as it is, with what is staged in it; others as JPEG. Broken ones are the API's to refuse."""
    content = file.read_bytes()
    try:
        with Image.open(io.BytesIO(content), formats=PICTURE_FORMATS) as picture:
            fits = len(content) <= MOST_BYTES and picture.width * picture.height <= MOST_PIXELS
            if picture.format == "JPEG" and fits:
                return content
            return encode(_pixels(ImageOps.exif_transpose(picture)))
    except (OSError, ValueError, Image.DecompressionBombError):
        return content


def _pixels(picture: Image.Image) -> Pixels:
    """As the screen shows it: on white where it is transparent."""
    layers = picture.convert("RGBA")
    white = Image.new("RGBA", layers.size, "white")
    rgb = np.asarray(Image.alpha_composite(white, layers).convert("RGB"), np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _animation(path: Path, fps: float) -> Source:
    lasting_s = []
    with Image.open(path, formats=PICTURE_FORMATS) as animation:
        for frame in ImageSequence.Iterator(animation):
            claimed_s = frame.info.get("duration", 0) / 1000
            lasting_s.append(claimed_s if claimed_s >= SHORTEST_S else USUAL_S)
    frames = at_moments(_animation_shots(path, lasting_s), fps, lasting_s[-1])
    return Source(path.name, frames, _moments(sum(lasting_s), fps))


def _animation_shots(path: Path, lasting_s: list[float]) -> Iterator[tuple[float, Pixels]]:
    at_s = 0.0
    with Image.open(path, formats=PICTURE_FORMATS) as animation:
        for frame, shown_s in zip(ImageSequence.Iterator(animation), lasting_s, strict=True):
            yield at_s, _pixels(frame)
            at_s += shown_s


def _video(path: Path, fps: float) -> Source:
    video = cv2.VideoCapture(str(path))
    opened = video.isOpened() and video.grab()
    if not opened:
        raise SourceError(f"{path} is neither a video nor a picture that can be read. Is the file whole?")
    own_fps = video.get(cv2.CAP_PROP_FPS)
    if not 0 < own_fps <= FASTEST_FPS:
        own_fps = USUAL_FPS
    count = video.get(cv2.CAP_PROP_FRAME_COUNT)
    moments = _moments(count / own_fps, fps) if count > 0 else None
    return Source(path.name, at_moments(_video_shots(video, own_fps), fps, 1 / own_fps), moments)


def _video_shots(video: cv2.VideoCapture, own_fps: float) -> Iterator[tuple[float, Pixels]]:
    """Every frame of a video whose first one is grabbed, turned as the file's rotation flag says."""
    number, at_s = 0, 0.0
    while True:
        stamped_s = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
        # The container's own time, as long as it goes forward.
        at_s = stamped_s if not number or stamped_s > at_s else at_s + 1 / own_fps
        whole, pixels = video.retrieve()
        if whole:
            yield at_s, np.asarray(pixels, np.uint8)
        if not video.grab():
            break
        number += 1
    video.release()


def _moments(seconds: float, fps: float) -> int:
    """How many of 0, 1/fps, 2/fps … lie within these seconds."""
    return max(1, math.ceil((seconds - SAME_MOMENT_S) * fps))


def _live(camera: cv2.VideoCapture, fps: float) -> Generator[Frame, None, None]:
    """What the camera sees at each moment. Read without pause: cameras keep old frames for slow readers."""
    latest: dict[str, Any] = {}
    closing = threading.Event()
    fresh = threading.Event()

    def watch() -> None:
        while not closing.is_set():
            whole, pixels = camera.read()
            if not whole:
                break
            latest["pixels"] = pixels
            fresh.set()
        closing.set()
        fresh.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.monotonic()
    number = 0
    try:
        while fresh.wait() and not closing.is_set():
            at_s = time.monotonic() - began
            yield Frame(at_s, encode(latest["pixels"]))
            # After a slow answer the moments that have passed are left out.
            number = max(number + 1, math.ceil((time.monotonic() - began) * fps))
            closing.wait(max(0.0, number / fps - (time.monotonic() - began)))
    finally:
        closing.set()
        watcher.join()
        camera.release()
