"""The good engine: mediapipe for faces, dlib for likeness, rapidocr for text. Python 3.11 and 3.12."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

from infra.local.rekognition.engine.anatomy import box_of_mesh, box_of_square, landmarks
from infra.local.rekognition.engine.embedding import Embedder
from infra.local.rekognition.engine.expression import emotions, measure_lines, verdicts
from infra.local.rekognition.engine.eyes import gaze, look_at_eyes
from infra.local.rekognition.engine.graphs import Points
from infra.local.rekognition.engine.headpose import head_pose
from infra.local.rekognition.engine.pool import Pool
from infra.local.rekognition.engine.quality import quality
from infra.local.rekognition.engine.reader import Reader
from infra.local.rekognition.engine.search import Find, Seeker
from infra.local.rekognition.picture import Pixels
from infra.local.rekognition.seen import Box, Face, Line, Vector

_PACKAGES = ("mediapipe", "dlib-bin", "rapidocr-onnxruntime", "opencv-python-headless")


class MeshEngine:
    """Faces with all that their geometry tells, likeness, and text."""

    name = "mediapipe"
    costs = ""

    def __init__(self) -> None:
        self._seekers = Pool(Seeker)
        self._embedder = Embedder()
        self._reader = Reader()

    @property
    def versions(self) -> Mapping[str, str]:
        """Those of the packages."""
        return {package: version(package) for package in _PACKAGES}

    def faces(self, pixels: Pixels) -> tuple[Face, ...]:
        """Find faces and measure each that the mesh fits."""
        with self._seekers.one() as seeker:
            finds = seeker.find(pixels)
        return tuple(_face(pixels, find) for find in finds)

    def text(self, pixels: Pixels) -> tuple[Line, ...]:
        """Read text."""
        return self._reader.read(pixels)

    def likeness(self, pixels: Pixels, face: Face) -> Vector | None:
        """Embed a face."""
        return self._embedder.embed(pixels, face.box)


def _face(pixels: Pixels, find: Find) -> Face:
    if find.points is not None:
        return _measured(pixels, find, find.points)
    height, width = pixels.shape[:2]
    box = box_of_square(find.square, width, height)
    if find.between is not None:
        box = _clipped(box, *(x / width for x in find.between))
    sure = _agreed(find.square.score) if find.cut else 100 * find.square.score
    return Face(box=box, confidence=sure, quality=quality(pixels, box))


def _clipped(box: Box, left: float, right: float) -> Box:
    start, end = max(left, box.left), min(right, box.left + box.width)
    return replace(box, left=start, width=end - start)


def _measured(pixels: Pixels, find: Find, points: Points) -> Face:
    height, width = pixels.shape[:2]
    box = box_of_mesh(points, width, height)
    pose = head_pose(points, max(width, height))
    eyes, lines = look_at_eyes(points), measure_lines(points)
    return Face(
        box=box,
        confidence=_agreed(find.square.score),
        landmarks=landmarks(points, width, height),
        pose=pose,
        quality=quality(pixels, box),
        gaze=gaze(eyes, pose),
        emotions=emotions(lines, eyes),
        verdicts=verdicts(lines, eyes),
    )


def _agreed(score: float) -> float:
    """Detector and mesh agree, and two are surer than one: a score of .6 becomes 93.6, of .8 99.2."""
    return 100 * (1 - (1 - score) ** 3)
