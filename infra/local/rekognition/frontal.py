"""Where the thirty landmarks of a face lie that looks straight into the camera, or is turned away from it."""

import math

from infra.local.rekognition.seen import Box, Point, Pose

LANDMARKS = {
    "eyeLeft": (0.29, 0.39),
    "eyeRight": (0.71, 0.39),
    "mouthLeft": (0.34, 0.76),
    "mouthRight": (0.66, 0.76),
    "nose": (0.50, 0.60),
    "leftEyeBrowLeft": (0.12, 0.31),
    "leftEyeBrowRight": (0.40, 0.29),
    "leftEyeBrowUp": (0.26, 0.26),
    "rightEyeBrowLeft": (0.60, 0.29),
    "rightEyeBrowRight": (0.88, 0.31),
    "rightEyeBrowUp": (0.74, 0.26),
    "leftEyeLeft": (0.21, 0.39),
    "leftEyeRight": (0.37, 0.40),
    "leftEyeUp": (0.29, 0.37),
    "leftEyeDown": (0.29, 0.41),
    "rightEyeLeft": (0.63, 0.40),
    "rightEyeRight": (0.79, 0.39),
    "rightEyeUp": (0.71, 0.37),
    "rightEyeDown": (0.71, 0.41),
    "noseLeft": (0.42, 0.63),
    "noseRight": (0.58, 0.63),
    "mouthUp": (0.50, 0.73),
    "mouthDown": (0.50, 0.81),
    "leftPupil": (0.29, 0.39),
    "rightPupil": (0.71, 0.39),
    "upperJawlineLeft": (0.01, 0.40),
    "midJawlineLeft": (0.09, 0.71),
    "chinBottom": (0.50, 0.97),
    "midJawlineRight": (0.91, 0.71),
    "upperJawlineRight": (0.99, 0.40),
}
"""As ratios of the face's box. The first five are what Rekognition gives unless asked for everything."""


_BEFORE_THE_FACE = frozenset({"nose", "noseLeft", "noseRight"})
_NOSE = (0.27, 0.2)
"""How far it stands out of the plane of the other landmarks: in widths of the box, and in heights."""


def posed_landmarks(box: Box, pose: Pose) -> dict[str, Point]:
    """Place the landmarks of a head that is turned to a side, up or down, around the middle of its box.

    The plane of the face is foreshortened, and the nose before it moves to where the head turns.
    """
    yaw, pitch = math.radians(pose.yaw_deg), math.radians(pose.pitch_deg)
    placed = {}
    for name, (x, y) in LANDMARKS.items():
        out_x, out_y = _NOSE if name in _BEFORE_THE_FACE else (0.0, 0.0)
        across = 0.5 + (x - 0.5) * math.cos(yaw) + out_x * math.sin(yaw)
        down = 0.5 + (y - 0.5) * math.cos(pitch) - out_y * math.sin(pitch)
        placed[name] = (box.left + across * box.width, box.top + down * box.height)
    return placed
