"""Whose face it is: real photographs, every two of them, through CompareFaces of the offline engine.

Two pictures of one person shall be alike, two of different people not. Who is who was told by the pictures'
labels and by eye; people are letters here. Pairs are few, and those of one person do not stand alone: read
the bounds as the least that there is to doubt.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.recorded import emulator_client, start_emulator
from chalicelib.domain.policy import Policy
from infra.local.sources import open_clip

MATCH, MISMATCH = Policy().match_similarity, Policy().mismatch_similarity
"""From the one on it is the same person, below the other it is somebody else; between, nothing is said."""
THRESHOLDS = (40, 50, 60, 65, 70, 75, 80, 85, 90, 95, 97, 99)

PEOPLE: Mapping[str, Sequence[Sequence[str]]] = {
    "A": [[f"intel/{clip}.mkv@0.1" for clip in ("again", "brother", "help", "no", "yes", "student")]],
    "B": [[*(f"intel/{clip}.mkv@0.1" for clip in ("book", "learn", "school", "walk")), "intel/book.mkv@0.8"]],
    "C": [["intel/head-pose-face-detection-male.gif@0.5", "intel/head-pose-face-detection-male.gif@4"]],
    "D": [["intel/head-pose-face-detection-female.gif@0.8", "intel/head-pose-face-detection-female.gif@1.6"]],
    "E": [["proctoring-ai/center_focus.mp4@8"], ["proctoring-ai/center_left_center.mp4@12"]],
    "F": [["hysts/video00.mp4@1.2", "hysts/video00.mp4@10", "hysts/video00.mp4@15"]],
    "G": [["hysts/image00.jpg"]],
    "H": [["hysts/image01.jpg"]],
    "I": [["aws-virtual-proctor/face-index.jpeg"], ["aws-virtual-proctor/face-search.jpeg"]],
    "J": [["aws-virtual-proctor/image1.png"], ["aws-virtual-proctor/image2.png"]],
    "K": [[f"azure/Family1-Dad{number}.jpg"] for number in (1, 2, 3)],
    "L": [[f"azure/Family1-Mom{number}.jpg"] for number in (1, 2)],
    "M": [[f"azure/Family1-Son{number}.jpg"] for number in (1, 2)],
    "N": [[f"azure/Family1-Daughter{number}.jpg"] for number in (1, 2, 3)],
    "O": [["face_recognition/biden.jpg"], ["face_recognition/biden2.jpg"]],
    "P": [[f"face_recognition/obama{number}.jpg"] for number in ("", 2, 3)],
    "Q": [["azure/detection1.jpg"]],
    "R": [["azure/detection2.jpg"]],
    "S": [["skimage/astronaut.png"]],
}
"""Person to occasions to pictures, of clips with the second that is meant.

