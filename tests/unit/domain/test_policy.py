"""What is watched, and from which value on it matters."""

from dataclasses import fields
from typing import Any

import pytest

from chalicelib.domain.policy import FORBIDDEN_OBJECTS, Policy, layered

RANGES = {
    "_every_s": (1, 86_400),
    "_deg": (0, 180),
    "_s": (0, 86_400),
    "_confidence": (0, 100),
    "_below": (0, 255),
    "_similarity": (0, 100),
    "_px": (0, 10_000),
    "_from": (0, 100),
    "_to": (0, 100),
}
MOST_COUNTED = 1_000_000


def ranged() -> list[tuple[str, int, int]]:
    """Numbers with the least and the most that each may be."""
    found: dict[str, tuple[int, int]] = {}
    for each in fields(Policy):
        for ending, (least, most) in RANGES.items():
            if each.name.endswith(ending):
                found.setdefault(each.name, (least, most))
    return [(name, *limits) for name, limits in found.items()]


def test_the_defaults_are_those_of_the_contract() -> None:
    standard = Policy()

    assert (standard.emotions, standard.labels, standard.text) == (True, True, True)
    assert (standard.yaw_deg, standard.pitch_deg) == (30.0, 25.0)
    assert standard.engagement_below == 40.0
    assert (standard.object_confidence, standard.forbidden_objects) == (70.0, FORBIDDEN_OBJECTS)
    assert (standard.text_confidence, standard.text_longer_than) == (80.0, 5)
    assert (standard.keep_frames, standard.alerts_off, standard.after_frames) == ("evidence", (), {})


def test_the_provider_is_asked_sparingly_and_for_two_dollars_an_hour_by_default() -> None:
    standard = Policy()

    assert (standard.gate, standard.calls_per_hour, standard.usd_per_hour) == (True, 0, 2.0)
    assert standard.faces_every_s < standard.audit_every_s < standard.labels_every_s < standard.text_every_s


def test_every_number_has_a_range() -> None:
    numbers = {each.name for each in fields(Policy) if each.type in (float, int)}

    assert numbers == {name for name, _, _ in ranged()} | {
        "text_longer_than",
        "calls_per_hour",
        "usd_per_hour",
        "challenge_tries",
    }


@pytest.mark.parametrize(("name", "least", "most"), ranged())
def test_a_number_within_its_range_is_taken(name: str, least: int, most: int) -> None:
    limits = [float(least), float(most)]
    taken: list[Any] = [Policy(**{name: number}) for number in limits]  # type: ignore[arg-type]

    assert [getattr(each, name) for each in taken] == limits


@pytest.mark.parametrize(("name", "least", "most"), ranged())
@pytest.mark.parametrize("beyond", ["below", "above", "nan", "inf"])
def test_a_number_that_no_frame_can_meet_is_refused(name: str, least: int, most: int, beyond: str) -> None:
    number = {"below": least - 0.001, "above": most + 0.001, "nan": float("nan"), "inf": float("inf")}[beyond]

    told = (
        rf"\b{name}\b.* must be " if name.endswith("_every_s") else f"^{name} must be from {least} to {most}$"
    )
    with pytest.raises(ValueError, match=told):
        Policy(**{name: number})  # type: ignore[arg-type]


@pytest.mark.parametrize("usd", [-0.01, 1_000_000.01, float("nan"), float("inf")])
def test_money_that_nobody_has_is_refused(usd: float) -> None:
    with pytest.raises(ValueError, match=r"\busd_per_hour must be "):
        Policy(usd_per_hour=usd)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"forbidden_objects": ("Book",) * 101}, "forbidden_objects"),
        ({"forbidden_objects": ("B" * 81,)}, "forbidden_objects"),
        ({"alerts_off": ("blurred",) * 101}, "alerts_off"),
        ({"after_frames": {"blurred": 0}}, "after_frames"),
        ({"after_frames": {"blurred": -1}}, "after_frames"),
        ({"after_frames": {"blurred": 1_000_001}}, "after_frames"),
        ({"text_longer_than": -1}, "text_longer_than"),
        ({"text_longer_than": 1_000_001}, "text_longer_than"),
        ({"calls_per_hour": -1}, "calls_per_hour"),
        ({"calls_per_hour": 1_000_001}, "calls_per_hour"),
    ],
)
def test_what_makes_no_sense_or_grows_the_session_is_refused_by_name(
    wrong: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=f"^{name} ") as refused:
        Policy(**wrong)

    assert "B" * 81 not in str(refused.value)


@pytest.mark.parametrize(
    "right",
    [
        {"forbidden_objects": ("B" * 80,) * 100},
        {"forbidden_objects": ()},
        {"alerts_off": ("blurred",) * 100},
        {"after_frames": {"blurred": 1}},
        {"after_frames": {"blurred": 1_000_000}},
        {"text_longer_than": 0},
        {"calls_per_hour": 0},
        {"calls_per_hour": 1_000_000},
        {"usd_per_hour": 0.0},
        {"usd_per_hour": 1_000_000.0},
    ],
)
def test_what_makes_sense_is_taken(right: dict[str, Any]) -> None:
    taken = Policy(**right)

    assert {name: getattr(taken, name) for name in right} == right


def test_a_later_layer_lies_over_an_earlier_one_and_both_over_the_defaults() -> None:
    exam, candidate = {"yaw_deg": 40.0, "text": False}, {"yaw_deg": 60.0, "alerts_off": ["blurred"]}

    assert layered(exam, candidate) == Policy(yaw_deg=60.0, text=False, alerts_off=("blurred",))


def test_a_layer_that_no_frame_could_meet_is_refused() -> None:
    with pytest.raises(ValueError, match="yaw_deg"):
        layered({"yaw_deg": 45.0}, {"yaw_deg": 181.0})
