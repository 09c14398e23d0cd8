"""CompareFaces."""

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.likeness import similarity
from infra.local.rekognition.operations.room import Parameters, Room, number
from infra.local.rekognition.picture import Picture
from infra.local.rekognition.seen import Face, largest
from infra.local.rekognition.shapes import Json, bounding_box, compared_face, percent

_DEFAULT_THRESHOLD = 80.0


def compare_faces(room: Room, parameters: Parameters) -> Json:
    """Compare the largest face of the source with every face of the target."""
    source, target = room.picture(parameters, "SourceImage"), room.picture(parameters, "TargetImage")
    face = searched_face(room, source)
    others = room.sight.faces(target)
    if not others:
        raise Refused(Code.INVALID_PARAMETER, "Request has invalid parameters: no face in the target image.")
    wanted = room.sight.likeness(source, face)
    alike = [(similarity(wanted, room.sight.likeness(target, other)), other) for other in others]
    alike.sort(key=lambda pair: -pair[0])
    least = number(parameters, "SimilarityThreshold", _DEFAULT_THRESHOLD)
    return {
        "SourceImageFace": {"BoundingBox": bounding_box(face.box), "Confidence": percent(face.confidence)},
        "FaceMatches": [
            {"Similarity": percent(sure), "Face": compared_face(other)}
            for sure, other in alike
            if sure >= least
        ],
        "UnmatchedFaces": [compared_face(other) for sure, other in alike if sure < least],
    }


def searched_face(room: Room, picture: Picture) -> Face:
    """Find the face to search with: the largest. Raises `Refused` where there is none."""
    face = largest(room.sight.faces(picture))
    if face is None:
        raise Refused(Code.INVALID_PARAMETER, "There are no faces in the image. Should be at least 1.")
    return face
