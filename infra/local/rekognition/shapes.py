"""Facts in Rekognition's JSON. What is not known is left out: no age, gender or beard is ever invented."""

from collections.abc import Collection, Mapping

from infra.local.rekognition.frontal import LANDMARKS
from infra.local.rekognition.seen import Box, Face, Label, Line, Point

Json = dict[str, object]

FIVE = frozenset(list(LANDMARKS)[:5])
"""The landmarks given unless all attributes are asked for."""

_ATTRIBUTES = {
    "EYEGLASSES": "Eyeglasses",
    "EYES_OPEN": "EyesOpen",
    "FACE_OCCLUDED": "FaceOccluded",
    "MOUTH_OPEN": "MouthOpen",
    "SMILE": "Smile",
    "SUNGLASSES": "Sunglasses",
}


def face_detail(face: Face, attributes: Collection[str]) -> Json:
    """Describe a face: the default attributes always, others where asked for and known."""
    everything = "ALL" in attributes
    detail = compared_face(face, landmarks=LANDMARKS if everything else FIVE)
    for attribute, member in _ATTRIBUTES.items():
        if (everything or attribute in attributes) and member in face.verdicts:
            verdict = face.verdicts[member]
            detail[member] = {"Value": verdict.value, "Confidence": percent(verdict.confidence)}
    if (everything or "EMOTIONS" in attributes) and face.emotions:
        detail["Emotions"] = _emotions(face.emotions)
    if (everything or "EYE_DIRECTION" in attributes) and face.gaze:
        detail["EyeDirection"] = {
            "Yaw": degrees(face.gaze.yaw_deg),
            "Pitch": degrees(face.gaze.pitch_deg),
            "Confidence": percent(face.gaze.confidence),
        }
    return detail


def compared_face(face: Face, landmarks: Collection[str] = FIVE) -> Json:
    """Describe a face with the default attributes only, as CompareFaces does."""
    shown: Json = {"BoundingBox": bounding_box(face.box), "Confidence": percent(face.confidence)}
    points = [
        {"Type": name, "X": ratio(face.landmarks[name][0]), "Y": ratio(face.landmarks[name][1])}
        for name in LANDMARKS
        if name in landmarks and name in face.landmarks
    ]
    if points:
        shown["Landmarks"] = points
    if face.pose:
        pose = face.pose
        shown["Pose"] = {
            "Roll": degrees(pose.roll_deg),
            "Yaw": degrees(pose.yaw_deg),
            "Pitch": degrees(pose.pitch_deg),
        }
    if face.quality:
        shown["Quality"] = {
            "Brightness": percent(face.quality.brightness),
            "Sharpness": percent(face.quality.sharpness),
        }
    return shown


def label_shape(label: Label) -> Json:
    """Describe a label; each of its boxes is an instance."""
    return {
        "Name": label.name,
        "Confidence": percent(label.confidence),
        "Instances": [
            {"BoundingBox": bounding_box(box), "Confidence": percent(label.confidence)} for box in label.boxes
        ],
        "Parents": [{"Name": name} for name in label.parents],
        "Aliases": [{"Name": name} for name in label.aliases],
        "Categories": [{"Name": name} for name in label.categories],
    }


def text_shape(line: Line, *, number: int, parent: int | None = None) -> Json:
    """Describe a line, or a word of the line `parent`."""
    shown: Json = {
        "DetectedText": line.text,
        "Type": "LINE" if parent is None else "WORD",
        "Id": number,
        "Confidence": percent(line.confidence),
        "Geometry": {
            "BoundingBox": bounding_box(around(line.polygon)),
            "Polygon": [{"X": ratio(x), "Y": ratio(y)} for x, y in line.polygon],
        },
    }
    return shown if parent is None else {**shown, "ParentId": parent}


def bounding_box(box: Box) -> Json:
    """Write a box."""
    return {
        "Width": ratio(box.width),
        "Height": ratio(box.height),
        "Left": ratio(box.left),
        "Top": ratio(box.top),
    }


def around(points: Collection[Point]) -> Box:
    """Draw the upright box around points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def percent(number: float) -> float:
    """Hold a confidence within 0..100."""
    return round(min(100.0, max(0.0, number)), 4)


def degrees(number: float) -> float:
    """Hold an angle within -180..180."""
    return round(min(180.0, max(-180.0, number)), 4)


def ratio(number: float) -> float:
    """Write a share of a picture's side."""
    return round(number, 6)


def _emotions(emotions: Mapping[str, float]) -> list[Json]:
    surest_first = sorted(emotions.items(), key=lambda item: -item[1])
    return [{"Type": name, "Confidence": percent(sure)} for name, sure in surest_first]
