"""The operations on collections and on the faces in them, but for searching."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.memory import MODEL_VERSION, KnownFace
from infra.local.rekognition.operations.room import Parameters, Room, number, text, texts
from infra.local.rekognition.shapes import Json, bounding_box, percent

T = TypeVar("T")

_MAX_PAGE = 4096
_ARN = "arn:aws:rekognition:us-east-1:000000000000:collection/"


def create_collection(room: Room, parameters: Parameters) -> Json:
    """Create a collection."""
    name = text(parameters, "CollectionId")
    room.memory.create(name)
    return {"StatusCode": 200, "CollectionArn": _ARN + name, "FaceModelVersion": MODEL_VERSION}


def describe_collection(room: Room, parameters: Parameters) -> Json:
    """Describe a collection."""
    name = text(parameters, "CollectionId")
    count, created_s = room.memory.described(name)
    return {
        "FaceCount": count,
        "FaceModelVersion": MODEL_VERSION,
        "CollectionARN": _ARN + name,
        "CreationTimestamp": created_s,
        "UserCount": 0,
    }


def list_collections(room: Room, parameters: Parameters) -> Json:
    """List the collections, a page at a time."""
    names, token = _page(room.memory.names(), parameters)
    return {"CollectionIds": names, "FaceModelVersions": [MODEL_VERSION] * len(names), **token}


def delete_collection(room: Room, parameters: Parameters) -> Json:
    """Delete a collection and its faces."""
    room.memory.delete(text(parameters, "CollectionId"))
    return {"StatusCode": 200}


def list_faces(room: Room, parameters: Parameters) -> Json:
    """List the faces of a collection, a page at a time."""
    wanted = set(texts(parameters, "FaceIds"))
    known = room.memory.faces(text(parameters, "CollectionId"))
    # Nobody can be associated with a user here, so a user has no faces.
    chosen = [
        face for face in known if (not wanted or face.face_id in wanted) and not parameters.get("UserId")
    ]
    faces, token = _page(chosen, parameters)
    return {"Faces": [face_shape(face) for face in faces], "FaceModelVersion": MODEL_VERSION, **token}


def delete_faces(room: Room, parameters: Parameters) -> Json:
    """Delete faces, and say which were not there."""
    wanted = texts(parameters, "FaceIds")
    deleted = room.memory.remove(text(parameters, "CollectionId"), wanted)
    missing = [face_id for face_id in wanted if face_id not in deleted]
    return {
        "DeletedFaces": deleted,
        "UnsuccessfulFaceDeletions": [
            {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in missing
        ],
    }


def face_shape(face: KnownFace) -> Json:
    """Describe a face of a collection."""
    shown: Json = {
        "FaceId": face.face_id,
        "BoundingBox": bounding_box(face.box),
        "ImageId": face.image_id,
        "Confidence": percent(face.confidence),
        "IndexFacesModelVersion": MODEL_VERSION,
    }
    return shown if face.external_image_id is None else {**shown, "ExternalImageId": face.external_image_id}


def _page(items: Sequence[T], parameters: Parameters) -> tuple[Sequence[T], Json]:
    """Cut a page and make the token for the next one."""
    start = _start(text(parameters, "NextToken"))
    end = start + (int(number(parameters, "MaxResults", 0)) or _MAX_PAGE)
    if end >= len(items):
        return items[start:], {}
    return items[start:end], {"NextToken": base64.urlsafe_b64encode(f"from:{end}".encode()).decode()}


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from:"))
    except (binascii.Error, ValueError) as exc:
        raise Refused(Code.INVALID_PAGINATION_TOKEN, "Invalid pagination token") from exc
