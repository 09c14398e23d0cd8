"""The operations that the emulator answers, by the name in `X-Amz-Target`."""

from collections.abc import Callable, Mapping

from infra.local.rekognition.operations import collections, compare, faces, labels, liveness, search, text
from infra.local.rekognition.operations.room import Room

Operation = Callable[[Room, Mapping[str, object]], dict[str, object]]

OPERATIONS: Mapping[str, Operation] = {
    "CompareFaces": compare.compare_faces,
    "CreateCollection": collections.create_collection,
    "CreateFaceLivenessSession": liveness.create_face_liveness_session,
    "DeleteCollection": collections.delete_collection,
    "DeleteFaces": collections.delete_faces,
    "DescribeCollection": collections.describe_collection,
    "DetectFaces": faces.detect_faces,
    "DetectLabels": labels.detect_labels,
    "DetectText": text.detect_text,
    "GetFaceLivenessSessionResults": liveness.get_face_liveness_session_results,
    "IndexFaces": search.index_faces,
    "ListCollections": collections.list_collections,
    "ListFaces": collections.list_faces,
    "SearchFaces": search.search_faces,
    "SearchFacesByImage": search.search_faces_by_image,
}
