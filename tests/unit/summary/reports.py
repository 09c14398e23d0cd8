"""Reports to summarize, built by the domain from what was counted."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.model import Alert, Gaps, Progress, Session, Status, Tally
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import Report, build
from chalicelib.domain.rules import RULES


def report(
    *episodes: tuple[str, int, float],
    seconds: float = 1500.0,
    frames: int = 1500,
    unanalysed: int = 0,
    partial: int = 0,
    gaps: Gaps | None = None,
    means: Mapping[str, float] | None = None,
    policy: Policy | None = None,
    client: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Report:
    """A report of (alert type, count, seconds in all), with `client` as everything a client may write."""
    known = {"eye_contact": 87.4} if means is None else means
    seen = Progress(
        frames=frames,
        unanalysed=unanalysed,
        partial=partial,
        gaps=gaps or Gaps(),
        sums={name: mean * 10 for name, mean in known.items()},
        measured=dict.fromkeys(known, 10),
        closed={name: Tally(count, length, count) for name, count, length in episodes},
    )
    written = client or {}
    session = Session(
        tenant_id="t",
        session_id=str(written.get("session_id", "s-1")),
        started_at=1_800_000_000.0,
        policy=policy or Policy(),
        job=written,
        candidate=written,
        consent=written,
        status=Status.ENDED,
        ended_at=1_800_000_000.0 + seconds,
        settled=seen,
    )
    alerts = [
        alert(name, number, length / count, details or {})
        for name, count, length in episodes
        for number in range(count)
    ]
    return build(session, alerts, usd_per_call=0.001, versions={"service": "1"})


def alert(name: str, number: int, duration: float, details: Mapping[str, Any]) -> Alert:
    """One closed episode."""
    return Alert(
        id=f"{number:09d}-{name}",
        type=name,
        severity=RULES[name].severity,
        message=RULES[name].message,
        timestamp=100.0 * number,
        opened_at=100.0 * number,
        frames=1,
        confidence=99.0,
        evidence=(),
        details=details,
        ended_at=100.0 * number + duration,
        duration=duration,
    )


REPORTS = {
    "nothing_noted": report(),
    "every_alert_type": report(*((name, 2, 30.0) for name in RULES)),
    "one_moment": report(
        ("multiple_faces_detected", 1, 0.0), means={"eye_contact": 87.4, "engagement": 61.2}
    ),
    "with_holes": report(
        ("no_face_detected", 3, 65.0),
        unanalysed=20,
        partial=1,
        gaps=Gaps(count=2, seconds=125.0, longest_s=90.0),
    ),
    "no_frame": report(frames=0, means={}),
    "one_frame": report(frames=1, seconds=0.4),
    "nothing_analysed": report(("camera_blocked", 1, 12.0), frames=12, unanalysed=12, means={}),
    "more_alerts_than_listed": report(
        ("low_light", 200, 2000.0), ("looking_away", 250, 500.0), frames=28_800, seconds=28_800.0
    ),
    "everything_off": report(
        policy=Policy(emotions=False, labels=False, text=False, alerts_off=("blurred", "low_engagement")),
        means={},
    ),
}
