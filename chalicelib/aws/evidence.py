"""Frames as pictures in S3: <tenant>/<session>/<name>, named by what they show."""

import time
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.bucket import Bucket
from chalicelib.domain.errors import UpstreamDown
from chalicelib.domain.seen import Picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Evidence:
    """Pictures of sessions; links to them expire."""

    def __init__(self, client: "S3Client", bucket: str, *, link_s: int) -> None:
        self._client = client
        self._bucket = bucket
        self._pictures = Bucket(client, bucket)
        self._link_s = link_s
        self._signed = lru_cache(maxsize=4096)(self._sign)

    def keep(self, tenant_id: str, session_id: str, picture: Picture) -> None:
        """Store a picture; the same one again changes nothing. Raises UpstreamDown."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(tenant_id, session_id, picture.name),
                Body=picture.encoded,
                ContentType=picture.media_type,
            )
        except (ClientError, BotoCoreError) as exc:
            raise UpstreamDown("The service's picture storage did not answer; send the frame again.") from exc

    def link(self, tenant_id: str, session_id: str, name: str) -> str:
        """A presigned link to a picture, for at least `link_s`. Made without asking S3.

        For half of that time the same picture gets the same link, so that a report that is read twice reads
        the same twice, and a browser's cache works.
        """
        return self._signed(_key(tenant_id, session_id, name), int(time.time() * 2 // self._link_s))

    def _sign(self, key: str, _period: int) -> str:
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": key},
            ExpiresIn=self._link_s * 3 // 2,
        )

    def kept(self, tenant_id: str, session_id: str) -> Iterator[str]:
        """The names of the stored pictures."""
        prefix = _key(tenant_id, session_id, "")
        for key in self._pictures.keys(prefix):
            yield key.removeprefix(prefix)

    def drop(self, tenant_id: str, session_id: str, names: Collection[str]) -> int:
        """Delete pictures; how many there were."""
        keys = [_key(tenant_id, session_id, name) for name in names]
        self._pictures.delete(keys)
        return len(keys)


def _key(tenant_id: str, session_id: str, name: str) -> str:
    return f"{tenant_id}/{session_id}/{name}"
