"""What a candidate's browser may know of how its candidate is judged.

Who knows how near a face came to that of another person could come nearer with the next picture, and so could
who knows how sure the provider is of a challenge. So neither similarities nor verdicts of looks are told, and
not why a frame was asked about. Not everything can be hidden: an alert that opened is told, with how long it
lasts and what it deducts, and so is in how many frames the right person was known; and as a mismatch is
looked into frame by frame, who counts the answers that take longer may guess at it before it is an alert.
"""

from dataclasses import replace

from chalicelib.domain.identity import Decision
from chalicelib.domain.identity_told import DecisionTold, IdentityTold
from chalicelib.domain.model import Alert
from chalicelib.domain.presence_told import Presence
from chalicelib.domain.report import Coverage, Report
from chalicelib.domain.seen import Kind

_NO_MATCH = "no_match"
"""The reason in the place of those that tell how near a picture came."""
_NEAR = frozenset({"another_person", "between_thresholds"})


def for_browsers(report: Report) -> Report:
    """The same report without all that."""
    return replace(
        report,
        alerts=tuple(map(without_likeness, report.alerts)),
        coverage=without_person(report.coverage),
        identity=report.identity and _without_figures(report.identity),
        presence=report.presence and _without_confidence(report.presence),
    )


def without_likeness(alert: Alert) -> Alert:
    """The same alert, without what it was judged by if it is about who is in view."""
    return replace(alert, details={}) if alert.type == "identity_mismatch" else alert


def without_person(coverage: Coverage) -> Coverage:
    """The same coverage, without how looks at who is in view came out."""
    looks = {kind: each for kind, each in coverage.looks.items() if kind != Kind.IDENTITY}
    return replace(coverage, looks=looks)


def verdict(decision: Decision | DecisionTold) -> tuple[bool | None, tuple[str, ...]]:
    """Whether a person is verified, and why not; somebody else and somebody unclear are one."""
    reasons = tuple(_NO_MATCH if reason in _NEAR else reason for reason in decision.reasons)
    return (False if _NO_MATCH in reasons else decision.verified), reasons


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
    verified, reasons = verdict(decision)
    return replace(decision, verified=verified, reasons=reasons, similarity=None)


def _without_confidence(told: Presence) -> Presence:
    return replace(told, challenges=tuple(replace(each, confidence=None) for each in told.challenges))
