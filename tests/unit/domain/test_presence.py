"""A challenge is passed by who does what is asked, in time and in order; nobody is accused by one."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from chalicelib.domain import presence
from chalicelib.domain.challenges import Action, Challenge, Reason, State
from chalicelib.domain.movements import judged, steps_at_random
from chalicelib.domain.policy import Policy
from chalicelib.domain.presence import LATE_S, Challenges
from chalicelib.domain.seen import Face, Kind, Look, Observation
from tests import observations as show
from tests.observations import head

POLICY = Policy()
LEFT, RIGHT, UP, BLINK = Action
STRAIGHT, TO_LEFT, TO_RIGHT, UPWARDS = head(), head(yaw=35.0), head(yaw=-35.0), head(pitch=22.0)
CLOSED = head(eyes_open=False)
IN_TIME, OVER = 25.0, 30.0 + LATE_S + 0.1


def challenge(*steps: Action, mirrored: bool = False) -> Challenges:
    """A challenge of these steps, from the session's start on."""
    return (Challenge("c-1", "movements", 0.0, POLICY.challenge_s, steps, mirrored=mirrored),)


def frames(*faces: Face | None) -> list[Observation]:
    """A frame a second; None is one without an answer."""
    return [
        show.outage(number) if each is None else show.seen(number, faces=(each,))
        for number, each in enumerate(faces, start=1)
    ]


def watched(challenges: Challenges, seen: Iterable[Observation], *, now_s: float = IN_TIME) -> Challenges:
    for each in seen:
        challenges = presence.sampled(challenges, each, POLICY, now_s=now_s)
    return challenges


def outcome(challenges: Challenges, seen: Iterable[Observation]) -> tuple[State, Reason | None]:
    """What becomes of it once it is over."""
    (over,) = presence.as_of(watched(challenges, seen), POLICY, now_s=OVER)
    return over.state, over.reason


@pytest.mark.parametrize(
    ("steps", "faces"),
    [
        ((LEFT, RIGHT), (STRAIGHT, TO_LEFT, STRAIGHT, TO_RIGHT)),
        ((RIGHT, UP), (STRAIGHT, TO_RIGHT, UPWARDS)),
        ((BLINK, LEFT, UP), (STRAIGHT, CLOSED, CLOSED, STRAIGHT, TO_LEFT, TO_LEFT, STRAIGHT, UPWARDS)),
        # Shown again on the way back, and a blink in between.
        ((LEFT, BLINK, UP), (STRAIGHT, TO_LEFT, CLOSED, CLOSED, TO_LEFT, CLOSED, UPWARDS)),
    ],
)
def test_who_does_what_is_asked_passes(steps: Sequence[Action], faces: Sequence[Face]) -> None:
    asked = watched(challenge(*steps), frames(*faces))

    assert judged(asked[0], POLICY).state is State.PASSED
    assert outcome(challenge(*steps), frames(*faces)) == (State.PASSED, None)


def test_what_it_was_judged_by_is_told_by_frame() -> None:
    (over,) = presence.as_of(
        watched(challenge(LEFT, UP), frames(STRAIGHT, STRAIGHT, TO_LEFT, UPWARDS)), POLICY, now_s=OVER
    )

    assert [each.frame_number for each in over.shown] == [1, 3, 4]
    assert [each.picture for each in over.shown] == ["picture-1", "picture-3", "picture-4"]
    assert (over.samples, over.frames, over.unseen) == ((), 4, 0)


@pytest.mark.parametrize(
    ("steps", "faces"),
    [
        ((LEFT, RIGHT), (STRAIGHT, TO_RIGHT, STRAIGHT, TO_LEFT, TO_RIGHT)),
        ((LEFT, UP), (STRAIGHT, UPWARDS, TO_LEFT, UPWARDS)),
        ((LEFT, UP), (STRAIGHT, TO_LEFT, TO_RIGHT, UPWARDS)),
    ],
)
def test_another_movement_than_the_one_asked_for_fails(
    steps: Sequence[Action], faces: Sequence[Face]
) -> None:
    assert outcome(challenge(*steps), frames(*faces)) == (State.FAILED, Reason.WRONG_MOVE)


@pytest.mark.parametrize(
    "faces",
    [
        (),
        (STRAIGHT, STRAIGHT),
        (STRAIGHT, TO_LEFT),
        (TO_LEFT, UPWARDS),  # nobody looked straight before
        (STRAIGHT, head(yaw=15.0), UPWARDS),
    ],
)
def test_who_does_not_do_it_in_time_has_not_passed(faces: Sequence[Face]) -> None:
    seen = frames(*faces)
    if UPWARDS in faces:
        seen = seen[:-1]

    assert outcome(challenge(LEFT, UP), seen) == (State.FAILED, Reason.DEADLINE)


