"""DetectText."""

from collections.abc import Mapping
from dataclasses import replace

from infra.local.rekognition.operations.room import Parameters, Room, number
from infra.local.rekognition.seen import Box, Line, Point
from infra.local.rekognition.shapes import Json, around, text_shape

_MODEL_VERSION = "3.0"
_MAX_WORDS = 100


def detect_text(room: Room, parameters: Parameters) -> Json:
    """Detect lines and their words: first all lines, then all words, numbered through."""
    picture = room.picture(parameters)
    filters = parameters.get("Filters")
    passes = _Passes(filters if isinstance(filters, Mapping) else {})
    read = [(line, [word for word in _words(line) if passes(word)]) for line in room.sight.text(picture)]
    lines = [(line, words) for line, words in read if words]
    detections = [text_shape(line, number=at) for at, (line, _) in enumerate(lines)]
    words = [(word, parent) for parent, (_, words) in enumerate(lines) for word in words][:_MAX_WORDS]
    detections += [
        text_shape(word, number=len(lines) + at, parent=parent) for at, (word, parent) in enumerate(words)
    ]
    return {"TextDetections": detections, "TextModelVersion": _MODEL_VERSION}


class _Passes:
    """The filters of a request: a word passes by its confidence, its size and its place."""

    def __init__(self, filters: Mapping[str, object]) -> None:
        word = filters.get("WordFilter")
        self._word: Mapping[str, object] = word if isinstance(word, Mapping) else {}
        regions = filters.get("RegionsOfInterest")
        self._regions = [_region(region) for region in regions] if isinstance(regions, list) else []

    def __call__(self, word: Line) -> bool:
        box = around(word.polygon)
        return (
            word.confidence >= number(self._word, "MinConfidence", 0)
            and box.height >= number(self._word, "MinBoundingBoxHeight", 0)
            and box.width >= number(self._word, "MinBoundingBoxWidth", 0)
            and (not self._regions or any(_overlaps(box, region) for region in self._regions))
        )


def _words(line: Line) -> list[Line]:
    """Cut a line at its blanks. Where a word ends is reckoned from its letters, all taken as equally wide."""
    words, at = [], 0
    for text in line.text.split():
        start = line.text.index(text, at)
        at = start + len(text)
        share = start / len(line.text), at / len(line.text)
        words.append(replace(line, text=text, polygon=_slice(line, *share)))
    return words


def _slice(line: Line, start: float, end: float) -> tuple[Point, Point, Point, Point]:
    top_left, top_right, bottom_right, bottom_left = line.polygon
    return (
        _between(top_left, top_right, start),
        _between(top_left, top_right, end),
        _between(bottom_left, bottom_right, end),
        _between(bottom_left, bottom_right, start),
    )


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _region(given: object) -> Box:
    region: Mapping[str, object] = given if isinstance(given, Mapping) else {}
    box, polygon = region.get("BoundingBox"), region.get("Polygon")
    if isinstance(box, Mapping):
        sides = [number(box, side, 0) for side in ("Left", "Top", "Width", "Height")]
        return Box(*sides)
    points = (
        polygon if isinstance(polygon, list) and polygon else [{"X": 0.0, "Y": 0.0}, {"X": 1.0, "Y": 1.0}]
    )
    return around([(number(point, "X", 0), number(point, "Y", 0)) for point in points])


def _overlaps(a: Box, b: Box) -> bool:
    return (
        a.left < b.left + b.width
        and b.left < a.left + a.width
        and a.top < b.top + b.height
        and b.top < a.top + a.height
    )
