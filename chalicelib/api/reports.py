"""What a session has become: live metrics, emotions, alerts; its end and its report."""

from dataclasses import replace

from chalice.app import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from chalicelib import wiring
from chalicelib.api.access import Role
from chalicelib.api.bodies import Answer, Body
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.api.results import as_may_be_seen
from chalicelib.domain import report as reports_of
from chalicelib.domain.discretion import for_browsers, without_likeness, without_person
from chalicelib.domain.errors import BadInput, Conflict, NotFound, SessionActive, StaleSession, UpstreamDown
from chalicelib.domain.metrics import dominant_emotion
from chalicelib.domain.model import Alert, FrameRecord, Session, Status
from chalicelib.domain.presence_told import Presence
from chalicelib.domain.report import Averages, Coverage, Report, averages, coverage, emotion_summary
from chalicelib.domain.scoring import as_scored, unrevealing, without_looks

reports = Blueprint(__name__)


class PageQuery(Body):
    """Which page."""

    limit: int = Field(default=200, ge=1, le=300)
    cursor: str | None = Field(default=None, max_length=2000)


class MetricsAnswer(Answer):
    """The figures so far."""

    session_id: str
    frames_analyzed: int
    total_frames_received: int
    session_duration: float
    """Seconds."""
    is_active: bool
    metrics: Averages
    emotion_summary: dict[str, float] | None
    alert_count: int
    recent_alerts: list[Alert]
    """The latest five, newest first."""
    coverage: Coverage
    reasons: dict[str, str]


class AlertsAnswer(Answer):
    """A page of alerts, by the frame they began with."""

    session_id: str
    total_alerts: int
    alerts: list[Alert]
    next_cursor: str | None


class EmotionPoint(BaseModel):
    """One frame of the emotion timeline."""

    model_config = ConfigDict(defer_build=True)

    timestamp: float
    frame_number: int
    dominant_emotion: str | None
    emotions: dict[str, float]


class EmotionsAnswer(Answer):
    """A page of the emotion timeline, with the means of the whole session."""

    session_id: str
    emotion_summary: dict[str, float] | None
    emotion_timeline: list[EmotionPoint] | None
    next_cursor: str | None
    reasons: dict[str, str]


class ReportAnswer(Answer):
    """The report, for a person to decide from."""

    session_id: str
    report: Report


@endpoint(
    reports,
    "GET",
    "/api/sessions/{session_id}/metrics",
    answer=MetricsAnswer,
    errors=(NotFound, UpstreamDown),
)
def get_metrics(call: Call, session_id: str) -> MetricsAnswer:
    """Read the figures so far."""
    live = wiring.read_session().live(call.tenant_id, session_id)
    seen, policy = live.progress, live.session.policy
    covered = coverage(seen)
    if not call.sees_evidence:
        covered = without_person(covered)
    return MetricsAnswer(
        session_id=session_id,
        frames_analyzed=seen.frames - seen.unanalysed,
        total_frames_received=seen.frames,
        session_duration=live.duration_s,
        is_active=live.session.status is Status.ACTIVE,
        metrics=averages(seen),
        emotion_summary=emotion_summary(seen, policy),
        alert_count=live.alert_count,
        recent_alerts=_linked(call, session_id, live.recent),
        coverage=without_looks(covered) if call.role is Role.PROCTOR and live.session.attempt else covered,
        reasons=_reasons(call, live.session),
    )


@endpoint(
    reports,
    "GET",
    "/api/sessions/{session_id}/alerts",
    query=PageQuery,
    answer=AlertsAnswer,
    errors=(BadInput, NotFound, UpstreamDown),
)
def get_alerts(call: Call, session_id: str) -> AlertsAnswer:
    """List the alerts, each an episode with its evidence."""
    read = wiring.read_session()
    total, page = read.alerts(call.tenant_id, session_id, call.query.limit, call.query.cursor)
    alerts = as_may_be_seen(page.items, call.role)
    return AlertsAnswer(session_id=session_id, total_alerts=total, alerts=alerts, next_cursor=page.cursor)


@endpoint(
    reports,
    "GET",
    "/api/sessions/{session_id}/emotions",
    query=PageQuery,
    answer=EmotionsAnswer,
    errors=(BadInput, NotFound, UpstreamDown),
)
def get_emotions(call: Call, session_id: str) -> EmotionsAnswer:
    """Read how the expressions of the face went; null where the policy switches emotions off."""
    read = wiring.read_session()
    live, page = read.frames(call.tenant_id, session_id, call.query.limit, call.query.cursor)
    policy = live.session.policy
    return EmotionsAnswer(
        session_id=session_id,
        emotion_summary=emotion_summary(live.progress, policy),
        emotion_timeline=[_point(record) for record in page.items if _has_emotions(record)]
        if policy.emotions
        else None,
        next_cursor=page.cursor,
        reasons=_reasons(call, live.session),
    )


@endpoint(
    reports,
    "POST",
    "/api/sessions/{session_id}/end",
    answer=ReportAnswer,
    errors=(Conflict, NotFound, StaleSession, UpstreamDown),
)
def end_session(call: Call, session_id: str) -> ReportAnswer:
    """End the session and read its report. Again: the same report.

    An exam's session is ended by the candidate with their answers: to its session token this is a 409.
    """
    end = wiring.end_session()
    ended = (end.by_browser if call.role is Role.SESSION else end)(call.tenant_id, session_id)
    return _report_answer(call, session_id, ended)


@endpoint(
    reports,
    "GET",
    "/api/sessions/{session_id}/report",
    answer=ReportAnswer,
    errors=(NotFound, SessionActive, UpstreamDown),
)
def get_report(call: Call, session_id: str) -> ReportAnswer:
    """Read the report of an ended session."""
    return _report_answer(call, session_id, wiring.end_session().report(call.tenant_id, session_id))


def _report_answer(call: Call, session_id: str, report: Report) -> ReportAnswer:
    if not call.sees_evidence:
        return ReportAnswer(session_id=session_id, report=for_browsers(report))
    told = as_scored(report) if call.role is Role.PROCTOR else report
    linked = replace(
        told,
        alerts=tuple(_linked(call, session_id, told.alerts)),
        presence=_presence_linked(call, session_id, told.presence),
    )
    return ReportAnswer(session_id=session_id, report=linked)


def _reasons(call: Call, session: Session) -> dict[str, str]:
    reasons = reports_of.reasons(session.policy)
    return dict(unrevealing(reasons, session.attempt)) if call.role is Role.PROCTOR else reasons


def _linked(call: Call, session_id: str, alerts: tuple[Alert, ...]) -> list[Alert]:
    if not call.sees_evidence:
        return list(map(without_likeness, alerts))
    linked = wiring.read_session().linked(call.tenant_id, session_id, alerts)
    return as_may_be_seen(linked, call.role)


def _presence_linked(call: Call, session_id: str, presence: Presence | None) -> Presence | None:
    if presence is None:
        return None
    return wiring.read_session().presence_linked(call.tenant_id, session_id, presence)


def _has_emotions(record: FrameRecord) -> bool:
    face = record.observation.primary
    return face is not None and bool(face.emotions)


def _point(record: FrameRecord) -> EmotionPoint:
    face = record.observation.primary
    assert face is not None
    return EmotionPoint(
        timestamp=record.observation.at_s,
        frame_number=record.observation.seq,
        dominant_emotion=dominant_emotion(face.emotions),
        emotions={name: round(figure, 2) for name, figure in face.emotions.items()},
    )
