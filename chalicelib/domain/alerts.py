"""Alerts across sessions: which are asked for, and what is said of each."""

from dataclasses import dataclass, fields
from enum import StrEnum

from chalicelib.domain.model import Alert, Severity
from chalicelib.domain.report import rfc3339


class AlertState(StrEnum):
    """Whether an alert's episode goes on. When a session has ended, all have."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of a tenant's alerts those of which all of this is true; None is true of every alert."""

    exam_id: str | None = None
    candidate_id: str | None = None
    type: str | None = None
    severity: Severity | None = None
    state: AlertState | None = None
    since: float | None = None
    """It opened then or later; seconds since 1970, to the millisecond."""
    until: float | None = None
    """It opened before; seconds since 1970, to the millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlert(Alert):
    """An alert in a list across sessions: whose it is, whether it goes on, when it opened."""

    session_id: str
    exam_id: str | None
    """Null where no exam of ours was taken; so is the candidate."""
    candidate_id: str | None
    state: AlertState
    opened_time: str
    """When it opened: RFC 3339, UTC. The other times are seconds since the session's start."""


def listed(
    alert: Alert, session_id: str, opened: str, exam_id: str | None, candidate_id: str | None
) -> ListedAlert:
    """The alert as it is listed. `opened`: its `opened_time`."""
    return ListedAlert(
        **{each.name: getattr(alert, each.name) for each in fields(Alert)},
        session_id=session_id,
        exam_id=exam_id,
        candidate_id=candidate_id,
        state=state_of(alert),
        opened_time=opened,
    )


def state_of(alert: Alert) -> AlertState:
    """Whether its episode goes on."""
    return AlertState.OPEN if alert.ended_at is None else AlertState.CLOSED


def opened_time(alert: Alert, started_at: float) -> str:
    """When it opened, in a session that started then (seconds since 1970): RFC 3339, UTC."""
    return rfc3339(started_at + alert.opened_at)
