"""What a sequence of frames says of the camera and the face before it, while nobody is asked to do anything.

A part of the fold in `chalicelib.domain.reducer`: what it remembers is in `Progress`.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import repetition, rules
from chalicelib.domain.model import Moment, Progress, Sign
from chalicelib.domain.policy import Policy
from chalicelib.domain.relief import LOOKS, Relief, turning
from chalicelib.domain.rules import TRAIL, TURNING


def signs(before: Progress, moment: Moment, policy: Policy) -> Mapping[str, Sign]:
    """The conditions that hold with this frame, by alert type."""
    held: dict[str, Sign] = {}
    # A covered camera shows the same all the time, but that is said already.
    if before.lag and "camera_blocked" not in moment.signs:
        change = repetition.change(repetition.lengthened(before.trail, moment.fingerprint), before.lag)
        held |= rules.signs_of_repetition(change, policy) if change is not None else {}
    if moment.relief and (turned := turning(_reliefs(before, moment))):
        held |= rules.signs_of_turning(turned, policy)
    return held


def known(before: Progress, moment: Moment) -> set[str]:
    """Which of the facts that these rules need are known with this frame."""
    facts = {TRAIL} if repetition.is_long_enough(before.trail) else set()
    return facts | {TURNING} if len(_reliefs(before, moment)) == LOOKS and moment.relief else facts


def advanced(before: Progress, moment: Moment, held: Mapping[str, Sign], policy: Policy) -> dict[str, Any]:
    """The fields of the progress that change with this frame, with which these signs hold."""
    changed: dict[str, Any] = {}
    if "flat_face" not in policy.alerts_off:
        changed["reliefs"] = _reliefs(before, moment)
    if "looped_feed" not in policy.alerts_off:
        changed["trail"] = trail = repetition.lengthened(before.trail, moment.fingerprint)
        changed["lag"] = before.lag if "looped_feed" in held else _lag(before, trail, policy)
    return changed


def _lag(before: Progress, trail: bytes, policy: Policy) -> int:
    is_due = repetition.is_due(before.frames)
    return repetition.lag_of(trail, policy.looped_change_below) if is_due else 0


def _reliefs(before: Progress, moment: Moment) -> tuple[Relief, ...]:
    return (*before.reliefs, moment.relief)[-LOOKS:] if moment.relief else before.reliefs
