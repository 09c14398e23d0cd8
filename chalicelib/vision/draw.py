"""Faces drawn on their picture: a box, a dot for each landmark, and how sure their finder is.

Lines, dots and text follow the picture's size, so that they can be made out however large it is shown; on a
small face of a large picture lines and dots are finer, so that they do not hide it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.detection import DetectedFace, pixel_box, pixel_point
from chalicelib.vision.decoding import decoded
from chalicelib.vision.small import one_at_a_time

Pixels = NDArray[np.uint8]
Points = NDArray[np.int64]
"""One x and y in each row."""

_DARK, _BRIGHT, _DOT = (0, 0, 0), (0, 255, 160), (0, 230, 255)
"""Blue, green, red. Every line and dot has a dark rim and is seen on light and on dark; colours are told
apart by their lightness, of which JPEG keeps the most."""
_FONT, _DIGIT_PX = cv2.FONT_HERSHEY_SIMPLEX, 21
"""The height of its digits at scale 1."""

_TEXT_SHARE, _LINE_SHARE, _DOT_SHARE = 0.02, 0.003, 0.005
"""Of the geometric mean of the picture's sides."""
_LEAST_TEXT_PX, _LEAST_LINE_PX, _LEAST_DOT_PX = 9, 1, 1
_MOST_OF_FACE = 0.03
"""Lines and dots take no more of the shorter side of a face's box, unless they would not be seen."""

_QUALITIES = (90, 75, 60, 45)
_HEADROOM = 0.95


