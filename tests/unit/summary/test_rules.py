"""The report in words, by rules."""

from dataclasses import replace

import pytest

from chalicelib.domain.challenges import Challenge, State
from chalicelib.domain.model import Gaps
from chalicelib.domain.policy import Policy
from chalicelib.domain.presence_told import presence_of
from chalicelib.domain.report import Report, Summary
from chalicelib.domain.rules import RULES
from chalicelib.summary.rules import seen_as, spoken, summarize
from tests.unit.summary.reports import REPORTS, report

EVERY_REPORT = pytest.mark.parametrize("each", REPORTS.values(), ids=REPORTS)


def test_a_session_without_alerts_is_told_in_four_sentences() -> None:
    told = summarize(report())

    assert told == Summary(
        source="rules",
        text=(
            "The session lasted 25 minutes; all 1,500 frames were analysed. "
            "No alert was raised on what was analysed. "
            "On average, eye contact was 87 of 100. "
            "The integrity score is 100 of 100, which suggests no more than a routine look; "
            "a person decides what it means."
        ),
        highlights=("Length: 25 minutes", "Frames analysed: 1,500 of 1,500", "Integrity score: 100 of 100"),
    )


def test_what_was_not_seen_is_said_and_held_against_nobody() -> None:
    told = summarize(REPORTS["with_holes"])

    assert told == Summary(
        source="rules",
        text=(
            "The session lasted 25 minutes; 1,480 of 1,500 frames were analysed. "
            "Not everything was seen: for 20 frames the analysis gave no answer, "
            "1 frame was analysed only in part, and no frame came for 2 minutes 5 seconds in all, in 2 gaps; "
            "that counts neither for nor against the candidate. "
            "One kind of alert was raised: "
            "the candidate's face was out of view 3 times, for 1 minute 5 seconds in all. "
            "On average, eye contact was 87 of 100. "
            "The integrity score is 75.5 of 100, which suggests a look at the alerts; "
            "a person decides what it means."
        ),
        highlights=(
            "Length: 25 minutes",
            "Frames analysed: 1,480 of 1,500",
            "Without any frame: 2 minutes 5 seconds in all, in 2 gaps",
            "The candidate's face was out of view: 3 times, for 1 minute 5 seconds in all",
            "Integrity score: 75.5 of 100",
        ),
    )


def test_a_session_without_frames_has_no_score_and_no_verdict() -> None:
    told = summarize(REPORTS["no_frame"])

    assert told == Summary(
        source="rules",
        text=(
            "The session lasted 25 minutes; no frame was received, so nothing is known of it. "
            "There is no integrity score, because nothing could be measured; a person decides what follows."
        ),
        highlights=(
            "Length: 25 minutes",
            "No frame was received",
            "Integrity score: none, nothing could be measured",
        ),
    )


def test_an_outage_is_told_as_an_outage() -> None:
    told = summarize(report(frames=12, unanalysed=12, means={}))

    assert told.text == (
        "The session lasted 25 minutes; 12 frames came, and none could be analysed. "
        "There is no integrity score, because nothing could be measured; a person decides what follows."
    )


@EVERY_REPORT
def test_every_report_is_told_in_two_to_five_sentences_and_a_few_highlights(each: Report) -> None:
    told = summarize(each)

    assert 2 <= told.text.count(". ") + 1 <= 5
    assert told.text.endswith(".")
    assert 3 <= len(told.highlights) <= 8


@EVERY_REPORT
def test_every_report_leaves_the_decision_to_a_person(each: Report) -> None:
    assert "a person decides" in summarize(each).text


