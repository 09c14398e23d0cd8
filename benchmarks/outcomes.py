"""What both ways of asking said of a film, against what is known of it and against each other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy import LATE_S
from benchmarks.hours import HOUR_S, Film
from benchmarks.known import SWAP, Known, added
from benchmarks.labels import KINDS, Incident
from benchmarks.replay import USD_PER_CALL, Replayed
from chalicelib.domain.model import Alert

TOLD_BY = {**KINDS, "camera_blocked": "camera_blocked"}
"""Kind of incident to the alert type that shall tell it; other kinds have none."""
INFORMATIVE = frozenset({"low_engagement", "blurred", "low_light", "frozen_feed"})
"""Alert types that accuse nobody."""
SHOWS_TOO = {"phone": ("multiple_faces_detected",), "camera_blocked": ("no_face_detected",)}
"""Kind of incident to other alert types that are right about it: a phone may show a face."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One film, watched both ways. Incidents and alerts are written as kind@second."""

    name: str
    seconds: float
    calls: Mapping[str, int]
    naive_calls: Mapping[str, int]
    incidents: int = 0
    found: int = 0
    missed: tuple[str, ...] = ()
    """Found by the naive way alone."""
    delays_s: tuple[float, ...] = ()
    """How much later than by the naive way each incident was told that both found."""
    late: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    """Neither about an incident, nor raised by the naive way."""
    naive_missed: tuple[str, ...] = ()
    naive_false: tuple[str, ...] = ()
    swaps: int = 0
    swaps_seen: int = 0
    """Incidents in which somebody else took the seat; and those soon after which faces were asked for."""
    audited: int = 0
    contradicted: int = 0
    known: Known | None = None
    """The same with a candidate who is known; None where nobody stands for the candidate."""


def compare(film: Film, ours: Replayed, naive: Replayed) -> Outcome:
    """What both ways said of a film, against what is known of it."""
    told = [each for each in film.incidents if each.kind in TOLD_BY]
    swaps = [each for each in film.incidents if each.kind == SWAP]
    opened = [(each, _opened_s(each, ours.alerts), _opened_s(each, naive.alerts)) for each in told]
    # What was told before it began was about something else.
    both = [
        (each, max(0.0, mine - max(other, each.start_s)))
        for each, mine, other in opened
        if mine is not None and other is not None
    ]
    wrong, naive_wrong = (_wrong(film, replayed.alerts) for replayed in (ours, naive))
    return Outcome(
        name=film.name,
        seconds=film.seconds,
        calls=ours.calls,
        naive_calls=naive.calls,
        incidents=len(told),
        found=sum(mine is not None for _, mine, _ in opened),
        missed=tuple(_at(each) for each, mine, other in opened if mine is None and other is not None),
        delays_s=tuple(delay_s for _, delay_s in both),
        late=tuple(f"{_at(each)} +{delay_s:.1f} s" for each, delay_s in both if delay_s > LATE_S),
        false=tuple(
            f"{alert.type}@{alert.timestamp:.0f}s"
            for alert in wrong
            if not any(_is_same(alert, other) for other in naive.alerts)
        ),
        naive_missed=tuple(_at(each) for each, _, other in opened if other is None),
        naive_false=tuple(f"{alert.type}@{alert.timestamp:.0f}s" for alert in naive_wrong),
        swaps=len(swaps),
        swaps_seen=sum(
            any(each.start_s <= at_s <= each.start_s + LATE_S for at_s in ours.faces_asked_s)
            for each in swaps
        ),
        audited=ours.coverage.audited,
        contradicted=ours.coverage.contradicted,
    )


def figures(outcomes: Sequence[Outcome]) -> Json:
    """What several films add up to: money an hour of all of them together, and sums."""
    hours = sum(each.seconds for each in outcomes) / HOUR_S
    calls = sum((Counter(each.calls) for each in outcomes), Counter[str]())
    naive = sum(sum(each.naive_calls.values()) for each in outcomes)
    delays_s = [delay_s for each in outcomes for delay_s in each.delays_s]
    return {
        "seconds": round(hours * HOUR_S, 1),
        "usd_per_hour": round(calls.total() * USD_PER_CALL / hours, 3),
        "naive_usd_per_hour": round(naive * USD_PER_CALL / hours, 3),
        "ratio": round(calls.total() / naive, 4),
        "calls": dict(calls),
        "incidents": sum(each.incidents for each in outcomes),
        "found": sum(each.found for each in outcomes),
        "missed": sum(len(each.missed) for each in outcomes),
        "late": sum(len(each.late) for each in outcomes),
        "late_mean_s": round(sum(delays_s) / len(delays_s), 2) if delays_s else None,
        "late_most_s": round(max(delays_s), 2) if delays_s else None,
        "false": sum(len(each.false) for each in outcomes),
        "naive_missed": sum(len(each.naive_missed) for each in outcomes),
        "naive_false": sum(len(each.naive_false) for each in outcomes),
        "swaps": sum(each.swaps for each in outcomes),
        "swaps_seen": sum(each.swaps_seen for each in outcomes),
        "audited": sum(each.audited for each in outcomes),
        "contradicted": sum(each.contradicted for each in outcomes),
        "known": added([each.known for each in outcomes if each.known]),
    }


def _opened_s(incident: Incident, alerts: Iterable[Alert]) -> float | None:
    kind = TOLD_BY[incident.kind]
    return min(
        (each.opened_at for each in alerts if each.type == kind and _overlap(each, incident)), default=None
    )


def _wrong(film: Film, alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts that accuse somebody of what is no incident."""
    left_out = film.undecided | INFORMATIVE
    return [
        alert
        for alert in alerts
        if alert.type not in left_out
        and not any(alert.type in _right(each) and _overlap(alert, each) for each in film.incidents)
    ]


def _right(incident: Incident) -> tuple[str, ...]:
    """The alert types that are right about an incident."""
    return (TOLD_BY.get(incident.kind, ""), *SHOWS_TOO.get(incident.kind, ()))


def _overlap(alert: Alert, incident: Incident) -> bool:
    return alert.timestamp <= incident.end_s + LATE_S and alert.timestamp + alert.duration >= incident.start_s


def _is_same(alert: Alert, other: Alert) -> bool:
    """Whether both are of one type, and of one time."""
    span = Incident(other.type, other.timestamp, other.timestamp + other.duration)
    return alert.type == other.type and _overlap(alert, span)


def _at(incident: Incident) -> str:
    return f"{incident.kind}@{incident.start_s:.0f}s"
