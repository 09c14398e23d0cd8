"""A provider's failure never accuses a candidate, and never hides what was not seen."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from infra.local.rekognition.staged import face, label
from tests.offline.client import NOBODY, Client, Emulator, picture
from tests.offline.conftest import Cloud

GARBAGE = ("not_json", "wrong_shape", "huge_numbers", "nan", "empty")
FAULTS: list[dict[str, object]] = [
    {"kind": "throttle"},
    {"kind": "error"},
    {"kind": "drop"},
    *[dict[str, object](kind="garbage", form=form) for form in GARBAGE],
]


@pytest.fixture
def emulator(cloud: Cloud) -> Iterator[Emulator]:
    emulator = Emulator(cloud.rekognition_url)
    yield emulator
    emulator.heal()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_frame_without_an_answer_is_unanalysed_and_raises_nothing(
    cloud: Cloud, api_key: str, emulator: Emulator, fault: dict[str, object]
) -> None:
    interview = Client(cloud.url, api_key).start()
    emulator.fail(**fault)
    lost = [interview.frame(picture(seq, NOBODY), seq=seq).body["result"] for seq in (1, 2, 3)]
    emulator.heal()
    found = interview.frame(picture(4), seq=4).body["result"]
    report = interview.end()

    assert [result["analysis"]["status"] for result in lost] == ["unanalysed"] * 3
    assert [result["face_count"] for result in lost] == [None] * 3
    assert found["face_count"] == 1
    assert report["alerts"] == []
    assert (report["coverage"]["unanalysed"], report["coverage"]["analysed"]) == (3, 1)
    assert report["integrity"]["score"] == 100


def test_a_provider_that_hangs_costs_ten_seconds_at_the_most(
    cloud: Cloud, api_key: str, emulator: Emulator
) -> None:
    # It would hang for longer than the client waits.
    interview = Client(cloud.url, api_key).start()
    emulator.fail(kind="hang")
    result = interview.frame(picture(1, NOBODY), seq=1).body["result"]

    assert result["analysis"]["status"] == "unanalysed"
    assert interview.metrics()["alert_count"] == 0


def test_one_call_that_fails_leaves_what_the_others_saw(
    cloud: Cloud, api_key: str, emulator: Emulator
) -> None:
    interview = Client(cloud.url, api_key).start()
    emulator.fail(kind="error", operations=["DetectFaces"])
    seen = {"faces": [face()], "labels": [label("Mobile Phone", 95.0)]}
    result = interview.frame(picture(1, seen), seq=1).body["result"]  # type: ignore[arg-type]

    assert result["analysis"]["status"] == "unanalysed"
    assert [alert["type"] for alert in result["alerts"]] == ["suspicious_object"]


def test_a_lost_label_answer_is_told_as_partial(cloud: Cloud, api_key: str, emulator: Emulator) -> None:
    interview = Client(cloud.url, api_key).start()
    emulator.fail(kind="error", operations=["DetectLabels"])
    result = interview.frame(picture(1), seq=1).body["result"]
    coverage = interview.end()["coverage"]

    assert (result["analysis"]["status"], result["analysis"]["labels"]) == ("partial", "failed")
    assert (coverage["analysed"], coverage["partly_analysed"]) == (1, 1)


def test_a_long_outage_is_not_counted_as_absence(cloud: Cloud, api_key: str, emulator: Emulator) -> None:
    interview = Client(cloud.url, api_key).start()
    started = datetime.fromisoformat(interview.started["start_time"])
    for seq in range(1, 25):
        if seq == 4:
            emulator.fail(kind="error")
        if seq == 24:
            emulator.heal()
        captured = (started + timedelta(seconds=seq - 1)).isoformat()
        interview.frame(picture(seq, NOBODY), seq=seq, captured_at=captured)
    (alert,) = interview.end()["alerts"]

    assert (alert["type"], alert["frames"], alert["duration"]) == ("no_face_detected", 3, 2.0)


def test_an_outage_in_the_middle_neither_ends_nor_completes_a_streak(
    cloud: Cloud, api_key: str, emulator: Emulator
) -> None:
    interview = Client(cloud.url, api_key).start()
    started = datetime.fromisoformat(interview.started["start_time"])
    opened = []
    for seq in range(1, 5):
        if seq == 3:  # after two of the three frames that a no_face_detected needs
            emulator.fail(kind="error")
        else:
            emulator.heal()
        captured = (started + timedelta(seconds=seq - 1)).isoformat()
        answer = interview.frame(picture(seq, NOBODY), seq=seq, captured_at=captured)
        opened.append(answer.body["result"]["alerts"])

    assert [[alert["type"] for alert in alerts] for alerts in opened] == [[], [], [], ["no_face_detected"]]
