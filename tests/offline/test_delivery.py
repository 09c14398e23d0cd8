"""Retried, doubled, late and reordered frames: the report is that of the clean sequence."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from infra.local.rekognition.script import Script
from tests.offline.client import NOBODY, PRESENT, TWO, Client, Interview, Json, base64_of, picture
from tests.offline.conftest import Cloud

FRAMES = 60
THREADS, MANY = 16, 400
AGAIN = 5
"""Times that a frame is sent which met too many others, as a browser does."""


def shown(seq: int) -> Script:
    if 10 <= seq < 16:
        return NOBODY
    return TWO if 30 <= seq < 33 or seq == 50 else PRESENT


def send(interview: Interview, seq: int) -> Json:
    captured = datetime.fromisoformat(interview.started["start_time"]) + timedelta(seconds=seq - 1)
    for _ in range(AGAIN):
        answer = interview.frame(picture(seq, shown(seq)), seq=seq, captured_at=captured.isoformat())
        if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
            break
    assert answer.status == HTTPStatus.OK, answer.body
    result: Json = answer.body["result"]
    return result


def told(report: dict[str, Any]) -> dict[str, Any]:
    """The report without what differs between any two sessions."""
    own = ("session_id", "start_time", "end_time", "session_duration", "summary")
    alerts = [
        {**alert, "evidence": [each["frame_number"] for each in alert["evidence"]]}
        for alert in report["alerts"]
    ]
    return {name: value for name, value in report.items() if name not in own} | {"alerts": alerts}


def clean(server: Client) -> dict[str, Any]:
    interview = server.start()
    for seq in range(1, FRAMES + 1):
        send(interview, seq)
    return told(interview.end())


def test_frames_doubled_and_out_of_order_make_the_clean_report(cloud: Cloud, api_key: str) -> None:
    server = Client(cloud.url, api_key)
    order = sorted(range(1, FRAMES + 1), key=lambda seq: seq + random.Random(seq).uniform(0, 15))
    interview = server.start()
    for seq in order:
        first, again = send(interview, seq), send(interview, seq)
        assert first == again

    assert told(interview.end()) == clean(server)


def test_frames_that_come_after_everything_else_make_the_clean_report(cloud: Cloud, api_key: str) -> None:
    server = Client(cloud.url, api_key)
    late = {2, 11, 12, 13, 31, 50}
    interview = server.start()
    for seq in [*sorted(set(range(1, FRAMES + 1)) - late), *sorted(late, reverse=True)]:
        send(interview, seq)

    assert told(interview.end()) == clean(server)


def test_a_client_that_was_offline_sends_batches_and_loses_nothing(cloud: Cloud, api_key: str) -> None:
    server = Client(cloud.url, api_key)
    interview = server.start()
    started = datetime.fromisoformat(interview.started["start_time"])
    frames = [
        {
            "frame": base64_of(picture(seq, shown(seq))),
            "seq": seq,
            "captured_at": (started + timedelta(seconds=seq - 1)).isoformat(),
        }
        for seq in range(1, FRAMES + 1)
    ]
    for start in (40, 0, 20, 0):
        answer = interview.browser.call(
            "POST", f"{interview.path}/frames", {"frames": frames[start : start + 20]}
        )
        assert answer.body["success"]

    assert told(interview.end()) == clean(server)


def test_sixteen_threads_count_every_frame_once(cloud: Cloud, api_key: str) -> None:
    interview = Client(cloud.url, api_key).start()
    with ThreadPoolExecutor(THREADS) as pool:
        numbers = [
            result["frame_number"]
            for result in pool.map(lambda seq: send(interview, seq), range(1, MANY + 1))
        ]
    coverage = interview.end()["coverage"]

    assert numbers == list(range(1, MANY + 1))
    assert (coverage["received"], coverage["analysed"]) == (MANY, MANY)


def test_frames_without_numbers_are_numbered_by_the_service_even_at_once(cloud: Cloud, api_key: str) -> None:
    interview = Client(cloud.url, api_key).start()

    def post(seed: int) -> int:
        number: int = interview.frame(picture(seed)).body["result"]["frame_number"]
        return number

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(post, range(40)))

    assert numbers == list(range(1, 41))
    assert interview.end()["coverage"]["received"] == 40
