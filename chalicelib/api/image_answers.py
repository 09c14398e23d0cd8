"""What is answered about faces in single pictures."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.api.bodies import Answer, is_none
from chalicelib.domain.detection import DetectedFace, Detection, keypoints, pixel_box, pixel_point
from chalicelib.domain.image_jobs import ImageJob, UploadForm
from chalicelib.domain.image_told import faces_of
from chalicelib.domain.queued import JobStatus
from chalicelib.domain.report import rfc3339
from chalicelib.domain.seen import Pose


class PixelLandmark(BaseModel):
    """A named point of the face, with Rekognition's name for it, in pixels."""

    model_config = ConfigDict(defer_build=True)

    type: str
    x: int
    y: int


class FaceQuality(BaseModel):
    """How bright and how sharp the face is, as the provider has it: 0..100."""

    model_config = ConfigDict(defer_build=True)

    brightness: float | None
    sharpness: float | None


class DetectedFaceResult(BaseModel):
    """A face. What the engine does not say is null or empty."""

    model_config = ConfigDict(defer_build=True)

    box: tuple[int, int, int, int]
    """x, y, width and height in pixels of the picture as it is shown."""
    confidence: float | None
    """0..100 that it is a face; null by OpenCV, which says no such figure."""
    keypoints: dict[str, tuple[int, int]]
    """x and y of left_eye, right_eye, nose, mouth_left and mouth_right; left is the left of the picture."""
    landmarks: list[PixelLandmark] | None = Field(exclude_if=is_none)
    """All that there are, where they are asked for."""
    pose: Pose | None
    """In degrees."""
    quality: FaceQuality | None


class DetectAnswer(Answer):
    """The faces in a picture, the largest first."""

    engine: str
    """Who looked."""
    fallback: bool
    """Whether OpenCV looked because the provider did not answer."""
    width: int
    height: int
    """Of the picture in pixels, an Exif orientation applied."""
    faces: list[DetectedFaceResult]
    annotated_image: str | None = Field(default=None, exclude_if=is_none)
    """With `annotate=true`: the picture with the faces drawn, as a data URL of a JPEG."""


class ImageAccepted(Answer):
    """The picture was handed over."""

    status: str = "ok"
    image_id: str
    status_url: str
    """Ask here what became of it."""


class FormToUpload(BaseModel):
    """A form to send as multipart/form-data: these fields in this order, and last the picture as `file`."""

    model_config = ConfigDict(defer_build=True)

    url: str
    fields: dict[str, str]


class UploadAnswer(ImageAccepted):
    """Where the picture is to be uploaded."""

    upload: FormToUpload | None
    """Good for an hour, and for one picture of up to 15 MB; null if the picture has come already."""


class ImageAnswer(Answer):
    """What became of a picture. Times are RFC 3339 in UTC."""

    image_id: str
    request_id: str
    status: JobStatus
    error: str | None
    """Why it failed, or what it is held up by."""
    awaits_upload: bool
    """Whether the picture has not been uploaded yet."""
    created_at: str
    finished_at: str | None
    expires_at: str
    """From then on the job and its picture are gone: the policy's `keep_images_days`."""
    engine: str | None
    width: int | None
    height: int | None
    faces: list[dict[str, Any]] | None
    """As the callback has them, in numbers unless `format=strings`; null until they were looked for."""
    output_image_url: str | None
    """A link to the annotated picture; it expires, ask again for another."""


def detected(found: Detection, *, all_landmarks: bool, annotated_image: str | None = None) -> DetectAnswer:
    """The faces that were found."""
    return DetectAnswer(
        engine=found.engine,
        fallback=found.fallback,
        width=found.width,
        height=found.height,
        faces=[_face(face, found, all_landmarks=all_landmarks) for face in found.faces],
        annotated_image=annotated_image,
    )


def accepted(job: ImageJob) -> ImageAccepted:
    """Where to ask for a job."""
    return ImageAccepted(image_id=job.image_id, status_url=_status_url(job))


def to_upload(job: ImageJob, form: UploadForm | None) -> UploadAnswer:
    """Where to upload the picture of a job."""
    upload = FormToUpload(url=form.url, fields=dict(form.fields)) if form else None
    return UploadAnswer(image_id=job.image_id, status_url=_status_url(job), upload=upload)


def image_answer(job: ImageJob, link: str | None, *, numbers: bool) -> ImageAnswer:
    """What became of a job."""
    found = job.detection
    return ImageAnswer(
        image_id=job.image_id,
        request_id=job.request_id,
        status=job.status,
        error=job.error or None,
        awaits_upload=job.awaits_upload,
        created_at=rfc3339(job.created_at),
        finished_at=None if job.finished_at is None else rfc3339(job.finished_at),
        expires_at=rfc3339(job.expires_at),
        engine=found.engine if found else None,
        width=found.width if found else None,
        height=found.height if found else None,
        faces=faces_of(found, numbers=numbers) if found else None,
        output_image_url=link,
    )


def _face(face: DetectedFace, found: Detection, *, all_landmarks: bool) -> DetectedFaceResult:
    size = (found.width, found.height)
    points = [(mark.type, pixel_point(mark, *size)) for mark in face.landmarks]
    marks = [PixelLandmark(type=kind, x=x, y=y) for kind, (x, y) in points]
    told = (face.brightness, face.sharpness)
    return DetectedFaceResult(
        box=pixel_box(face.box, *size),
        confidence=face.confidence,
        keypoints=dict(keypoints(face, *size)),
        landmarks=marks if all_landmarks else None,
        pose=face.pose,
        quality=None if told == (None, None) else FaceQuality(brightness=told[0], sharpness=told[1]),
    )


def _status_url(job: ImageJob) -> str:
    return f"/api/image/{job.image_id}"
