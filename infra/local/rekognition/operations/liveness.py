"""CreateFaceLivenessSession and GetFaceLivenessSessionResults."""

from infra.local.rekognition.operations.room import Parameters, Room, text
from infra.local.rekognition.shapes import Json


def create_face_liveness_session(room: Room, parameters: Parameters) -> Json:
    """Begin a check; the same ClientRequestToken again begins none."""
    return {"SessionId": room.liveness.create(text(parameters, "ClientRequestToken"))}


def get_face_liveness_session_results(room: Room, parameters: Parameters) -> Json:
    """Say what became of a check: what the control `/_liveness` said."""
    session_id = text(parameters, "SessionId")
    result = room.liveness.result(session_id)
    told: Json = {"SessionId": session_id, "Status": result.status}
    return told if result.confidence is None else {**told, "Confidence": float(result.confidence)}
