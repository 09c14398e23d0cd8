"""DetectFaces."""

from infra.local.rekognition.operations.room import Parameters, Room, texts
from infra.local.rekognition.shapes import Json, face_detail


def detect_faces(room: Room, parameters: Parameters) -> Json:
    """Detect faces, the largest first."""
    attributes = texts(parameters, "Attributes")
    faces = room.sight.faces(room.picture(parameters))
    by_size = sorted(faces, key=lambda face: -face.box.area)
    return {"FaceDetails": [face_detail(face, attributes) for face in by_size]}
