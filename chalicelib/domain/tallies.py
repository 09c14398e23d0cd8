"""Counting frames: sums that do not depend on the order, and the few that do."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.identity import Verified
from chalicelib.domain.metrics import AVERAGED, dominant_emotion
from chalicelib.domain.model import Gaps, Moment, Progress, Span
from chalicelib.domain.seen import UNSEEN, Kind, Look, Verdict

SPANS = 60
"""Steps of the emotion timeline at the most."""


def advanced(before: Progress, moment: Moment, gap_after_s: float) -> dict[str, Any]:
    """The fields of the progress that one more frame in sequence changes, by name.

    A progress has so many fields that a copy for each group of them would be most of a frame's work.
    """
    return {
        **_counted(before, moment),
        "gaps": _gaps(before, moment.at_s, gap_after_s),
        "last_seq": moment.seq,
        "last_s": max(before.last_s, moment.at_s),
    }


def count(before: Progress, moment: Moment) -> Progress:
    """The progress with one more frame, wherever in the sequence it belongs."""
    return replace(before, **_counted(before, moment))


def close(before: Progress, length_s: float, gap_after_s: float) -> Progress:
    """The progress when the session ends after `length_s`: silence before the end is a gap, too."""
    return replace(before, gaps=_gaps(before, length_s, gap_after_s))


def alert_count(seen: Progress) -> int:
    """Alerts so far: those that closed and those that are open."""
    closed = sum(tally.episodes for tally in seen.closed.values())
    return closed + sum(streak.opened_s is not None for streak in seen.streaks.values())


def _counted(before: Progress, moment: Moment) -> dict[str, Any]:
    faces_look = moment.looks.get(Kind.FACES)
    unseen = faces_look in UNSEEN
    return {
        "frames": before.frames + 1,
        "numbered": before.numbered + moment.numbered,
        "highest_number": max(before.highest_number, moment.seq if moment.numbered else 0),
        "first_seq": min(before.first_seq, moment.seq) if before.frames else moment.seq,
        "unanalysed": before.unanalysed + unseen,
        "partial": before.partial + (not unseen and not UNSEEN.isdisjoint(moment.looks.values())),
        "reused": before.reused + (faces_look is Look.REUSED),
        "audited": before.audited + moment.audited,
        "contradicted": before.contradicted + moment.contradicted,
        "repeated": before.repeated + moment.repeated,
        "looks": _one_more(before.looks, (f"{kind}.{look}" for kind, look in moment.looks.items())),
        **_face_counted(before, moment),
        **_person_counted(before, moment),
    }


def _face_counted(before: Progress, moment: Moment) -> dict[str, Any]:
    if moment.metrics is None:
        return {}
    figures = {name: getattr(moment.metrics, name) for name in AVERAGED}
    known = {name: figure for name, figure in figures.items() if figure is not None}
    counted = {"sums": _added(before.sums, known), "measured": _one_more(before.measured, known)}
    return counted | _emotions_counted(before, moment) if moment.emotions else counted


def _person_counted(before: Progress, moment: Moment) -> dict[str, Any]:
    look, told, counted = moment.looks.get(Kind.IDENTITY, Look.OFF), moment.identity, before.verified
    if look is Look.OFF:
        return {}
    asked = told is not None and look in (Look.ASKED, Look.UNCLEAR)
    verdict = told.verdict if told else None
    similarity = told.similarity if told and asked else None
    return {
        "verified": Verified(
            frames=counted.frames + 1,
            known=counted.known + (verdict is Verdict.MATCH and look in (Look.ASKED, Look.REUSED)),
            matched=counted.matched + (asked and verdict is Verdict.MATCH),
            mismatched=counted.mismatched + (asked and verdict is Verdict.MISMATCH),
            unclear=counted.unclear + (asked and verdict is Verdict.UNCLEAR),
            measured=counted.measured + (similarity is not None),
            similarity=round(counted.similarity + (similarity or 0.0), 4),
            lowest=min((each for each in (counted.lowest, similarity) if each is not None), default=None),
        )
    }


def _emotions_counted(before: Progress, moment: Moment) -> dict[str, Any]:
    dominant = dominant_emotion(moment.emotions)
    span_s, timeline = _into_timeline(before, moment)
    return {
        "expressive": before.expressive + 1,
        "emotions": _added(before.emotions, moment.emotions),
        "dominant": _one_more(before.dominant, [dominant] if dominant else ()),
        "span_s": span_s,
        "timeline": timeline,
    }


def _into_timeline(before: Progress, moment: Moment) -> tuple[float, tuple[Span, ...]]:
    span_s, spans = before.span_s, before.timeline
    while moment.at_s >= span_s * SPANS:
        span_s *= 2
        spans = _merged(spans, span_s)
    start_s = moment.at_s // span_s * span_s
    place = bisect_left(spans, start_s, key=lambda span: span.start_s)
    known = spans[place : place + 1] if place < len(spans) and spans[place].start_s == start_s else ()
    frames, emotions = (known[0].frames, known[0].emotions) if known else (0, {})
    span = Span(start_s, frames + 1, _added(emotions, moment.emotions))
    return span_s, (*spans[:place], span, *spans[place + len(known) :])


def _merged(spans: Iterable[Span], span_s: float) -> tuple[Span, ...]:
    merged: dict[float, Span] = {}
    for span in spans:
        start_s = span.start_s // span_s * span_s
        known = merged.get(start_s, Span(start_s, 0, {}))
        merged[start_s] = Span(start_s, known.frames + span.frames, _added(known.emotions, span.emotions))
    return tuple(merged.values())


def _gaps(before: Progress, at_s: float, gap_after_s: float) -> Gaps:
    silent_s = at_s - before.last_s
    if silent_s <= gap_after_s:
        return before.gaps
    gaps = before.gaps
    return Gaps(gaps.count + 1, gaps.seconds + silent_s, max(gaps.longest_s, silent_s))


def _added(sums: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    # Rounded, so that the sum of floats does not depend on their order either.
    total = dict(sums)
    for name, figure in more.items():
        total[name] = round(total.get(name, 0.0) + round(figure, 4), 4)
    return total


def _one_more(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    total = dict(counts)
    for name in names:
        total[name] = total.get(name, 0) + 1
    return total
