"""A stage taken down: what runs, and the data only if a person says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.deploy.steps import carry_out
from infra.local.cloud import ACCOUNT
from tests.deploy.account import OfflineAccount, steps
from tests.deploy.conftest import Deployed, copy_tree
from tests.deploy.inventory import inventory

NOTHING: dict[str, Any] = {
    "apis": [],
    "functions": {},
    "mappings": [],
    "layer_versions": 0,
    "log_groups": {},
    "policies": {},
    "rules": {},
    "stack": None,
}


@pytest.fixture
def gone(
    deployed: Deployed,
    light: Path,
    tmp_path: Path,
    environment: None,  # noqa: ARG001 - it prepares
) -> Deployed:
    """A stage `gone` to take down, with a session, two pictures, faces and a person."""
    tree = copy_tree(tmp_path / "tree")
    carry_out(steps("gone", tree, light)[1])
    account = deployed.account
    account.client("dynamodb").put_item(
        TableName="proctoring-gone-sessions", Item={"pk": {"S": "acme#s-1"}, "sk": {"S": "session"}}
    )
    for number in range(2):
        account.client("s3").put_object(
            Bucket=f"proctoring-gone-evidence-{ACCOUNT}", Key=f"acme/s-1/{number}.jpg", Body=b"picture"
        )
    for name in {"proctoring-gone-acme", "proctoring-other-acme"} - {
        *account.rekognition().list_collections()["CollectionIds"]
    }:
        account.rekognition().create_collection(CollectionId=name)
    (pool_id,) = pools_of(account)
    if not people_of(account):  # the stage may be there from the test before
        account.client("cognito-idp").admin_create_user(UserPoolId=pool_id, Username="somebody")
    return Deployed(account, tree, light, "")


def pools_of(account: OfflineAccount) -> list[str]:
    """User pools with the stage's name."""
    listed = account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    return [each["Id"] for each in listed if each["Name"] == "proctoring-gone"]


def people_of(account: OfflineAccount) -> list[str]:
    """Who is in them."""
    cognito = account.client("cognito-idp")
    listed = [cognito.list_users(UserPoolId=pool_id)["Users"] for pool_id in pools_of(account)]
    return [user["Username"] for users in listed for user in users]


def data_of(account: OfflineAccount) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
    """Tables, buckets, secrets, collections of faces and user pools of the stage."""
    tables = account.client("dynamodb").list_tables()["TableNames"]
    buckets = [each["Name"] for each in account.client("s3").list_buckets()["Buckets"]]
    secrets = [each["Name"] for each in account.client("secretsmanager").list_secrets()["SecretList"]]
    collections = account.rekognition().list_collections()["CollectionIds"]
    tables, buckets, secrets, collections = (
        [name for name in names if name.startswith("proctoring-gone")]
        for names in (tables, buckets, secrets, collections)
    )
    return tables, buckets, secrets, collections, pools_of(account)


def test_without_a_yes_nothing_happens(gone: Deployed) -> None:
    before = inventory(gone.account, "gone")

    code, said = gone.run("destroy", "--stage", "gone", typed="\n")

    assert (code, "Nothing was changed." in said) == (0, True), said
    assert inventory(gone.account, "gone") == before


def test_what_runs_goes_and_the_data_stay_and_can_be_taken_up_again(gone: Deployed) -> None:
    before = inventory(gone.account, "gone")

    code, said = gone.run("destroy", "--stage", "gone", typed="gone\n\n")

    assert code == 0, said
    assert "about 1 items" in said
    assert "(about 1 people)" in said
    assert "Kept: the stack proctoring-gone with all data." in said
    kept = {"stack": before["stack"], "log_groups": before["log_groups"]}
    assert inventory(gone.account, "gone") == NOTHING | kept
    assert "stages" not in json.loads((gone.tree / ".chalice/config.json").read_text())

    carry_out(steps("gone", gone.tree, gone.built)[1])

    there = gone.account.client("dynamodb").get_item(
        TableName="proctoring-gone-sessions", Key={"pk": {"S": "acme#s-1"}, "sk": {"S": "session"}}
    )
    assert inventory(gone.account, "gone") | {"functions": {}} == before | {"functions": {}}
    assert "Item" in there
    assert people_of(gone.account) == ["somebody"]


def test_with_a_second_yes_everything_goes_but_other_stages(gone: Deployed) -> None:
    other = inventory(gone.account, "dev")

    code, said = gone.run("destroy", "--stage", "gone", typed="gone\ngone\n")

    assert code == 0, said
    assert f"proctoring-gone-evidence-{ACCOUNT}: 2 objects deleted" in said
    assert inventory(gone.account, "gone") == NOTHING
    assert data_of(gone.account) == ([], [], [], [], [])
    assert "proctoring-other-acme" in gone.account.rekognition().list_collections()["CollectionIds"]
    assert inventory(gone.account, "dev") == other


def test_one_question_about_everything_says_that_it_is_everything(gone: Deployed) -> None:
    before = inventory(gone.account, "gone")

    _, said = gone.run("destroy", "--stage", "gone", "--data", "delete", typed="\n")

    assert "Type gone to delete what runs and all data for ever" in said
    assert inventory(gone.account, "gone") == before


def test_destroying_what_is_gone_is_no_error(gone: Deployed) -> None:
    asked = ("destroy", "--stage", "gone", "--yes", "--data", "delete")

    codes = [gone.run(*asked)[0] for _ in range(2)]

    assert codes == [0, 0]
    assert inventory(gone.account, "gone") == NOTHING


def test_a_pool_that_has_only_the_name_stays(gone: Deployed) -> None:
    cognito = gone.account.client("cognito-idp")
    other = cognito.create_user_pool(PoolName="proctoring-gone")["UserPool"]["Id"]

    code, said = gone.run("destroy", "--stage", "gone", "--yes", "--data", "delete")

    assert code == 0, said
    assert pools_of(gone.account) == [other]
    cognito.delete_user_pool(UserPoolId=other)


def test_dry_run_says_what_would_go_and_keeps_it(gone: Deployed) -> None:
    before = inventory(gone.account, "gone")

    code, said = gone.run("destroy", "--stage", "gone", "--dry-run")

    assert code == 0, said
    assert "delete api_handler_role, api_handler" in said
    assert f"proctoring-gone-evidence-{ACCOUNT}" in said
    assert inventory(gone.account, "gone") == before
