"""When an exam may be started, until when answers count, and what is refused."""

from contextlib import nullcontext
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import attempts as rules
from chalicelib.domain.attempts import Attempt, AttemptState, Outcome
from chalicelib.domain.errors import (
    AttemptNotStarted,
    AttemptOver,
    AttemptStarted,
    BadInput,
    DeadlinePassed,
    ExamNotOpen,
    ExamOver,
    ProctoringError,
)
from chalicelib.domain.exams import Accommodation, Exam, check_accommodation, check_exam, plain
from chalicelib.domain.model import EndedBy

NOON = 1_800_000_000.0
SESSION_S = 12 * 3600.0
EXAM = Exam("acme", "e-1", "Algebra", NOON, NOON + 7200, 3600, NOON - 60, grace_s=30)
ATTEMPT = Attempt("acme", "e-1", "c-1", "ann@example.org", "Ann", "s-1", NOON - 50)
OUTCOME = Outcome(90.0, "low", 1, NOON + 100, EndedBy.CALLER)


def attempt(**other: Any) -> Attempt:  # noqa: ANN401 - any field
    return replace(ATTEMPT, **other)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("closes_at", NOON),
        ("closes_at", NOON - 1),
        ("opens_at", 0.0),
        ("closes_at", 1e12),
        ("duration_s", 59),
        ("duration_s", int(SESSION_S) + 1),
        ("grace_s", -1),
        ("grace_s", 3601),
        ("policy", {"alerts_off": ["no_such_alert"]}),
        ("policy", {"yaw_deg": 500.0}),
        ("policy", {"no_such_field": 1}),
    ],
)
def test_an_exam_that_nobody_could_take_is_refused_by_the_field_at_fault(field: str, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(BadInput) as refused:
        check_exam(replace(EXAM, **{field: value}), session_s=SESSION_S)

    named = "closes_at" if field == "opens_at" else field
    assert [each["loc"] for each in refused.value.errors] == [[named]]


@pytest.mark.parametrize(
    "other", [{}, {"duration_s": 60}, {"duration_s": int(SESSION_S)}, {"grace_s": 3600}, {"grace_s": 0}]
)
def test_an_exam_within_its_limits_is_taken(other: dict[str, Any]) -> None:
    check_exam(replace(EXAM, **other), session_s=SESSION_S)


@pytest.mark.parametrize(
    ("accommodation", "field"),
    [
        (Accommodation(extra_time_s=-1), "extra_time_s"),
        (Accommodation(extra_time_s=int(SESSION_S)), "extra_time_s"),
        (Accommodation(extra_time_percent=301.0), "extra_time_percent"),
        (Accommodation(extra_time_percent=-1.0), "extra_time_percent"),
        (Accommodation(policy={"after_frames": {"no_such_alert": 3}}), "policy"),
    ],
)
def test_an_accommodation_that_the_exam_cannot_give_is_refused(
    accommodation: Accommodation, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        check_accommodation(EXAM, accommodation, session_s=SESSION_S)

    assert [each["loc"] for each in refused.value.errors] == [[field]]


def test_extra_time_may_be_seconds_and_percent_and_both_add_up() -> None:
    assert Accommodation(600, 25.0).extra_s(3600) == 600 + 900
    check_accommodation(EXAM, Accommodation(600, 25.0), session_s=3600 + 1500)


def test_what_is_stored_of_a_policy_is_what_json_has() -> None:
    assert plain({"alerts_off": ("low_light",), "text": False}) == {
        "alerts_off": ["low_light"],
        "text": False,
    }


@pytest.mark.parametrize(
    ("exam", "other", "expected"),
    [
        (EXAM, {}, None),
        (EXAM, {"started_at": NOON}, NOON + 3600),
        (EXAM, {"started_at": NOON + 5000}, NOON + 7200),
        (replace(EXAM, closed_at=NOON + 1800), {"started_at": NOON}, NOON + 1800),
        (replace(EXAM, closed_at=NOON + 9000), {"started_at": NOON + 5000}, NOON + 7200),
        (replace(EXAM, closes_at=NOON + 9000), {"started_at": NOON + 5000}, NOON + 8600),
        (EXAM, {"started_at": NOON, "accommodation": Accommodation(600)}, NOON + 4200),
        (EXAM, {"started_at": NOON + 5000, "accommodation": Accommodation(0, 50.0)}, NOON + 9000),
        (
            replace(EXAM, closed_at=NOON + 1800),
            {"started_at": NOON, "accommodation": Accommodation(600)},
            NOON + 2400,
        ),
    ],
)
def test_the_deadline_is_that_of_the_exam_as_it_is_now_with_the_candidates_extra_time(
    exam: Exam, other: dict[str, Any], expected: float | None
) -> None:
    assert rules.deadline(exam, attempt(**other)) == expected
    assert rules.taken_until(exam, attempt(**other)) == (None if expected is None else expected + 30)


STARTED: dict[str, Any] = {"started_at": NOON}
LONGER = {**STARTED, "accommodation": Accommodation(600)}


@pytest.mark.parametrize(
    ("exam", "other", "now", "expected"),
    [
        (EXAM, {}, NOON - 0.001, ExamNotOpen),
        (EXAM, {}, NOON, None),
        (EXAM, {}, NOON + 7200, None),
        (EXAM, {}, NOON + 7200.001, ExamOver),
        (replace(EXAM, closed_at=NOON + 10), {}, NOON + 11, ExamOver),
        (replace(EXAM, closed_at=NOON - 10), {}, NOON - 5, ExamOver),
        (EXAM, {"accommodation": Accommodation(600)}, NOON + 7201, ExamOver),
        (EXAM, STARTED, NOON + 3000, None),
        (EXAM, STARTED, NOON + 3630, None),
        (EXAM, STARTED, NOON + 3630.001, AttemptOver),
        (
            replace(EXAM, closed_at=NOON + 10),
            {**STARTED, "accommodation": Accommodation(600)},
            NOON + 11,
            None,
        ),
        (replace(EXAM, opens_at=NOON + 1000), STARTED, NOON + 10, None),
        (EXAM, {**STARTED, "submitted_at": NOON + 5}, NOON + 10, AttemptOver),
        (EXAM, {**STARTED, "outcome": OUTCOME}, NOON + 10, AttemptOver),
    ],
)
def test_an_exam_is_started_while_it_is_open_and_gone_on_with_until_its_deadline(
    exam: Exam, other: dict[str, Any], now: float, expected: type[ProctoringError] | None
) -> None:
    refused = pytest.raises(expected) if expected else nullcontext()

    with refused:
        rules.check_start(exam, attempt(**other), now)


@pytest.mark.parametrize(
    ("other", "now", "expected"),
    [
        ({}, NOON - 9, AttemptState.ASSIGNED),
        ({}, NOON + 7200, AttemptState.ASSIGNED),
        ({}, NOON + 7201, AttemptState.OVER),
        (STARTED, NOON + 3630, AttemptState.STARTED),
        (STARTED, NOON + 3631, AttemptState.OVER),
        ({**STARTED, "outcome": OUTCOME}, NOON + 5, AttemptState.OVER),
        ({**STARTED, "revision": 3, "answered_at": NOON + 4}, NOON + 5, AttemptState.STARTED),
        ({**STARTED, "submitted_at": NOON + 4}, NOON + 9999, AttemptState.SUBMITTED),
    ],
)
def test_the_state_says_how_far_a_candidate_is(
    other: dict[str, Any], now: float, expected: AttemptState
) -> None:
    assert rules.state(EXAM, attempt(**other), now) is expected


def test_answers_are_taken_until_the_grace_is_over_and_not_before_the_start() -> None:
    running = attempt(**STARTED)

    assert rules.answered(EXAM, running, None, NOON + 3630, final=True).submitted_at == NOON + 3630
    with pytest.raises(AttemptNotStarted):
        rules.answered(EXAM, ATTEMPT, None, NOON, final=True)


def test_answers_that_come_too_late_are_told_when_they_were_due_and_what_is_kept() -> None:
    kept = rules.answered(EXAM, attempt(**STARTED), 4, NOON + 60, final=False)

    with pytest.raises(DeadlinePassed) as nothing_kept:
        rules.answered(EXAM, attempt(**STARTED), 5, NOON + 3631, final=True)
    with pytest.raises(DeadlinePassed) as late:
        rules.answered(EXAM, kept, 5, NOON + 3631, final=True)

    assert nothing_kept.value.members == {"deadline": "2027-01-15T09:00:00.000Z", "kept": None}
    assert late.value.members == {
        "deadline": "2027-01-15T09:00:00.000Z",
        "kept": {"revision": 4, "answered_at": "2027-01-15T08:01:00.000Z", "submitted": False},
    }


def test_the_last_write_wins_and_an_older_revision_changes_nothing() -> None:
    first = rules.answered(EXAM, attempt(**STARTED), None, NOON + 1, final=False)
    second = rules.answered(EXAM, first, 7, NOON + 2, final=False)

    assert (first.revision, second.revision) == (1, 7)
    assert rules.answered(EXAM, second, 6, NOON + 3, final=False) is second
    assert rules.answered(EXAM, second, 7, NOON + 3, final=False).answered_at == NOON + 3
    assert rules.answered(EXAM, second, None, NOON + 3, final=False).revision == 8


def test_submitted_answers_are_replaced_by_submitted_ones_and_by_no_draft() -> None:
    done = rules.answered(EXAM, attempt(**STARTED), None, NOON + 5, final=True)

    again = rules.answered(EXAM, done, None, NOON + 9, final=True)

    assert (again.revision, again.answered_at, again.submitted_at) == (2, NOON + 9, NOON + 5)
    assert rules.answered(EXAM, done, None, NOON + 9, final=False) is done
    assert rules.answered(EXAM, done, 99, NOON + 9, final=False) is done


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True), st.randoms())
def test_numbered_answers_end_in_the_highest_whatever_order_they_come_in(
    revisions: list[int],
    random: Any,  # noqa: ANN401 - hypothesis' own
) -> None:
    ends = set()
    for order in permutations(revisions):
        kept, content = attempt(**STARTED), 0
        for moment, revision in enumerate([*order, random.choice(order)]):
            after = rules.answered(EXAM, kept, revision, NOON + moment, final=False)
            content, kept = (content if after is kept else revision), after
        ends.add((kept.revision, content))

    assert ends == {(max(revisions), max(revisions))}


def test_a_start_and_an_outcome_change_nothing_the_second_time() -> None:
    started = rules.begun(ATTEMPT, NOON)
    ended = rules.tied(started, "s-1", NOON, OUTCOME)

    assert rules.begun(started, NOON + 9) is started
    assert ended == replace(started, outcome=OUTCOME)
    assert rules.tied(ended, "s-1", NOON, replace(OUTCOME, alert_count=9)) is ended
    assert rules.tied(started, "s-2", NOON, OUTCOME) is started


def test_the_outcome_of_a_session_says_that_the_attempt_was_started() -> None:
    assert rules.tied(ATTEMPT, "s-1", NOON, OUTCOME).started_at == NOON


def test_an_assignment_is_taken_back_until_the_start() -> None:
    rules.check_removable(ATTEMPT)

    for other in (STARTED, {"outcome": OUTCOME}):
        with pytest.raises(AttemptStarted):
            rules.check_removable(attempt(**other))


def test_accommodations_change_until_answers_are_submitted() -> None:
    more = Accommodation(900)

    assert rules.accommodated(attempt(**STARTED), more).accommodation == more
    with pytest.raises(AttemptOver):
        rules.accommodated(attempt(submitted_at=NOON), more)
