"""What a candidate's browser may know of how its candidate is judged.

Who knows how near a face came to that of another person could come nearer with the next picture, and so could
who knows how sure the provider is of a challenge. So neither similarities nor verdicts of single looks are
told, nor what would tell a look that speaks against somebody from one that says nothing. That an alert opened
is told, and so is in how many frames the right person was known.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.domain.identity_told import DecisionTold, IdentityTold
from chalicelib.domain.model import Alert
from chalicelib.domain.presence_told import Presence
from chalicelib.domain.report import Coverage, Report
from chalicelib.domain.seen import Kind, Why

NO_MATCH = "no_match"
"""The reason in the place of those that tell how near a picture came."""
_NEAR = frozenset({"another_person", "between_thresholds"})


def for_browsers(report: Report) -> Report:
    """The report."""
    return replace(
        report,
        alerts=tuple(map(without_likeness, report.alerts)),
        coverage=without_person(report.coverage),
        identity=report.identity and _without_figures(report.identity),
        presence=report.presence and _without_confidence(report.presence),
    )


def without_likeness(alert: Alert) -> Alert:
    """An alert."""
    return replace(alert, details={}) if alert.type == "identity_mismatch" else alert


def without_person(coverage: Coverage) -> Coverage:
    """What was looked at: not how looks at who is in view came out."""
    return replace(
        coverage, looks={kind: looks for kind, looks in coverage.looks.items() if kind != Kind.IDENTITY}
    )


def reasons_for_browsers(why: Mapping[Kind, Why]) -> dict[Kind, Why]:
    """Why a frame was asked about: not that the next answer would open an alert, be it the person's."""
    return {kind: each for kind, each in why.items() if kind is not Kind.IDENTITY and each is not Why.OPENING}


def decided(verified: bool | None, reasons: tuple[str, ...]) -> tuple[bool | None, tuple[str, ...]]:  # noqa: FBT001 - as it is decided
    """Whether a person is verified, and why not: somebody else and somebody unclear are one."""
    told = tuple(NO_MATCH if reason in _NEAR else reason for reason in reasons)
    return (False if NO_MATCH in told else verified), told


def _without_figures(told: IdentityTold) -> IdentityTold:
    return replace(
        told,
        decisions=tuple(map(_without_figure, told.decisions)),
        mismatched=None,
        unclear=None,
        lowest_similarity=None,
        mean_similarity=None,
    )


def _without_figure(decision: DecisionTold) -> DecisionTold:
    verified, reasons = decided(decision.verified, decision.reasons)
    return replace(decision, verified=verified, reasons=reasons, similarity=None)


def _without_confidence(told: Presence) -> Presence:
    return replace(told, challenges=tuple(replace(each, confidence=None) for each in told.challenges))
