"""Session -> report: what was seen and not seen, and a score with every point explained.

It flags for a person, who decides; it rejects nobody. Field names are those of the contract.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from chalicelib.domain.identity_told import IdentityTold, identity_of, is_thin
from chalicelib.domain.metrics import AVERAGED, dominant_emotion
from chalicelib.domain.model import Alert, AttemptOf, EndedBy, Progress, Session, Severity, Tally
from chalicelib.domain.policy import Policy
from chalicelib.domain.presence_told import Presence, presence_of
from chalicelib.domain.rules import RULES
from chalicelib.domain.seen import Kind, Look

Level = Literal["low", "medium", "high"]

MOST_POINTS = {Severity.CRITICAL: 60.0, Severity.WARNING: 40.0, Severity.INFO: 10.0}
"""What one alert type deducts at the most: words on a shirt alone never make a risk."""
LOW_RISK_FROM, MEDIUM_RISK_FROM = 80.0, 50.0
"""Scores from which the risk is low, or medium."""
ENOUGH = 0.5
"""The share of a session, in frames and in time, that must have been seen to name a level of risk."""
MOST_ALERTS = 300
"""Alerts in a report; the rest are counted, and listed by the alerts' own call."""

OPERATIONS = {
    Kind.FACES: "DetectFaces",
    Kind.LABELS: "DetectLabels",
    Kind.TEXT: "DetectText",
    Kind.IDENTITY: "IdentityLooks",
}
"""CompareFaces and SearchFacesByImage are told as one: they are looks at who is in view."""
NO_CALLS: Mapping[str, int] = MappingProxyType({})
_OF_IDENTITY = frozenset({Look.UNCLEAR, Look.PENDING})
EMOTIONS_OFF = "Emotions are switched off by the session's policy."


@dataclass(frozen=True, slots=True)
class Averages:
    """Mean of each metric over the frames in which it is known, 0..100; null where it never was."""

    avg_eye_contact: float | None
    avg_facial_expression: float | None
    avg_engagement: float | None
    avg_confidence: float | None
    avg_posture: float | None


