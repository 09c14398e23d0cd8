"""Which pictures are looked at, and what is said of the others."""

import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError

from infra.local.rekognition.errors import Refused
from infra.local.rekognition.picture import open_picture
from infra.local.rekognition.staged import face, stage
from tests.rekognition.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient
    from mypy_boto3_s3.client import S3Client


def _code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    "name", ["svg", "gif", "empty", "half a jpeg", "half a png", "headers only", "damaged png"]
)
def test_what_is_no_whole_jpeg_or_png_is_an_invalid_image_format(
    rekognition: "RekognitionClient", astronaut: bytes, name: str
) -> None:
    png = _png(64 * 2, 64 * 2)
    broken = {
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "gif": b"GIF89a" + bytes(64),
        "empty": b"\n",
        "half a jpeg": astronaut[: len(astronaut) // 2],
        "half a png": png[: len(png) // 2],
        "headers only": astronaut[:300],
        "damaged png": png[:60] + bytes([png[60] ^ 0xFF]) + png[61:],
    }[name]
    with pytest.raises(ClientError) as refused:
        rekognition.detect_faces(Image={"Bytes": broken})

    assert _code(refused) == "InvalidImageFormatException"


def test_a_truncated_staged_picture_is_refused_like_any_other(
    rekognition: "RekognitionClient", grey: bytes
) -> None:
    with pytest.raises(ClientError) as refused:
        rekognition.detect_faces(Image={"Bytes": stage(grey, {"faces": [face()]})[:-100]})

    assert _code(refused) == "InvalidImageFormatException"


def test_81_megapixels_in_a_few_kilobytes_are_refused_before_they_are_decoded() -> None:
    bomb = _png(9000, 9000)

    with pytest.raises(Refused, match="ImageTooLargeException"):
        open_picture(bomb)
    assert len(bomb) < 300_000


def test_more_than_5_mb_of_bytes_are_too_large(emulator: Emulator, astronaut: bytes) -> None:
    with pytest.raises(ClientError) as refused:
        emulator.client().detect_faces(Image={"Bytes": _padded(astronaut, 5 * 1024 * 1024 + 1)})

    assert _code(refused) == "ImageTooLargeException"


@pytest.mark.parametrize(("width", "height"), [(79, 480), (640, 79)])
def test_a_side_below_80_pixels_is_an_invalid_parameter(
    rekognition: "RekognitionClient", width: int, height: int
) -> None:
    with pytest.raises(ClientError) as refused:
        rekognition.detect_labels(Image={"Bytes": _png(width, height)})

    assert _code(refused) == "InvalidParameterException"


def test_a_picture_in_s3_is_answered_like_its_bytes(
    rekognition: "RekognitionClient", s3: "S3Client", grey: bytes
) -> None:
    picture = stage(grey, {"faces": [face(yaw_deg=12)]})
    s3.create_bucket(Bucket="frames")
    s3.put_object(Bucket="frames", Key="one.jpg", Body=picture)
    stored = rekognition.detect_faces(Image={"S3Object": {"Bucket": "frames", "Name": "one.jpg"}})
    sent = rekognition.detect_faces(Image={"Bytes": picture})

    assert stored["FaceDetails"] == sent["FaceDetails"]


def test_s3_takes_15_mb_and_no_more(rekognition: "RekognitionClient", s3: "S3Client", grey: bytes) -> None:
    s3.create_bucket(Bucket="large")
    staged = stage(grey, {"faces": [face()]})
    s3.put_object(Bucket="large", Key="14", Body=_padded(staged, 14 * 1024 * 1024))
    s3.put_object(Bucket="large", Key="16", Body=_padded(staged, 16 * 1024 * 1024))
    seen = rekognition.detect_faces(Image={"S3Object": {"Bucket": "large", "Name": "14"}})
    with pytest.raises(ClientError) as refused:
        rekognition.detect_faces(Image={"S3Object": {"Bucket": "large", "Name": "16"}})

    assert len(seen["FaceDetails"]) == 1
    assert _code(refused) == "ImageTooLargeException"


@pytest.mark.parametrize("bucket", ["no-such-bucket", "frames"])
def test_what_s3_does_not_have_is_an_invalid_s3_object(rekognition: "RekognitionClient", bucket: str) -> None:
    with pytest.raises(ClientError) as refused:
        rekognition.detect_text(Image={"S3Object": {"Bucket": bucket, "Name": "missing.jpg"}})

    assert _code(refused) == "InvalidS3ObjectException"


def test_a_jpeg_is_turned_as_its_exif_says() -> None:
    upright = np.zeros((100, 200, 3), np.uint8)
    upright[:, :100] = 255
    jpeg = cv2.imencode(".jpg", upright)[1].tobytes()
    pixels = open_picture(_oriented(jpeg, orientation=6)).decode()

    assert pixels.shape == (200, 100, 3)
    assert pixels[:90].mean() > 250
    assert pixels[110:].mean() < 5


def _padded(jpeg: bytes, size: int) -> bytes:
    """The same picture with comments, which no decoder looks at, up to a size."""
    comment = b"\xff\xfe\xff\xff" + bytes(0xFFFF - 2)
    count = (size - len(jpeg)) // len(comment) + 1
    return jpeg[:2] + comment * count + jpeg[2:]


def _oriented(jpeg: bytes, *, orientation: int) -> bytes:
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def _png(width: int, height: int) -> bytes:
    """A black one-bit PNG, written by hand so that it can be as large as it likes."""
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = b"".join(
        _chunk(kind, body) for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
