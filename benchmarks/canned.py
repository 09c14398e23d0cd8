"""What the stub of Rekognition says of every picture: one calm person, twelve labels, no text.

Of a picture so large that frames stand in it as tiles: that person in each of them.
"""

import io
from collections.abc import Mapping
from typing import Any

import imagesize

from infra.local.rekognition.frontal import LANDMARKS
from infra.local.rekognition.shapes import FIVE

_BOX = {"Left": 0.36, "Top": 0.18, "Width": 0.24, "Height": 0.42}

_FACE = {
    "BoundingBox": _BOX,
    "Confidence": 99.98,
    "Landmarks": [
        {"Type": name, "X": round(0.36 + 0.24 * x, 6), "Y": round(0.18 + 0.42 * y, 6)}
        for name, (x, y) in LANDMARKS.items()
        if name in FIVE
    ],
    "Pose": {"Roll": -1.2185, "Yaw": 3.7312, "Pitch": 2.4059},
    "Quality": {"Brightness": 78.4123, "Sharpness": 92.2280},
    "EyeDirection": {"Yaw": 1.3218, "Pitch": -4.9127, "Confidence": 96.4417},
    "FaceOccluded": {"Value": False, "Confidence": 99.2113},
    "Emotions": [
        {"Type": name, "Confidence": confidence}
        for name, confidence in (
            ("CALM", 90.5273),
            ("HAPPY", 6.2109),
            ("CONFUSED", 0.9155),
            ("SURPRISED", 0.8850),
            ("SAD", 0.7233),
            ("ANGRY", 0.3418),
            ("DISGUSTED", 0.2228),
            ("FEAR", 0.1734),
        )
    ],
}

_TILES = 3
"""Frames in a row of a mosaic, and rows."""
_MOSAIC_WIDTH = 1920

_LABELS = (
    ("Person", 99.8141, ()),
    ("Face", 99.7902, ("Head", "Person")),
    ("Head", 99.7902, ("Person",)),
    ("Portrait", 98.3320, ("Face", "Head", "Photography", "Person")),
    ("Photography", 98.3320, ()),
    ("Adult", 97.6215, ("Person",)),
    ("Female", 97.6215, ("Person",)),
    ("Woman", 97.6215, ("Adult", "Female", "Person")),
    ("Smile", 84.1073, ("Happy", "Face", "Head", "Person")),
    ("Happy", 84.1073, ()),
    ("Indoors", 71.2250, ()),
    ("Clothing", 61.9027, ()),
)

REPLIES: Mapping[str, Mapping[str, Any]] = {
    "DetectFaces": {"FaceDetails": [_FACE]},
    "DetectLabels": {
        "Labels": [
            {
                "Name": name,
                "Confidence": confidence,
                "Instances": [{"BoundingBox": _BOX, "Confidence": confidence}] if name == "Person" else [],
                "Parents": [{"Name": parent} for parent in parents],
                "Aliases": [],
                "Categories": [{"Name": "Person Description"}],
            }
            for name, confidence, parents in _LABELS
        ],
        "LabelModelVersion": "3.0",
    },
    "DetectText": {"TextDetections": [], "TextModelVersion": "3.0"},
}
"""Operation to its reply, as Rekognition words it."""


def _in_tile(column: int, row: int) -> Mapping[str, Any]:
    box = {
        "Left": (_BOX["Left"] + column) / _TILES,
        "Top": (_BOX["Top"] + row) / _TILES,
        "Width": _BOX["Width"] / _TILES,
        "Height": _BOX["Height"] / _TILES,
    }
    landmarks: Any = _FACE["Landmarks"]
    moved = [
        {**mark, "X": (mark["X"] + column) / _TILES, "Y": (mark["Y"] + row) / _TILES} for mark in landmarks
    ]
    return {**_FACE, "BoundingBox": box, "Landmarks": moved}


MOSAIC: Mapping[str, Any] = {
    "FaceDetails": [_in_tile(column, row) for row in range(_TILES) for column in range(_TILES)]
}
"""The reply of DetectFaces for a mosaic."""


def is_mosaic(beginning: bytes) -> bool:
    """Whether the picture that begins so is as wide as frames side by side."""
    width, _ = imagesize.get(io.BytesIO(beginning))
    return int(width) >= _MOSAIC_WIDTH
