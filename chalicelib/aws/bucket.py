"""Objects of a bucket by their keys: what every adapter of pictures that wait, or are kept, asks of S3."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import UpstreamDown

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "404"}
_BATCH_DELETE = 1000


class Bucket:
    """Every method raises UpstreamDown."""

    def __init__(self, client: "S3Client", name: str) -> None:
        self.client = client
        self.name = name

    def put(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> None:
        """Store an object, in the place of the one that was there."""
        with _storage():
            self.client.put_object(Bucket=self.name, Key=key, Body=content, ContentType=media_type)

    def get(self, key: str) -> bytes | None:
        """What an object holds; None if it is gone."""
        with _storage():
            try:
                return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
            except ClientError as exc:
                if exc.response["Error"]["Code"] in _GONE:
                    return None
                raise

    def keys(self, prefix: str) -> list[str]:
        """The keys of the objects under a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        with _storage():
            return [stored["Key"] for page in pages for stored in page.get("Contents", [])]

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, as far as they are there."""
        for start in range(0, len(keys), _BATCH_DELETE):
            batch = [{"Key": key} for key in keys[start : start + _BATCH_DELETE]]
            with _storage():
                reply = self.client.delete_objects(
                    Bucket=self.name,
                    Delete={"Objects": batch, "Quiet": True},  # type: ignore[typeddict-item]
                )
            if reply.get("Errors"):
                raise UpstreamDown("The service's picture storage kept some pictures; try again.")


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise UpstreamDown("The service's picture storage did not answer; try again.") from exc
