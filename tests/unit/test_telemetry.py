"""What the service says of itself: ids in every line, metrics in the last one, nothing of what was sent."""

import json
from collections.abc import Iterator

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.exceptions import ClientError
from pydantic import BaseModel

from chalicelib import telemetry, wiring
from chalicelib.domain.errors import UpstreamDown
from chalicelib.telemetry import Metric, Work, logger
from tests.log import Log, written

SECRET = "Ada Lovelace of 12 St James's Square"


class Choice(BaseModel):
    number: int


@pytest.fixture
def log() -> Iterator[Log]:
    with written() as log:
        telemetry.configure(stage="test", level="INFO")
        yield log


def test_every_line_of_a_request_carries_the_ids_that_are_known_by_then(log: Log) -> None:
    with telemetry.request("r-1", "POST", "/api/things/{thing_id}"):
        logger.info("begun")
        telemetry.know(tenant_id="t-1", session_id="s-1")
        wiring.pool().submit(logger.warning, "waited").result()

    ids = [(line["request_id"], line.get("tenant_id"), line.get("session_id")) for line in log.lines]
    assert ids == [("r-1", None, None), ("r-1", "t-1", "s-1"), ("r-1", "t-1", "s-1")]
    assert {line["stage"] for line in log.lines} == {"test"}


def test_nothing_of_a_request_is_left_to_the_next_one_or_to_what_is_written_between(log: Log) -> None:
    with telemetry.request("r-1", "GET", "/"):
        telemetry.know(tenant_id="t-1")
        telemetry.tell(error="NotFound")
        telemetry.count(Metric.ALERTS_OPENED)
    logger.info("between")
    with telemetry.request("r-2", "GET", "/"):
        pass

    _, between, last = log.lines
    assert {"request_id", "tenant_id", "session_id"}.isdisjoint(between)
    assert last["request_id"] == "r-2"
    assert {"tenant_id", "error", "_aws", "AlertsOpened"}.isdisjoint(last)


def test_where_lambda_traces_every_line_leads_to_the_trace(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    with telemetry.request("r-1", "GET", "/"):
        pass

    assert log.lines[0]["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_a_request_ends_with_one_line_that_says_what_became_of_it(log: Log) -> None:
    with telemetry.request("r-1", "POST", "/api/things/{thing_id}"):
        telemetry.took(provider=0.25)
        telemetry.took(provider=0.5)
        telemetry.tell(status=200)

    (line,) = log.of("request_answered")
    facts = {name: line[name] for name in ("method", "route", "status", "provider_ms", "level")}
    assert facts == {
        "method": "POST",
        "route": "/api/things/{thing_id}",
        "status": 200,
        "provider_ms": 750.0,
        "level": "INFO",
    }
    assert line["duration_ms"] >= 0


def test_its_metrics_stand_in_that_line_as_powertools_would_write_them(log: Log) -> None:
    with telemetry.request("r-1", "POST", "/"):
        for amount in (1, 2):
            telemetry.count(Metric.PROVIDER_CALLS, amount)
            telemetry.count(Metric.PROVIDER_USD, amount * 0.1)
        telemetry.count(Metric.ALERTS_OPENED, 0)
    theirs = EphemeralMetrics(namespace="Proctoring")
    theirs.add_dimension("stage", "test")
    theirs.add_metric("ProviderCalls", MetricUnit.Count, 3)
    theirs.add_metric("ProviderUsd", MetricUnit.NoUnit, 0.3)
    wanted = json.loads(json.dumps(theirs.serialize_metric_set()))

    (line,) = log.lines
    wanted["_aws"]["Timestamp"] = line["_aws"]["Timestamp"]
    values = {"ProviderCalls": [3.0], "ProviderUsd": [0.3]}
    assert {name: wanted[name] for name in values} == values
    assert line["_aws"] == wanted["_aws"]
    assert (line["stage"], line["ProviderCalls"], line["ProviderUsd"]) == ("test", 3, 0.3)
    assert "AlertsOpened" not in line


def test_metrics_are_written_whatever_the_level_of_the_log(log: Log) -> None:
    telemetry.configure(stage="test", level="ERROR")
    with telemetry.request("r-1", "GET", "/"):
        logger.info("not worth a line")
        telemetry.count(Metric.FRAMES_RECEIVED)
    telemetry.configure(stage="test", level="INFO")

    assert [line["message"] for line in log.lines] == ["request_answered"]


def test_what_is_counted_outside_of_any_work_is_counted_nowhere(log: Log) -> None:
    telemetry.count(Metric.FRAMES_RECEIVED)
    telemetry.tell(error="NotFound")
    telemetry.took(provider=1)
    with Work("work_ended", {}):
        pass

    (line,) = log.lines
    assert {"FramesReceived", "error", "provider_ms"}.isdisjoint(line)


def test_a_job_says_which_message_it_was_and_how_long_that_had_waited(log: Log) -> None:
    with telemetry.job({"messageId": "m-1", "attributes": {"SentTimestamp": "0"}}, "r-1"):
        logger.info("at work")

    at_work, ended = log.lines
    assert (at_work["request_id"], at_work["message_id"]) == ("r-1", "m-1")
    assert ended["message"] == "job_ended"
    assert ended["QueueAge"] > 1e9
    assert "JobsFailed" not in ended


def test_a_run_of_the_schedule_says_which_one_it_was(log: Log) -> None:
    with telemetry.scheduled("close_abandoned", "r-1"):
        telemetry.tell(sessions=2)

    (ended,) = log.of("run_ended")
    assert (ended["request_id"], ended["run"], ended["sessions"]) == ("r-1", "close_abandoned", 2)


def test_a_message_of_a_clock_that_is_ahead_has_not_waited(log: Log) -> None:
    with telemetry.job({"attributes": {"SentTimestamp": "99999999999999"}}, "r-1"):
        pass

    assert log.lines[0]["QueueAge"] == 0


def test_a_job_that_fails_is_counted_and_told_by_kinds_and_places_without_a_word_of_its_errors(
    log: Log,
) -> None:
    def choose() -> None:
        try:
            Choice.model_validate({"number": SECRET})
        except ValueError as exc:
            exc.add_note(SECRET)
            raise UpstreamDown(SECRET) from exc

    with pytest.raises(UpstreamDown), telemetry.job({}, "r-1"):
        choose()

    (line,) = log.lines
    assert (line["level"], line["JobsFailed"], line["error"]) == ("ERROR", 1, "UpstreamDown")
    assert "pydantic_core._pydantic_core.ValidationError" in line["exception"]
    assert "test_telemetry.py" in line["exception"]
    assert "Ada" not in log.text


def test_an_error_of_aws_is_told_with_its_code(log: Log) -> None:
    denied = {"Error": {"Code": "AccessDeniedException", "Message": SECRET}}
    error = ClientError(denied, "GetItem")  # type: ignore[arg-type]
    logger.error("failed", exc_info=error)

    assert "botocore.exceptions.ClientError (AccessDeniedException)" in log.lines[0]["exception"]
    assert "Ada" not in log.text


def test_every_metric_has_a_name_a_unit_and_a_meaning_of_its_own() -> None:
    assert (
        len({metric.title for metric in Metric}) == len({metric.meaning for metric in Metric}) == len(Metric)
    )
    assert {metric.unit for metric in Metric} <= {"Count", "Seconds", "None"}
    assert all(metric.meaning.endswith(".") for metric in Metric)
