"""Pictures in the offline S3. Without an endpoint nothing is read: the emulator never talks to AWS."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.picture import MAX_S3_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


class Storage:
    """Reads objects from the S3 at an endpoint, by default the one that boto3 would use."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = endpoint or next(
            (os.environ[name] for name in ENDPOINTS if os.environ.get(name)), None
        )

    def read(self, *, bucket: str, name: str, version: str = "") -> bytes:
        """Read an object. Raises `Refused`, before reading where it is too large."""
        if self.endpoint is None:
            raise _unreadable("no S3 endpoint is configured (--s3-endpoint or AWS_ENDPOINT_URL)")
        try:
            if version:
                found = self._s3.get_object(Bucket=bucket, Key=name, VersionId=version)
            else:
                found = self._s3.get_object(Bucket=bucket, Key=name)
            if found["ContentLength"] > MAX_S3_BYTES:
                raise Refused(Code.IMAGE_TOO_LARGE, f"Image is larger than {MAX_S3_BYTES} bytes.")
            return found["Body"].read()
        except (BotoCoreError, ClientError) as exc:
            raise _unreadable(str(exc)) from exc

    @cached_property
    def _s3(self) -> "S3Client":
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
            aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "offline"),
            aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "offline"),
            config=Config(
                connect_timeout=2,
                read_timeout=10,
                retries={"total_max_attempts": 2},
                s3={"addressing_style": "path"},
            ),
        )


def _unreadable(reason: str) -> Refused:
    return Refused(
        Code.INVALID_S3_OBJECT,
        "Unable to get object metadata from S3. Check object key, region and/or access permissions. "
        f"({reason})",
    )
