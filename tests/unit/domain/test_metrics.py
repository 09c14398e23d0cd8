"""The formulas of the contract."""

from dataclasses import replace

import pytest

from chalicelib.domain.metrics import dominant_emotion, line_of_sight, measure
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import EMOTIONS, EyeDirection, Face, Metrics, Pose
from tests.observations import empty_room, face, outage, seen

DEFAULT = Policy()


def measured(each: Face, policy: Policy = DEFAULT) -> Metrics:
    metrics = measure(seen(1, faces=(each,)), policy)
    assert metrics is not None
    return metrics


@pytest.mark.parametrize(
    ("yaw", "pitch", "eye_contact"),
    [
        (0.0, 0.0, 100.0),
        (10.0, 0.0, 92.0),
        (-10.0, 0.0, 92.0),
        (0.0, 10.0, 94.0),
        (0.0, -10.0, 94.0),
        (30.0, 25.0, 61.0),
        (80.0, 60.0, 0.0),
        (180.0, 90.0, 0.0),
    ],
)
def test_eye_contact_is_100_less_what_the_head_turns_and_never_below_0(
    yaw: float, pitch: float, eye_contact: float
) -> None:
    assert measured(face(yaw=yaw, pitch=pitch)).eye_contact == pytest.approx(eye_contact, abs=1e-9)


@pytest.mark.parametrize(
    ("happy", "calm", "expression"),
    [
        (0.0, 0.0, 0.0),
        (10.0, 20.0, 36.0),
        (0.0, 50.0, 60.0),
        (50.0, 33.0, 99.6),
        (50.0, 34.0, 100.0),
        (100.0, 100.0, 100.0),
    ],
)
def test_facial_expression_is_happy_and_calm_by_1_2_and_at_the_most_100(
    happy: float, calm: float, expression: float
) -> None:
    shown = measured(face(emotions={"HAPPY": happy, "CALM": calm, "SAD": 70.0}))

    assert shown.facial_expression == pytest.approx(expression, abs=1e-9)


def test_an_expression_without_happy_and_calm_is_0() -> None:
    assert measured(face(emotions={"ANGRY": 99.0})).facial_expression == 0.0


@pytest.mark.parametrize(
    ("pitch", "roll", "posture"),
    [
        (0.0, 0.0, 95.0),
        (10.0, 0.0, 87.0),
        (-10.0, 0.0, 87.0),
        (0.0, 10.0, 89.0),
        (0.0, -10.0, 89.0),
        (25.0, 25.0, 60.0),
        (90.0, 90.0, 60.0),
    ],
)
def test_posture_is_95_less_what_the_head_leans_and_never_below_60(
    pitch: float, roll: float, posture: float
) -> None:
    assert measured(face(pitch=pitch, roll=roll)).posture == pytest.approx(posture, abs=1e-9)


def test_engagement_is_made_of_unrounded_figures() -> None:
    shown = measured(face(yaw=0.333, pitch=0.777, emotions={"HAPPY": 11.111, "CALM": 22.222}))

    eye_contact = 100 - 0.8 * 0.333 - 0.6 * 0.777
    expression = 1.2 * (11.111 + 22.222)
    assert shown.engagement == pytest.approx(0.6 * expression + 0.4 * eye_contact, abs=1e-12)


def test_engagement_of_the_best_face_is_100() -> None:
    assert measured(face(emotions={"CALM": 100.0})).engagement == 100.0


def test_confidence_is_that_of_the_detection() -> None:
    assert measured(face(confidence=87.65)).confidence == 87.65


def test_the_largest_face_is_measured() -> None:
    near, far = face(side=0.5, confidence=90.0), face(side=0.1, confidence=99.0, yaw=50.0)

    assert measure(seen(1, faces=(far, near)), DEFAULT) == measured(near)


@pytest.mark.parametrize("nobody", [empty_room(1), outage(1)])
def test_without_a_face_nothing_is_measured(nobody: object) -> None:
    assert measure(nobody, DEFAULT) is None  # type: ignore[arg-type]


def test_without_a_pose_only_what_needs_none_is_measured() -> None:
    poseless = replace(face(emotions={"CALM": 50.0}), pose=None)

    assert measured(poseless) == Metrics(
        eye_contact=None, facial_expression=60.0, engagement=None, confidence=99.5, posture=None
    )


def test_without_emotions_expression_and_engagement_are_unknown() -> None:
    assert measured(face(emotions={})) == Metrics(
        eye_contact=100.0, facial_expression=None, engagement=None, confidence=99.5, posture=95.0
    )


def test_with_emotions_off_they_are_not_looked_at_even_where_they_came() -> None:
    assert measured(face(emotions={"CALM": 100.0}), Policy(emotions=False)) == measured(face(emotions={}))


@pytest.mark.parametrize(
    ("eyes", "sight"),
    [
        (EyeDirection(yaw=-35.0, pitch=-5.0, confidence=90.0), (35.0, 12.0)),
        (EyeDirection(yaw=5.0, pitch=28.0, confidence=90.0), (20.0, 28.0)),
        (EyeDirection(yaw=-50.0, pitch=50.0, confidence=80.0), (50.0, 50.0)),
        (EyeDirection(yaw=-50.0, pitch=50.0, confidence=79.9), (20.0, 12.0)),
        (None, (20.0, 12.0)),
    ],
)
def test_confident_eyes_count_as_the_head_does_and_the_larger_angle_is_taken(
    eyes: EyeDirection | None, sight: tuple[float, float]
) -> None:
    assert line_of_sight(face(yaw=-20.0, pitch=12.0, eyes=eyes), DEFAULT) == sight


def test_eyes_do_not_count_where_the_policy_says_so() -> None:
    glancing = face(eyes=EyeDirection(yaw=60.0, pitch=0.0, confidence=99.0))

    assert line_of_sight(glancing, Policy(gaze_counts=False)) == (0.0, 0.0)


def test_eyes_alone_are_no_line_of_sight() -> None:
    eyes = EyeDirection(yaw=60.0, pitch=0.0, confidence=99.0)

    assert line_of_sight(replace(face(eyes=eyes), pose=None), DEFAULT) is None


def test_eyes_that_wander_cost_eye_contact_but_no_posture() -> None:
    glancing = face(eyes=EyeDirection(yaw=50.0, pitch=0.0, confidence=99.0))

    assert (measured(glancing).eye_contact, measured(glancing).posture) == (60.0, 95.0)


@pytest.mark.parametrize(
    ("emotions", "dominant"),
    [
        ({"SAD": 10.0, "CALM": 80.0}, "CALM"),
        (dict.fromkeys(reversed(EMOTIONS), 12.5), "HAPPY"),
        ({"FEAR": 50.0, "SAD": 50.0}, "SAD"),
        ({"UNKNOWN": 99.0}, None),
        ({}, None),
    ],
)
def test_the_dominant_emotion_is_the_surest_and_among_equals_the_first(
    emotions: dict[str, float], dominant: str | None
) -> None:
    assert dominant_emotion(emotions) == dominant


def test_angles_beyond_what_a_head_can_do_stay_within_the_range_of_the_figures() -> None:
    odd = replace(face(), pose=Pose(yaw=-1e6, pitch=1e6, roll=1e6))

    assert (measured(odd).eye_contact, measured(odd).posture) == (0.0, 60.0)
