"""What a scorer sees of a report: nothing that tells of an accommodation."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from chalicelib.domain.model import AttemptOf
from chalicelib.domain.policy import Policy, layered
from chalicelib.domain.report import Report
from chalicelib.domain.scoring import NOT_MEASURED, as_scored
from tests.unit.flows.world import clean_report, person

COMMON: dict[str, Any] = {"yaw_deg": 20.0, "after_frames": {"looking_away": 7}, "alerts_off": ("low_light",)}
OWN: dict[str, Any] = {
    "yaw_deg": 60.0,
    "after_frames": {},
    "alerts_off": ("low_light", "looking_away"),
    "emotions": False,
    "text": False,
    "labels": False,
}


def report_of(accommodation: dict[str, Any]) -> Report:
    """The report of frames that show nothing, under this accommodation."""
    common, chosen = layered(COMMON), layered(COMMON, accommodation)
    accommodated = {name: getattr(common, name) for name in accommodation}
    report = clean_report(*person(1, 2, 3), policy=chosen)
    return replace(report, attempt=AttemptOf("e-1", "c-1", accommodated))


@pytest.mark.parametrize("name", [*OWN])
def test_the_report_of_one_who_is_accommodated_is_that_of_the_others(name: str) -> None:
    others, own = as_scored(report_of({})), as_scored(report_of({name: OWN[name]}))

    measured = {"emotion_summary", "emotion_shares", "emotion_timeline", "metrics", "reasons"}
    for each in set(asdict(others)) - (measured if name == "emotions" else set()):
        assert getattr(own, each) == getattr(others, each), each


def test_what_was_not_measured_is_not_said_to_be_switched_off() -> None:
    told = as_scored(report_of({"emotions": False}))

    assert told.policy.emotions
    assert told.emotion_summary is None
    assert set(told.reasons.values()) == {NOT_MEASURED}


def test_everybody_elses_emotions_are_off_for_the_reason_that_holds() -> None:
    report = clean_report(*person(1), policy=Policy(emotions=False))

    told = as_scored(replace(report, attempt=AttemptOf("e-1", "c-1")))

    assert told.reasons == report.reasons
    assert told.policy == report.policy


def test_the_report_of_no_attempt_is_as_it_is() -> None:
    report = clean_report(*person(1))

    assert as_scored(report) is report


def test_who_took_which_exam_stays_in_the_report() -> None:
    told = as_scored(report_of(OWN)).attempt

    assert told == AttemptOf("e-1", "c-1", {})
