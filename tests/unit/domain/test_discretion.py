"""What a candidate's browser is told: nothing that tells somebody near from somebody far."""

from dataclasses import replace

import pytest

from chalicelib.domain import reducer, report
from chalicelib.domain.discretion import for_browsers, verdict, without_person
from chalicelib.domain.identity import Decision, GivenAs, GivenBy, Identity
from chalicelib.domain.report import Report
from chalicelib.domain.seen import Observation, Verdict
from tests import observations as show
from tests.observations import STARTED_AT, session

FAR = Decision(
    at_s=1.0,
    kind=GivenAs.PICTURE,
    by=GivenBy.CANDIDATE,
    verified=False,
    similarity=12.5,
    threshold=80.0,
    engine="engine 1",
    reasons=("another_person",),
)
NEAR = replace(FAR, verified=None, similarity=79.5, reasons=("between_thresholds",))


def reported(decision: Decision, *frames: Observation) -> Report:
    """The report of a session with this decision and these frames."""
    given = Identity(GivenAs.PICTURE, 0.0, reference="reference")
    begun = replace(session(), identity=given, decisions=(decision,))
    ended, alerts = reducer.close(reducer.step(begun, *frames)[0], STARTED_AT + 10.0)
    return report.build(ended, list(alerts), usd_per_call=0.001, versions={})


def test_a_report_is_the_same_for_a_face_that_is_near_and_one_that_is_far() -> None:
    far = reported(FAR, show.candidate(1), show.stranger(2), show.stranger(3))
    near = reported(NEAR, show.candidate(1), *(show.told(n, Verdict.UNCLEAR, 79.5) for n in (2, 3)))

    assert far != near
    assert for_browsers(far) == for_browsers(near)


def test_an_alert_about_the_person_tells_no_more_than_that_it_opened() -> None:
    alerts = for_browsers(reported(FAR, *map(show.stranger, (1, 2, 3)))).alerts

    assert [(each.type, each.details) for each in alerts] == [("identity_mismatch", {})]


def test_what_else_a_report_says_is_told() -> None:
    whole = reported(FAR, show.candidate(1), show.phone(2))
    told = for_browsers(whole)

    assert told.identity
    assert (told.identity.frames, told.identity.verified, told.identity.matched) == (1, 1, 1)
    assert without_person(whole.coverage).looks == {
        kind: looks for kind, looks in whole.coverage.looks.items() if kind != "identity"
    }
    assert told.integrity == whole.integrity


@pytest.mark.parametrize(
    ("verified", "reasons", "told"),
    [
        (False, ("another_person",), (False, ("no_match",))),
        (None, ("between_thresholds",), (False, ("no_match",))),
        (None, ("dark",), (None, ("dark",))),
        (True, (), (True, ())),
    ],
)
def test_a_decision_says_somebody_else_and_somebody_unclear_with_one_word(
    reasons: tuple[str, ...], told: tuple[bool | None, tuple[str, ...]], *, verified: bool | None
) -> None:
    assert verdict(replace(FAR, verified=verified, reasons=reasons)) == told
