"""A frame's record as callers see it: whatever is null has its reason."""

from dataclasses import replace

import pytest

from chalicelib.api.results import NO_FACE, NOT_SAID, UNANALYSED, WITHHELD, FrameResult, result_of
from chalicelib.domain.model import FrameRecord
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import EMOTIONS_OFF
from chalicelib.domain.seen import SIGHTS, Kind, Look, Observation, Why
from tests import observations as show
from tests.observations import face, seen

OFF = Policy(emotions=False)
POSELESS = seen(1, faces=(replace(face(), pose=None),))
BLANK = seen(1, faces=(face(emotions={}),))


def result(each: Observation, policy: Policy | None = None) -> FrameResult:
    return result_of(FrameRecord(each), policy or Policy())


def nulls(told: FrameResult) -> set[str]:
    top = {name for name in ("face_count", "emotions", "dominant_emotion") if getattr(told, name) is None}
    return top | {name for name, figure in told.metrics.model_dump().items() if figure is None}


@pytest.mark.parametrize(
    ("each", "policy"),
    [
        (seen(1), Policy()),
        (seen(1), OFF),
        (show.empty_room(1), Policy()),
        (show.empty_room(1), OFF),
        (show.outage(1), Policy()),
        (show.outage(1), OFF),
        (show.withheld(1, *SIGHTS), Policy()),
        (show.withheld(1, *SIGHTS), OFF),
        (POSELESS, Policy()),
        (BLANK, Policy()),
        (BLANK, OFF),
    ],
    ids=[
        "person",
        "person, emotions off",
        "nobody",
        "nobody, emotions off",
        "outage",
        "outage, emotions off",
        "withheld",
        "withheld, emotions off",
        "no pose",
        "no emotions said",
        "no emotions said, emotions off",
    ],
)
def test_every_null_has_a_reason_and_every_reason_a_null(each: Observation, policy: Policy) -> None:
    told = result(each, policy)

    assert set(told.reasons) == nulls(told)


def test_a_reason_says_why() -> None:
    assert result(show.empty_room(1)).reasons["eye_contact"] == NO_FACE
    assert result(show.outage(1)).reasons["eye_contact"] == UNANALYSED
    assert result(show.withheld(1, *SIGHTS)).reasons["eye_contact"] == WITHHELD
    assert result(POSELESS).reasons["eye_contact"] == NOT_SAID
    assert result(seen(1), OFF).reasons["engagement"] == EMOTIONS_OFF


def test_an_outage_says_unanalysed_rather_than_nobody() -> None:
    told = result(show.outage(1))

    assert (told.face_count, told.faces, told.analysis.status) == (None, [], "unanalysed")


def test_what_was_withheld_says_so_rather_than_nobody() -> None:
    told = result(show.withheld(1, Kind.FACES))

    assert (told.face_count, told.faces) == (None, [])
    assert (told.analysis.status, told.analysis.faces) == ("unanalysed", Look.WITHHELD)
    assert set(told.reasons.values()) == {WITHHELD}


def test_a_result_tells_for_each_kind_how_it_came_to_be_known_and_why_it_was_asked() -> None:
    each = replace(
        seen(1, failed=(Kind.TEXT,)),
        looks={Kind.FACES: Look.ASKED, Kind.LABELS: Look.REUSED, Kind.TEXT: Look.WITHHELD},
        why={Kind.FACES: Why.FACE_TURNED, Kind.TEXT: Why.NEW},
    )

    told = result(each).analysis

    assert (told.faces, told.labels, told.text) == (Look.ASKED, Look.REUSED, Look.WITHHELD)
    assert told.why == {Kind.FACES: Why.FACE_TURNED, Kind.TEXT: Why.NEW}


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ((), "analysed"),
        ((Kind.TEXT,), "partial"),
        ((Kind.LABELS, Kind.TEXT), "partial"),
        ((Kind.FACES,), "unanalysed"),
        (SIGHTS, "unanalysed"),
    ],
)
def test_the_status_is_the_same_whether_calls_failed_or_were_withheld(
    kinds: tuple[Kind, ...], status: str
) -> None:
    assert result(show.withheld(1, *kinds)).analysis.status == status


@pytest.mark.parametrize(
    ("failed", "status"),
    [
        ((), "analysed"),
        ((Kind.TEXT,), "partial"),
        ((Kind.LABELS, Kind.TEXT), "partial"),
        ((Kind.FACES,), "unanalysed"),
        (SIGHTS, "unanalysed"),
    ],
)
def test_the_status_says_what_is_known(failed: tuple[Kind, ...], status: str) -> None:
    assert result(seen(1, failed=failed)).analysis.status == status


def test_the_largest_face_comes_first() -> None:
    far, near = face(side=0.1, confidence=90.0), face(side=0.5, confidence=95.0)

    told = result(seen(1, faces=(far, near)))

    assert ([each.confidence for each in told.faces], told.face_count) == ([95.0, 90.0], 2)


def test_figures_are_rounded_only_when_they_are_told() -> None:
    told = result(seen(1, faces=(face(yaw=0.333, pitch=0.777, emotions={"CALM": 33.333}),)))

    assert told.metrics.model_dump() == {
        "eye_contact": 99.27,
        "facial_expression": 40.0,
        "engagement": 63.71,
        "confidence": 99.5,
        "posture": 94.38,
    }


def test_with_emotions_off_none_are_told_even_where_they_came() -> None:
    told = result(seen(1), OFF)

    assert (told.emotions, told.dominant_emotion, told.metrics.facial_expression) == (None, None, None)


@pytest.mark.parametrize("look", [Look.FAILED, Look.WITHHELD])
def test_candidates_are_not_told_that_who_they_are_is_not_known(look: Look) -> None:
    frame = show.seen(1)
    record = FrameRecord(
        replace(frame, looks={**frame.looks, Kind.IDENTITY: look}, why={Kind.IDENTITY: Why.NEW})
    )

    told, untold = (result_of(record, Policy(), to_candidate=each).analysis for each in (False, True))

    assert (told.status, told.identity, told.why) == ("partial", look, {Kind.IDENTITY: Why.NEW})
    assert (untold.status, untold.identity, untold.why) == ("analysed", None, {})
