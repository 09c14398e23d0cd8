"""The conditions behind the alerts, at their borders."""

import inspect
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain import rules
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Severity, Sign
from chalicelib.domain.policy import FORBIDDEN_OBJECTS, Policy
from chalicelib.domain.rules import RULES
from chalicelib.domain.seen import SIGHTS, EyeDirection, Kind, Label, Line, Observation
from tests import observations as show
from tests.observations import face, seen, view

DEFAULT = Policy()


def signs(each: Observation, policy: Policy = DEFAULT) -> dict[str, Sign]:
    return rules.signs(each, policy)


def test_the_rules_are_those_of_the_contract() -> None:
    table = {name: (each.severity, each.after_frames) for name, each in RULES.items()}

    assert table == {
        "no_face_detected": (Severity.WARNING, 3),
        "multiple_faces_detected": (Severity.CRITICAL, 1),
        "looking_away": (Severity.WARNING, 5),
        "low_engagement": (Severity.INFO, 10),
        "suspicious_object": (Severity.WARNING, 1),
        "text_detected": (Severity.INFO, 1),
        "identity_mismatch": (Severity.CRITICAL, 3),
        "camera_blocked": (Severity.WARNING, 2),
        "low_light": (Severity.INFO, 3),
        "blurred": (Severity.INFO, 3),
        "frozen_feed": (Severity.WARNING, 5),
        "looped_feed": (Severity.WARNING, 30),
        "flat_face": (Severity.INFO, 1),
    }


@pytest.mark.parametrize("name", RULES)
def test_a_rules_message_is_the_first_line_of_its_docstring(name: str) -> None:
    each = RULES[name]

    documented = inspect.getdoc(each.holds)
    assert documented is not None
    assert each.message == documented.splitlines()[0]
    assert each.message.endswith(".")


def test_a_person_at_the_screen_gives_no_sign() -> None:
    assert signs(seen(1)) == {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("no_face_detected", show.empty_room),
        ("multiple_faces_detected", show.two_people),
        ("looking_away", show.turned_away),
        ("low_engagement", show.sullen),
        ("suspicious_object", show.phone),
        ("text_detected", show.note),
        ("low_light", show.dim),
        ("blurred", show.smeared),
    ],
)
def test_each_condition_holds_alone(name: str, shown: Callable[[int], Observation]) -> None:
    assert list(signs(shown(1))) == [name]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("no_face_detected", show.empty_room), ("suspicious_object", show.phone), ("low_light", show.dim)],
)
def test_an_alert_type_that_is_off_gives_no_sign(name: str, shown: Callable[[int], Observation]) -> None:
    assert signs(shown(1), Policy(alerts_off=(name,))) == {}


def test_what_the_provider_did_not_say_is_no_sign() -> None:
    assert signs(show.outage(1)) == {}


def test_a_second_face_tells_how_many_and_is_as_sure_as_the_second_surest() -> None:
    crowd = seen(1, faces=(face(confidence=70.0), face(confidence=99.0), face(confidence=90.0)))

    assert signs(crowd)["multiple_faces_detected"] == Sign(90.0, {"face_count": 3})


@pytest.mark.parametrize(
    ("yaw", "pitch", "away"),
    [
        (30.0, 25.0, False),
        (-30.0, -25.0, False),
        (30.01, 0.0, True),
        (-30.01, 0.0, True),
        (0.0, 25.01, True),
        (0.0, -25.01, True),
        (0.0, 0.0, False),
    ],
)
def test_looking_away_begins_beyond_30_degrees_of_yaw_or_25_of_pitch(
    *, yaw: float, pitch: float, away: bool
) -> None:
    assert ("looking_away" in signs(seen(1, faces=(face(yaw=yaw, pitch=pitch),)))) is away


def test_looking_away_tells_the_angles() -> None:
    assert signs(seen(1, faces=(face(yaw=-44.44, pitch=3.21),)))["looking_away"] == Sign(
        99.5, {"yaw": 44.4, "pitch": 3.2}
    )


def test_eyes_beside_the_screen_look_away_though_the_head_does_not() -> None:
    reader = face(eyes=EyeDirection(yaw=31.0, pitch=0.0, confidence=95.0))

    assert "looking_away" in signs(seen(1, faces=(reader,)))


def test_a_face_without_a_pose_does_not_look_away() -> None:
    assert "looking_away" not in signs(seen(1, faces=(replace(face(), pose=None),)))


