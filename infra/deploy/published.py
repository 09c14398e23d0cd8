"""The layer in the account: uploaded to S3 and published, when its content has changed."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from infra.deploy.account import Account
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage
from infra.deploy.target import MACHINE, Target

_LATEST = 10
"""How many versions are compared: a layer that is taken back is published before."""


@dataclass(frozen=True, slots=True)
class PublishedLayer:
    """`zipped`: the layer as `make package` built it."""

    account: Account
    stage: Stage
    stack: Stack
    zipped: Path
    target: Target

    title = "the layer: NumPy and OpenCV"

    def plan(self) -> str:
        """What `run` would do."""
        if arn := self.find():
            return f"unchanged ({arn.rpartition(':')[2]})"
        return f"upload {self.zipped.stat().st_size / 1024 / 1024:.0f} MiB and publish {self.stage.layer}"

    def run(self) -> str:
        """See to it that a version has this content."""
        if arn := self.find():
            return f"unchanged ({arn.rpartition(':')[2]})"
        published = self.account.client("lambda").publish_layer_version(
            LayerName=self.stage.layer,
            Description="NumPy and OpenCV",
            Content={"S3Bucket": self.stack.outputs()["ArtifactsBucket"], "S3Key": self._uploaded()},
            CompatibleRuntimes=[self.target.runtime],  # type: ignore[list-item]
            CompatibleArchitectures=[MACHINE],  # type: ignore[list-item]
        )
        return f"published version {published['Version']}"

    def find(self) -> str | None:
        """The version with this content, by its ARN."""
        client = self.account.client("lambda")
        wanted = base64.b64encode(self._digest()).decode()
        listed = client.list_layer_versions(LayerName=self.stage.layer, MaxItems=_LATEST)
        for version in listed["LayerVersions"]:
            held = client.get_layer_version(LayerName=self.stage.layer, VersionNumber=version["Version"])
            runs = self.target.runtime in version.get("CompatibleRuntimes", [])
            if runs and held["Content"]["CodeSha256"] == wanted:
                return version["LayerVersionArn"]
        return None

    def arn(self) -> str:
        """The version with this content, which was published."""
        arn = self.find()
        assert arn is not None
        return arn

    def _uploaded(self) -> str:
        """The key of the upload, named by its content."""
        s3, bucket = self.account.client("s3"), self.stack.outputs()["ArtifactsBucket"]
        key = f"layers/{self._digest().hex()}.zip"
        try:
            there = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ClientError as exc:
            if exc.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
                raise
            there = -1
        if there != self.zipped.stat().st_size:
            s3.upload_file(str(self.zipped), bucket, key)
        return key

    def _digest(self) -> bytes:
        with self.zipped.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
