"""The copy of the service that Chalice packages: complete, configured for its stage, with least privilege."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from chalicelib.settings import Settings
from infra.deploy.errors import PackageError
from infra.deploy.project import POLICIES, copy_project, in_cloudformation, sources
from infra.deploy.stage import Stage
from infra.deploy.target import Target
from infra.deploy.template import wrong_with_template
from tests.deploy.conftest import TREE

TARGET = Target(minor=12)
OWN_LOGS = {
    f"arn::logs:::log-group:/aws/lambda/proctoring-${{Stage}}{function}:*"
    for function in ("", "-close_abandoned", "-run_job")
}

# These actions accept no narrower resource.
ANYWHERE = {
    "rekognition:CompareFaces",
    "rekognition:CreateFaceLivenessSession",
    "rekognition:DetectFaces",
    "rekognition:DetectLabels",
    "rekognition:DetectText",
    "rekognition:GetFaceLivenessSessionResults",
    "rekognition:ListCollections",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def statements() -> list[dict[str, Any]]:
    documents = [json.loads(policy.read_text()) for policy in POLICIES.glob("*.json")]
    return [statement for document in documents for statement in document["Statement"]]


def listed(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more


def test_any_stage_is_configured_from_one_source(tmp_path: Path) -> None:
    copy_project(TREE, tmp_path / "copy", "prod", TARGET)

    config = json.loads((tmp_path / "copy/.chalice/config.json").read_text())
    policy = (tmp_path / "copy/.chalice/api_handler.json").read_text()
    assert (config["environment_variables"], config["api_gateway_stage"]) == ({"STAGE": "prod"}, "prod")
    assert config["lambda_functions"] == {
        "api_handler": {"iam_policy_file": "api_handler.json"},
        "close_abandoned": {"iam_policy_file": "close_abandoned.json", "lambda_timeout": 60},
        "run_job": {"iam_policy_file": "run_job.json", "lambda_timeout": 60},
    }
    assert "table/proctoring-prod-sessions" in policy
    assert "${Stage}" not in policy


def test_copy_holds_the_service_and_no_compiled_leftovers(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "chalicelib/__pycache__").mkdir(parents=True)
    (tree / "chalicelib/__pycache__/rules.cpython-312.pyc").touch()
    (tree / "chalicelib/pages").mkdir()
    (tree / "chalicelib/pages/docs.html").touch()
    (tree / "app.py").touch()

    assert [name for name, _ in sources(tree)] == ["app.py", "chalicelib/pages/docs.html"]


@pytest.mark.parametrize("stage", ["", "Prod", "1st", "a-b", "a" * 17, "../up"])
def test_name_that_cannot_be_a_stage_is_refused(tmp_path: Path, stage: str) -> None:
    with pytest.raises(PackageError, match="cannot be a stage"):
        copy_project(TREE, tmp_path / "copy", stage, TARGET)


def test_policies_leave_the_account_to_cloudformation() -> None:
    arn = "arn:${AWS::Partition}:s3:::proctoring-dev-evidence-${AWS::AccountId}"

    assert in_cloudformation({"Effect": "Allow", "Resource": [arn]}, Stage("dev")) == {
        "Effect": "Allow",
        "Resource": [{"Fn::Sub": arn}],
    }


def test_policies_leave_what_the_stack_made_to_its_exports() -> None:
    arn = "arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/${UserPool}"
    stack = cfn_yaml.load(str(TREE / "infra/template.yaml"))

    imported = {"UserPool": {"Fn::ImportValue": "proctoring-dev-UserPool"}}
    assert in_cloudformation({"Resource": arn}, Stage("dev")) == {"Resource": {"Fn::Sub": [arn, imported]}}
    assert stack["Outputs"]["UserPool"]["Export"] == {"Name": {"Fn::Sub": "proctoring-${Stage}-UserPool"}}


def test_policies_name_actions_one_by_one() -> None:
    assert [each for statement in statements() for each in listed(statement["Action"]) if "*" in each] == []


def test_policies_allow_everywhere_only_what_accepts_no_resource() -> None:
    everywhere = [
        action
        for statement in statements()
        if statement["Resource"] == "*"
        for action in listed(statement["Action"])
    ]

    assert set(everywhere) == ANYWHERE


def test_policies_name_only_resources_of_the_stage() -> None:
    arns = [arn for statement in statements() for arn in listed(statement["Resource"]) if arn != "*"]
    named = {re.sub(r"\$\{AWS::\w+}", "", arn) for arn in arns} - OWN_LOGS

    settings = Settings(stage="dev")
    assert {arn.replace("${Stage}", "dev") for arn in named} == {
        f"arn::dynamodb:::table/{settings.sessions_table}",
        f"arn::dynamodb:::table/{settings.sessions_table}/index/by_start",
        f"arn::dynamodb:::table/{settings.sessions_table}/index/alerts_by_tenant",
        f"arn::dynamodb:::table/{settings.sessions_table}/index/alerts_by_exam",
        f"arn::dynamodb:::table/{settings.sessions_table}/index/alerts_by_candidate",
        f"arn::dynamodb:::table/{settings.tenants_table}",
        f"arn::dynamodb:::table/{settings.exams_table}",
        f"arn::dynamodb:::table/{settings.exams_table}/index/by_candidate",
        f"arn::dynamodb:::table/{settings.tenants_table}/index/by_tenant",
        f"arn::dynamodb:::table/{settings.ledger_table}",
        f"arn::dynamodb:::table/{settings.faces_table}",
        f"arn::dynamodb:::table/{settings.images_table}",
        f"arn::dynamodb:::table/{settings.webhooks_table}",
        f"arn::rekognition:::collection/{settings.face_collections}*",
        "arn::cognito-idp:::userpool/${UserPool}",
        f"arn::s3:::{settings.bucket}-",
        f"arn::s3:::{settings.bucket}-/*",
        *(
            f"arn::s3:::{settings.bucket}-/{place}/*"
            for place in ("enrolments", "images", "pictures", "uploads")
        ),
        f"arn::sqs:::{settings.jobs_queue}",
        f"arn::secretsmanager:::secret:{settings.secrets_name}-??????",
    }


def test_function_that_was_renamed_without_its_policy_and_settings_is_found(tmp_path: Path) -> None:
    handlers = {"APIHandler": "app.app", "Work": "app.work"}
    functions = {
        name: {"Type": "AWS::Serverless::Function", "Properties": {"Handler": handler}}
        for name, handler in handlers.items()
    }
    template, config = tmp_path / "sam.json", tmp_path / "config.json"
    template.write_text(json.dumps({"Resources": functions}))
    config.write_text(json.dumps({"lambda_functions": {"run_job": {"lambda_timeout": 60}}}))

    assert list(wrong_with_template(template, config)) == [
        "the function work may do nothing: write infra/deploy/policies/work.json",
        "app.py has no function close_abandoned, which infra/deploy/policies/close_abandoned.json is for",
        "app.py has no function run_job, which infra/deploy/policies/run_job.json is for",
        "app.py has no function run_job, which .chalice/config.json configures",
    ]