@dataclass(frozen=True, slots=True)
class EmotionStep:
    """One step of the emotion timeline."""

    timestamp: float
    duration: float
    frames: int
    dominant_emotion: str | None
    emotions: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Silence:
    """Times without any frame, longer than the policy's `gap_after_s`; in seconds."""

    count: int
    seconds: float
    longest: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the report rests on, in frames. `analysed` + `unanalysed` = `received`."""

    received: int
    analysed: int
    reused: int
    """Of the analysed ones: known without asking the provider again."""
    audited: int
    """Of the reused ones: looked at later, several in one call, to see whether reuse was right."""
    contradicted: int
    """Of the audited ones: the picture showed something else than was reused for it."""
    partly_analysed: int
    """Of the analysed ones: objects or text are not known, for the reasons of the next."""
    unanalysed: int
    """The provider did not answer, or the budget withheld the call. Nobody is accused by them, or excused."""
    missing: int
    """Numbers that the client counted past and that never arrived, or were refused."""
    gaps: Silence
    looks: Mapping[str, Mapping[str, int]]
    """By kind of fact (faces, labels, text, identity): frames asked, reused, failed, withheld, off.

    Of identity also frames that are unclear (asked, and nothing can be told from the answer) or pending (in
    doubt, with nothing to tell it by).
    """


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points that one alert type took: weight x (episodes + minutes), with a limit by severity."""

    type: str
    count: int
    seconds: float
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class Integrity:
    """100 less the deductions. Null where no frame was analysed: nothing is scored that was not measured.

    The level is null, too, where less than half of the session was seen: too little to call a risk low.
    """

    score: float | None
    level: Level | None
    deductions: tuple[Deduction, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Spend:
    """Calls made to the provider, calls that reuse spared, and what both cost at the configured price."""

    calls: Mapping[str, int]
    usd_per_call: float
    estimated_usd: float
    saved_calls: Mapping[str, int] = field(default_factory=dict)
    saved_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """The report in words: `source` says whose."""

    source: Literal["openai", "rules"]
    text: str
    highlights: tuple[str, ...]
    note: str = ""
    """Why the words are not those that were asked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a person needs to decide."""

    session_id: str
    start_time: str
    end_time: str
    session_duration: float
    job_data: Mapping[str, Any]
    candidate: Mapping[str, Any]
    consent: Mapping[str, Any]
    coverage: Coverage
    metrics: Averages
    emotion_summary: Mapping[str, float] | None
    """Emotion to its mean confidence."""
    emotion_shares: Mapping[str, float] | None
    """Emotion to the share of frames it dominated, 0..1."""
    emotion_timeline: tuple[EmotionStep, ...] | None
    reasons: Mapping[str, str]
    """Why a field is null."""
    alert_count: int
    alerts: tuple[Alert, ...]
    alerts_omitted: int
    integrity: Integrity
    policy: Policy
    after_frames: Mapping[str, int]
    """Alert type to the consecutive frames that opened it."""
    versions: Mapping[str, str]
    spend: Spend | None
    """Null for who scores an exam: it would tell what was switched off for one candidate."""
    summary: Summary | None = None
    ended_by: EndedBy = EndedBy.CALLER
    """`service`: nobody ended it within its hours. The time since its last frame is among the gaps."""
    attempt: AttemptOf | None = None
    """The exam and the candidate, with what was accommodated; null where no exam of ours was taken."""
    presence: Presence | None = None
    """Challenges to show that somebody is there; null where nobody was asked."""
    identity: IdentityTold | None = None
    """Who it was meant to be, and how often it was; null where nobody was named."""


def build(
    session: Session, alerts: Iterable[Alert], *, usd_per_call: float, versions: Mapping[str, str]
) -> Report:
    """The report of an ended session, without its summary in words."""
    assert session.ended_at is not None
    seen, policy = session.settled, session.policy
    listed = sorted(alerts, key=lambda alert: (alert.timestamp, alert.type))
    kept = _gravest(listed)
    length_s = max(session.ended_at - session.started_at, seen.last_s)
    identity = identity_of(session.identity, session.decisions, seen.verified)
    return Report(
        session_id=session.session_id,
        start_time=rfc3339(session.started_at),
        end_time=rfc3339(session.ended_at),
        session_duration=round(length_s, 3),
        job_data=session.job,
        candidate=session.candidate,
        consent=session.consent,
        coverage=coverage(seen),
        metrics=averages(seen),
        emotion_summary=emotion_summary(seen, policy),
        emotion_shares=_shares(seen) if policy.emotions else None,
        emotion_timeline=_timeline(seen) if policy.emotions else None,
        reasons=reasons(policy),
        alert_count=len(listed),
        alerts=kept,
        alerts_omitted=len(listed) - len(kept),
        integrity=_with_identity(integrity(seen, length_s), identity),
        policy=policy,
        after_frames={name: rule.frames_to_open(policy) for name, rule in RULES.items()},
        versions=versions,
        spend=spend(seen, usd_per_call, session.calls_apart),
        ended_by=session.ended_by or EndedBy.CALLER,
        attempt=session.attempt,
        presence=presence_of(session.challenges),
        identity=identity,
    )


def with_summary(report: Report, summary: Summary) -> Report:
    """The report with its words."""
    return replace(report, summary=summary)


def integrity(seen: Progress, length_s: float) -> Integrity:
    """The score, with the list of deductions that made it."""
    deductions = [_deduction(name, tally) for name, tally in sorted(seen.closed.items())]
    points = tuple(sorted((each for each in deductions if each.points), key=lambda each: -each.points))
    analysed = seen.frames - seen.unanalysed
    if not analysed:
        return Integrity(None, None, points, "No frame was analysed, so there is nothing to score.")
    score = round(max(0.0, 100.0 - sum(each.points for each in points)), 1)
    note = _trust(seen, analysed)
    if analysed < ENOUGH * seen.frames or seen.gaps.seconds > (1 - ENOUGH) * length_s:
        return Integrity(score, None, points, f"{note} That is too little to name a level of risk.")
    level: Level = "low" if score >= LOW_RISK_FROM else "medium" if score >= MEDIUM_RISK_FROM else "high"
    return Integrity(score, level, points, note)


def _with_identity(integrity: Integrity, identity: IdentityTold | None) -> Integrity:
    if identity is None or not identity.frames or not is_thin(identity):
        return integrity
    said = f"Who sat there is verified for {identity.verified} of {identity.frames} frames."
    return replace(integrity, note=f"{integrity.note} {said}")


def coverage(seen: Progress) -> Coverage:
    """What was looked at, reused and missed."""
    looks = {
        kind.value: {
            look.value: seen.looks.get(f"{kind}.{look}", 0)
            for look in Look
            if kind is Kind.IDENTITY or look not in _OF_IDENTITY
        }
        for kind in Kind
    }
    return Coverage(
        received=seen.frames,
        analysed=seen.frames - seen.unanalysed,
        reused=seen.reused,
        audited=seen.audited,
        contradicted=seen.contradicted,
        partly_analysed=seen.partial,
        unanalysed=seen.unanalysed,
        missing=_missing(seen),
        gaps=Silence(seen.gaps.count, round(seen.gaps.seconds, 3), round(seen.gaps.longest_s, 3)),
        looks=looks,
    )


def averages(seen: Progress) -> Averages:
    """The mean of each metric."""
    means = {f"avg_{name}": _mean(seen.sums.get(name), seen.measured.get(name, 0)) for name in AVERAGED}
    return Averages(**means)


def emotion_summary(seen: Progress, policy: Policy) -> dict[str, float] | None:
    """The mean confidence of each emotion, highest first; None if emotions are switched off."""
    if not policy.emotions:
        return None
    means = {name: round(total / seen.expressive, 2) for name, total in seen.emotions.items()}
    return dict(sorted(means.items(), key=lambda mean: -mean[1]))


def reasons(policy: Policy) -> dict[str, str]:
    """Why fields that derive from emotions are null."""
    if policy.emotions:
        return {}
    silent = ("emotions", "dominant_emotion", "facial_expression", "engagement", "emotion_summary")
    return dict.fromkeys((*silent, "emotion_shares", "emotion_timeline"), EMOTIONS_OFF)


def spend(seen: Progress, usd_per_call: float, apart: Mapping[str, int] = NO_CALLS) -> Spend:
    """The calls that were made and answered, those that were spared, and their price.

    `apart`: operation to the calls that were made about the session, and not about a frame.
    """
    calls = {name: _frames(seen, kind, Look.ASKED, Look.UNCLEAR) for kind, name in OPERATIONS.items()}
    calls[OPERATIONS[Kind.FACES]] += seen.repeated
    saved = {name: _frames(seen, kind, Look.REUSED) for kind, name in OPERATIONS.items()}
    if not seen.verified.frames:
        del calls[OPERATIONS[Kind.IDENTITY]], saved[OPERATIONS[Kind.IDENTITY]]
    calls |= {name: calls.get(name, 0) + count for name, count in apart.items()}
    return Spend(
        calls,
        usd_per_call,
        round(sum(calls.values()) * usd_per_call, 6),
        saved,
        round(sum(saved.values()) * usd_per_call, 6),
    )


def _frames(seen: Progress, kind: Kind, *looks: Look) -> int:
    return sum(seen.looks.get(f"{kind}.{look}", 0) for look in looks)


def rfc3339(at: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _deduction(name: str, tally: Tally) -> Deduction:
    rule = RULES[name]
    weight = rule.weight
    points = min(MOST_POINTS[rule.severity], weight * (tally.episodes + tally.seconds / 60))
    return Deduction(name, tally.episodes, round(tally.seconds, 3), weight, round(points, 1))


def _trust(seen: Progress, analysed: int) -> str:
    said = [f"{analysed} of {seen.frames} frames were analysed."]
    if seen.contradicted:
        said.append(f"Of {seen.audited} frames looked at later, {seen.contradicted} showed something else.")
    if seen.partial:
        said.append(f"{seen.partial} of them only in part.")
    if missing := _missing(seen):
        said.append(f"{missing} more never arrived.")
    if seen.gaps.count:
        said.append(f"No frame came for {seen.gaps.seconds:.0f} s in all.")
    return " ".join(said)


def _missing(seen: Progress) -> int:
    # A client may count from 0.
    counted_to = seen.highest_number + (seen.first_seq == 0)
    return max(0, counted_to - seen.numbered) if seen.numbered else 0


def _gravest(alerts: list[Alert]) -> tuple[Alert, ...]:
    if len(alerts) <= MOST_ALERTS:
        return tuple(alerts)
    order = [Severity.CRITICAL, Severity.WARNING, Severity.INFO]
    kept = sorted(alerts, key=lambda alert: order.index(alert.severity))[:MOST_ALERTS]
    return tuple(sorted(kept, key=lambda alert: (alert.timestamp, alert.type)))


def _shares(seen: Progress) -> dict[str, float]:
    ranked = sorted(seen.dominant.items(), key=lambda share: -share[1])
    return {name: round(frames / seen.expressive, 4) for name, frames in ranked}


def _timeline(seen: Progress) -> tuple[EmotionStep, ...]:
    return tuple(
        EmotionStep(
            timestamp=span.start_s,
            duration=seen.span_s,
            frames=span.frames,
            dominant_emotion=dominant_emotion(span.emotions),
            emotions={name: round(total / span.frames, 2) for name, total in span.emotions.items()},
        )
        for span in seen.timeline
    )


def _mean(total: float | None, frames: int) -> float | None:
    return None if total is None or not frames else round(total / frames, 2)
