"""Indexing faces and searching for them."""

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.likeness import similarity
from infra.local.rekognition.memory import MODEL_VERSION, KnownFace, image_id, new_face_id
from infra.local.rekognition.operations.collections import face_shape
from infra.local.rekognition.operations.compare import searched_face
from infra.local.rekognition.operations.room import Parameters, Room, number, text, texts
from infra.local.rekognition.picture import Picture
from infra.local.rekognition.seen import Face, Vector
from infra.local.rekognition.shapes import Json, bounding_box, face_detail, percent

_DEFAULT_THRESHOLD = 80.0
_MAX_FACES = 4096
_MAX_INDEXED = 100
# Below these a face says too little of a person; AWS publishes no figures, so these are the emulator's own.
_LEAST_CONFIDENCE = {"NONE": 0.0, "AUTO": 60.0, "LOW": 60.0, "MEDIUM": 80.0, "HIGH": 90.0}
_LEAST_SIDE_PX = {"NONE": 0, "AUTO": 32, "LOW": 32, "MEDIUM": 48, "HIGH": 64}
_MOST_YAW_DEG = {"NONE": 180.0, "AUTO": 70.0, "LOW": 70.0, "MEDIUM": 50.0, "HIGH": 35.0}
_LEAST_BRIGHTNESS = {"NONE": 0.0, "AUTO": 8.0, "LOW": 8.0, "MEDIUM": 15.0, "HIGH": 20.0}


def index_faces(room: Room, parameters: Parameters) -> Json:
    """Add a picture's faces to a collection, the largest first, and say which were left out and why."""
    name, external = text(parameters, "CollectionId"), text(parameters, "ExternalImageId") or None
    room.memory.described(name)
    picture = room.picture(parameters)
    attributes = texts(parameters, "DetectionAttributes")
    most = min(_MAX_INDEXED, int(number(parameters, "MaxFaces", _MAX_INDEXED)))
    quality = text(parameters, "QualityFilter") or "AUTO"
    records: list[Json] = []
    unindexed: list[Json] = []
    for face in sorted(room.sight.faces(picture), key=lambda face: -face.box.area):
        detail = face_detail(face, attributes)
        reasons = _reasons(face, picture, quality) or (["EXCEEDS_MAX_FACES"] if len(records) >= most else [])
        if reasons:
            unindexed.append({"Reasons": reasons, "FaceDetail": detail})
        else:
            known = room.memory.add(name, _known(room, picture, face, external))
            records.append({"Face": face_shape(known), "FaceDetail": detail})
    return {"FaceRecords": records, "UnindexedFaces": unindexed, "FaceModelVersion": MODEL_VERSION}


def search_faces(room: Room, parameters: Parameters) -> Json:
    """Search a collection for faces like one of its own."""
    name, face_id = text(parameters, "CollectionId"), text(parameters, "FaceId")
    wanted = next((face for face in room.memory.faces(name) if face.face_id == face_id), None)
    if wanted is None:
        raise Refused(Code.INVALID_PARAMETER, f"faceId {face_id} was not found in the collection.")
    matches = _matches(room, parameters, wanted.likeness, but=face_id)
    return {"SearchedFaceId": face_id, "FaceMatches": matches, "FaceModelVersion": MODEL_VERSION}


def search_faces_by_image(room: Room, parameters: Parameters) -> Json:
    """Search a collection for faces like the largest one of a picture."""
    room.memory.described(text(parameters, "CollectionId"))
    picture = room.picture(parameters)
    face = searched_face(room, picture)
    if _reasons(face, picture, text(parameters, "QualityFilter") or "NONE"):
        raise Refused(Code.INVALID_PARAMETER, "There are no faces in the image of the quality asked for.")
    matches = _matches(room, parameters, room.sight.likeness(picture, face))
    return {
        "SearchedFaceBoundingBox": bounding_box(face.box),
        "SearchedFaceConfidence": percent(face.confidence),
        "FaceMatches": matches,
        "FaceModelVersion": MODEL_VERSION,
    }


def _known(room: Room, picture: Picture, face: Face, external: str | None) -> KnownFace:
    return KnownFace(
        face_id=new_face_id(),
        image_id=image_id(picture.sha256),
        box=face.box,
        confidence=face.confidence,
        likeness=room.sight.likeness(picture, face),
        external_image_id=external,
    )


def _matches(room: Room, parameters: Parameters, wanted: Vector, *, but: str | None = None) -> list[Json]:
    least = number(parameters, "FaceMatchThreshold", _DEFAULT_THRESHOLD)
    most = int(number(parameters, "MaxFaces", _MAX_FACES))
    alike = [
        (similarity(wanted, face.likeness), face)
        for face in room.memory.faces(text(parameters, "CollectionId"))
        if face.face_id != but
    ]
    alike = [(sure, face) for sure, face in alike if sure >= least]
    alike.sort(key=lambda pair: -pair[0])
    return [{"Similarity": percent(sure), "Face": face_shape(face)} for sure, face in alike[:most]]


def _reasons(face: Face, picture: Picture, quality: str) -> list[str]:
    """Say why a face is not good enough, in Rekognition's words."""
    reasons = []
    if face.confidence < _LEAST_CONFIDENCE[quality]:
        reasons.append("LOW_CONFIDENCE")
    if max(face.box.width * picture.width, face.box.height * picture.height) < _LEAST_SIDE_PX[quality]:
        reasons.append("SMALL_BOUNDING_BOX")
    if face.pose and abs(face.pose.yaw_deg) > _MOST_YAW_DEG[quality]:
        reasons.append("EXTREME_POSE")
    if face.quality and face.quality.brightness < _LEAST_BRIGHTNESS[quality]:
        reasons.append("LOW_BRIGHTNESS")
    return reasons