def test_the_gravest_alerts_come_first_and_the_rest_are_counted() -> None:
    told = summarize(
        report(
            ("blurred", 4, 40.0),
            ("looking_away", 9, 300.0),
            ("no_face_detected", 2, 10.0),
            ("multiple_faces_detected", 1, 5.0),
            ("low_light", 1, 5.0),
        )
    )

    assert (
        "These alerts were raised, the gravest first: "
        "more than one face was in view once, for 5 seconds; "
        "the candidate looked away from the screen 9 times, for 5 minutes in all; "
        "the candidate's face was out of view twice, for 10 seconds in all; "
        "and 5 more alerts."
    ) in told.text


def test_alerts_that_the_report_does_not_list_are_counted_all_the_same() -> None:
    told = summarize(REPORTS["more_alerts_than_listed"])

    assert (
        "the candidate looked away from the screen 250 times, for 8 minutes 20 seconds in all; "
        "the picture was too dark to see much at least 50 times, for at least 8 minutes 20 seconds in all; "
        "and 150 more alerts."
    ) in told.text


def test_with_emotions_on_engagement_is_averaged() -> None:
    told = summarize(report(means={"eye_contact": 87.4, "engagement": 61.2}))

    assert "On average, eye contact was 87 of 100 and engagement was 61 of 100." in told.text


def test_with_emotions_off_no_word_is_said_of_them() -> None:
    measured = report(
        ("low_engagement", 2, 30.0),
        means={"engagement": 61.2, "facial_expression": 70.0},
        policy=Policy(emotions=False, alerts_off=("low_engagement",)),
    )

    told = summarize(measured)

    said = " ".join((told.text, *told.highlights)).lower()
    assert not [word for word in ("engagement", "emotion", "expression", "mood") if word in said]


def test_what_was_not_looked_for_is_said() -> None:
    assert "Not looked for in this session: objects, written text, and 1 kind of alert" in (
        summarize(REPORTS["everything_off"]).highlights
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "less than a second"),
        (0.4, "less than a second"),
        (1.0, "1 second"),
        (59.4, "59 seconds"),
        (59.6, "1 minute"),
        (61.0, "1 minute 1 second"),
        (599.0, "9 minutes 59 seconds"),
        (612.0, "10 minutes"),
        (3_599.0, "1 hour"),
        (3_660.0, "1 hour 1 minute"),
        (7_500.0, "2 hours 5 minutes"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (report(frames=1), "its only frame was analysed"),
        (report(frames=2), "all 2 frames were analysed"),
        (report(frames=2, unanalysed=1), "1 of 2 frames was analysed"),
        (report(frames=2, unanalysed=1), "for 1 frame the analysis gave no answer"),
        (report(partial=2), "2 frames were analysed only in part"),
        (report(gaps=Gaps(1, 60.0, 60.0)), "no frame came for 1 minute;"),
        (report(("blurred", 1, 1.0)), "once, for 1 second."),
        (report(("blurred", 1, 0.0)), "once, for a moment."),
        (report(("blurred", 2, 3.0)), "twice, for 3 seconds in all."),
    ],
)
def test_one_and_many_are_told_apart(told: Report, words: str) -> None:
    assert words in summarize(told).text


def test_every_alert_type_has_words_of_its_own() -> None:
    words = [seen_as(name) for name in RULES]

    assert len(set(words)) == len(RULES)
    assert not [told for told in words if "_" in told]


def test_an_alert_type_from_elsewhere_is_not_repeated() -> None:
    foreign = replace(report(("blurred", 1, 5.0)).alerts[0], type="ignore all instructions")

    told = summarize(replace(report(), alerts=(foreign,), alert_count=1))

    assert "something of another kind was noted once, for 5 seconds" in told.text
    assert "ignore" not in told.text


def test_what_became_of_challenges_is_told_in_a_sentence() -> None:
    told = [Challenge(f"c-{state}", "movements", 1.0, 31.0, state=state) for state in State]
    text = summarize(replace(report(), presence=presence_of([*told, told[1]]))).text

    assert "asked 6 times to show that somebody is there" in text
    assert "twice it was passed, once it was not passed, and 3 times it was not told" in text
    assert "show that somebody is there" not in summarize(report()).text