def test_only_the_largest_face_can_look_away() -> None:
    passer_by = seen(1, faces=(face(side=0.5), face(side=0.1, yaw=80.0)))

    assert "looking_away" not in signs(passer_by)


def test_engagement_of_40_is_not_low() -> None:
    attentive = seen(1, faces=(face(emotions={"SAD": 99.0}),))  # eye contact alone makes 40

    assert "low_engagement" not in signs(attentive)


def test_engagement_below_40_is_low_and_told() -> None:
    absent = seen(1, faces=(face(yaw=0.5, emotions={"SAD": 99.0}),))

    assert signs(absent)["low_engagement"] == Sign(99.5, {"engagement": 39.8})


def test_with_emotions_off_nobody_is_little_engaged() -> None:
    assert "low_engagement" not in signs(show.sullen(1), Policy(emotions=False))


@pytest.mark.parametrize(("confidence", "found"), [(70.0, False), (70.01, True), (100.0, True)])
def test_an_object_counts_above_70(*, confidence: float, found: bool) -> None:
    desk = seen(1, labels=(Label("Mobile Phone", confidence),))

    assert ("suspicious_object" in signs(desk)) is found


@pytest.mark.parametrize("name", FORBIDDEN_OBJECTS)
def test_each_forbidden_object_is_found_in_any_case(name: str) -> None:
    desk = seen(1, labels=(Label(name.upper(), 90.0),))

    assert signs(desk) == {"suspicious_object": Sign(90.0, {"objects": [name.upper()]})}


@pytest.mark.parametrize(
    "name",
    [
        "Headphones",
        "Microphone",
        "Phone Booth",
        "Bookcase",
        "Bookshelf",
        "Notebook Cover",
        "Wallpaper",
        "Paperback",
        "Screenplay",
        "Person",
        "",
    ],
)
def test_a_label_that_only_contains_a_forbidden_word_is_no_forbidden_object(name: str) -> None:
    assert signs(seen(1, labels=(Label(name, 99.0),))) == {}


@pytest.mark.parametrize(
    "label",
    [
        Label("iPhone", 80.0, parents=("Electronics", "Mobile Phone")),
        Label("Handset", 80.0, aliases=("Cell Phone",)),
    ],
)
def test_an_object_is_also_met_by_alias_and_parent(label: Label) -> None:
    assert signs(seen(1, labels=(label,)))["suspicious_object"] == Sign(80.0, {"objects": [label.name]})


def test_an_objects_parents_are_matched_whole_too() -> None:
    desk = seen(1, labels=(Label("Earbuds", 99.0, parents=("Headphones",)),))

    assert signs(desk) == {}


def test_all_forbidden_objects_of_a_frame_are_one_sign_as_sure_as_the_surest() -> None:
    desk = seen(
        1,
        labels=(
            Label("Book", 75.0),
            Label("Phone", 95.0),
            Label("Book", 72.0),
            Label("Tablet Computer", 60.0),
        ),
    )

    assert signs(desk)["suspicious_object"] == Sign(95.0, {"objects": ["Book", "Phone"]})


def test_the_policy_names_the_forbidden_objects() -> None:
    desk = seen(1, labels=(Label("Mobile Phone", 99.0), Label("Calculator", 99.0)))

    assert signs(desk, Policy(forbidden_objects=("calculator",)))["suspicious_object"] == Sign(
        99.0, {"objects": ["Calculator"]}
    )


@pytest.mark.parametrize(
    ("text", "confidence", "found"),
    [
        ("12345", 99.0, False),
        ("123456", 99.0, True),
        ("123456", 80.0, False),
        ("123456", 80.01, True),
        ("", 99.0, False),
    ],
)
def test_text_counts_above_80_and_from_the_sixth_character_on(
    *, text: str, confidence: float, found: bool
) -> None:
    assert ("text_detected" in signs(seen(1, text=(Line(text, confidence),)))) is found


def test_text_tells_how_many_lines_and_never_what_they_say() -> None:
    page = seen(1, text=(Line("Dear John,", 90.0), Line("short", 99.0), Line("I have left.", 95.0)))

    assert signs(page)["text_detected"] == Sign(95.0, {"lines": 2})


@pytest.mark.parametrize(
    ("mean", "deviation", "highlight", "blocked"),
    [
        (18.0, 10.0, 45.0, False),
        (17.99, 10.0, 45.0, True),
        (18.0, 9.99, 45.0, True),
        (18.0, 10.0, 44.99, True),
        (255.0, 0.0, 255.0, True),
    ],
)
def test_a_camera_is_blocked_when_the_picture_is_black_flat_or_without_lights(
    *, mean: float, deviation: float, highlight: float, blocked: bool
) -> None:
    pixels = view(mean=mean, deviation=deviation, highlight=highlight)

    assert ("camera_blocked" in signs(seen(1, pixels=pixels))) is blocked


