"""Alerts across sessions, for a dashboard."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from chalicelib import wiring
from chalicelib.api.bodies import SESSION_ID, Answer, Body
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.results import as_may_be_seen
from chalicelib.domain.alerts import AlertState, ListedAlert, Wanted
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Severity

alerts = Blueprint(__name__)

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def _with_a_date(text: Any) -> Any:  # noqa: ANN401 - anything from outside
    # Pydantic would take a bare number for seconds, or for milliseconds.
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]", str(text)):
        raise ValueError("must be a time of RFC 3339, such as 2027-01-15T08:00:00Z")
    return text


def _in_our_time(at: datetime) -> datetime:
    # In UTC the first and the last day of the calendar may lie beyond it.
    if not _FIRST <= at < _LAST:
        raise ValueError("must be between the years 1970 and 9999")
    return at


Id = Annotated[str, StringConstraints(pattern=f"^{SESSION_ID}$")]
Time = Annotated[AwareDatetime, BeforeValidator(_with_a_date), AfterValidator(_in_our_time)]


class AlertsQuery(Body):
    """Which alerts: those of which all that is given is true."""

    exam_id: Id | None = None
    candidate_id: Id | None = None
    type: str | None = Field(default=None, max_length=64)
    """As docs/alerts.md lists them."""
    severity: Severity | None = None
    state: AlertState | None = None
    """`open` while the episode goes on."""
    since: Time | None = None
    """Opened then or later: RFC 3339. A `+` in a URL is written `%2B`."""
    until: Time | None = None
    """Opened before then: RFC 3339."""
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)
    """`next_cursor` of the page before; good for the same filters."""


class AlertList(Answer):
    """A page of alerts, the one that opened last first."""

    alerts: list[ListedAlert]
    next_cursor: str | None
    """Where the next page begins; null on the last one. Until then a page may hold fewer than `limit`."""


@endpoint(
    alerts, "GET", "/api/alerts", also="/alerts", query=AlertsQuery, answer=AlertList, errors=(BadInput,)
)
def list_alerts(call: Call) -> AlertList:
    """List the alerts of all your sessions, newest first.

    Filter by exam, candidate, type, severity, state and by when the alert opened. A request looks through a
    thousand alerts at the most: where a filter fits few of them, a page holds fewer than `limit`, even none,
    and its `next_cursor` goes on. An alert appears a moment after its frame was answered.
    """
    asked: AlertsQuery = call.query
    page = wiring.list_alerts()(call.tenant_id, _wanted(asked), asked.limit, asked.cursor)
    return AlertList(alerts=as_may_be_seen(page.items, call.role), next_cursor=page.cursor)


def _wanted(asked: AlertsQuery) -> Wanted:
    return Wanted(
        exam_id=asked.exam_id,
        candidate_id=asked.candidate_id,
        type=asked.type,
        severity=asked.severity,
        state=asked.state,
        since=asked.since.timestamp() if asked.since else None,
        until=asked.until.timestamp() if asked.until else None,
    )
