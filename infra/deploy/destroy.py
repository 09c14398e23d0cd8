"""A stage taken down: what runs first, then, if it is wished, the data."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.settings import Settings
from infra.deploy import configuration
from infra.deploy.account import Account
from infra.deploy.errors import DeployError
from infra.deploy.found import Found
from infra.deploy.functions import Functions
from infra.deploy.pools import UserPools
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage
from infra.deploy.steps import Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"404", "NoSuchBucket", "ResourceNotFoundException", "NotFoundException"}


@dataclass(frozen=True, slots=True)
class DestroyFunctions:
    """What runs and serves: with it the stage costs nothing but its data."""

    functions: Functions

    title = "the functions and the API, by Chalice"

    def plan(self) -> str:
        """What `run` would do."""
        found = Found(self.functions.account, self.functions.stage)
        named = [each["name"] for each in found.state()["resources"]]
        return f"delete {', '.join(named)}" if named else "nothing is there"

    def run(self) -> str:
        """Delete them."""
        return self.functions.delete()


@dataclass(frozen=True, slots=True)
class DestroyLayer:
    """Every version of the layer."""

    account: Account
    stage: Stage

    title = "the layer"

    def plan(self) -> str:
        """What `run` would do."""
        count = len(self._versions())
        return f"delete {count} version{'s'[: count != 1]}" if count else "nothing is there"

    def run(self) -> str:
        """Delete them."""
        versions = self._versions()
        for version in versions:
            self.account.client("lambda").delete_layer_version(
                LayerName=self.stage.layer, VersionNumber=version
            )
        return f"deleted {len(versions)}"

    def _versions(self) -> list[int]:
        pages = self.account.pages(
            self.account.client("lambda"), "list_layer_versions", LayerName=self.stage.layer
        )
        return [each["Version"] for page in pages for each in page["LayerVersions"]]


@dataclass(frozen=True, slots=True)
class DestroyStack:
    """The stack, and the data that its template would retain."""

    account: Account
    stage: Stage

    title = "the stack and all data: sessions, reports, pictures, faces, people, tenants, keys, the secret"

    def plan(self) -> str:
        """What `run` would do."""
        stack = "the stack" if Stack(self.account, self.stage).find() else "no stack"
        tables = [f"{table} (about {count} items)" for table, count in self._tables()]
        buckets = filter(self._is_there, map(self._bucket, ("evidence", "artifacts")))
        faces = [f"collection {name}" for name in self._collections()]
        pools = [f"user pool {pool} (about {count} people)" for pool, count in self._pools.find()]
        named = ", ".join([stack, *tables, *faces, *pools, *buckets])
        return f"delete {named}; of tables DynamoDB keeps a backup for 35 days"

    def run(self) -> str:
        """Delete it. What is gone already is no error.

        The stack goes first, so that nothing is lost where it may not go: it retains the data.
        """
        stack = Stack(self.account, self.stage)
        if (there := stack.find()) and there.get("EnableTerminationProtection"):
            raise DeployError(
                f"The stack {self.stage.stack} is protected from being deleted; all data are there.",
                "Take the protection off in CloudFormation if that is meant.",
            )
        self._empty("artifacts")  # it goes with the stack, which must find it so
        stack.delete()
        for purpose in ("artifacts", "evidence"):
            if self._empty(purpose):
                self.account.client("s3").delete_bucket(Bucket=self._bucket(purpose))
        self._delete_tables()
        self._delete_collections()
        self._pools.delete()
        self._forget_secret()
        return "deleted"

    @property
    def _pools(self) -> UserPools:
        return UserPools(self.account, self.stage)

    def _delete_tables(self) -> None:
        """And wait until their names are free for another deployment."""
        client, names = self.account.client("dynamodb"), [name for name, _ in self._tables()]
        for name in names:
            client.delete_table(TableName=name)
        for name in names:
            client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 2})

    def _delete_collections(self) -> None:
        """Of faces, one for each tenant: the service made them, and no stack knows of them."""
        for name in list(self._collections()):
            try:
                self.account.client("rekognition").delete_collection(CollectionId=name)
            except ClientError as exc:
                _if_gone(exc)

    def _collections(self) -> Iterator[str]:
        prefix = Settings(stage=self.stage.name).face_collections
        for page in self.account.pages(self.account.client("rekognition"), "list_collections"):
            yield from (name for name in page["CollectionIds"] if name.startswith(prefix))

    def _forget_secret(self) -> None:
        """At once: in a window for regrets its name would be taken, and the next deployment fail."""
        try:
            self.account.client("secretsmanager").delete_secret(
                SecretId=Settings(stage=self.stage.name).secrets_name, ForceDeleteWithoutRecovery=True
            )
        except ClientError as exc:
            _if_gone(exc)

    def _tables(self) -> Iterator[tuple[str, int]]:
        settings = Settings(stage=self.stage.name)
        for table in (
            settings.sessions_table,
            settings.tenants_table,
            settings.exams_table,
            settings.faces_table,
            settings.images_table,
            settings.webhooks_table,
            settings.ledger_table,
        ):
            try:
                described = self.account.client("dynamodb").describe_table(TableName=table)["Table"]
            except ClientError as exc:
                _if_gone(exc)
                continue
            if described["TableStatus"] != "DELETING":
                yield table, described["ItemCount"]

    def _bucket(self, purpose: str) -> str:
        return f"{self.stage.prefix}{purpose}-{self.account.id}"

    def _is_there(self, bucket: str) -> bool:
        try:
            self.account.client("s3").head_bucket(Bucket=bucket)
        except ClientError as exc:
            _if_gone(exc)
            return False
        return True

    def _empty(self, purpose: str) -> bool:
        """Whether there is such a bucket; it is empty then."""
        bucket, s3, count = self._bucket(purpose), self.account.client("s3"), 0
        if not self._is_there(bucket):
            return False
        for page in self.account.pages(s3, "list_objects_v2", Bucket=bucket):
            keys = [each["Key"] for each in page.get("Contents", [])]
            count += len(keys)
            if keys:
                _delete_objects(s3, bucket, keys)
        print(f"    {bucket}: {count} objects deleted", flush=True)
        return True


@dataclass(frozen=True, slots=True)
class ForgetOutputs:
    """What deploying wrote into the configuration; what an operator wrote stays."""

    stage: Stage
    tree: Path

    title = ".chalice/config.json"

    def plan(self) -> str:
        """What `run` would do."""
        return f"remove what deploying wrote to stages.{self.stage.name}"

    def run(self) -> str:
        """Remove it."""
        config = configuration.read(self.tree)
        without = configuration.without_outputs(config, self.stage.name)
        if without == config:
            return "unchanged"
        configuration.write(self.tree, without)
        return "removed"


def service(functions: Functions) -> list[Step]:
    """What to do to take down what runs."""
    account, stage = functions.account, functions.stage
    return [DestroyFunctions(functions), DestroyLayer(account, stage), ForgetOutputs(stage, functions.tree)]


def data(account: Account, stage: Stage) -> list[Step]:
    """What to do after it to delete what it stood on."""
    return [DestroyStack(account, stage)]


def is_wanted(stage: Stage, what: str, ask: Callable[[str], str]) -> bool:
    """Whether a person says so, by the stage's name."""
    try:
        return ask(f"Type {stage.name} to delete {what}, or press Enter to keep it: ").strip() == stage.name
    except EOFError:
        return False  # nobody is there to ask


def _delete_objects(s3: "S3Client", bucket: str, keys: Sequence[str]) -> None:
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
    )
    if refused := answer.get("Errors"):
        raise DeployError(f"{bucket}: {len(refused)} objects were not deleted: {refused[0]['Code']}.")


def _if_gone(error: ClientError) -> None:
    """Raises the error unless it says that there is no such thing."""
    if error.response["Error"]["Code"] not in _GONE:
        raise error