def test_frames_captured_before_and_after_do_not_count() -> None:
    late = [replace(each, at_s=each.at_s + 28.0) for each in frames(STRAIGHT, TO_LEFT, UPWARDS)]
    early = [replace(each, at_s=each.at_s - 9.0) for each in frames(STRAIGHT, TO_LEFT, UPWARDS)]

    assert outcome(challenge(LEFT, UP), late)[0] is State.FAILED
    assert outcome(challenge(LEFT, UP), early)[0] is State.FAILED


def test_frames_that_come_long_after_the_end_do_not_count_whatever_they_say_of_their_time() -> None:
    (over,) = watched(challenge(LEFT, UP), frames(STRAIGHT, TO_LEFT, UPWARDS), now_s=OVER)

    assert over.state is State.FAILED


def test_a_picture_that_is_turned_by_hand_shows_no_movement() -> None:
    turned = (head(yaw=40.0, is_picture=True), head(pitch=25.0, is_picture=True))

    for steps in permutations((LEFT, UP)):
        assert outcome(challenge(*steps), frames(STRAIGHT, *turned, *turned))[0] is State.FAILED


def test_a_face_without_landmarks_shows_no_movement() -> None:
    bare = [replace(each, landmarks=()) for each in (STRAIGHT, TO_LEFT, UPWARDS)]

    assert outcome(challenge(LEFT, UP), frames(*bare)) == (State.FAILED, Reason.DEADLINE)


def test_left_is_the_candidates_own_whether_the_client_mirrors_or_not() -> None:
    assert outcome(challenge(LEFT, UP, mirrored=True), frames(STRAIGHT, TO_RIGHT, UPWARDS))[0] is State.PASSED
    assert outcome(challenge(LEFT, UP, mirrored=True), frames(STRAIGHT, TO_LEFT))[0] is State.FAILED


def test_turns_are_measured_from_the_straight_look() -> None:
    askew = head(yaw=-12.0)

    assert outcome(challenge(LEFT, UP), frames(askew, head(yaw=14.0), head(yaw=-12.0, pitch=20.0))) == (
        State.PASSED,
        None,
    )


def test_one_frame_with_closed_eyes_is_a_blink_in_passing() -> None:
    assert outcome(challenge(BLINK, LEFT), frames(STRAIGHT, CLOSED, STRAIGHT, CLOSED, TO_LEFT))[1] is (
        Reason.WRONG_MOVE
    )


def test_reused_answers_say_nothing() -> None:
    seen = [
        replace(each, looks={**each.looks, Kind.FACES: Look.REUSED})
        for each in frames(STRAIGHT, TO_RIGHT, TO_LEFT)
    ]

    assert watched(challenge(LEFT, UP), seen)[0].samples == ()


@pytest.mark.parametrize("faces", [(STRAIGHT, None, UPWARDS), (None, None), (STRAIGHT, TO_LEFT, None)])
def test_where_frames_could_not_be_looked_at_it_is_not_told_and_the_try_is_free(
    faces: Sequence[Face | None],
) -> None:
    over = presence.as_of(watched(challenge(LEFT, UP), frames(*faces)), POLICY, now_s=OVER)

    assert (over[0].state, over[0].reason) == (State.NOT_TOLD, Reason.OUTAGE)
    assert over[0].unseen == faces.count(None)
    assert presence.tries_left(over, POLICY) == POLICY.challenge_tries


def test_an_outage_does_not_keep_anybody_from_passing() -> None:
    assert outcome(challenge(LEFT, UP), frames(STRAIGHT, None, TO_LEFT, None, UPWARDS))[0] is State.PASSED


@pytest.mark.parametrize(
    "faces",
    [
        (STRAIGHT, TO_LEFT, STRAIGHT, UPWARDS, STRAIGHT),
        (STRAIGHT, TO_RIGHT, TO_LEFT, UPWARDS, STRAIGHT),
        (STRAIGHT, TO_LEFT, None, TO_LEFT, STRAIGHT),
    ],
)
def test_any_order_and_any_repetition_of_frames_has_the_same_outcome(faces: Sequence[Face | None]) -> None:
    clean = frames(*faces)
    expected = presence.as_of(watched(challenge(LEFT, UP), clean), POLICY, now_s=OVER)

    for order in permutations(clean):
        mixed = watched(challenge(LEFT, UP), (*order, *order[:2]))

        assert presence.as_of(mixed, POLICY, now_s=OVER) == expected


