"""Streaks: a condition that holds frame after frame, until it is long enough to be an alert.

Until then any frame without the condition ends it; from then on it may pause for as long as the policy says.
It ends when it was first seen not to hold, which may be earlier than when that was certain; or, where nothing
was seen for longer than a pause, or it speaks against something else since, when it was seen last.
"""

from dataclasses import replace

from chalicelib.domain.model import Alert, Evidence, Moment, Sign, Streak
from chalicelib.domain.policy import Policy
from chalicelib.domain.rules import Rule
from chalicelib.domain.seen import Kind, Look

EVIDENCE = 6
"""Pictures that an alert cites at the most."""
_PLAY = 2
"""Places by which frames that come late may still move what is cited."""
_MOST_GATHERED = 12
"""Values of its looks that an alert tells, the first ones."""


def extend(
    streak: Streak | None, sign: Sign | None, each: Rule, moment: Moment, policy: Policy
) -> tuple[Streak | None, Streak | None]:
    """The streak after this frame, and the one that ended with it, if it was an alert."""
    if sign is None:
        return _pause(streak, moment, policy)
    if streak is None or sign.against != streak.sign.against or _is_over(streak, moment, policy):
        fresh = Streak(moment.seq, moment.at_s, held_s=moment.at_s, frames=0, sign=sign)
        return _grow(fresh, sign, each, moment, policy), _if_alert(streak)
    return _grow(streak, sign, each, moment, policy), None


def nearly_cited(before: Streak | None, needed: int) -> bool:
    """Whether the next frame of this streak is cited by its alert, or nearly: see `_grow`."""
    frames = before.frames + 1 if before else 1
    return any(abs(frames - (needed << cited)) <= _PLAY for cited in range(EVIDENCE))


def _grow(streak: Streak, sign: Sign, each: Rule, moment: Moment, policy: Policy) -> Streak:
    frames = streak.frames + 1
    needed = each.frames_to_open(policy)
    opened_s, evidence = streak.opened_s, streak.evidence
    # A reused answer may extend an alert, and never opens one.
    reused = isinstance(each.needs, Kind) and moment.looks.get(each.needs) is Look.REUSED
    if opened_s is None and frames >= needed and not reused:
        opened_s = moment.at_s
    # The first picture, then ever sparser ones: a long episode is not told better by its hundredth picture.
    most = 1 if policy.keep_frames == "none" else EVIDENCE
    if opened_s is not None and frames >= needed << len(evidence) and len(evidence) < most:
        evidence = (*evidence, Evidence(moment.seq, moment.at_s, moment.picture))
    return replace(
        streak,
        held_s=moment.at_s,
        frames=frames,
        sign=_joined(streak.sign, sign) if streak.frames else sign,
        clear_s=None,
        opened_s=opened_s,
        evidence=evidence,
    )


def _joined(before: Sign, sign: Sign) -> Sign:
    """The surer of both signs; what it gathers is that of both."""
    surest = max(before, sign, key=lambda known: known.confidence)
    name = sign.gathers
    if not name or name not in before.details:
        return surest
    gathered = [*before.details[name], *sign.details[name]][:_MOST_GATHERED]
    return replace(surest, details={**surest.details, name: gathered})


def _pause(streak: Streak | None, moment: Moment, policy: Policy) -> tuple[Streak | None, Streak | None]:
    if streak is None or streak.opened_s is None:
        return None, None
    # Sparse frames do not lengthen it: from frame to frame nobody looked.
    ended_s = min(moment.at_s, streak.held_s + policy.episode_gap_s)
    paused = replace(streak, clear_s=ended_s if streak.clear_s is None else streak.clear_s)
    if moment.at_s - streak.held_s > policy.episode_gap_s:
        return None, paused
    return paused, None


def lapse(streak: Streak | None, at_s: float, policy: Policy) -> tuple[Streak | None, Streak | None]:
    """The streak after a frame that says nothing of it, and the one that ended, if it was an alert.

    For as long as a pause may last, nothing changes. Then what was not seen is not counted: an outage neither
    completes a streak nor lengthens an episode.
    """
    if streak is None or at_s - streak.held_s <= policy.episode_gap_s:
        return streak, None
    return None, _if_alert(streak)


def _is_over(streak: Streak, moment: Moment, policy: Policy) -> bool:
    """Whether it has paused for longer than it may."""
    return streak.clear_s is not None and moment.at_s - streak.held_s > policy.episode_gap_s


def _if_alert(streak: Streak | None) -> Streak | None:
    return streak if streak is not None and streak.opened_s is not None else None


def alert_of(each: Rule, streak: Streak, *, closed: bool) -> Alert:
    """The episode of a streak that is long enough; it is open unless `closed`."""
    assert streak.opened_s is not None
    ended_s = (streak.clear_s if streak.clear_s is not None else streak.held_s) if closed else None
    until_s = streak.held_s if ended_s is None else ended_s
    return Alert(
        id=f"{streak.first_seq:09d}-{each.type}",
        type=each.type,
        severity=each.severity,
        message=each.message,
        timestamp=streak.first_s,
        opened_at=streak.opened_s,
        frames=streak.frames,
        confidence=streak.sign.confidence,
        evidence=streak.evidence,
        details=streak.sign.details,
        ended_at=ended_s,
        duration=max(0.0, until_s - streak.first_s),
    )
