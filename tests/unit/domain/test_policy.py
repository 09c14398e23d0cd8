"""What is watched, and from which value on it matters."""

from dataclasses import fields
from typing import Any

import pytest

from chalicelib.domain.policy import FORBIDDEN_OBJECTS, Policy

RANGES = {"_deg": 180, "_s": 86_400, "_confidence": 100, "_below": 255}


def ranged() -> list[tuple[str, int]]:
    return [
        (each.name, most)
        for each in fields(Policy)
        for ending, most in RANGES.items()
        if each.name.endswith(ending)
    ]


def test_the_defaults_are_those_of_the_contract() -> None:
    standard = Policy()

    assert (standard.emotions, standard.labels, standard.text) == (True, True, True)
    assert (standard.yaw_deg, standard.pitch_deg) == (30.0, 25.0)
    assert standard.engagement_below == 40.0
    assert (standard.object_confidence, standard.forbidden_objects) == (70.0, FORBIDDEN_OBJECTS)
    assert (standard.text_confidence, standard.text_longer_than) == (80.0, 5)
    assert (standard.keep_frames, standard.alerts_off, standard.after_frames) == ("evidence", (), {})


def test_every_number_has_a_range() -> None:
    numbers = {each.name for each in fields(Policy) if each.type in (float, int)}

    assert numbers == {name for name, _ in ranged()} | {"text_longer_than"}


@pytest.mark.parametrize(("name", "most"), ranged())
def test_a_number_within_its_range_is_taken(name: str, most: int) -> None:
    taken: list[Any] = [Policy(**{name: number}) for number in (0.0, float(most))]  # type: ignore[arg-type]

    assert [getattr(each, name) for each in taken] == [0.0, float(most)]


@pytest.mark.parametrize(("name", "most"), ranged())
@pytest.mark.parametrize("beyond", ["below", "above", "nan", "inf"])
def test_a_number_that_no_frame_can_meet_is_refused(name: str, most: int, beyond: str) -> None:
    number = {"below": -0.001, "above": most + 0.001, "nan": float("nan"), "inf": float("inf")}[beyond]

    with pytest.raises(ValueError, match=f"^{name} must be from 0 to {most}$"):
        Policy(**{name: number})  # type: ignore[arg-type]


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
    ],
)
def test_what_makes_sense_is_taken(right: dict[str, Any]) -> None:
    taken = Policy(**right)

    assert {name: getattr(taken, name) for name in right} == right