@dataclass(frozen=True, slots=True)
class Marks:
    """How large to draw, in pixels."""

    text: int
    """Height of a digit."""
    line: int
    dot: int
    """A radius."""
    rim: int

    @property
    def margin(self) -> int:
        """Around a label's text."""
        return max(2, round(0.35 * self.text))


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle in pixels; right and bottom are the first beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "Place") -> bool:
        """Whether they share a pixel."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, points: Points) -> int:
        """How many of the points lie within."""
        x, y = points[:, 0], points[:, 1]
        within = (x >= self.left) & (x < self.right) & (y >= self.top) & (y < self.bottom)
        return int(np.count_nonzero(within))


@one_at_a_time
def annotated(encoded: bytes, faces: Sequence[DetectedFace], *, most_bytes: int = 4_400_000) -> bytes:
    """The picture as JPEG, upright, with the faces drawn on it. Raises BadPicture if it cannot be decoded.

    It keeps its size, which the faces' pixels are told by, unless it would exceed `most_bytes` even at a low
    quality. One at a time: a picture of 25 megapixels takes 75 MB.
    """
    pixels = decoded(encoded, cv2.IMREAD_COLOR)
    height, width = pixels.shape[:2]
    for face in faces:
        _draw_face(pixels, face)
    for label, text in _labels(faces, width, height):
        _draw_label(pixels, label, text)
    return _as_jpeg(pixels, most_bytes)


def marks(width: int, height: int, face_px: float = math.inf) -> Marks:
    """How large to draw on a picture of this size, at a face whose box is `face_px` at its shorter side."""
    size = math.sqrt(width * height)
    most = _MOST_OF_FACE * face_px
    line = max(_LEAST_LINE_PX, round(min(_LINE_SHARE * size, most)))
    return Marks(
        text=max(_LEAST_TEXT_PX, round(_TEXT_SHARE * size)),
        line=line,
        dot=max(_LEAST_DOT_PX, round(min(_DOT_SHARE * size, most))),
        rim=max(1, line // 4),
    )


def label_place(
    box: Place, size: tuple[int, int], within: tuple[int, int], taken: Sequence[Place], points: Points
) -> Place:
    """Where a label of this size goes: above the box, else below, else inside, else a line away.

    The whole of it is within the picture, where it covers the fewest of the labels that are `taken`, and then
    of the points.
    """
    width, height = size
    rightmost, lowest = max(0, within[0] - width), max(0, within[1] - height)
    lefts = [max(0, min(left, rightmost)) for left in (box.left, box.right - width)]
    outside, inside = (box.top - height, box.bottom), (min(box.top, lowest), max(0, box.bottom - height))
    further = box.top - 2 * height, box.bottom + height
    tops = [top for top in (*outside, *inside, *further) if 0 <= top <= lowest]
    places = [Place(left, top, left + width, top + height) for top in tops for left in lefts]
    return min(places, key=lambda place: (sum(map(place.meets, taken)), place.holds(points)))


def _draw_face(pixels: Pixels, face: DetectedFace) -> None:
    height, width = pixels.shape[:2]
    box = _place(face, width, height)
    sizes = marks(width, height, min(face.box.width * width, face.box.height * height))
    if box:
        _draw_box(pixels, box, sizes)
    for point in _points([face], width, height).tolist():
        cv2.circle(pixels, point, sizes.dot + sizes.rim, _DARK, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(pixels, point, sizes.dot, _DOT, cv2.FILLED, cv2.LINE_AA)


def _draw_box(pixels: Pixels, box: Place, sizes: Marks) -> None:
    # Inwards from the box's edge: at the picture's own edge the whole line is seen.
    rims, line = 2 * sizes.rim + sizes.line, sizes.line
    _draw_frame(pixels, box, rims, _DARK)
    inner = Place(box.left + sizes.rim, box.top + sizes.rim, box.right - sizes.rim, box.bottom - sizes.rim)
    _draw_frame(pixels, inner, line, _BRIGHT)


def _draw_frame(pixels: Pixels, box: Place, line: int, colour: tuple[int, int, int]) -> None:
    inside = pixels[box.top : max(0, box.bottom), box.left : max(0, box.right)]
    for side in (inside[:line], inside[-line:], inside[:, :line], inside[:, -line:]):
        side[:] = colour


def _labels(faces: Sequence[DetectedFace], width: int, height: int) -> Iterator[tuple[Place, str]]:
    sizes, points, taken = marks(width, height), _points(faces, width, height), list[Place]()
    for face in faces:
        box = _place(face, width, height)
        if box is None or face.confidence is None:
            continue
        text = f"{face.confidence:.1f}%"
        taken.append(label_place(box, _label_size(text, sizes), (width, height), taken, points))
        yield taken[-1], text


def _label_size(text: str, sizes: Marks) -> tuple[int, int]:
    (width, _), _ = cv2.getTextSize(text, _FONT, *_font(sizes))
    return width + 2 * sizes.margin, sizes.text + 2 * sizes.margin


def _font(sizes: Marks) -> tuple[float, int]:
    """Scale and thickness."""
    return sizes.text / _DIGIT_PX, max(1, round(sizes.text / 9))


def _draw_label(pixels: Pixels, label: Place, text: str) -> None:
    sizes = marks(pixels.shape[1], pixels.shape[0])
    pixels[label.top : label.bottom, label.left : label.right] = _BRIGHT
    start = label.left + sizes.margin, label.bottom - sizes.margin - 1
    scale, thickness = _font(sizes)
    cv2.putText(pixels, text, start, _FONT, scale, _DARK, thickness, cv2.LINE_AA)


def _place(face: DetectedFace, width: int, height: int) -> Place | None:
    """As much of the face's box as lies within the picture."""
    left, top, across, down = pixel_box(face.box, width, height)
    return Place(left, top, left + across, top + down) if across and down else None


def _points(faces: Sequence[DetectedFace], width: int, height: int) -> Points:
    points = [pixel_point(landmark, width, height) for face in faces for landmark in face.landmarks]
    return np.array(points, np.int64).reshape(-1, 2)


def _as_jpeg(pixels: Pixels, most_bytes: int) -> bytes:
    for quality in _QUALITIES:
        made = _encoded(pixels, quality)
        if len(made) <= most_bytes:
            return made
    while len(made) > most_bytes and max(pixels.shape[:2]) > 1:
        scale = _HEADROOM * math.sqrt(most_bytes / len(made))
        height, width = (max(1, int(side * scale)) for side in pixels.shape[:2])
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        made = _encoded(pixels, _QUALITIES[-1])
    return made


def _encoded(pixels: Pixels, quality: int) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
