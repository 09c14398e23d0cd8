"""Counting frames: sums that do not depend on the order, and the few that do."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from chalicelib.domain.metrics import AVERAGED, dominant_emotion
from chalicelib.domain.model import Gaps, Moment, Progress, Span
from chalicelib.domain.seen import Kind, Look

Number = TypeVar("Number", int, float)

SPANS = 60
"""Steps of the emotion timeline at the most."""


def advance(before: Progress, moment: Moment, gap_after_s: float) -> Progress:
    """The progress after one more frame in sequence."""
    counted = count(before, moment)
    return replace(
        counted,
        gaps=_gaps(before, moment.at_s, gap_after_s),
        last_seq=moment.seq,
        last_s=max(before.last_s, moment.at_s),
    )


def count(before: Progress, moment: Moment) -> Progress:
    """The progress with one more frame, wherever in the sequence it belongs."""
    looks = dict(before.looks)
    for kind, look in moment.looks.items():
        _bump(looks, f"{kind}.{look}", 1)
    faces_look = moment.looks.get(Kind.FACES)
    failed = [kind for kind, look in moment.looks.items() if look is Look.FAILED]
    return replace(
        _count_face(before, moment),
        frames=before.frames + 1,
        numbered=before.numbered + moment.numbered,
        highest_number=max(before.highest_number, moment.seq if moment.numbered else 0),
        first_seq=min(before.first_seq, moment.seq) if before.frames else moment.seq,
        unanalysed=before.unanalysed + (faces_look is Look.FAILED),
        partial=before.partial + bool(failed and faces_look is not Look.FAILED),
        reused=before.reused + (faces_look is Look.REUSED),
        looks=looks,
    )


def close(before: Progress, length_s: float, gap_after_s: float) -> Progress:
    """The progress when the session ends after `length_s`: silence before the end is a gap, too."""
    return replace(before, gaps=_gaps(before, length_s, gap_after_s))


def alert_count(seen: Progress) -> int:
    """Alerts so far: those that closed and those that are open."""
    closed = sum(tally.episodes for tally in seen.closed.values())
    return closed + sum(streak.opened_s is not None for streak in seen.streaks.values())


def _count_face(before: Progress, moment: Moment) -> Progress:
    if moment.metrics is None:
        return before
    sums = dict(before.sums)
    measured = dict(before.measured)
    for name in AVERAGED:
        figure = getattr(moment.metrics, name)
        if figure is not None:
            _bump(sums, name, figure)
            _bump(measured, name, 1)
    counted = replace(before, sums=sums, measured=measured)
    return _count_emotions(counted, moment) if moment.emotions else counted


def _count_emotions(before: Progress, moment: Moment) -> Progress:
    dominant = dict(before.dominant)
    name = dominant_emotion(moment.emotions)
    if name:
        _bump(dominant, name, 1)
    span_s, timeline = _into_timeline(before, moment)
    return replace(
        before,
        expressive=before.expressive + 1,
        emotions=_added(before.emotions, moment.emotions),
        dominant=dominant,
        span_s=span_s,
        timeline=timeline,
    )


def _into_timeline(before: Progress, moment: Moment) -> tuple[float, tuple[Span, ...]]:
    span_s, spans = before.span_s, {span.start_s: span for span in before.timeline}
    while moment.at_s >= span_s * SPANS:
        span_s *= 2
        spans = _merged(spans.values(), span_s)
    start_s = moment.at_s // span_s * span_s
    known = spans.get(start_s, Span(start_s, 0, {}))
    spans[start_s] = Span(start_s, known.frames + 1, _added(known.emotions, moment.emotions))
    return span_s, tuple(spans[start] for start in sorted(spans))


def _merged(spans: Iterable[Span], span_s: float) -> dict[float, Span]:
    merged: dict[float, Span] = {}
    for span in spans:
        start_s = span.start_s // span_s * span_s
        known = merged.get(start_s, Span(start_s, 0, {}))
        merged[start_s] = Span(start_s, known.frames + span.frames, _added(known.emotions, span.emotions))
    return merged


def _gaps(before: Progress, at_s: float, gap_after_s: float) -> Gaps:
    silent_s = at_s - before.last_s
    if silent_s <= gap_after_s:
        return before.gaps
    gaps = before.gaps
    return Gaps(gaps.count + 1, gaps.seconds + silent_s, max(gaps.longest_s, silent_s))


def _added(sums: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    total = dict(sums)
    for name, figure in more.items():
        _bump(total, name, figure)
    return total


def _bump(sums: dict[str, Number], name: str, by: Number) -> None:
    # Rounded, so that the sum of floats does not depend on their order either.
    sums[name] = round(sums.get(name, type(by)(0)) + round(by, 4), 4)
