"""What is told of a picture that the queue looked at: to its callback, and to endpoints that want to know.

The callback's body is that of the face-detection service that clients may come from: figures as strings,
unless numbers are asked for. A picture in which nothing could be looked for has no `faces`: not none.
"""

from typing import Any

from chalicelib.domain.detection import DetectedFace, Detection, keypoints, pixel_box
from chalicelib.domain.image_jobs import ImageJob
from chalicelib.domain.queued import JobStatus
from chalicelib.domain.webhooks import Event, EventType

LINK = "output_image_url"
"""The member in which a link to the annotated picture stands, made when it is sent."""


def told(job: ImageJob, *, numbers: bool) -> dict[str, Any]:
    """What there is to say of a finished job, without the link to its picture."""
    body: dict[str, Any] = {"image_id": job.image_id, "request_id": job.request_id, "status": job.status}
    if job.detection is None:
        return body | {"error": job.error}
    return body | {"faces": faces_of(job.detection, numbers=numbers), "engine": job.detection.engine}


def faces_of(detection: Detection, *, numbers: bool) -> list[dict[str, Any]]:
    """The faces: confidence 0..100, box `x, y, w, h` and keypoints `x, y` in pixels."""
    return [_face(face, detection.width, detection.height, numbers=numbers) for face in detection.faces]


def event_of(job: ImageJob) -> Event:
    """That a job is finished."""
    assert job.finished_at is not None
    done = job.status is JobStatus.COMPLETED
    return Event(
        EventType.IMAGE_COMPLETED if done else EventType.IMAGE_FAILED,
        subject=f"{job.image_id}#{job.created_at}",
        at_s=job.finished_at,
        data=told(job, numbers=True),
        image_id=job.image_id if done else "",
    )


def _face(face: DetectedFace, width: int, height: int, *, numbers: bool) -> dict[str, Any]:
    box: list[int] = list(pixel_box(face.box, width, height))
    points = {name: list(point) for name, point in keypoints(face, width, height).items()}
    if numbers:
        return {"confidence": face.confidence, "box": box, "keypoints": points}
    return {
        "confidence": None if face.confidence is None else str(face.confidence),
        "box": str(box),
        "keypoints": {name: str(point) for name, point in points.items()},
    }
