"""A function may do what its policy allows, and is refused everything else as AWS refuses it."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.cloud import ACCOUNT, REGION
from infra.local.iam import Account, Permission, Policy
from infra.local.roles import Asked, NoFunctionError, Roles, read_asked, running

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.offline.conftest import Cloud

TENANTS, SESSIONS = (
    f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/proctoring-dev-{name}" for name in ("tenants", "sessions")
)
NOBODY = {"pk": {"S": "key#nobody"}}


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    return tmp_path / "asked.jsonl"


@pytest.fixture
def session(asked: Path) -> boto3.session.Session:
    """Of a function that may read tenants, and of one that may nothing."""
    session = boto3.session.Session("any", "any", region_name=REGION)
    policies = {"reader": Policy((Permission("dynamodb:GetItem", TENANTS),)), "idler": Policy()}
    Roles(policies, Account(REGION, ACCOUNT), asked).enforce(session)
    return session


@pytest.fixture
def client(cloud: "Cloud", session: boto3.session.Session) -> "DynamoDBClient":
    return session.client("dynamodb", endpoint_url=cloud.aws_url)


def read_tenant(client: "DynamoDBClient") -> object:
    return client.get_item(TableName="proctoring-dev-tenants", Key=NOBODY).get("Item")


def test_what_is_allowed_is_done_and_taken_down_once(client: "DynamoDBClient", asked: Path) -> None:
    with running("reader"):
        assert read_tenant(client) is None
        assert read_tenant(client) is None

    assert len(asked.read_text().splitlines()) == 1
    assert read_asked(asked) == {Asked("reader", "dynamodb:GetItem", TENANTS, allowed=True)}


@pytest.mark.parametrize("function", ["idler", "stranger"])
def test_what_is_not_allowed_is_refused_and_taken_down(
    client: "DynamoDBClient", asked: Path, function: str
) -> None:
    with running(function), pytest.raises(ClientError) as refused:
        read_tenant(client)

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"{function} is not authorized to perform: dynamodb:GetItem" in str(refused.value)
    assert read_asked(asked) == {Asked(function, "dynamodb:GetItem", TENANTS, allowed=False)}


def test_of_a_transaction_every_part_must_be_allowed(client: "DynamoDBClient", asked: Path) -> None:
    put = {"Put": {"TableName": "proctoring-dev-sessions", "Item": NOBODY}}
    with running("reader"), pytest.raises(ClientError):
        client.transact_write_items(TransactItems=[put])  # type: ignore[list-item]

    assert read_asked(asked) == {Asked("reader", "dynamodb:PutItem", SESSIONS, allowed=False)}


def test_a_link_to_what_may_not_be_read_is_not_signed(session: boto3.session.Session) -> None:
    s3 = session.client("s3")

    with running("reader"), pytest.raises(ClientError) as refused:
        s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})

    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_a_call_of_no_function_is_an_error(client: "DynamoDBClient") -> None:
    with pytest.raises(NoFunctionError, match="dynamodb:GetItem"):
        read_tenant(client)


def test_a_thread_calls_for_the_function_whose_context_it_has(client: "DynamoDBClient", asked: Path) -> None:
    with running("reader"), ThreadPoolExecutor() as pool:
        pool.submit(copy_context().run, read_tenant, client).result()
    with running("idler"), ThreadPoolExecutor() as pool, pytest.raises(ClientError):
        pool.submit(copy_context().run, read_tenant, client).result()

    assert {each.function for each in read_asked(asked)} == {"reader", "idler"}


def test_what_runs_within_what_runs_has_its_own_role(client: "DynamoDBClient") -> None:
    with running("reader"):
        with running("idler"), pytest.raises(ClientError):
            read_tenant(client)

        assert read_tenant(client) is None
