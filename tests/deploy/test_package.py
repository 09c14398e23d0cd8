"""The package and the layer that `make package` builds, used as Lambda uses them."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from cfnlint.decode import cfn_yaml

from chalicelib.settings import Settings
from infra.deploy.configuration import OUTPUTS
from infra.deploy.errors import PackageError
from infra.deploy.package import APP, LAYER, STACK, TEMPLATE, make_package, read_package
from infra.deploy.project import POLICIES
from infra.deploy.target import running
from tests.deploy.conftest import TREE, Built, Deployed, copy_tree
from tests.deploy.lambda_process import link_runtime
from tests.stack import resources


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link_runtime(tmp_path_factory.mktemp("runtime"))


def in_lambda(built: Built, runtime: Path, program: str) -> Any:  # noqa: ANN401 - any JSON
    """What the program prints as JSON; it sees the package, the layer and the runtime, and nothing else."""
    path = [str(built.task), str(built.layer / "python"), str(runtime)]
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-B",
            "-c",
            f"import sys; sys.path[:0] = {path}\n{textwrap.dedent(program)}",
        ],
        env={"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "STAGE": "dev"},
        cwd=built.task,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def call(built: Built, runtime: Path, path: str) -> Any:  # noqa: ANN401 - any JSON
    """The answer of the API's handler to a GET that came through API Gateway."""
    event = {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {"Accept": "*/*"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "c0ffee",
            "resourcePath": path,
            "path": f"/dev{path}",
            "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
    program = f"""
        import json
        import app
        print(json.dumps(app.app({event!r}, None)))
    """
    return in_lambda(built, runtime, program)


def test_packaged_service_answers_api_gateway(built: Built, runtime: Path) -> None:
    answer = call(built, runtime, "/health")

    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (200, "healthy")


def test_packaged_service_has_its_pages(built: Built, runtime: Path) -> None:
    answer = call(built, runtime, "/api/docs")

    assert (answer["statusCode"], "<html" in answer["body"]) == (200, True)


def test_every_packaged_module_imports(built: Built, runtime: Path) -> None:
    imported = in_lambda(
        built,
        runtime,
        """
        import importlib, json, pkgutil
        import chalicelib
        names = [module.name for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib.")]
        print(json.dumps([importlib.import_module(name).__name__ for name in names]))
        """,
    )

    modules = {
        file for file in (TREE / "chalicelib").rglob("*.py") if file.parent.joinpath("__init__.py").exists()
    }
    assert len(imported) == len(modules) - 1  # chalicelib itself


def test_pinned_libraries_work_from_package_and_layer(built: Built, runtime: Path) -> None:
    found = in_lambda(
        built,
        runtime,
        """
        import json, sys
        import cv2, numpy, openai, pydantic, pydantic_core
        grey = numpy.full((48, 64), 128, dtype=numpy.uint8)
        _, jpeg = cv2.imencode(".jpg", grey)
        cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
        places = {module.__name__: module.__file__ for module in (cv2, numpy, openai, pydantic_core)}
        print(json.dumps([places, cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE).shape, cascade.empty()]))
        """,
    )

    places, shape, cascade_empty = found
    roots = {name: os.path.commonpath([place, built.layer.parent]) for name, place in places.items()}
    assert set(roots.values()) == {str(built.layer.parent)}
    assert (shape, cascade_empty) == ([48, 64], False)


def test_both_zips_fit_lambda_with_room_to_grow(built: Built) -> None:
    package = built.package

    assert package.app.zipped < 25 * 1024 * 1024
    assert package.app.unzipped + package.layer.unzipped < 235 * 1024 * 1024


def test_zips_carry_no_time_of_their_build(built: Built) -> None:
    dates = set()
    for name in (APP, LAYER):
        with ZipFile(built.package.folder / name) as archive:
            dates |= {entry.date_time for entry in archive.infolist()}

    assert dates == {(1980, 1, 1, 0, 0, 0)}


def test_a_tree_is_left_with_its_package_and_chalices_notes_and_no_more(
    deployed: Deployed, tmp_path: Path
) -> None:
    before, after = files_of(copy_tree(tmp_path / "tree")), files_of(deployed.tree)

    notes = {Path(".chalice/deployed/dev.json")}
    package = {Path("build/dev") / name for name in (APP, LAYER, TEMPLATE, STACK)}
    assert after - before == notes | package
    assert before - after == set()


def files_of(tree: Path) -> set[Path]:
    """But for what Python compiled."""
    files = (file.relative_to(tree) for file in tree.rglob("*") if file.is_file())
    return {file for file in files if "__pycache__" not in file.parts}


def test_package_of_another_tree_is_refused(built: Built, tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree")
    (tree / "app.py").write_text((tree / "app.py").read_text() + "# changed\n")

    with pytest.raises(PackageError, match=r"app\.py is not the one in the tree"):
        read_package(tree, built.package.folder, running())


def test_folder_without_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="`make package` writes them"):
        read_package(TREE, tmp_path, running())


def test_template_is_clean_by_cfn_lint(built: Built) -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [cfn_lint, "--regions", "eu-west-1", "--", built.template], check=False, capture_output=True
    )

    assert (done.stdout.decode(), done.returncode) == ("", 0)


def test_template_of_the_stack_fits_into_a_request() -> None:
    assert (TREE / "infra/template.yaml").stat().st_size < 51_200  # what CloudFormation takes without S3


def test_every_function_has_the_layer_its_stage_and_a_policy_of_its_own(built: Built) -> None:
    template = json.loads(built.template.read_text())
    functions = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    assert template["Globals"]["Function"]["Layers"] == [{"Ref": "PictureLayer"}]
    assert template["Resources"]["PictureLayer"]["Properties"]["ContentUri"] == f"./{LAYER}"
    assert {name: (function["CodeUri"], function["Environment"]) for name, function in functions.items()} == {
        name: (f"./{APP}", {"Variables": {"STAGE": "dev"}})
        for name in ("APIHandler", "CloseAbandoned", "RunJob")
    }
    assert len({json.dumps(function["Role"]) for function in functions.values()}) == len(functions)


def test_job_function_listens_to_the_queue_of_the_stage(built: Built) -> None:
    template = json.loads(built.template.read_text())
    (source,) = template["Resources"]["RunJob"]["Properties"]["Events"].values()

    assert source["Type"] == "SQS"
    assert source["Properties"]["Queue"]["Fn::Sub"].endswith(":proctoring-dev-jobs")


def test_of_a_batch_of_jobs_only_what_failed_comes_back(built: Built) -> None:
    template = json.loads(built.template.read_text())
    (source,) = template["Resources"]["RunJob"]["Properties"]["Events"].values()

    assert source["Properties"]["BatchSize"] == 10
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_job_is_hidden_from_others_for_six_times_what_its_function_may_take(built: Built) -> None:
    # AWS's advice: in between, Lambda may try again what it could not start.
    template = json.loads(built.template.read_text())

    hidden_s = resources()["JobsQueue"]["Properties"]["VisibilityTimeout"]
    assert hidden_s == 6 * template["Resources"]["RunJob"]["Properties"]["Timeout"]


def test_what_nobody_ended_is_looked_for_every_hour(built: Built) -> None:
    function = json.loads(built.template.read_text())["Resources"]["CloseAbandoned"]["Properties"]
    (rule,) = function["Events"].values()

    assert (rule["Type"], rule["Properties"], function["Timeout"]) == (
        "Schedule",
        {"Schedule": "rate(1 hour)"},
        60,
    )


def test_a_function_may_write_to_its_own_log_which_the_stack_makes(built: Built) -> None:
    packaged = json.loads(built.template.read_text())["Resources"]
    names = {
        each["Properties"]["Handler"].removeprefix("app."): each["Properties"]["FunctionName"]
        for each in packaged.values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    logs = {
        each["Properties"]["LogGroupName"]["Fn::Sub"]
        for each in resources().values()
        if each["Type"] == "AWS::Logs::LogGroup"
    }
    writable = {policy.stem: log_of(json.loads(policy.read_text())) for policy in POLICIES.glob("*.json")}

    # By these names `chalice deploy` makes them, too.
    assert names == {
        "app": "proctoring-dev",
        "close_abandoned": "proctoring-dev-close_abandoned",
        "run_job": "proctoring-dev-run_job",
    }
    assert logs == {f"/aws/lambda/{name}".replace("-dev", "-${Stage}") for name in names.values()}
    assert writable == {
        "api_handler" if handler == "app" else handler: f"/aws/lambda/{name}".replace("-dev", "-${Stage}")
        for handler, name in names.items()
    }


def log_of(policy: dict[str, Any]) -> str:
    """The log group in which a policy lets streams be made and written."""
    (statement,) = [each for each in policy["Statement"] if each["Sid"] == "WriteItsLog"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    group: str = statement["Resource"].partition(":log-group:")[2].removesuffix(":*")
    return group


def test_no_log_is_made_twice(built: Built) -> None:
    # With chalice's log_retention_in_days the package would make the stack's groups again, and fail; and
    # `chalice deploy` would make that of the API under a name that Lambda does not write to.
    packaged = json.loads(built.template.read_text())["Resources"]

    assert [name for name, each in packaged.items() if each["Type"] == "AWS::Logs::LogGroup"] == []


def test_functions_find_settings_and_no_secret_in_their_environment(built: Built) -> None:
    template = json.loads(built.template.read_text())
    given = set(template["Globals"]["Function"]["Environment"]["Variables"])
    for each in template["Resources"].values():
        given |= set(each.get("Properties", {}).get("Environment", {}).get("Variables", {}))

    assert given == {"STAGE", *OUTPUTS}
    assert given <= {name.upper() for name in Settings.model_fields}


def test_what_the_package_imports_the_stack_exports(built: Built) -> None:
    exported = {
        each["Export"]["Name"]["Fn::Sub"].replace("${Stage}", "dev")
        for each in cfn_yaml.load(str(TREE / "infra/template.yaml"))["Outputs"].values()
        if "Export" in each
    }
    imported = set(re.findall(r'"Fn::ImportValue": ?"([^"]+)"', built.template.read_text()))

    assert imported == exported == {"proctoring-dev-UserPool", "proctoring-dev-UserPoolClient"}


def test_service_that_does_not_import_is_not_packaged(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(TREE / ".chalice", tree / ".chalice")
    for name in ("requirements.txt", "requirements-layer.txt"):
        (tree / name).touch()
    (tree / "app.py").write_text("raise RuntimeError('the service is broken')")

    with pytest.raises(PackageError, match="the service is broken"):
        make_package(tree, tmp_path / "out", "dev", running())

    assert not (tmp_path / "out").exists()


def test_pipeline_gets_all_that_make_deploy_would_make(built: Built) -> None:
    resources_made = json.loads(built.template.read_text())["Resources"]
    functions = {
        each["Properties"]["Handler"]: each["Properties"]
        for each in resources_made.values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    api = resources_made["RestAPI"]["Properties"]

    assert {handler: each["FunctionName"] for handler, each in functions.items()} == {
        "app.app": "proctoring-dev",
        "app.run_job": "proctoring-dev-run_job",
        "app.close_abandoned": "proctoring-dev-close_abandoned",
    }
    assert {each["Tracing"] for each in functions.values()} == {"Active"}
    assert (api["TracingEnabled"], api["EndpointConfiguration"], api["StageName"]) == (
        True,
        "REGIONAL",
        "dev",
    )
    assert "DEFAULT_5XX" in api["GatewayResponses"]
    assert (built.package.folder / STACK).read_text() == (TREE / "infra/template.yaml").read_text()


def test_template_of_the_stack_is_clean_by_cfn_lint() -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [cfn_lint, "--regions", "eu-west-1", "us-east-1", "--", TREE / "infra/template.yaml"],
        check=False,
        capture_output=True,
    )

    assert (done.stdout.decode(), done.returncode) == ("", 0)
