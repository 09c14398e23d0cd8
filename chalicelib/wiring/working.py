"""What only the worker does with pictures: it looks, draws and tells."""

import time
from functools import cache, partial

from chalicelib.flows.hand_over_image import MOST_UPLOADED_BYTES
from chalicelib.flows.work_on_image import WorkOnImage
from chalicelib.vision.checks import look
from chalicelib.wiring.adapters import image_jobs, job_pictures, jobs
from chalicelib.wiring.detecting import detect_faces, draw_faces
from chalicelib.wiring.telling import announce


@cache
def work_on_image() -> WorkOnImage:
    """Look at a picture that was handed over."""
    return WorkOnImage(
        image_jobs(),
        job_pictures(),
        partial(look, most_bytes=MOST_UPLOADED_BYTES),
        detect_faces(),
        draw_faces(),
        announce(),
        jobs(),
        time.time,
    )
