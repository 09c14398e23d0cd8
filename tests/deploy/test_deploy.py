"""A stage, deployed by the command line into an account on this machine."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.settings import Settings
from infra.deploy.package import APP, LAYER
from infra.deploy.project import POLICIES, in_account
from infra.deploy.steps import carry_out
from infra.deploy.target import running
from infra.local.cloud import ACCOUNT
from tests.deploy.account import REGION, OfflineAccount, steps
from tests.deploy.conftest import Deployed, copy_tree
from tests.deploy.inventory import Inventory, inventory

NAMES = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "UserPool": "UserPool",  # as the inventory has it
}
RULE = "proctoring-STAGE-close_abandoned-event"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}"


@pytest.fixture
def there(deployed: Deployed) -> Inventory:
    return inventory(deployed.account, "dev")


def sha256(file: Path) -> str:
    return base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()


def stage_of(tree: Path, stage: str) -> dict[str, Any]:
    configured: dict[str, Any] = json.loads((tree / ".chalice/config.json").read_text())["stages"][stage]
    return configured


def test_it_tells_its_plan_its_progress_and_what_comes_next(deployed: Deployed) -> None:
    said = deployed.said

    assert "1. the stack" in said
    assert "create the stack proctoring-dev" in said
    assert "[1/5] the stack" in said
    assert "proctoring-dev: CREATE_COMPLETE" in said
    assert "published version 1" in said
    assert "Stage dev answers at https://" in said


def test_every_route_of_the_service_leads_to_its_function(there: Inventory) -> None:
    (api,) = there["apis"]
    called = f"path/2015-03-31/functions/{ARN}:function:proctoring-STAGE/invocations"
    uri = f"arn:aws:apigateway:{REGION}:lambda:{called}"
    wanted = {(method, path) for path, methods in app.app.routes.items() for method in methods}

    proxied = {(method, path) for method, path, kind, _ in api["routes"] if kind == "AWS_PROXY"}
    assert proxied == wanted
    assert {each for _, _, kind, each in api["routes"] if kind == "AWS_PROXY"} == {uri}


def test_every_route_answers_a_browser_that_asks_whether_it_may(there: Inventory) -> None:
    (api,) = there["apis"]

    asked = {path for method, path, kind, _ in api["routes"] if (method, kind) == ("OPTIONS", "MOCK")}
    assert asked == set(app.app.routes)


def test_the_api_is_regional_and_served_and_traced(there: Inventory) -> None:
    (api,) = there["apis"]

    assert (api["endpoint"], api["stages"]) == (["REGIONAL"], {"STAGE": True})


def test_every_function_has_its_handler_its_limits_its_layer_and_its_role(there: Inventory) -> None:
    functions = {
        name: (
            function["Handler"],
            function["Timeout"],
            function["Role"],
            function["Layers"],
        )
        for name, function in there["functions"].items()
    }
    layer = [f"{ARN}:layer:proctoring-STAGE-pictures:1"]
    role = f"arn:aws:iam::{ACCOUNT}:role/proctoring-STAGE"

    assert functions == {
        "proctoring-STAGE": ("app.app", 29, f"{role}-api_handler", layer),
        "proctoring-STAGE-close_abandoned": ("app.close_abandoned", 60, f"{role}-close_abandoned", layer),
        "proctoring-STAGE-run_job": ("app.run_job", 60, f"{role}-run_job", layer),
    }
    for function in there["functions"].values():
        assert function["Runtime"] == running().runtime
        assert function["MemorySize"] == 1769
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_functions_are_told_their_stage_and_what_it_made_and_no_secret(there: Inventory) -> None:
    bucket = f"proctoring-STAGE-evidence-{ACCOUNT}"

    for function in there["functions"].values():
        variables = function["Environment"]["Variables"]
        assert variables == {
            "STAGE": "STAGE",
            "EVIDENCE_BUCKET": bucket,
            "USER_POOL_ID": "UserPool",
            "USER_POOL_CLIENT_ID": "UserPoolClient",
        }
        assert {name.lower() for name in variables} <= set(Settings.model_fields)


def test_every_function_may_do_what_its_policy_says_and_nothing_else(there: Inventory) -> None:
    written = {
        f"proctoring-STAGE-{policy.stem}": in_account(
            json.loads(policy.read_text().replace("${Stage}", "STAGE")), NAMES
        )
        for policy in POLICIES.glob("*.json")
    }

    assert there["policies"] == {role: {role: document} for role, document in written.items()}


def test_queues_feed_their_functions_and_take_back_what_failed(there: Inventory) -> None:
    assert there["mappings"] == [
        {
            "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:proctoring-STAGE-jobs",
            "FunctionArn": f"{ARN}:function:proctoring-STAGE-run_job",
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "State": "Enabled",
        }
    ]


def test_only_the_gateway_and_the_schedule_may_call_functions(there: Inventory) -> None:
    allowed = {name: function["allowed"] for name, function in there["functions"].items()}

    assert allowed == {
        "proctoring-STAGE": [["apigateway.amazonaws.com", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:API/*"]],
        "proctoring-STAGE-close_abandoned": [
            ["events.amazonaws.com", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{RULE}"]
        ],
        "proctoring-STAGE-run_job": [],
    }


def test_the_schedule_calls_its_function_every_hour(there: Inventory) -> None:
    assert there["rules"] == {
        RULE: {"schedule": "rate(1 hour)", "targets": [f"{ARN}:function:proctoring-STAGE-close_abandoned"]}
    }


def test_the_gateways_own_answers_can_be_read_by_browsers(there: Inventory) -> None:
    (api,) = there["apis"]
    answers = api["answers"]

    header = "gatewayresponse.header.Access-Control-Allow-Origin"
    assert {name: answer["responseParameters"][header] for name, answer in answers.items()} == dict.fromkeys(
        answers, "'*'"
    )
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "REQUEST_TOO_LARGE", "INTEGRATION_TIMEOUT"} <= answers.keys()
    told = json.loads(answers["THROTTLED"]["responseTemplates"]["application/json"])
    retry = answers["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"]
    assert (answers["THROTTLED"]["statusCode"], told["status"], retry) == ("429", 429, "'1'")
    told = json.loads(answers["REQUEST_TOO_LARGE"]["responseTemplates"]["application/json"])
    assert (answers["REQUEST_TOO_LARGE"]["statusCode"], told["success"]) == ("413", False)


def test_logs_end(there: Inventory) -> None:
    assert there["log_groups"].keys() >= {f"/aws/lambda/{name}" for name in there["functions"]}
    assert set(there["log_groups"].values()) == {30}


def test_lambda_has_the_package_and_the_layer_that_were_checked(deployed: Deployed) -> None:
    client = deployed.account.client("lambda")
    functions = client.list_functions()["Functions"]
    layer = client.get_layer_version(LayerName="proctoring-dev-pictures", VersionNumber=1)

    code = {each["CodeSha256"] for each in functions if each["FunctionName"].startswith("proctoring-dev")}
    assert code == {sha256(deployed.built / APP)}
    assert layer["Content"]["CodeSha256"] == sha256(deployed.built / LAYER)
    assert layer["CompatibleRuntimes"] == [running().runtime]


def test_the_configuration_says_what_the_stage_stands_on(deployed: Deployed) -> None:
    cognito = deployed.account.client("cognito-idp")
    pools = {each["Name"]: each["Id"] for each in cognito.list_user_pools(MaxResults=60)["UserPools"]}
    pool_id = pools["proctoring-dev"]
    (client,) = cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]

    assert stage_of(deployed.tree, "dev") == {
        "layers": [f"{ARN}:layer:proctoring-dev-pictures:1"],
        "environment_variables": {
            "EVIDENCE_BUCKET": f"proctoring-dev-evidence-{ACCOUNT}",
            "USER_POOL_ID": pool_id,
            "USER_POOL_CLIENT_ID": client["ClientId"],
        },
    }


def test_chalices_own_commands_work_in_the_tree(deployed: Deployed) -> None:
    program = "from chalice.cli import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "url", "--stage", "dev"],
        cwd=deployed.tree,
        env=deployed.account.environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() in deployed.said


@pytest.mark.usefixtures("environment")
def test_deployed_again_from_anywhere_nothing_is_made_twice(
    deployed: Deployed, there: Inventory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = copy_tree(tmp_path / "tree")  # without what Chalice and the deployment wrote down

    carry_out(steps("dev", elsewhere, deployed.built)[1])

    said = capsys.readouterr().out
    assert "    unchanged\n[2/5]" in said
    assert "unchanged (1)" in said
    assert inventory(deployed.account, "dev") == there
    assert stage_of(elsewhere, "dev") == stage_of(deployed.tree, "dev")


@pytest.mark.usefixtures("environment")
def test_settings_of_a_stage_reach_its_functions_its_stack_and_its_gateway(
    light: Path, account: OfflineAccount, tmp_path: Path
) -> None:
    tree = copy_tree(tmp_path / "tree")
    file = tree / ".chalice/config.json"
    chosen = {"CORS_ORIGIN": "https://exams.example", "RETENTION_DAYS": "7", "REKOGNITION_TPS": "100"}
    config = json.loads(file.read_text()) | {"stages": {"prod": {"environment_variables": chosen}}}
    file.write_text(json.dumps(config))

    carry_out(steps("prod", tree, light)[1])

    there = inventory(account, "prod")
    (api,) = there["apis"]
    variables = there["functions"]["proctoring-STAGE"]["Environment"]["Variables"]
    origin = api["answers"]["DEFAULT_4XX"]["responseParameters"]
    assert variables.items() >= chosen.items()
    assert origin["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://exams.example'"
    assert (
        there["stack"]["parameters"].items()
        >= {
            "CorsOrigin": "https://exams.example",
            "RetentionDays": "7",
        }.items()
    )


@pytest.mark.usefixtures("environment")
def test_setting_that_is_taken_back_is_taken_back_everywhere(
    deployed: Deployed, account: OfflineAccount, tmp_path: Path
) -> None:
    tree = copy_tree(tmp_path / "tree")
    file = tree / ".chalice/config.json"
    before = file.read_text()
    chosen = {"RETENTION_DAYS": "7"}
    file.write_text(json.dumps(json.loads(before) | {"stages": {"brief": {"environment_variables": chosen}}}))
    carry_out(steps("brief", tree, deployed.built)[1][:1])
    file.write_text(before)

    carry_out(steps("brief", tree, deployed.built)[1][:1])

    stack = inventory(account, "brief")["stack"]
    assert stack["parameters"]["RetentionDays"] == str(Settings().retention_days)


@pytest.mark.usefixtures("environment")
def test_function_that_the_service_no_longer_has_is_deleted(
    deployed: Deployed, there: Inventory, tmp_path: Path
) -> None:
    client = deployed.account.client("lambda")
    package = (deployed.built / APP).read_bytes()
    client.create_function(
        FunctionName="proctoring-dev-old_job",
        Runtime=running().runtime,
        Role=f"arn:aws:iam::{ACCOUNT}:role/proctoring-dev-run_job",
        Handler="app.old_job",
        Code={"ZipFile": package},
        Tags={"aws-chalice": "version=1.34.0:stage=dev:app=proctoring"},
    )

    carry_out(steps("dev", copy_tree(tmp_path / "tree"), deployed.built)[1])

    assert inventory(deployed.account, "dev") == there


@pytest.mark.usefixtures("environment")
def test_what_others_named_like_the_stages_is_not_touched(deployed: Deployed, tmp_path: Path) -> None:
    account, assumed = deployed.account, json.dumps({"Version": "2012-10-17", "Statement": []})
    account.client("iam").create_role(RoleName="proctoring-dev-ci", AssumeRolePolicyDocument=assumed)
    account.client("events").put_rule(Name="proctoring-dev-backup", ScheduleExpression="rate(1 day)")
    account.client("lambda").create_function(
        FunctionName="proctoring-dev-slack",
        Runtime=running().runtime,
        Role=f"arn:aws:iam::{ACCOUNT}:role/proctoring-dev-run_job",
        Handler="app.slack",
        Code={"ZipFile": (deployed.built / APP).read_bytes()},
    )

    carry_out(steps("dev", copy_tree(tmp_path / "tree"), deployed.built)[1])

    account.client("iam").delete_role(RoleName="proctoring-dev-ci")
    account.client("events").delete_rule(Name="proctoring-dev-backup")
    account.client("lambda").delete_function(FunctionName="proctoring-dev-slack")


def test_stage_that_a_pipeline_made_is_refused(deployed: Deployed, tmp_path: Path) -> None:
    client = deployed.account.client("lambda")
    client.create_function(
        FunctionName="proctoring-piped-run_job",
        Runtime=running().runtime,
        Role=f"arn:aws:iam::{ACCOUNT}:role/proctoring-dev-run_job",
        Handler="app.run_job",
        Code={"ZipFile": (deployed.built / APP).read_bytes()},
        Tags={
            "aws-chalice": "version=1.34.0:stage=piped:app=proctoring",  # as Chalice's template has it
            "aws:cloudformation:stack-name": "proctoring-piped-service",
        },
    )
    tree = copy_tree(tmp_path / "tree")

    refused = [deployed.run(verb, "--stage", "piped", tree=tree) for verb in ("deploy", "destroy")]

    assert [code for code, _ in refused] == [1, 1], refused
    assert all("run_job (by proctoring-piped-service)" in said for _, said in refused)
    client.delete_function(FunctionName="proctoring-piped-run_job")


def test_dry_run_changes_nothing(deployed: Deployed, tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree")
    before = (tree / ".chalice/config.json").read_text()

    package = ("--package", str(deployed.built))

    code, said = deployed.run("deploy", "--stage", "other", "--dry-run", *package, tree=tree)

    assert (code, "Nothing was changed." in said) == (0, True), said
    assert "create the stack proctoring-other" in said
    assert "create api_handler" in said
    assert inventory(deployed.account, "other")["stack"] is None
    assert (tree / ".chalice/config.json").read_text() == before


def test_tree_without_the_service_is_not_deployed(deployed: Deployed, tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree")
    shutil.rmtree(tree / "chalicelib/flows")

    code, said = deployed.run("deploy", "--stage", "broken", tree=tree)

    assert (code, "Not packaged" in said) == (1, True), said
    assert inventory(deployed.account, "broken")["stack"] is None


@pytest.mark.usefixtures("environment")
def test_name_that_a_stage_has_in_another_region_is_refused(deployed: Deployed, tmp_path: Path) -> None:
    deployed.account.client("s3", "eu-central-1").create_bucket(
        Bucket=f"proctoring-far-artifacts-{ACCOUNT}",
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )

    code, said = deployed.run("deploy", "--stage", "far", tree=copy_tree(tmp_path / "tree"))

    assert (code, "lives in eu-central-1, not in eu-west-1" in said) == (1, True), said
    assert inventory(deployed.account, "far")["stack"] is None
