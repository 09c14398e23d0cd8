"""Things cut out for a synthetic interview: other people, phones, pages, hands; and what covers a camera."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.local.sources import Pixels

WIDTH, HEIGHT = 640, 480
Box = tuple[float, float, float, float]
"""Left, top, width, height, in pixels."""
Shade = NDArray[np.float32]
Mask = NDArray[np.uint8]

GUESTS: dict[str, Box] = {
    "face_recognition/obama.jpg": (373, 78, 238, 354),
    "azure/detection1.jpg": (424, 60, 241, 326),
    "hysts/image00.jpg": (480, 441, 250, 369),
    "azure/detection2.jpg": (259, 79, 147, 195),
    "face_recognition/biden2.jpg": (425, 162, 451, 635),
    "aws-virtual-proctor/image1.png": (161, 109, 324, 455),
    "face_recognition/biden.jpg": (428, 176, 285, 399),
    "face_recognition/obama_small.jpg": (105, 35, 109, 162),
}
"""Photographs of other people, and where their face is."""
PAGES = ("skimage/page.png", "azure/printed_text.jpg", "azure/MultiLingual.png")


@dataclass(frozen=True, slots=True)
class Prop:
    """Something cut out (blue, green, red, opacity), and where its middle is in the picture."""

    cutout: Pixels
    x: float
    y: float
    angle_deg: float = 0.0
    behind: bool = False


def guest(media: Path, name: str, *, face_px: float) -> Pixels:
    """Somebody else with a face of this height; the face is in the middle of the cutout."""
    cut, (left, top, wide, high) = _guest(found(media / name), GUESTS[name])
    scale = face_px / high
    reach_x = max(left + wide / 2, cut.shape[1] - left - wide / 2)
    reach_y = cut.shape[0] - top - high / 2
    centred = np.zeros((int(2 * reach_y), int(2 * reach_x), 4), np.uint8)
    x, y = int(reach_x - left - wide / 2), int(reach_y - top - high / 2)
    # The face may stand below the middle of the cut: what is above it is dropped then.
    kept = cut[max(0, -y) :, :]
    y = max(0, y)
    part = kept[: centred.shape[0] - y, : centred.shape[1] - x]
    centred[y : y + part.shape[0], x : x + part.shape[1]] = part
    return np.asarray(cv2.resize(centred, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def arm(media: Path, *, hand_px: float, skin: Shade, sleeve: Shade, mirrored: bool) -> Pixels:
    """A raised hand with its arm in a sleeve; the palm is in the middle of the cutout."""
    cut = _arm(found(media / "hysts/video00.mp4")).astype(np.float32)
    own = np.median(cut[cut[:, :, 3] > 200][:, :3], axis=0)  # noqa: PLR2004 - opaque
    cut[:, :, :3] = np.clip(cut[:, :, :3] * (1.05 * skin / own), 0, 255)
    row = np.arange(cut.shape[0], dtype=np.float32)[:, None] - cut.shape[0] / 2
    aside = np.abs(np.arange(cut.shape[1], dtype=np.float32)[None, :] - cut.shape[1] / 2 + 4)
    half = np.clip(46 + 0.05 * (row - 190), 1, 66)
    inside = np.clip((half - aside) / 3, 0, 1) * np.clip((row - 190) / 3, 0, 1)
    folds = 1 + 0.03 * np.sin(row / 23 + aside / 40)
    cloth = sleeve * ((1.05 - 0.45 * (aside / half) ** 2) * folds)[:, :, None]
    laid = np.dstack([cloth, np.full(cloth.shape[:2], 255, np.float32)])
    cut = cut * (1 - inside[:, :, None]) + laid * inside[:, :, None]
    scale = hand_px / 255
    sized = cv2.resize(np.clip(cut, 0, 255), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray((sized[:, ::-1] if mirrored else sized).astype(np.uint8))


def phone(*, high_px: float, style: str, skin: Shade) -> Pixels:
    """A phone under a thumb: `dark` glass, the `pale` back of one, or a `lit` screen."""
    high, wide = 400, 196
    body = {"dark": (26, 24, 24), "pale": (222, 226, 228), "lit": (18, 18, 18)}[style]
    shape = np.zeros((high, wide), np.uint8)
    for x, y in ((26, 26), (wide - 27, 26), (26, high - 27), (wide - 27, high - 27)):
        cv2.circle(shape, (x, y), 24, 255, -1, cv2.LINE_AA)
    cv2.rectangle(shape, (26, 2), (wide - 27, high - 3), 255, -1)
    cv2.rectangle(shape, (2, 26), (wide - 3, high - 27), 255, -1)
    face = np.full((high, wide, 3), body, np.float32)
    glare = (
        np.linspace(34, 0, wide, dtype=np.float32)[None, :]
        + np.linspace(16, 0, high, dtype=np.float32)[:, None]
    )
    if style == "lit":
        screen = np.linspace([190, 140, 90], [120, 70, 60], high - 40).astype(np.float32)[:, None]
        face[20 : high - 20, 12 : wide - 12] = screen
        for row in range(70, high - 70, 62):
            cv2.rectangle(face, (26, row), (wide - 50 + 20 * (row % 2), row + 40), (235, 230, 225), -1)
    if style == "pale":
        cv2.rectangle(face, (14, 14), (90, 96), (196, 200, 202), -1)
        for x, y in ((36, 36), (36, 74), (70, 54)):
            cv2.circle(face, (x, y), 15, (40, 38, 38), -1, cv2.LINE_AA)
        glare = -glare
    face += glare[:, :, None]
    edge = cv2.absdiff(shape, cv2.erode(shape, np.ones((7, 7), np.uint8)))
    face[edge > 0] = 175 if style == "pale" else 110
    for grey, reach in ((0.8, 17), (1.02, 14)):
        colour = [float(value) for value in skin * grey]
        cv2.ellipse(face, (wide - 8, int(0.7 * high)), (64, reach), 24, 0, 360, colour, -1, cv2.LINE_AA)
    cut = np.dstack([np.clip(face, 0, 255), shape]).astype(np.uint8)
    scale = high_px / high
    return np.asarray(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def page(media: Path, name: str, *, wide_px: float) -> Pixels:
    """A sheet of printed text."""
    printed = cv2.imread(str(found(media / name)))
    assert printed is not None
    if name.endswith("printed_text.jpg"):
        printed = printed[:400, 560:]
    if name.endswith("MultiLingual.png"):
        printed = printed[:430]
    scale = wide_px / printed.shape[1]
    sized = cv2.resize(printed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sized = cv2.convertScaleAbs(sized, alpha=228 / float(np.percentile(np.asarray(sized, np.uint8), 90)))
    sheet = cv2.copyMakeBorder(sized, 8, 10, 8, 8, cv2.BORDER_CONSTANT, value=(228, 230, 230))
    shine = np.linspace(0.97, 0.86, sheet.shape[1], dtype=np.float32)[None, :, None]
    opaque = np.full(sheet.shape[:2], 255, np.uint8)
    return np.dstack([(sheet * shine).astype(np.uint8), opaque])


def cover(style: str) -> Shade:
    """What a covered camera sees: a `finger`, a `lid`, or a `sticker`."""
    column, row = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    fade = np.clip(1 - 0.35 * np.hypot(column - 0.3, row + 0.4), 0, 1)[:, :, None]
    colours = {"finger": (10, 12, 52), "lid": (3, 3, 3), "sticker": (118, 150, 158)}
    even = 0.93 + 0.07 * fade if style == "sticker" else fade
    return np.asarray(even * np.array(colours[style]), np.float32)


def in_light_of(room: Pixels, cutout: Pixels) -> Pixels:
    """A photograph's cutout with the black, the white and the sharpness of the room's own picture."""
    black, white = np.percentile(room, 1), np.percentile(room, 99)
    lit = 0.7 * black + cutout[:, :, :3] * (min(255.0, 1.05 * white) - 0.7 * black) / 255
    return np.dstack([cv2.GaussianBlur(lit, (0, 0), 0.7).astype(np.uint8), cutout[:, :, 3]])


def lay(scene: Shade, prop: Prop) -> None:
    """Put a cutout into the scene, in the light and the sharpness of a webcam."""
    high, wide = prop.cutout.shape[:2]
    middle = (wide / 2, high / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, prop.angle_deg, 1.0), np.float64)
    turn[:, 2] += (prop.x - middle[0], prop.y - middle[1])
    blend(scene, cv2.warpAffine(prop.cutout, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR))


def blend(scene: Shade, cutout: cv2.typing.MatLike) -> None:
    """Lay a cutout of the picture's own size over the scene."""
    laid = np.asarray(cutout, np.float32)
    opacity = laid[:, :, 3:] / 255
    scene[:] = scene * (1 - opacity) + laid[:, :, :3] * opacity


