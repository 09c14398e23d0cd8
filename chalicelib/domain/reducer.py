"""The only place where a session changes.

The theory. A session is a fold over its frames in the order of their `seq`. Networks deliver frames late,
twice and in any order, and still the result must be that of the clean sequence. So a session keeps two
things:

  settled   what all frames up to `settled.last_seq` add up to; of bounded size
  window    the moments after a hole in the sequence, in order: a late frame may still fill the hole

What a caller sees (`progress`) is the window folded onto what is settled. A new frame is put into its place
in the window, and from the window's front frames are settled as soon as nothing can come before them: when
they follow on without a hole, or when the window is full and the hole is given up. A client that numbers its
frames 1, 2, 3 … and loses none therefore has an empty window.

A frame that comes later than that is counted at once, and the session is marked `replay_needed`: its alerts
are found by folding all stored moments again when the session ends (`replayed`).

Within the fold each rule has a streak: the frames in which its condition holds, with pauses no longer than
the policy allows. Until it is long enough any frame without the condition ends it; from then on it is an
alert. A frame about which the rule's facts are unknown adds nothing to a streak, and when that lasts longer
than a pause may the streak ends where it was last seen: an outage accuses nobody.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import sub

from chalicelib.domain import passive, presence, rules, tallies
from chalicelib.domain.errors import SessionEnded
from chalicelib.domain.metrics import measure
from chalicelib.domain.model import Alert, EndedBy, Moment, Progress, Session, Sign, Status, Tally
from chalicelib.domain.policy import Policy
from chalicelib.domain.relief import relief_of
from chalicelib.domain.rules import PIXELS, PREDECESSOR, RULES
from chalicelib.domain.seen import Kind, Look, Observation, Why
from chalicelib.domain.streaks import alert_of, extend, lapse, nearly_cited

WINDOW = 24
"""Frames that may overtake a missing one before the hole is given up."""

CLOCK_TOLERANCE_S = 5.0
_ANSWERED = (Look.ASKED, Look.REUSED)


def step(session: Session, *observations: Observation) -> tuple[Session, tuple[Alert, ...]]:
    """The session after these observations, with the alerts that are new, changed or withdrawn.

    Frames that are in the session already change nothing. Raises SessionEnded.
    """
    if session.status is not Status.ACTIVE:
        raise SessionEnded("The session has ended and takes no more frames.")
    before = session
    for seen in observations:
        session = _insert(session, moment_of(seen, session.policy))
    unsettled, settled_alerts = _settle(session)
    return unsettled, _changes(open_alerts(before), (*settled_alerts, *open_alerts(unsettled)))


def close(session: Session, at_s: float, by: EndedBy = EndedBy.CALLER) -> tuple[Session, tuple[Alert, ...]]:
    """The session ended at `at_s` (seconds since 1970), its open episodes closed."""
    if session.status is not Status.ACTIVE:
        return session, ()
    folded = _to_the_end(session, _folded(session), at_s)
    ended = replace(
        session,
        status=Status.ENDED,
        ended_at=at_s,
        ended_by=by,
        settled=folded.progress,
        window=(),
        challenges=presence.ended(session.challenges, session.policy, now_s=at_s - session.started_at),
    )
    return ended, _changes(open_alerts(session), folded.alerts)


def replayed(session: Session, moments: Iterable[Moment]) -> tuple[Session, tuple[Alert, ...]]:
    """The ended session as the clean sequence of all its moments makes it, with all its alerts."""
    assert session.ended_at is not None
    ordered = sorted(moments, key=lambda moment: moment.seq)
    folded = _to_the_end(session, _fold(_Folded(Progress()), ordered, session.policy), session.ended_at)
    return replace(session, settled=folded.progress, window=(), replay_needed=False), folded.alerts


def progress(session: Session) -> Progress:
    """What all frames so far add up to."""
    return _folded(session).progress


def open_alerts(session: Session) -> tuple[Alert, ...]:
    """The alerts that are open, or closed by frames that are not settled yet."""
    folded = _folded(session)
    still_open = [
        alert_of(RULES[name], streak, closed=False)
        for name, streak in folded.progress.streaks.items()
        if streak.opened_s is not None
    ]
    return (*folded.alerts, *still_open)


def moment_of(seen: Observation, policy: Policy) -> Moment:
    """What the fold needs of an observation."""
    face = seen.primary
    return Moment(
        seq=seen.seq,
        at_s=seen.at_s,
        looks=seen.looks,
        signs=_signs(seen, policy),
        fingerprint=seen.view.fingerprint,
        picture=seen.picture,
        numbered=seen.numbered,
        audited=seen.audited,
        contradicted=seen.contradicted,
        repeated=seen.repeated,
        metrics=measure(seen, policy),
        emotions=face.emotions if face and policy.emotions else {},
        identity=seen.identity,
        relief=relief_of(face, seen.view.width, seen.view.height) if face and _is_close(seen) else None,
    )


def worth_keeping(session: Session, moment: Moment) -> bool:
    """Whether an alert may come to point at this frame."""
    if session.policy.keep_frames == "all" or moment.signs:
        return True
    # Out of sequence: a frame that is still to come may turn out to look the same.
    if moment.seq != next_seq(session):
        return True
    before, policy = progress(session), session.policy
    if _signs_of_change(before, moment, policy):
        return True
    # Such a sign holds for long, and by chance now and then: not all of it is cited.
    return any(
        nearly_cited(before.streaks.get(name), RULES[name].frames_to_open(policy))
        for name in passive.signs(before, moment, policy)
    )


def anchored(session: Session, captured_at: float, seq: int | None, now: float) -> Session:
    """The session, knowing how far the client's clock is off, where this frame tells.

    Frame 1 tells: it was captured just now. Others tell only that a clock is behind, because nothing was
    captured before the start: they may be late, or a clip that is played faster than it was filmed.
    """
    if session.clock_offset_s is not None:
        return session
    is_first = seq is not None and seq <= 1
    latest = now + CLOCK_TOLERANCE_S if is_first else math.inf
    if session.started_at - CLOCK_TOLERANCE_S <= captured_at <= latest:
        return replace(session, clock_offset_s=0.0) if is_first else session
    return replace(session, clock_offset_s=captured_at - now)


def about_to_open(session: Session) -> frozenset[Kind]:
    """Kinds whose facts would open an alert with the next frame, if they stay as they are."""
    needs = {
        RULES[name].needs
        for name, streak in progress(session).streaks.items()
        if streak.opened_s is None and streak.frames + 1 >= RULES[name].frames_to_open(session.policy)
    }
    return frozenset(Kind) & needs


def is_open(session: Session, alert_type: str) -> bool:
    """Whether an alert of this type is open."""
    streak = progress(session).streaks.get(alert_type)
    return streak is not None and streak.opened_s is not None


def next_seq(session: Session) -> int:
    """The number of a frame whose client does not number its frames."""
    return max((moment.seq for moment in session.window), default=session.settled.last_seq) + 1


def may_be_known(session: Session, seq: int) -> bool:
    """Whether a frame of this number may have been counted already."""
    return seq <= session.settled.last_seq or any(moment.seq == seq for moment in session.window)


def _insert(session: Session, moment: Moment) -> Session:
    if any(known.seq == moment.seq for known in session.window) or _is_settled(session.settled, moment.seq):
        return session
    if session.settled.frames and moment.seq <= session.settled.last_seq:
        counted = tallies.count(session.settled, moment)
        return replace(session, settled=counted, replay_needed=True)
    window = sorted((*session.window, moment), key=lambda known: known.seq)
    inserted = replace(session, window=tuple(window))
    if window[-1] is moment:
        _remember(inserted, _fold(_folded(session), [moment], session.policy))
    return inserted


def _signs(seen: Observation, policy: Policy) -> Mapping[str, Sign]:
    signs = rules.signs(seen, policy)
    # Who turns the head because they were asked to does not look away.
    if seen.why.get(Kind.FACES) is Why.CHALLENGE:
        signs.pop("looking_away", None)
    return signs


def _is_close(seen: Observation) -> bool:
    """Whether the face was looked at in the whole picture, not in a tile of many."""
    return seen.looks.get(Kind.FACES) is Look.ASKED and not seen.audited


def _is_settled(settled: Progress, seq: int) -> bool:
    # Only a sequence without holes says this by itself; the caller asks the store about the rest.
    whole = settled.frames == settled.last_seq - settled.first_seq + 1
    return whole and settled.first_seq <= seq <= settled.last_seq


def _settle(session: Session) -> tuple[Session, tuple[Alert, ...]]:
    window, last_seq = list(session.window), session.settled.last_seq
    ready: list[Moment] = []
    while window and (window[0].seq <= last_seq + 1 or len(window) > WINDOW):
        ready.append(window.pop(0))
        last_seq = ready[-1].seq
    if not ready:
        return session, ()
    folded = _folded(session)
    if not window:
        return replace(session, settled=folded.progress, window=()), folded.alerts
    front = _fold(_Folded(session.settled), ready, session.policy)
    settled = replace(session, settled=front.progress, window=tuple(window))
    _remember(settled, replace(folded, alerts=folded.alerts[len(front.alerts) :]))
    return settled, front.alerts


@dataclass(frozen=True, slots=True)
class _Folded:
    progress: Progress
    alerts: tuple[Alert, ...] = ()
    """Those that closed on the way."""


@dataclass(frozen=True, slots=True)
class _Known:
    settled: Progress
    window: tuple[Moment, ...]
    policy: Policy
    folded: _Folded


_KNOWN: dict[int, _Known] = {}
"""By the identity of the window, which is its own for as long as it is kept here.

