"""`.chalice/config.json`: the operator's choices and the deployment's outputs, kept apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import configuration
from infra.deploy.deploy import check_settings
from infra.deploy.errors import DeployError
from infra.deploy.stage import Stage

CHOSEN: dict[str, Any] = {
    "version": "2.0",
    "stages": {"prod": {"lambda_memory_size": 3008, "environment_variables": {"EMOTIONS": "false"}}},
}
LAYER = "arn:aws:lambda:eu-west-1:1:layer:proctoring-prod-pictures:3"
OTHER = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:53"
OUTPUTS = {
    "EVIDENCE_BUCKET": "proctoring-prod-evidence-1",
    "USER_POOL_ID": "eu-west-1_aB1",
    "USER_POOL_CLIENT_ID": "c1",
}


def tree_with(folder: Path, **variables: str) -> Path:
    (folder / ".chalice").mkdir()
    config = {"version": "2.0", "stages": {"prod": {"environment_variables": variables}}}
    (folder / ".chalice/config.json").write_text(json.dumps(config))
    return folder


def test_outputs_stand_beside_what_was_chosen() -> None:
    assert configuration.with_outputs(CHOSEN, "prod", LAYER, OUTPUTS)["stages"]["prod"] == {
        "lambda_memory_size": 3008,
        "layers": [LAYER],
        "environment_variables": {"EMOTIONS": "false", **OUTPUTS},
    }


def test_outputs_go_and_what_was_chosen_stays() -> None:
    deployed = configuration.with_outputs(CHOSEN, "prod", LAYER, OUTPUTS)

    assert configuration.without_outputs(deployed, "prod") == CHOSEN


def test_stage_that_chose_nothing_leaves_nothing() -> None:
    deployed = configuration.with_outputs({"version": "2.0"}, "prod", LAYER, OUTPUTS)

    assert configuration.without_outputs(deployed, "prod") == {"version": "2.0"}


def test_other_stages_are_not_touched() -> None:
    deployed = configuration.with_outputs(CHOSEN, "dev", LAYER, OUTPUTS)

    assert deployed["stages"]["prod"] == CHOSEN["stages"]["prod"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"REKOGNITION_TPS": "many"}, "REKOGNITION_TPS: "),
        ({"RETENTION_DAYS": "0"}, "RETENTION_DAYS: "),
        ({"OPENAI_API_KEY": "sk-1"}, "OPENAI_API_KEY looks like a secret"),
        ({"WEBHOOK_SECRET": "x"}, "WEBHOOK_SECRET looks like a secret"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_changed(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(DeployError) as refused:
        check_settings(tree_with(tmp_path, **variables), Stage("prod"))

    assert refused.value.args[0].startswith(sentence)
    assert not any(value in str(refused.value) for value in ("sk-1",))


def test_settings_that_can_be_pass(tmp_path: Path) -> None:
    check_settings(tree_with(tmp_path, REKOGNITION_TPS="100", KEY_CACHE_S="10"), Stage("prod"))


def test_layers_of_the_operators_own_stay() -> None:
    chosen = {"stages": {"prod": {"layers": [OTHER, LAYER.replace(":3", ":2")]}}}

    deployed = configuration.with_outputs(chosen, "prod", LAYER, OUTPUTS)

    assert deployed["stages"]["prod"]["layers"] == [OTHER, LAYER]
    assert configuration.without_outputs(deployed, "prod") == {"stages": {"prod": {"layers": [OTHER]}}}
