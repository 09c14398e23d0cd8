"""A profile that nobody could sit is refused, and says what is wrong with it."""

from typing import Any

import pytest

from chalicelib.telemetry import Metric
from infra.cost.profile import Assumed, BadProfile, Profile
from tests.stack import resources


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fps": 0}, "fps must be above 0, not 0"),
        ({"fps": -1}, "fps must be above 0, not -1"),
        ({"fps": float("nan")}, "fps must be above 0, not nan"),
        ({"fps": 31}, "fps must be 30 at the most, not 31"),
        ({"minutes": 0}, "minutes must be above 0, not 0"),
        ({"sessions_per_day": -5}, "sessions_per_day must be above 0, not -5"),
        ({"calm": 0.9, "dense": 0.2}, "shares of activity must add up to 1, and calm 0.9"),
        ({"calm": 1.1, "dense": -0.1}, "calm is a share from 0 to 1, not 1.1"),
        ({"keep_frames": "some"}, "keep_frames is all, evidence or none, not some"),
        ({"assumed": Assumed(provider_s=-1)}, "provider_s must not be below 0, and is -1"),
    ],
)
def test_a_bad_profile_says_what_to_change(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadProfile, match=said):
        Profile(**given)


def test_a_session_of_an_hour_at_one_frame_a_second_has_3600_frames() -> None:
    assert (Profile().frames, Profile(fps=0.5, minutes=10).frames) == (3600, 300)


def test_metrics_and_alarms_are_as_many_as_there_are() -> None:
    watched = 0
    for resource in resources().values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            reckoned = resource["Properties"].get("Metrics")
            watched += sum("MetricStat" in each for each in reckoned) if reckoned else 1

    assert (Assumed().custom_metrics, Assumed().alarms) == (len(Metric), watched)
