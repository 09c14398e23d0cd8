"""Scheduled functions are called at their rates, and by hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore, Thread
from typing import TYPE_CHECKING

import boto3
import pytest
from chalice.app import Chalice, CloudWatchEvent, Cron, Rate

from infra.local.functions import Functions, Invoked
from infra.local.gateway import Server
from infra.local.schedule import Schedule, scheduled_event
from tests.offline.client import Client

if TYPE_CHECKING:
    from tests.offline.conftest import Cloud

QUICK = {Rate.HOURS: 0.001}
NEVER = {Rate.HOURS: 3600.0}


class Standin:
    """An app with one scheduled function, which is told how to end."""

    def __init__(self, *, fails: bool = False) -> None:
        self.app = Chalice(app_name="standin", configure_logs=False)
        self.calls = Semaphore(0)
        self.seen: list[str] = []

        @self.app.schedule(Rate(1, unit=Rate.HOURS))
        def sweep(event: CloudWatchEvent) -> str:
            self.seen.append(event.detail_type)
            self.calls.release()
            if fails:
                raise RuntimeError("it never works")
            return "swept"


@contextmanager
def serving(app: Chalice) -> Iterator[str]:
    """The gateway in front of the app."""
    with Server(app, 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def test_a_function_is_called_again_and_again_whatever_it_raises() -> None:
    standin = Standin(fails=True)
    schedule = Schedule(standin.app, QUICK)
    schedule.start()
    for _ in range(3):
        standin.calls.acquire()
    schedule.stop()

    assert set(standin.seen) == {"Scheduled Event"}


def test_the_first_call_waits_for_one_interval_and_stopping_waits_for_none() -> None:
    standin = Standin()
    schedule = Schedule(standin.app, NEVER)
    schedule.start()
    schedule.stop()

    assert standin.seen == []


def test_what_is_no_rate_is_refused_at_the_start() -> None:
    app = Chalice(app_name="standin", configure_logs=False)
    app.schedule(Cron(0, 3, "*", "*", "?", "*"))(lambda _: None)

    with pytest.raises(NotImplementedError, match="no rate"):
        Schedule(app)


@pytest.mark.parametrize(
    ("fails", "ended"),
    [
        (False, Invoked(b'"swept"')),
        (True, Invoked(b'{"errorType": "RuntimeError", "errorMessage": "it never works"}', failed=True)),
    ],
)
def test_who_invokes_a_function_is_told_how_it_ended(*, fails: bool, ended: Invoked) -> None:
    event = b'{"version": "0", "account": "1", "region": "r", "detail": {}, "detail-type": "By hand", '
    event += b'"source": "s", "time": "t", "id": "i", "resources": []}'

    assert Functions(Standin(fails=fails).app).invoke("sweep", event) == ended


def test_a_function_that_nobody_wrote_cannot_be_invoked(cloud: "Cloud") -> None:
    answer = Client(cloud.url, "").call(
        "POST", "/2015-03-31/functions/proctoring-dev-dance/invocations", scheduled_event()
    )

    assert answer.status == 404


def test_awss_own_client_runs_a_function_by_hand() -> None:
    standin = Standin()
    with serving(standin.app) as url:
        session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any")
        client = session.client("lambda", region_name="us-east-1", endpoint_url=url)
        answer = client.invoke(
            FunctionName="proctoring-dev-sweep", Payload=json.dumps(scheduled_event()).encode()
        )
        returned = json.load(answer["Payload"])

    assert (answer["StatusCode"], returned, standin.seen) == (200, "swept", ["Scheduled Event"])
