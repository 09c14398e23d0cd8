"""Flows about single pictures: faces found at once, or by the queue."""

import time
from functools import cache

from chalicelib.flows.detect_faces import DetectFaces
from chalicelib.flows.hand_over_image import ForgetImages, HandOverImage, ReadImage
from chalicelib.flows.image_ports import Draw
from chalicelib.vision.cascades import ENGINE, faces
from chalicelib.vision.checks import look
from chalicelib.wiring.adapters import image_jobs, job_pictures, jobs, tenants, vision
from chalicelib.wiring.callers import ask_apart
from chalicelib.wiring.process import settings


@cache
def detect_faces() -> DetectFaces:
    """Find the faces in a picture."""
    return DetectFaces(
        vision(),
        faces,
        ENGINE,
        look,
        ask_apart(),
        tenants(),
        emotions_allowed=settings().emotions,
    )


@cache
def hand_over_image() -> HandOverImage:
    """Hand a picture over to the queue."""
    return HandOverImage(
        image_jobs(),
        job_pictures(),
        jobs(),
        look,
        tenants(),
        time.time,
        local_callbacks=settings().local_callbacks,
        retention_days=settings().retention_days,
    )


@cache
def read_image() -> ReadImage:
    """Read what became of it."""
    return ReadImage(image_jobs(), job_pictures(), time.time)


@cache
def forget_images() -> ForgetImages:
    """Delete all image jobs of a tenant."""
    return ForgetImages(image_jobs(), job_pictures())


@cache
def draw_faces() -> Draw:
    """Draw faces on a picture."""
    from chalicelib.vision.draw import annotated  # noqa: PLC0415 - what few requests need

    return annotated
