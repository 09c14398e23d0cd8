"""What the command line says when it cannot begin, or stops."""

from pathlib import Path

import pytest

from tests.deploy.account import OfflineAccount
from tests.deploy.conftest import Deployed, copy_tree

NOWHERE = "http://127.0.0.1:1"


def run(account: OfflineAccount, tree: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """With these variables in place of the account's; an empty one is taken away."""
    changed = {**account.environment, **environment}
    kept = {name: value for name, value in changed.items() if value}
    elsewhere = OfflineAccount(account.url, account.rekognition_url, kept)
    return Deployed(elsewhere, tree, tree, "").run(*arguments)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_tree(tmp_path / "tree")


def test_without_a_region_it_says_how_to_choose_one(account: OfflineAccount, tree: Path) -> None:
    code, said = run(account, tree, "deploy", AWS_REGION="", AWS_DEFAULT_REGION="")

    assert (code, said) == (
        1,
        "Not begun:\n  No region is chosen.\n  Set AWS_REGION, or the profile's region.\n",
    )


def test_region_is_the_one_that_aws_region_names(account: OfflineAccount, tree: Path) -> None:
    code, said = run(
        account,
        tree,
        "destroy",
        "--stage",
        "nowhere",
        "--dry-run",
        AWS_REGION="eu-west-2",
        AWS_DEFAULT_REGION="us-east-1",
    )

    assert (code, "in account 123456789012, eu-west-2" in said) == (0, True), said


def test_region_without_rekognition_is_refused(account: OfflineAccount, tree: Path) -> None:
    code, said = run(account, tree, "deploy", AWS_REGION="eu-north-1")

    assert (code, "Rekognition is not offered in eu-north-1." in said) == (1, True), said


def test_without_credentials_it_says_how_to_log_in(account: OfflineAccount, tree: Path) -> None:
    code, said = run(account, tree, "deploy", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    assert (code, "aws sso login" in said) == (1, True), said


def test_where_aws_is_not_reached_it_says_what_to_check(account: OfflineAccount, tree: Path) -> None:
    code, said = run(account, tree, "destroy", AWS_ENDPOINT_URL=NOWHERE, AWS_MAX_ATTEMPTS="1")

    assert (code, "check the network" in said) == (1, True), said


def test_parameter_without_a_value_is_refused(account: OfflineAccount, tree: Path) -> None:
    code, said = run(account, tree, "deploy", "--parameter", "AlarmEmail")

    assert (code, "is not NAME=VALUE" in said) == (2, True), said


@pytest.mark.parametrize("parameter", ["Stage=prod", "RetentionDays=1", "CorsOrigin=*"])
def test_parameter_that_something_else_decides_is_refused(
    account: OfflineAccount, tree: Path, parameter: str
) -> None:
    code, said = run(account, tree, "deploy", "--parameter", parameter)

    assert (code, "is not chosen here" in said) == (2, True), said


def test_step_that_fails_is_named_with_what_to_do_next(deployed: Deployed, tree: Path) -> None:
    """No function has so little memory."""
    (tree / ".chalice/config.json").write_text(
        (tree / ".chalice/config.json")
        .read_text()
        .replace('"lambda_memory_size": 1769', '"lambda_memory_size": 1')
    )

    package = ("--package", str(deployed.built))

    code, said = run(deployed.account, tree, "deploy", "--stage", "small", "--no-check", *package)

    assert code == 1, said
    assert "Stopped at the functions and the API, by Chalice:" in said
    assert "Run the same command again: it goes on where it stopped." in said