Copies and cuttings of one photograph are left out, as are faces that are only half in the picture.
"""
FAMILY = frozenset("KLMN")
COVERED = frozenset({"intel/book.mkv@0.8"})
"""With a hand before the chin: the most that any of them covers."""

_CONFIDENCE = 1.96
"""Of the bounds: 95 %."""
_BLOCK = 5
"""The emulator remembers a dozen pictures: so many against so many are compared at a time."""
_THREADS = 2


class Pair(StrEnum):
    """What two pictures have in common."""

    PHOTOGRAPHS = "one person, two occasions"
    SITTING = "one person, one sitting"
    COVERED = "one person, a hand before the chin"
    STRANGERS = "two people"
    FAMILY = "two of a family"

    @property
    def genuine(self) -> bool:
        """Whether it is one person."""
        return self not in {Pair.STRANGERS, Pair.FAMILY}


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a person."""

    name: str
    person: str
    occasion: int

    def read(self, folder: Path) -> bytes:
        """The picture: a still as it is, a clip's frame as a browser would send it."""
        file, _, at_s = self.name.partition("@")
        if not at_s:
            return (folder / file).read_bytes()
        with closing(open_clip(folder / file, fps=10).frames) as frames:
            return next(frame.picture for frame in frames if frame.at_s >= float(at_s))


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair, and how similar it was found: None where no face was found in one of the pictures."""

    pair: Pair
    similarity: float | None


def shots(folder: Path) -> list[Shot]:
    """All pictures that there are in the folder."""
    known = [
        Shot(name, person, number)
        for person, occasions in PEOPLE.items()
        for number, names in enumerate(occasions)
        for name in names
    ]
    return [each for each in known if (folder / each.name.partition("@")[0]).exists()]


def kind_of(one: Shot, other: Shot) -> Pair:
    """What the two have in common."""
    if one.person != other.person:
        return Pair.FAMILY if {one.person, other.person} <= FAMILY else Pair.STRANGERS
    if {one.name, other.name} & COVERED:
        return Pair.COVERED
    return Pair.SITTING if one.occasion == other.occasion else Pair.PHOTOGRAPHS


def measure(folder: Path) -> dict[str, Any]:
    """Compare every two pictures. Raises StartError."""
    known = shots(folder)
    pictures = {each.name: each.read(folder) for each in known}
    with ExitStack() as running:
        program, url = start_emulator(running, number=0)
        program.wait_until_answers(f"{url}/_health")
        client = emulator_client(url)

        def judge(two: tuple[Shot, Shot]) -> Judged:
            source, target = (pictures[each.name] for each in two)
            return Judged(kind_of(*two), _similarity(client, source, target))

        with ThreadPoolExecutor(_THREADS) as pool:
            judged = list(pool.map(judge, _in_blocks(known)))
    return {"pictures": len(known), "people": len({each.person for each in known}), **figures(judged)}


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """What the comparisons add up to."""
    genuine = [each.similarity for each in judged if each.pair.genuine and each.similarity is not None]
    others = [each.similarity for each in judged if not each.pair.genuine and each.similarity is not None]
    return {
        "match_similarity": MATCH,
        "mismatch_similarity": MISMATCH,
        "pairs": {kind.value: _counts(kind, judged) for kind in Pair},
        "thresholds": [
            {
                "similarity": threshold,
                "false_reject": _rate(sum(each < threshold for each in genuine), len(genuine)),
                "false_accept": _rate(sum(each >= threshold for each in others), len(others)),
            }
            for threshold in THRESHOLDS
        ],
    }


def bounds(found: int, of: int) -> tuple[float, float]:
    """Between which shares the true one lies, by Wilson (1927), at 95 %."""
    if not of:
        return 0.0, 1.0
    share, z2 = found / of, _CONFIDENCE**2
    middle = share + z2 / (2 * of)
    width = _CONFIDENCE * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = ((middle + side) / (1 + z2 / of) for side in (-width, width))
    return max(0.0, low), min(1.0, high)


def _rate(found: int, of: int) -> dict[str, Any]:
    low, high = bounds(found, of)
    return {"pairs": found, "of": of, "low": round(low, 4), "high": round(high, 4)}


def _counts(kind: Pair, judged: Sequence[Judged]) -> dict[str, Any]:
    mine = [each.similarity for each in judged if each.pair is kind]
    seen = sorted(each for each in mine if each is not None)
    return {
        "pairs": len(mine),
        "no_face": len(mine) - len(seen),
        "match": sum(each >= MATCH for each in seen),
        "unclear": sum(MISMATCH <= each < MATCH for each in seen),
        "mismatch": sum(each < MISMATCH for each in seen),
        "lowest": seen[0] if seen else None,
        "highest": seen[-1] if seen else None,
    }


def _in_blocks(known: Sequence[Shot]) -> Iterator[tuple[Shot, Shot]]:
    """Every two pictures, those that share pictures close together."""
    places = sorted(
        combinations(range(len(known)), 2), key=lambda two: (two[0] // _BLOCK, two[1] // _BLOCK, two)
    )
    for one, other in places:
        yield known[one], known[other]


def _similarity(client: Any, source: bytes, target: bytes) -> float | None:  # noqa: ANN401 - boto3's
    """Of the most similar face. None if one of the pictures has no face, which Rekognition calls an error."""
    try:
        reply = client.compare_faces(
            SourceImage={"Bytes": source}, TargetImage={"Bytes": target}, SimilarityThreshold=0
        )
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "InvalidParameterException":
            raise
        return None
    return max((float(match["Similarity"]) for match in reply["FaceMatches"]), default=0.0)
