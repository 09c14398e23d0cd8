"""What to ask the provider about a frame, and what the budget allows of it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain import attention
from chalicelib.domain.attention import HOUR_S, Change, Wish
from chalicelib.domain.model import Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, BoundingBox, Face, Findings, Kind, Label, Line, Why
from tests.observations import CALM, SULLEN, face

PLAIN = Policy(usd_per_hour=0.0)
NO_CHANGE = Change()
BOX, OTHER_BOX = BoundingBox(0.1, 0.1, 0.2, 0.2), BoundingBox(0.6, 0.6, 0.1, 0.1)


def asked(at_s: float, *kinds: Kind, **more: object) -> Watch:
    """Everything, or these kinds, were answered then."""
    return Watch(asked_s=dict.fromkeys(kinds or SIGHTS, at_s), **more)  # type: ignore[arg-type]


def reasons(
    watch: Watch,
    change: Change = NO_CHANGE,
    policy: Policy = PLAIN,
    *,
    at_s: float,
    interval_s: float = 0.0,
    covered: bool = False,
) -> Mapping[Kind, Why]:
    """Why each kind is asked for."""
    wished = attention.wishes(watch, change, policy, at_s, interval_s, covered=covered)
    return {wish.kind: wish.why for wish in wished}


def test_at_first_everything_is_asked_the_face_most_urgently() -> None:
    assert attention.wishes(Watch(), NO_CHANGE, PLAIN, at_s=0.0, interval_s=0.0) == (
        Wish(Kind.FACES, Why.FIRST, 1.0),
        Wish(Kind.LABELS, Why.FIRST, 0.5),
        Wish(Kind.TEXT, Why.FIRST, 0.4),
    )


def test_what_was_answered_and_is_not_doubted_is_not_asked() -> None:
    assert reasons(asked(100.0), at_s=101.0, interval_s=1.0) == {}


def test_a_kind_that_was_never_answered_is_asked_without_the_others() -> None:
    assert reasons(asked(100.0, Kind.FACES, Kind.TEXT), at_s=101.0) == {Kind.LABELS: Why.FIRST}


def test_what_is_doubted_is_asked_for_the_reason_that_the_gate_gives() -> None:
    change = Change({Kind.TEXT: Why.NEW, Kind.FACES: Why.FACE_TURNED})

    assert reasons(asked(100.0), change, at_s=101.0) == {Kind.FACES: Why.FACE_TURNED, Kind.TEXT: Why.NEW}


@pytest.mark.parametrize(("kind", "every_s"), [(Kind.FACES, 15.0), (Kind.LABELS, 600.0), (Kind.TEXT, 1200.0)])
def test_what_would_be_too_old_by_the_next_frame_is_asked_now(kind: Kind, every_s: float) -> None:
    watch = replace(asked(5000.0), asked_s={**dict.fromkeys(SIGHTS, 5000.0 + every_s), kind: 5000.0})

    in_time = reasons(watch, at_s=5000.0 + every_s - 2.0, interval_s=2.0)
    too_late = reasons(watch, at_s=5000.0 + every_s - 2.0, interval_s=2.001)

    assert (in_time, too_late) == ({}, {kind: Why.STALE})


def test_the_policy_says_what_is_too_old() -> None:
    policy = Policy(faces_every_s=5.0, labels_every_s=7.0, text_every_s=9.0)

    assert [
        list(reasons(asked(100.0), policy=policy, at_s=at_s)) for at_s in (105.0, 107.0, 109.0, 110.0)
    ] == [
        [],
        [Kind.FACES],
        [Kind.FACES, Kind.LABELS],
        [Kind.FACES, Kind.LABELS, Kind.TEXT],
    ]


def test_where_audits_may_cover_the_frames_between_the_face_is_asked_for_more_rarely() -> None:
    watch = asked(100.0)

    assert reasons(watch, at_s=127.0, covered=True) == {}
    assert reasons(watch, at_s=127.1, covered=True) == {Kind.FACES: Why.STALE}


@pytest.mark.parametrize(
    ("kind", "signed_for_s", "every_s"),
    [
        (Kind.FACES, 0.0, 6.0),
        (Kind.FACES, 16.0, 6.0),
        (Kind.FACES, 40.0, 10.0),
        (Kind.FACES, 60.0, 15.0),
        (Kind.FACES, 7200.0, 15.0),
        (Kind.LABELS, 0.0, 6.0),
        (Kind.LABELS, 400.0, 100.0),
        (Kind.LABELS, 36_000.0, 600.0),
        (Kind.TEXT, 0.0, 30.0),
        (Kind.TEXT, 400.0, 100.0),
        (Kind.TEXT, 36_000.0, 1200.0),
    ],
)
def test_an_answer_that_raises_a_sign_is_asked_again_sooner_at_first_and_then_ever_more_rarely(
    kind: Kind, signed_for_s: float, every_s: float
) -> None:
    now_s = 50_000.0
    since_s = now_s - max(signed_for_s, every_s)
    fresh, old = (
        Watch(
            asked_s={**dict.fromkeys(SIGHTS, now_s), kind: now_s - every_s - older_s},
            signed_s={kind: since_s - older_s},
        )
        for older_s in (0.0, 0.001)
    )

    assert reasons(fresh, at_s=now_s) == {}
    assert reasons(old, at_s=now_s) == {kind: Why.STALE}


def test_a_thing_on_a_shelf_all_day_is_asked_about_fewer_than_a_hundred_times() -> None:
    watch, calls = answered(Watch(), 0.0, Kind.LABELS), 1
    for at_s in range(1, 8 * 3600):
        if Kind.LABELS in reasons(watch, at_s=float(at_s), interval_s=1.0):
            watch, calls = answered(watch, float(at_s), Kind.LABELS), calls + 1

    assert 48 < calls < 100


def answered(watch: Watch, at_s: float, kind: Kind) -> Watch:
    return attention.answered(watch, [kind], [kind], at_s)


def test_without_the_gate_every_frame_is_asked_about() -> None:
    policy = Policy(gate=False)

    assert reasons(asked(100.0), policy=policy, at_s=100.0) == dict.fromkeys(SIGHTS, Why.ALWAYS)


@pytest.mark.parametrize("gate", [True, False])
def test_what_is_switched_off_is_never_asked(*, gate: bool) -> None:
    policy = Policy(gate=gate, labels=False, text=False)
    change = Change(dict.fromkeys(SIGHTS, Why.NEW))

    assert attention.kinds_wanted(policy) == (Kind.FACES,)
    assert set(reasons(Watch(), change, policy, at_s=0.0)) == {Kind.FACES}
    assert set(reasons(asked(0.0), change, policy, at_s=9000.0)) == {Kind.FACES}


@pytest.mark.parametrize(
    ("age_s", "why", "urgency"),
    [
        (0.0, Why.NEW, 0.38),
        (4.0, Why.FACE_TURNED, 0.38),
        (7.5, Why.FACE_TURNED, 0.69),
        (11.0, Why.NEW, 1.0),
        (3600.0, Why.STALE, 1.0),
        (0.0, Why.GONE, 0.8),
        (7.5, Why.GONE, 0.8),
        (11.0, Why.GONE, 1.0),
    ],
)
def test_a_look_at_the_face_is_the_more_urgent_the_older_the_last_one_and_for_whoever_is_accused(
    age_s: float, why: Why, urgency: float
) -> None:
    change = Change({Kind.FACES: why})

    watch = replace(asked(100.0 + age_s), asked_s={**dict.fromkeys(SIGHTS, 100.0 + age_s), Kind.FACES: 100.0})

    (wish,) = attention.wishes(watch, change, PLAIN, 100.0 + age_s, interval_s=0.0)

    assert (wish.kind, wish.why) == (Kind.FACES, why)
    assert wish.urgency == pytest.approx(urgency)


times = st.floats(0, 50_000)


@example(asked_s={Kind.FACES: 0.0}, signed_s={}, doubts={}, at_s=0.0, interval_s=0.0, gate=False)
@given(
    asked_s=st.dictionaries(st.sampled_from(SIGHTS), times),
    signed_s=st.dictionaries(st.sampled_from(SIGHTS), times),
    doubts=st.dictionaries(st.sampled_from(SIGHTS), st.sampled_from(Why)),
    at_s=times,
    interval_s=st.floats(0, 60),
    gate=st.booleans(),
)
def test_what_comes_first_is_at_least_as_urgent_as_what_follows(
    asked_s: dict[Kind, float],
    signed_s: dict[Kind, float],
    doubts: dict[Kind, Why],
    at_s: float,
    interval_s: float,
    *,
    gate: bool,
) -> None:
    wished = attention.wishes(
        Watch(asked_s=asked_s, signed_s=signed_s), Change(doubts), Policy(gate=gate), at_s, interval_s
    )

    urgencies = [wish.urgency for wish in wished]
    assert urgencies == sorted(urgencies, reverse=True)
    assert all(0 < urgency <= 1 for urgency in urgencies)


@pytest.mark.parametrize(
    ("left", "allowed"),
    [
        (1.0, [Kind.FACES, Kind.LABELS, Kind.TEXT]),
        (0.301, [Kind.FACES, Kind.LABELS, Kind.TEXT]),
        (0.30, [Kind.FACES, Kind.LABELS]),
        (0.151, [Kind.FACES, Kind.LABELS]),
        (0.15, [Kind.FACES]),
        (0.001, [Kind.FACES]),
        (0.0, []),
        (-5.0, []),
    ],
)
def test_as_the_budget_shrinks_text_goes_first_then_objects_then_faces(
    left: float, allowed: list[Kind]
) -> None:
    wished = [Wish(kind, Why.NEW, 0.5) for kind in SIGHTS]

    left_over = attention.affordable(wished, asked(100.0), left, PLAIN, at_s=101.0)

    assert [wish.kind for wish in left_over] == allowed


def test_no_budget_cuts_the_look_at_the_face_that_is_due() -> None:
    wished = [Wish(kind, Why.STALE, 1.0) for kind in SIGHTS]

    early, due = (
        attention.affordable(wished, asked(100.0), -9.0, PLAIN, at_s=at_s) for at_s in (114.9, 115.0)
    )

    assert (early, due) == ([], [Wish(Kind.FACES, Why.STALE, 1.0)])


def test_no_budget_cuts_the_first_look_at_the_face() -> None:
    wished = [Wish(kind, Why.FIRST, 1.0) for kind in SIGHTS]

    assert attention.affordable(wished, Watch(), -9.0, PLAIN, at_s=0.0) == [Wish(Kind.FACES, Why.FIRST, 1.0)]


def test_without_a_limit_all_is_left() -> None:
    assert attention.share_left(Watch(calls=10**6), PLAIN, at_s=0.0, usd_per_call=0.001) == 1.0


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({"calls_per_hour": 1000}, 0.78),
        ({"usd_per_hour": 1.0}, 0.78),
        ({"calls_per_hour": 1000, "usd_per_hour": 5.0}, 0.78),
        ({"calls_per_hour": 5000, "usd_per_hour": 1.0}, 0.78),
        ({"calls_per_hour": 200}, 0.0),
    ],
    ids=["calls", "money", "fewer calls", "less money", "half of a small one is the reserve"],
)
def test_what_is_left_is_the_lower_limit_less_calls_made_less_a_look_every_15_s_to_the_end_of_the_hour(
    limits: dict[str, float], left: float
) -> None:
    policy = replace(PLAIN, **limits)  # type: ignore[arg-type]
    watch = Watch(hour=2, calls=100)

    # Half an hour to go: 120 looks are held back.
    assert attention.share_left(watch, policy, at_s=2.5 * HOUR_S, usd_per_call=0.001) == pytest.approx(left)


def test_money_that_buys_nothing_but_free_calls_is_no_limit() -> None:
    assert attention.share_left(Watch(calls=10**6), Policy(), at_s=0.0, usd_per_call=0.0) == 1.0


def test_a_new_hour_has_all_its_calls() -> None:
    policy, spent = replace(PLAIN, calls_per_hour=1000), Watch(hour=0, calls=1000)

    last, next_one = (
        attention.share_left(spent, policy, at_s, usd_per_call=0.001) for at_s in (HOUR_S - 0.001, HOUR_S)
    )

    assert [last, next_one] == pytest.approx([0.0, 0.76], abs=1e-6)


def test_an_hour_that_is_asked_about_evenly_never_goes_below_the_floor() -> None:
    policy, watch = replace(PLAIN, calls_per_hour=240), Watch()
    for at_s in range(0, 3600, 15):
        watch = attention.counted(watch, 1, float(at_s))

    assert attention.share_left(watch, policy, 3599.999, usd_per_call=0.001) == pytest.approx(0.0, abs=1e-4)


def test_calls_are_counted_by_the_sessions_hour() -> None:
    watch = asked(3599.0)

    for calls, at_s in ((3, 3599.0), (2, 3599.9), (1, 3600.0), (4, 3601.0)):
        watch = attention.counted(watch, calls, at_s)

    assert watch == replace(asked(3599.0), hour=1, calls=5)


def test_an_answer_is_remembered_with_its_time_and_since_when_it_raises_a_sign() -> None:
    before = Watch(
        asked_s=dict.fromkeys(SIGHTS, 10.0),
        signed_s={Kind.LABELS: 4.0, Kind.TEXT: 5.0},
        glimpse=b"g",
        calls=7,
    )

    after = attention.answered(before, [Kind.FACES, Kind.LABELS], [Kind.FACES, Kind.LABELS], 20.0)

    assert after == replace(
        before,
        asked_s={Kind.FACES: 20.0, Kind.LABELS: 20.0, Kind.TEXT: 10.0},
        signed_s={Kind.FACES: 20.0, Kind.LABELS: 4.0},
    )


def faces(*shown: Face) -> Findings:
    return Findings(faces=shown)


SMALL = replace(face(side=0.2), box=OTHER_BOX)
PHONE = Label("Mobile Phone", 88.0, boxes=(BOX, OTHER_BOX))
NOTE = Line("E = m c2", 97.0, BOX)


@pytest.mark.parametrize(
    ("facts", "signed"),
    [
        (Findings(), {}),
        (Findings((face(),), (), ()), {}),
        (faces(), {Kind.FACES: ()}),
        (faces(face(yaw=40.0)), {Kind.FACES: ()}),
        (faces(face(), SMALL), {Kind.FACES: (OTHER_BOX,)}),
        (faces(SMALL, face()), {Kind.FACES: (OTHER_BOX,)}),
        (Findings(labels=(PHONE, Label("Person", 99.0, boxes=(BOX,)))), {Kind.LABELS: (BOX, OTHER_BOX)}),
        (Findings(labels=(replace(PHONE, confidence=70.0),)), {}),
        (Findings(labels=(replace(PHONE, boxes=()),)), {Kind.LABELS: ()}),
        (Findings(text=(NOTE, Line("short", 99.0, OTHER_BOX))), {Kind.TEXT: (BOX,)}),
        (Findings(text=(replace(NOTE, box=None),)), {Kind.TEXT: ()}),
        (Findings((), (PHONE,), (NOTE,)), {Kind.FACES: (), Kind.LABELS: (BOX, OTHER_BOX), Kind.TEXT: (BOX,)}),
    ],
    ids=[
        "nothing known",
        "one person",
        "nobody",
        "turned away",
        "a guest",
        "a guest told first",
        "a phone",
        "hardly a phone",
        "a phone somewhere",
        "a note",
        "a note somewhere",
        "all at once",
    ],
)
def test_what_raises_a_sign_is_told_by_kind_with_its_place(
    facts: Findings, signed: dict[Kind, tuple[BoundingBox, ...]]
) -> None:
    assert attention.signed(facts, Policy()) == signed


def test_a_sign_that_deducts_nothing_is_none() -> None:
    sullen, calm = (
        attention.signed(faces(face(emotions=emotions, yaw=25.0)), Policy()) for emotions in (SULLEN, CALM)
    )

    assert (sullen, calm) == ({}, {})


def test_an_alert_that_is_switched_off_raises_no_sign() -> None:
    policy = Policy(alerts_off=("suspicious_object", "text_detected", "no_face_detected"))

    assert attention.signed(Findings((), (PHONE,), (NOTE,)), policy) == {}


def test_a_late_frame_of_the_hour_before_gives_no_calls_back() -> None:
    spent = attention.counted(Watch(), 500, at_s=HOUR_S + 10.0)

    after = attention.counted(spent, 1, at_s=HOUR_S - 1.0)

    policy = replace(PLAIN, calls_per_hour=500)
    assert attention.share_left(after, policy, HOUR_S + 11.0, usd_per_call=0.001) <= attention.share_left(
        spent, policy, HOUR_S + 11.0, usd_per_call=0.001
    )
