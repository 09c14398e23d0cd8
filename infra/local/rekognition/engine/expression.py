"""Smile, mouth, eyes and emotions from the mesh's geometry, as far as that is honest.

Lengths are in widths between the eyes' outer corners, along the face's own axes, so that neither size nor
roll counts. A smile is wide and lifts the corners of the mouth. Emotions are read off the same few lengths:
HAPPY from the smile, SURPRISED from mouth, brows and eyes wide open, ANGRY and SAD only faintly from brows
and mouth. The rest of a face at ease is CALM. That is a description of lines in a face, not of feelings.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infra.local.rekognition.engine.eyes import Eyes
from infra.local.rekognition.engine.graphs import Points
from infra.local.rekognition.seen import Verdict

_OPEN_EYE, _OPEN_EYE_STEP = 0.16, 0.025
_OPEN_MOUTH, _OPEN_MOUTH_STEP = 0.12, 0.03
_SURE = 99.0
_FAINT = 0.25
"""As much as brows alone may say."""
_UNREADABLE = ("CONFUSED", "DISGUSTED", "FEAR")
_UNREADABLE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Lines:
    """The lengths that are read."""

    mouth_width: float
    corner_lift: float
    """How far the corners of the mouth lie above its middle."""
    mouth_gap: float
    """Between the lips, in widths of the mouth."""
    brow_height: float
    """Brow above upper lid."""
    inner_brow_height: float
    """The brow's inner end above the eye's inner corner."""


def measure_lines(points: Points) -> Lines:
    """Measure along the face's own axes."""
    right = _unit(points[454] - points[234])
    down = points[152] - points[10]
    down = _unit(down - right * (right @ down))
    x, y = points @ right, points @ down
    unit = max(1e-6, abs(float(x[263] - x[33])))
    width = max(1e-6, abs(float(x[291] - x[61])))
    return Lines(
        mouth_width=width / unit,
        corner_lift=float((y[13] + y[14]) - (y[61] + y[291])) / 2 / unit,
        mouth_gap=float(y[14] - y[13]) / width,
        brow_height=float((y[159] - y[105]) + (y[386] - y[334])) / 2 / unit,
        inner_brow_height=float((y[133] - y[55]) + (y[362] - y[285])) / 2 / unit,
    )


def verdicts(lines: Lines, eyes: Eyes) -> dict[str, Verdict]:
    """Decide what can be decided."""
    return {
        "Smile": _verdict(_smile(lines)),
        "EyesOpen": _verdict((eyes.openness - _OPEN_EYE) / _OPEN_EYE_STEP),
        "MouthOpen": _verdict((lines.mouth_gap - _OPEN_MOUTH) / _OPEN_MOUTH_STEP),
    }


def emotions(lines: Lines, eyes: Eyes) -> Mapping[str, float]:
    """Share 100 out between the eight emotions."""
    happy = _probability(_smile(lines))
    left = 1 - happy
    surprised = left * _probability(min(_wide(lines, eyes)))
    angry = left * _FAINT * _probability((0.115 - lines.inner_brow_height) / 0.01)
    sad = left * _FAINT * _probability((-0.065 - lines.corner_lift) / 0.01)
    shares = {"HAPPY": happy, "SURPRISED": surprised, "ANGRY": angry, "SAD": sad}
    shares |= dict.fromkeys(_UNREADABLE, _UNREADABLE_SHARE)
    shares["CALM"] = max(_UNREADABLE_SHARE, 1 - sum(shares.values()))
    whole = sum(shares.values())
    return {name: 100 * share / whole for name, share in shares.items()}


def _smile(lines: Lines) -> float:
    """Log-odds of a smile; 0 lies halfway between the smiling and the earnest faces that were measured."""
    return (lines.corner_lift - 0.035) / 0.02 + (lines.mouth_width - 0.64) / 0.05


def _wide(lines: Lines, eyes: Eyes) -> tuple[float, float, float]:
    return (lines.mouth_gap - 0.35) / 0.05, (lines.brow_height - 0.27) / 0.015, (eyes.openness - 0.36) / 0.03


def _verdict(log_odds: float) -> Verdict:
    return Verdict(value=log_odds > 0, confidence=min(_SURE, 100 * _probability(abs(log_odds))))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _unit(vector: Points) -> Points:
    return vector / max(1e-9, float(np.linalg.norm(vector)))
