"""What the template watches is what the service says, and the runbook has a word on all of it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from chalicelib.telemetry import DIMENSION, NAMESPACE, Metric

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "infra" / "template.yaml"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
TIMEOUTS_MS = {"api_handler": 29_000, "run_job": 60_000, "close_abandoned": 60_000}
"""By the function's name; as .chalice/config.json has them."""

WORDS = {"fields", "filter", "stats", "sort", "limit", "by", "as", "and", "like", "asc", "desc"}
"""Of the query language."""
BUILT_IN = {"@timestamp", "@message"}

Json = dict[str, Any]


class Template(yaml.SafeLoader):  # type: ignore[misc]
    """CloudFormation's YAML; its functions become their arguments, and `${Stage}` stays as it is."""


def _argument(loader: Template, _: str, node: yaml.Node) -> Any:  # noqa: ANN401 - of any shape
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Template.add_multi_constructor("!", _argument)
RESOURCES: dict[str, Json] = yaml.load(TEMPLATE.read_text(), Loader=Template)["Resources"]
ALARMS = {
    name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == "AWS::CloudWatch::Alarm"
}
BOARD = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])


def metrics_of(alarm: Json) -> list[Json]:
    """What an alarm watches: namespace, name and dimensions."""
    stats = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    return stats or [alarm]


def shown() -> list[list[str]]:
    """Namespace, name and dimensions of what the dashboard shows, with its abbreviations written out."""
    found = []
    for widget in BOARD["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            assert "." not in metric, "abbreviations are not written out"
            found.append([each for each in metric if isinstance(each, str)])
    return found


def test_the_template_is_what_cloudformation_takes() -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    judged = subprocess.run([cfn_lint, TEMPLATE], capture_output=True, text=True, check=False)

    assert (judged.returncode, judged.stdout) == (0, "")


def test_every_alarm_has_its_entry_in_the_runbook_and_every_entry_its_alarm() -> None:
    referred = {
        re.findall(r"docs/runbook\.md#([a-z-]+)$", each["AlarmDescription"])[0] for each in ALARMS.values()
    }
    _, _, entries = RUNBOOK.partition("\n## Alarms\n")
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^### (.+)$", entries, re.MULTILINE)}

    assert referred == headings


def test_every_entry_says_whom_it_concerns_where_to_look_what_to_do_and_when_it_is_over() -> None:
    _, _, entries = RUNBOOK.partition("\n## Alarms\n")
    parts = ("**For candidates:**", "**Look first:**", "**Likely:**", "**Do:**", "**Over:**")
    lacking = [
        entry.splitlines()[0]
        for entry in entries.split("\n### ")[1:]
        if [part for part in parts if part not in entry]
    ]

    assert lacking == []


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_when_it_begins_and_when_it_is_over_and_what_silence_means(name: str) -> None:
    alarm = ALARMS[name]

    assert alarm["AlarmActions"] == alarm["OKActions"] == ["Alarms"]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmName"].startswith("proctoring-${Stage}-")


def test_alarms_and_dashboard_watch_metrics_that_the_service_writes() -> None:
    written = {metric.title for metric in Metric}
    watched = [
        each for alarm in ALARMS.values() for each in metrics_of(alarm) if each["Namespace"] == NAMESPACE
    ]
    on_the_board = [each for each in shown() if each[0] == NAMESPACE]

    assert {each["MetricName"] for each in watched} | {each[1] for each in on_the_board} <= written
    assert {json.dumps(each["Dimensions"]) for each in watched} == {
        json.dumps([{"Name": DIMENSION, "Value": "Stage"}])
    }
    assert {tuple(each[2:]) for each in on_the_board} == {(DIMENSION, "${Stage}")}


def test_the_dashboard_shows_every_metric_of_the_service_and_every_alarm() -> None:
    derived = {"ProviderCalls"}  # the sum of three that are shown
    (status,) = [each for each in BOARD["widgets"] if each["type"] == "alarm"]
    names = {arn.rpartition(":")[2] for arn in status["properties"]["alarms"]}

    assert {metric.title for metric in Metric} - derived == {
        each[1] for each in shown() if each[0] == NAMESPACE
    }
    assert names == {each["AlarmName"] for each in ALARMS.values()}


def test_widgets_lie_side_by_side() -> None:
    taken = [
        (column, row)
        for each in BOARD["widgets"]
        for column in range(each["x"], each["x"] + each["width"])
        for row in range(each["y"], each["y"] + each["height"])
    ]

    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) < 24


def function_of(name: str) -> str:
    """What app.py calls the function; Chalice gives that of all routes no name of its own."""
    return name.removeprefix("proctoring-${Stage}").removeprefix("-") or "api_handler"


def test_alarms_about_slowness_speak_before_time_is_up() -> None:
    slow = {
        function_of(metric["Dimensions"][0]["Value"]): alarm["Threshold"]
        for alarm in ALARMS.values()
        for metric in metrics_of(alarm)
        if metric["MetricName"] == "Duration"
    }
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())

    assert slow.keys() == TIMEOUTS_MS.keys()
    assert all(0.7 * TIMEOUTS_MS[name] < threshold < TIMEOUTS_MS[name] for name, threshold in slow.items())
    assert TIMEOUTS_MS["api_handler"] == config["lambda_timeout"] * 1000
    assert TIMEOUTS_MS["run_job"] == config["lambda_functions"]["run_job"]["lambda_timeout"] * 1000


def test_no_share_is_of_what_may_be_silent_in_an_outage() -> None:
    """A share needs its whole: frames received come with every frame, requests with every request."""
    wholes = {
        expression.rpartition("/")[2].partition(",")[0].strip(" ()")
        for alarm in ALARMS.values()
        for expression in (each.get("Expression", "") for each in alarm.get("Metrics", []))
        if "/" in expression
    }

    assert wholes == {"requests", "frames", "withheld + calls"}


def test_the_topic_takes_what_cloudwatch_tells_it() -> None:
    # CloudWatch may not use the key that AWS manages for SNS: alarms would be lost without a word.
    assert "KmsMasterKeyId" not in RESOURCES["Alarms"]["Properties"]


def test_queries_ask_for_members_that_lines_have() -> None:
    explained, _, _ = RUNBOOK.partition("\n## Alarms\n")
    told = {metric.title for metric in Metric} | set(re.findall(r"`(\w+)`", explained))
    queries = re.findall(r"```\n(.*?)```", RUNBOOK, re.DOTALL) + re.findall(r"`(filter [^`]+)`", RUNBOOK)
    asked: set[str] = set()
    for query in queries:
        bare = re.sub(r'"[^"]*"|/[^/\n]+/', "", query)
        words = set(re.findall(r"(?<!\w)[@A-Za-z]\w*(?!\w*\()", bare))
        asked |= words - set(re.findall(r"\bas (\w+)", bare))

    assert len(queries) > 10
    assert asked - told - WORDS - BUILT_IN == set()