@pytest.mark.parametrize(
    ("mean", "highlight", "dark"),
    [(45.0, 100.0, False), (44.99, 140.0, False), (44.99, 139.99, True), (18.0, 139.99, True)],
)
def test_light_is_low_when_the_picture_is_dark_and_nothing_in_it_bright(
    *, mean: float, highlight: float, dark: bool
) -> None:
    assert ("low_light" in signs(seen(1, pixels=view(mean=mean, highlight=highlight)))) is dark


@pytest.mark.parametrize(("sharpness", "found"), [(0.075, False), (0.0749, True)])
def test_a_picture_is_blurred_below_its_sharpness(*, sharpness: float, found: bool) -> None:
    shown = seen(1, pixels=view(sharpness=sharpness))

    assert ("blurred" in signs(shown, Policy(sharpness_below=0.075))) is found


def test_a_covered_camera_is_neither_dark_nor_blurred_besides() -> None:
    assert list(signs(show.covered(1))) == ["no_face_detected", "camera_blocked"]


@pytest.mark.parametrize(("change", "frozen"), [(0.0, True), (0.0999, True), (0.1, False), (50.0, False)])
def test_a_feed_is_frozen_below_the_policys_change(*, change: float, frozen: bool) -> None:
    policy = Policy(frozen_change_below=0.1)

    assert ("frozen_feed" in rules.signs_of_change(change, policy)) is frozen


def test_a_frozen_feed_that_is_off_gives_no_sign() -> None:
    assert rules.signs_of_change(0.0, Policy(alerts_off=("frozen_feed",))) == {}


@pytest.mark.parametrize(
    ("policy", "each"),
    [
        (Policy(yaw_deg=10.0), seen(1, faces=(face(yaw=11.0),))),
        (Policy(pitch_deg=10.0), seen(1, faces=(face(pitch=11.0),))),
        (Policy(engagement_below=100.0), seen(1, faces=(face(emotions={"CALM": 50.0}),))),
        (Policy(object_confidence=10.0), seen(1, labels=(Label("Book", 11.0),))),
        (Policy(text_confidence=10.0), seen(1, text=(Line("123456", 11.0),))),
        (Policy(text_longer_than=0), seen(1, text=(Line("1", 99.0),))),
        (Policy(blocked_mean_below=130.0), seen(1)),
        (Policy(blocked_deviation_below=60.0), seen(1)),
        (Policy(blocked_highlight_below=230.0), seen(1)),
        (Policy(dark_mean_below=130.0, dark_highlight_below=230.0), seen(1)),
        (Policy(sharpness_below=0.2), seen(1)),
    ],
)
def test_every_threshold_is_the_policys(policy: Policy, each: Observation) -> None:
    assert (len(signs(each)), len(signs(each, policy))) == (0, 1)


def test_frames_to_open_are_the_rules_own_unless_the_policy_says_otherwise() -> None:
    policy = Policy(after_frames={"blurred": 7})

    assert [RULES[name].frames_to_open(policy) for name in ("blurred", "low_light")] == [7, 3]


@pytest.mark.parametrize("policy", [Policy(alerts_off=("blured",)), Policy(after_frames={"blured": 2})])
def test_a_misspelt_alert_type_is_refused_with_the_types_there_are(policy: Policy) -> None:
    with pytest.raises(BadInput) as refused:
        rules.check_names(policy)

    assert "blured" not in str(refused.value)
    assert all(name in str(refused.value) for name in RULES)


def test_every_alert_type_may_be_named_in_a_policy() -> None:
    named = Policy(alerts_off=tuple(RULES), after_frames=dict.fromkeys(RULES, 1))

    assert rules.check_names(named) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("kind", SIGHTS)
def test_rules_whose_facts_are_missing_are_passed_over_and_the_others_are_not(kind: Kind) -> None:
    everything = seen(
        1, faces=(), labels=(Label("Book", 99.0),), text=(Line("123456", 99.0),), pixels=view(sharpness=0.01)
    )
    known = replace(everything, **{kind.value: None})  # type: ignore[arg-type]

    passed_over = set(signs(everything)) - set(signs(known))
    assert {RULES[name].needs for name in passed_over} == {kind}