def test_every_frame_is_looked_at_until_it_is_decided_and_late_ones_even_then() -> None:
    def wanted(challenges: Challenges, at_s: float = 10.0, *, late: bool = False) -> bool:
        return presence.wants_faces(challenges, POLICY, at_s, late=late)

    asked = challenge(LEFT, UP)
    passed = watched(asked, frames(STRAIGHT, TO_LEFT, UPWARDS))

    assert wanted(asked)
    assert not wanted(())
    assert not wanted(asked, 30.1)
    assert not wanted(passed)
    assert wanted(passed, 2.5, late=True)
    assert not wanted(presence.as_of(passed, POLICY, now_s=OVER), late=True)


def another(number: int, issued_s: float = 40.0) -> Challenge:
    return Challenge(f"c-{number}", "movements", issued_s, issued_s + 30.0, (LEFT, UP))


def test_another_challenge_takes_the_place_of_one_that_is_open() -> None:
    first, second = presence.with_another(challenge(LEFT, UP), another(2, issued_s=10.0), POLICY)

    assert (first.state, second.state) == (State.SUPERSEDED, State.OPEN)
    assert presence.tries_left((first, second), POLICY) == POLICY.challenge_tries - 2


def test_what_was_asked_for_before_others_and_is_begun_after_them_is_superseded_by_them() -> None:
    first, later = another(1, issued_s=40.0), another(3, issued_s=42.0)

    told = presence.with_another((first, later), another(2, issued_s=41.0), POLICY)

    assert [each.id for each in told] == ["c-1", "c-2", "c-3"]
    assert [each.state for each in told] == [State.OPEN, State.SUPERSEDED, State.OPEN]


def test_another_challenge_leaves_what_is_decided_as_it_is() -> None:
    passed = watched(challenge(LEFT, UP), frames(STRAIGHT, TO_LEFT, UPWARDS))
    missed = challenge(LEFT, UP)

    stays, _ = presence.with_another(passed, another(2, issued_s=10.0), POLICY)
    over, _ = presence.with_another(missed, another(2, issued_s=31.0), POLICY)

    assert (stays.state, over.reason) == (State.PASSED, Reason.DEADLINE)


def test_passing_gives_all_tries_back() -> None:
    states = (State.FAILED, State.SUPERSEDED, State.PASSED, State.FAILED)
    told = tuple(replace(another(number), state=state) for number, state in enumerate(states))

    assert presence.tries_left(told[:2], POLICY) == 1
    assert presence.tries_left(told[:3], POLICY) == 3
    assert presence.tries_left(told, POLICY) == 2
    assert presence.tries_left((told[0],) * 3, POLICY) == 0


def test_a_session_has_a_limited_number_of_challenges_whatever_becomes_of_them() -> None:
    untold = (replace(another(1), state=State.NOT_TOLD),)

    assert presence.tries_left(untold * 19, POLICY) == 1
    assert presence.tries_left(untold * 20, POLICY) == 0


@pytest.mark.parametrize(("beginning", "left"), [(0, 3), (2, 1), (3, 0), (4, 0)])
def test_what_is_about_to_be_begun_holds_a_try(beginning: int, left: int) -> None:
    assert presence.tries_left((), POLICY, beginning=beginning) == left


def test_the_end_of_the_session_decides_nothing_that_was_open() -> None:
    (open_still,) = presence.ended(challenge(LEFT, UP), POLICY, now_s=10.0)
    (passed,) = presence.ended(
        watched(challenge(LEFT, UP), frames(STRAIGHT, TO_LEFT, UPWARDS)), POLICY, now_s=10.0
    )

    assert (open_still.state, open_still.reason) == (State.NOT_TOLD, Reason.SESSION_ENDED)
    assert passed.state is State.PASSED


def test_the_steps_are_two_or_three_different_ones_with_a_turn_among_them_in_any_order() -> None:
    chance = random.Random(1)
    drawn = {steps_at_random(chance.choice) for _ in range(2000)}

    assert {len(steps) for steps in drawn} == {2, 3}
    assert all(len({*steps}) == len(steps) and {*steps} & {LEFT, RIGHT} for steps in drawn)
    assert len(drawn) > 24


def test_a_challenge_keeps_a_limited_number_of_frames() -> None:
    many = [show.seen(number, faces=(STRAIGHT,), at_s=number / 10) for number in range(1, 250)]

    assert len(watched(challenge(LEFT, UP), many)[0].samples) == presence.MOST_SAMPLES
