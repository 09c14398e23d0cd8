"""What a report says of who sat there."""

from dataclasses import replace

from chalicelib.domain.identity import Decision, GivenAs, GivenBy, Identity, Verified
from chalicelib.domain.identity_told import (
    identity_of,
    is_thin,
    without_thresholds,
)

GIVEN = Identity(GivenAs.PICTURE, 1.0, reference="a-picture")
DECIDED = Decision(
    at_s=1.0,
    kind=GivenAs.PICTURE,
    by=GivenBy.PLATFORM,
    verified=True,
    similarity=97.5,
    threshold=80.0,
    engine="engine 7",
    given=GIVEN,
)
SEEN = Verified(
    frames=10, known=6, matched=3, mismatched=1, unclear=2, measured=4, similarity=300.0, lowest=12.5
)


def test_where_nobody_was_named_nothing_is_said() -> None:
    assert identity_of(None, (), Verified()) is None


def test_what_was_decided_and_seen_is_told_with_its_figures() -> None:
    told = identity_of(GIVEN, (DECIDED,), SEEN)

    assert told is not None
    assert (told.kind, told.reference, told.username) == (GivenAs.PICTURE, "a-picture", "")
    assert (told.frames, told.verified, told.matched, told.mismatched, told.unclear) == (10, 6, 3, 1, 2)
    assert (told.lowest_similarity, told.mean_similarity) == (12.5, 75.0)
    (decision,) = told.decisions
    assert (decision.accepted, decision.verified, decision.similarity) == (True, True, 97.5)
    assert (decision.threshold, decision.engine) == (80.0, "engine 7")


def test_a_try_that_was_not_accepted_is_told_though_nobody_is_named() -> None:
    refused = replace(DECIDED, verified=False, given=None, reasons=("no_face",))

    told = identity_of(None, (refused,), Verified())

    assert told is not None
    assert (told.kind, told.mean_similarity) == (None, None)
    assert [(each.accepted, each.reasons) for each in told.decisions] == [(False, ("no_face",))]


def test_scorers_are_told_no_threshold() -> None:
    scored = without_thresholds(identity_of(GIVEN, (DECIDED,), SEEN))

    assert scored is not None
    assert [(each.threshold, each.similarity) for each in scored.decisions] == [(None, 97.5)]
    assert without_thresholds(None) is None


def test_half_of_the_frames_is_enough() -> None:
    told = identity_of(GIVEN, (), SEEN)

    assert told is not None
    assert not is_thin(replace(told, frames=12))
    assert is_thin(replace(told, frames=13))