def found(path: Path) -> Path:
    """The path. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: interviews are made from the labelled media folder.")
    return path


def decoded(jpeg: bytes) -> Pixels:
    """The pixels of a JPEG."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def largest(mask: cv2.typing.MatLike) -> Mask:
    """The largest shape of a mask and what touches it, without its holes."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape[:2], np.uint8)
    cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 255, -1)
    return filled


def soft(mask: Mask) -> Mask:
    """A mask with a soft edge, a little smaller."""
    return np.asarray(cv2.GaussianBlur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (0, 0), 1.3), np.uint8)


@cache
def _guest(path: Path, box: Box) -> tuple[Pixels, Box]:
    """Somebody cut out of a photograph, with a face of 150 px, and where it is."""
    photograph = cv2.imread(str(path))
    assert photograph is not None
    scale = 150 / box[3]
    photograph = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left, top, wide, high = (value * scale for value in box)
    x0, y0 = int(max(0, left - 1.6 * wide)), int(max(0, top - 0.5 * high))
    photograph = photograph[y0 : int(top + 3.2 * high), x0 : int(left + 2.6 * wide)]
    left, top = left - x0, top - y0
    mask = _grabbed(photograph, left + wide / 2, top, wide, high)
    cut = np.dstack([photograph, soft(mask)])
    # Clothes go on below the photograph.
    hem = cv2.blur(cut[-16:-3].mean(axis=0, keepdims=True), (15, 1))
    below = np.repeat(hem.reshape(1, -1, 4), int(2 * high), axis=0)
    below[:, :, :3] *= np.linspace(1, 0.8, below.shape[0])[:, None, None]
    return np.vstack([cut[:-3], below.astype(np.uint8)]), (left, top, wide, high)


def _grabbed(photograph: cv2.typing.MatLike, x: float, top: float, wide: float, high: float) -> Mask:
    """GrabCut, told where a head and shoulders may be."""
    rows, columns = photograph.shape[:2]
    guess = np.full((rows, columns), cv2.GC_BGD, np.uint8)
    middle = int(x)
    shoulders = [(0.35, 1.0), (1.0, 1.45), (1.1, rows / high)]
    outline = [(x + dx * wide, top + dy * high) for dx, dy in shoulders]
    outline += [(2 * x - at_x, at_y) for at_x, at_y in reversed(outline)]
    cv2.ellipse(
        guess, (middle, int(top + 0.45 * high)), (int(0.95 * wide), int(0.85 * high)), 0, 0, 360, 2, -1
    )
    cv2.rectangle(guess, (int(x - 1.75 * wide), int(top + 0.95 * high)), (int(x + 1.75 * wide), rows), 2, -1)
    cv2.ellipse(
        guess, (middle, int(top + 0.42 * high)), (int(0.56 * wide), int(0.62 * high)), 0, 0, 360, 3, -1
    )
    cv2.fillPoly(guess, [np.array(outline, np.int32)], 3)
    cv2.ellipse(
        guess, (middle, int(top + 0.5 * high)), (int(0.42 * wide), int(0.46 * high)), 0, 0, 360, 1, -1
    )
    cv2.rectangle(
        guess, (int(x - 0.2 * wide), int(top + high)), (int(x + 0.2 * wide), int(top + 1.2 * high)), 1, -1
    )
    chest = (int(x - 0.5 * wide), int(top + 1.5 * high)), (int(x + 0.5 * wide), int(top + 2.2 * high))
    if rows > top + 1.6 * high:
        cv2.rectangle(guess, *chest, 1, -1)
    cv2.setRNGSeed(1)
    cv2.grabCut(photograph, guess, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    kept = np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    return largest(cv2.morphologyEx(kept, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)))


@cache
def _arm(path: Path) -> Pixels:
    """A hand that somebody raises before a dark wall; the palm is in the middle."""
    video = cv2.VideoCapture(str(path))
    for _ in range(23):
        _, frame = video.read()
    view = np.asarray(frame[60:520, 0:200], np.uint8)
    view[-22:, :] = view[-23, :]  # no red sleeve
    bright = (view.max(2) > 70).astype(np.uint8)  # noqa: PLR2004
    cut = np.dstack(
        [view, soft(largest(cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))))]
    )
    palm_y, reach = 215, 1300
    longer = np.zeros((2 * reach, 210, 4), np.uint8)
    longer[reach - palm_y : reach - palm_y + 455, 10:] = cut[:455]
    longer[reach - palm_y + 455 :, 10:] = cut[454]
    return longer