A frame needs the same folds several times, and the next frame needs the last of them again.
"""
_MOST_KNOWN = 256


def _folded(session: Session) -> _Folded:
    """The window folded onto what is settled."""
    if not session.window:
        return _Folded(session.settled)
    known = _KNOWN.get(id(session.window))
    if known and known.settled is session.settled and known.policy is session.policy:
        return known.folded
    return _remember(session, _fold(_Folded(session.settled), session.window, session.policy))


def _remember(session: Session, folded: _Folded) -> _Folded:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[id(session.window)] = _Known(session.settled, session.window, session.policy, folded)
    return folded


def _fold(onto: _Folded, moments: Iterable[Moment], policy: Policy) -> _Folded:
    seen, closed = onto.progress, list(onto.alerts)
    for moment in moments:
        seen, ended = _advance(seen, moment, policy)
        closed += ended
    return _Folded(seen, tuple(closed))


def _to_the_end(session: Session, folded: _Folded, at_s: float) -> _Folded:
    """With what was open closed, and the silence before the end counted."""
    closed, alerts = _close_all(folded.progress)
    closed = tallies.close(closed, at_s - session.started_at, session.policy.gap_after_s)
    return _Folded(closed, (*folded.alerts, *alerts))


def _advance(before: Progress, moment: Moment, policy: Policy) -> tuple[Progress, list[Alert]]:
    ended: list[Alert] = []
    if before.frames and moment.at_s - before.last_s > policy.gap_after_s:
        before, closed = _close_all(before)
        ended += closed
    of_sequence = passive.signs(before, moment, policy)
    signs = {**moment.signs, **_signs_of_change(before, moment, policy), **of_sequence}
    known = _known(before, moment)
    streaks, tally = {}, dict(before.closed)
    for name, each in RULES.items():
        streak = before.streaks.get(name)
        if streak is None and name not in signs:
            continue
        if each.needs in known:
            streak, over = extend(streak, signs.get(name), each, moment, policy)
        else:
            streak, over = lapse(streak, moment.at_s, policy)
        if over:
            ended.append(alert_of(each, over, closed=True))
            tally[name] = _add(tally.get(name, Tally()), ended[-1])
        if streak:
            streaks[name] = streak
    counted = tallies.advanced(before, moment, policy.gap_after_s)
    counted |= passive.advanced(before, moment, of_sequence, policy)
    after = replace(before, **counted, streaks=streaks, closed=tally, fingerprint=moment.fingerprint)
    return after, ended


def _signs_of_change(before: Progress, moment: Moment, policy: Policy) -> Mapping[str, Sign]:
    # A covered camera stands still, too, but that is said already.
    if not before.frames or "camera_blocked" in moment.signs:
        return {}
    return rules.signs_of_change(_difference(before.fingerprint, moment.fingerprint), policy)


def _known(before: Progress, moment: Moment) -> set[str]:
    seen = {kind for kind, look in moment.looks.items() if look in _ANSWERED}
    return {PIXELS, *seen, *([PREDECESSOR] if before.frames else ()), *passive.known(before, moment)}


def _close_all(before: Progress) -> tuple[Progress, list[Alert]]:
    closed = [
        alert_of(RULES[name], streak, closed=True)
        for name, streak in before.streaks.items()
        if streak.opened_s is not None
    ]
    tally = dict(before.closed)
    for alert in closed:
        tally[alert.type] = _add(tally.get(alert.type, Tally()), alert)
    return replace(before, streaks={}, closed=tally), closed


def _changes(before: Iterable[Alert], after: Iterable[Alert]) -> tuple[Alert, ...]:
    old, new = {alert.id: alert for alert in before}, {alert.id: alert for alert in after}
    changed = [alert for name, alert in new.items() if old.get(name) != alert]
    void = [replace(alert, withdrawn=True) for name, alert in old.items() if name not in new]
    return (*changed, *void)


def _add(tally: Tally, alert: Alert) -> Tally:
    return Tally(tally.episodes + 1, tally.seconds + alert.duration, tally.frames + alert.frames)


def _difference(one: bytes, other: bytes) -> float:
    apart: int = sum(map(abs, map(sub, one, other)))
    return apart / max(1, len(other))
