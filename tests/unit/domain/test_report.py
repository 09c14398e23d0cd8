"""Session -> report: a score with every point explained."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from chalicelib.domain import report as reports
from chalicelib.domain.model import Alert, Gaps, Progress, Session, Severity, Span, Status, Tally
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import (
    EMOTIONS_OFF,
    MOST_POINTS,
    Averages,
    Coverage,
    Deduction,
    EmotionStep,
    Integrity,
    Report,
    Silence,
    Spend,
    Summary,
)
from chalicelib.domain.rules import RULES
from chalicelib.domain.seen import SIGHTS, Kind, Look
from tests.observations import (
    STARTED_AT,
    empty_room,
    ended,
    face,
    outage,
    phone,
    reused,
    seen,
    session,
    sullen,
    two_people,
    withheld,
)

NO_CALLS = {"DetectFaces": 0, "DetectLabels": 0, "DetectText": 0}


def build(over: Session, alerts: Iterable[Alert] = ()) -> Report:
    return reports.build(over, alerts, usd_per_call=0.001, versions={"service": "1"})


def over(policy: Policy | None = None, **progress: object) -> Session:
    """An ended session whose frames add up to this."""
    settled = Progress(**progress)  # type: ignore[arg-type]
    return replace(session(policy), status=Status.ENDED, ended_at=STARTED_AT + 60.0, settled=settled)


def alert(name: str, place: int, severity: Severity | None = None) -> Alert:
    rule = RULES[name]
    return Alert(
        id=f"{place:09d}-{name}",
        type=name,
        severity=severity or rule.severity,
        message=rule.message,
        timestamp=float(place),
        opened_at=float(place),
        frames=1,
        confidence=99.0,
        evidence=(),
        ended_at=float(place),
    )


def test_the_report_of_a_session_says_everything() -> None:
    start = replace(
        session(Policy(after_frames={"blurred": 9})),
        job={"title": "Engineer"},
        candidate={"id": 7},
        consent={"ok": 1},
    )
    closed = replace(start, status=Status.ENDED, ended_at=STARTED_AT + 12.5)
    alerts = [alert("blurred", 4), alert("low_light", 2)]

    written = build(closed, alerts)

    assert written == Report(
        session_id="s-1",
        start_time="2027-01-15T08:00:00.000Z",
        end_time="2027-01-15T08:00:12.500Z",
        session_duration=12.5,
        job_data={"title": "Engineer"},
        candidate={"id": 7},
        consent={"ok": 1},
        coverage=reports.coverage(Progress()),
        metrics=Averages(None, None, None, None, None),
        emotion_summary={},
        emotion_shares={},
        emotion_timeline=(),
        reasons={},
        alert_count=2,
        alerts=(alert("low_light", 2), alert("blurred", 4)),
        alerts_omitted=0,
        integrity=reports.integrity(Progress(), length_s=60.0),
        policy=Policy(after_frames={"blurred": 9}),
        after_frames={
            "no_face_detected": 3,
            "multiple_faces_detected": 1,
            "looking_away": 5,
            "low_engagement": 10,
            "suspicious_object": 1,
            "text_detected": 1,
            "identity_mismatch": 3,
            "camera_blocked": 2,
            "low_light": 3,
            "blurred": 9,
            "frozen_feed": 5,
            "looped_feed": 30,
            "flat_face": 1,
        },
        versions={"service": "1"},
        spend=Spend(NO_CALLS, 0.001, 0.0, NO_CALLS, 0.0),
        summary=None,
    )


def test_a_session_lasts_at_least_until_its_last_frame() -> None:
    assert build(over(last_s=90.0)).session_duration == 90.0


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.weight])
@pytest.mark.parametrize(("episodes", "seconds"), [(1, 0.0), (1, 30.0), (2, 60.0)])
def test_an_alert_type_deducts_its_weight_for_each_episode_and_minute(
    name: str, episodes: int, seconds: float
) -> None:
    scored = reports.integrity(
        Progress(frames=10, closed={name: Tally(episodes, seconds, episodes)}), length_s=60.0
    )

    weight = RULES[name].weight
    points = min(MOST_POINTS[RULES[name].severity], weight * (episodes + seconds / 60))
    assert scored.deductions == (Deduction(name, episodes, seconds, weight, points),)
    assert scored.score == 100.0 - points


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.weight])
def test_no_alert_type_deducts_more_than_its_severity_allows(name: str) -> None:
    scored = reports.integrity(
        Progress(frames=10, closed={name: Tally(1000, 36_000.0, 36_000)}), length_s=60.0
    )

    most = {Severity.CRITICAL: 60.0, Severity.WARNING: 40.0, Severity.INFO: 10.0}
    assert [each.points for each in scored.deductions] == [most[RULES[name].severity]]


@pytest.mark.parametrize("name", ["low_engagement", "low_light", "blurred"])
def test_what_says_little_about_a_person_deducts_nothing(name: str) -> None:
    scored = reports.integrity(Progress(frames=10, closed={name: Tally(100, 3600.0, 3600)}), length_s=60.0)

    assert (scored.score, scored.deductions) == (100.0, ())


def test_deductions_are_listed_the_heaviest_first_and_sum_up_to_what_is_missing() -> None:
    closed = {
        "text_detected": Tally(1, 0.0, 1),
        "looking_away": Tally(2, 60.0, 60),
        "multiple_faces_detected": Tally(1, 2.0, 3),
    }

    scored = reports.integrity(Progress(frames=100, closed=closed), length_s=60.0)

    assert [each.type for each in scored.deductions] == [
        "multiple_faces_detected",
        "looking_away",
        "text_detected",
    ]
    assert scored.score == 100.0 - sum(each.points for each in scored.deductions)


@pytest.mark.parametrize(
    ("score", "level", "seconds"),
    [
        (100.0, "low", None),
        (80.0, "low", 20.0),
        (79.9, "medium", 20.4),
        (50.0, "medium", 140.0),
        (49.9, "high", 140.4),
    ],
)
def test_the_level_follows_from_the_score(score: float, level: str, seconds: float | None) -> None:
    # A second face deducts 15 points, and 15 a minute.
    closed = {} if seconds is None else {"multiple_faces_detected": Tally(1, seconds, 1)}

    scored = reports.integrity(Progress(frames=10, closed=closed), length_s=60.0)

    assert (scored.score, scored.level) == (score, level)


def test_the_score_is_never_below_0() -> None:
    scored = reports.integrity(
        Progress(frames=10, closed=dict.fromkeys(RULES, Tally(1000, 36_000.0, 36_000))), length_s=60.0
    )

    assert (scored.score, scored.level) == (0.0, "high")


@pytest.mark.parametrize(
    "nothing", [Progress(), Progress(frames=5, unanalysed=5, closed={"camera_blocked": Tally(1)})]
)
def test_without_an_analysed_frame_there_is_no_score(nothing: Progress) -> None:
    scored = reports.integrity(nothing, length_s=60.0)

    assert (scored.score, scored.level) == (None, None)
    assert scored.note == "No frame was analysed, so there is nothing to score."


def test_the_score_says_what_it_rests_on() -> None:
    holes = Progress(frames=10, unanalysed=2, partial=1, gaps=Gaps(1, 45.4, 45.4))

    assert reports.integrity(holes, length_s=60.0) == Integrity(
        100.0,
        None,
        (),
        "8 of 10 frames were analysed. 1 of them only in part. No frame came for 45 s in all. "
        "That is too little to name a level of risk.",
    )


def test_what_was_hardly_seen_is_not_called_a_low_risk() -> None:
    unanswered = Progress(frames=10, unanalysed=6)
    half_told = Progress(frames=10, unanalysed=5)

    assert reports.integrity(unanswered, length_s=60.0).level is None
    assert reports.integrity(half_told, length_s=60.0).level == "low"


def test_numbers_that_never_arrived_are_told() -> None:
    holes = Progress(frames=50, numbered=50, first_seq=1, highest_number=99)

    assert reports.coverage(holes).missing == 49
    assert (
        reports.integrity(holes, length_s=60.0).note
        == "50 of 50 frames were analysed. 49 more never arrived."
    )


def test_coverage_adds_up() -> None:
    frames = [
        seen(1),
        outage(2),
        seen(3, failed=[Kind.TEXT]),
        empty_room(4),
        seen(5, at_s=65.0),
        outage(6),
    ]
    current, _ = ended(*frames, at_s=70.0)

    covered = reports.coverage(current.settled)

    assert covered == Coverage(
        received=6,
        analysed=4,
        reused=0,
        audited=0,
        contradicted=0,
        partly_analysed=1,
        unanalysed=2,
        missing=0,
        gaps=Silence(1, 61.0, 61.0),
        looks={
            "faces": {"asked": 4, "reused": 0, "failed": 2, "withheld": 0, "off": 0},
            "labels": {"asked": 4, "reused": 0, "failed": 2, "withheld": 0, "off": 0},
            "text": {"asked": 3, "reused": 0, "failed": 3, "withheld": 0, "off": 0},
            "identity": {**dict.fromkeys(Look, 0), "off": 6},
        },
    )
    assert all(sum(each.values()) == covered.received for each in covered.looks.values())


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [((1, 2, 3), 0), ((0, 1, 2), 0), ((1, 3, 4), 1), ((0, 1, 3, 4), 1), ((3,), 2), ((0,), 0), ((), 0)],
)
def test_numbers_are_missing_whether_the_client_counts_from_0_or_from_1(
    numbers: tuple[int, ...], missing: int
) -> None:
    current, _ = ended(*(replace(seen(number), numbered=True) for number in numbers))

    assert reports.coverage(current.settled).missing == missing


def test_frames_that_their_client_did_not_count_are_never_missing() -> None:
    current, _ = ended(seen(1), seen(12_000), seen(13_500))

    assert reports.coverage(current.settled).missing == 0


def test_averages_are_over_the_frames_that_say_them() -> None:
    current, _ = ended(
        seen(1, faces=(face(emotions={"CALM": 50.0}),)),
        seen(2, faces=(replace(face(yaw=10.0, emotions={}), confidence=90.0),)),
        empty_room(3),
        outage(4),
    )

    assert reports.averages(current.settled) == Averages(
        avg_eye_contact=96.0,
        avg_facial_expression=60.0,
        avg_engagement=76.0,
        avg_confidence=94.75,
        avg_posture=95.0,
    )


def test_emotions_are_told_as_means_shares_and_steps() -> None:
    calm, sad = {"CALM": 80.0, "SAD": 10.0}, {"CALM": 20.0, "SAD": 70.0}
    frames = [seen(number, faces=(face(emotions=sad if number == 4 else calm),)) for number in (1, 2, 3, 4)]
    current, _ = ended(*frames, seen(5, faces=(face(emotions=calm),), at_s=12.0))

    written = build(current)

    assert written.emotion_summary == {"CALM": 68.0, "SAD": 22.0}
    assert written.emotion_shares == {"CALM": 0.8, "SAD": 0.2}
    assert written.emotion_timeline == (
        EmotionStep(0.0, 10.0, 4, "CALM", {"CALM": 65.0, "SAD": 25.0}),
        EmotionStep(10.0, 10.0, 1, "CALM", {"CALM": 80.0, "SAD": 10.0}),
    )


def test_with_emotions_off_all_that_derives_from_them_is_null_with_a_reason() -> None:
    current, alerts = ended(*map(sullen, range(1, 20)), policy=Policy(emotions=False))

    written = build(current, alerts)

    assert alerts == ()
    assert (written.emotion_summary, written.emotion_shares, written.emotion_timeline) == (None, None, None)
    assert (written.metrics.avg_facial_expression, written.metrics.avg_engagement) == (None, None)
    assert written.reasons == dict.fromkeys(
        (
            "emotions",
            "dominant_emotion",
            "facial_expression",
            "engagement",
            "emotion_summary",
            "emotion_shares",
            "emotion_timeline",
        ),
        EMOTIONS_OFF,
    )


def test_frames_that_show_only_emotions_of_no_name_have_steps_without_a_dominant_one() -> None:
    odd = over(frames=1, expressive=1, timeline=(Span(0.0, 1, {"ODD": 9.0}),), emotions={"ODD": 9.0})

    assert build(odd).emotion_timeline == (EmotionStep(0.0, 10.0, 1, None, {"ODD": 9.0}),)


def test_alerts_are_listed_in_their_order_of_time() -> None:
    listed = [alert("blurred", 9), alert("text_detected", 3), alert("no_face_detected", 3)]

    assert [each.id for each in build(over(), listed).alerts] == [
        "000000003-no_face_detected",
        "000000003-text_detected",
        "000000009-blurred",
    ]


def test_too_many_alerts_leave_the_gravest_in_their_order_and_count_the_rest() -> None:
    infos = [alert("text_detected", place) for place in range(200)]
    warnings = [alert("no_face_detected", place) for place in range(200, 450)]
    criticals = [alert("multiple_faces_detected", place) for place in range(450, 480)]

    written = build(over(), [*infos, *warnings, *criticals])

    assert (written.alert_count, written.alerts_omitted, len(written.alerts)) == (480, 180, 300)
    assert written.alerts == (*infos[:20], *warnings, *criticals)


def test_as_many_alerts_as_fit_are_all_listed() -> None:
    written = build(over(), [alert("text_detected", place) for place in range(300)])

    assert (len(written.alerts), written.alerts_omitted) == (300, 0)


def test_calls_that_were_answered_are_counted_and_priced() -> None:
    current, _ = ended(seen(1), phone(2), outage(3), seen(4, failed=[Kind.LABELS]))

    assert reports.spend(current.settled, 0.001) == Spend(
        {"DetectFaces": 3, "DetectLabels": 2, "DetectText": 3}, 0.001, 0.008, NO_CALLS, 0.0
    )


def test_calls_that_were_spared_are_counted_and_priced_and_those_withheld_are_neither() -> None:
    current, _ = ended(
        seen(1),
        reused(2),
        reused(3, Kind.LABELS, Kind.TEXT),
        withheld(4, Kind.TEXT),
        withheld(5, *SIGHTS),
    )

    assert reports.spend(current.settled, 0.001) == Spend(
        calls={"DetectFaces": 3, "DetectLabels": 2, "DetectText": 1},
        usd_per_call=0.001,
        estimated_usd=0.006,
        saved_calls={"DetectFaces": 1, "DetectLabels": 2, "DetectText": 2},
        saved_usd=0.005,
    )


def test_a_call_that_followed_an_audit_is_paid_for() -> None:
    audited = replace(seen(1), audited=8, contradicted=2, repeated=1)

    current, _ = ended(audited, seen(2))

    assert reports.spend(current.settled, 0.001).calls == {
        "DetectFaces": 3,
        "DetectLabels": 2,
        "DetectText": 2,
    }
    assert (reports.coverage(current.settled).audited, reports.coverage(current.settled).contradicted) == (
        8,
        2,
    )


def test_what_audits_found_is_told_beside_the_score() -> None:
    audited = Progress(frames=50, audited=40, contradicted=3)

    assert (
        reports.integrity(audited, length_s=60.0).note
        == "50 of 50 frames were analysed. Of 40 frames looked at later, 3 showed something else."
    )


def test_what_was_withheld_is_not_analysed_and_excuses_and_accuses_nobody() -> None:
    current, alerts = ended(*(withheld(number, *SIGHTS) for number in range(1, 31)), at_s=31.0)

    covered = reports.coverage(current.settled)

    assert alerts == ()
    assert (covered.received, covered.analysed, covered.unanalysed, covered.reused) == (30, 0, 30, 0)
    looks = {"asked": 0, "reused": 0, "failed": 0, "withheld": 30, "off": 0}
    off = dict.fromkeys(map(str, Look), 0) | {"off": 30}
    assert covered.looks == {**{kind.value: looks for kind in SIGHTS}, "identity": off}
    assert reports.integrity(current.settled, length_s=31.0).score is None


def test_frames_without_text_for_lack_of_budget_are_analysed_in_part() -> None:
    current, _ = ended(seen(1), withheld(2, Kind.TEXT), withheld(3, Kind.LABELS, Kind.TEXT))

    covered = reports.coverage(current.settled)

    assert (covered.analysed, covered.partly_analysed, covered.unanalysed) == (3, 2, 0)


def test_the_summary_is_added_to_the_report() -> None:
    bare, words = build(over()), Summary("rules", "Nothing was seen.", ())

    assert reports.with_summary(bare, words) == replace(bare, summary=words)


def test_the_report_counts_what_the_alerts_say() -> None:
    current, alerts = ended(
        two_people(1),
        *map(empty_room, range(2, 8)),
        *map(seen, range(8, 12)),
        *map(empty_room, range(12, 15)),
    )

    written = build(current, alerts)

    assert [(each.type, each.count, each.seconds) for each in written.integrity.deductions] == [
        ("multiple_faces_detected", 1, 1.0),
        ("no_face_detected", 2, 8.0),
    ]
    for each in written.integrity.deductions:
        same = [episode for episode in alerts if episode.type == each.type]
        assert (each.count, each.seconds) == (len(same), sum(episode.duration for episode in same))


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (STARTED_AT, "2027-01-15T08:00:00.000Z"),
        (STARTED_AT + 0.123, "2027-01-15T08:00:00.123Z"),
    ],
)
def test_times_are_rfc_3339_in_utc_to_the_millisecond(at: float, text: str) -> None:
    assert reports.rfc3339(at) == text
