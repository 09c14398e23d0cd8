"""The report as who scores it sees it: nothing in it tells of an accommodation.

What was not measured is absent still, and how long it took is said: both are facts (docs/decisions/0019).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from chalicelib.domain.identity_told import without_thresholds
from chalicelib.domain.model import Alert, AttemptOf
from chalicelib.domain.policy import Policy, layered
from chalicelib.domain.report import Coverage, Report
from chalicelib.domain.rules import RULES

Told = TypeVar("Told", bound=Alert)

NOT_MEASURED = "This was not measured in this session."


def as_scored(report: Report) -> Report:
    """The report with the policy that holds for the others. One that is of no attempt is as it is.

    What each kind of look was asked for would tell a detector that is off, and so would the bill: no report
    of an attempt has them here, so that their absence tells nothing either.
    """
    if report.attempt is None:
        return report
    policy = as_for_others(report.policy, report.attempt)
    return replace(
        report,
        policy=policy,
        after_frames={name: rule.frames_to_open(policy) for name, rule in RULES.items()},
        attempt=replace(report.attempt, accommodated={}),
        coverage=without_looks(report.coverage),
        spend=None,
        identity=without_thresholds(report.identity),
        alerts=tuple(map(without_threshold, report.alerts)),
        reasons=unrevealing(report.reasons, report.attempt),
    )


def without_threshold(alert: Told) -> Told:
    """The alert without what may differ from the other candidates."""
    if alert.type != "identity_mismatch":
        return alert
    return replace(alert, details={name: each for name, each in alert.details.items() if name != "threshold"})


def as_for_others(policy: Policy, attempt: AttemptOf) -> Policy:
    """The policy without the candidate's accommodation."""
    own = {name: getattr(policy, name) for name in policy.__slots__}
    return layered(own, attempt.accommodated)


def without_looks(coverage: Coverage) -> Coverage:
    """The coverage without the kinds of look, which would tell a detector that is off."""
    return replace(coverage, looks={})


def unrevealing(reasons: Mapping[str, str], attempt: AttemptOf | None) -> Mapping[str, str]:
    """Why something is null, without the word that it was switched off for this candidate."""
    if attempt is None or "emotions" not in attempt.accommodated:
        return reasons
    return dict.fromkeys(reasons, NOT_MEASURED)
