"""From the distance of two embeddings to Rekognition's Similarity.

dlib calls two faces one person up to a distance of 0.5 or 0.6; callers of Rekognition ask for a Similarity of
80 or more. The curve is a straight line in three pieces, so that the two thresholds mean the same.
"""

import math
from itertools import pairwise

from infra.local.rekognition.seen import Vector

CURVE = ((0.0, 100.0), (0.35, 99.0), (0.5, 80.0), (0.7, 10.0), (1.0, 0.0))
"""Distance to similarity: one picture, good ones of one person, the threshold, strangers."""


def similarity(a: Vector, b: Vector) -> float:
    """Say how alike two faces are, 0..100; falls as their distance grows."""
    return similarity_at(math.dist(a, b))


def similarity_at(distance: float) -> float:
    """Read the curve."""
    for (near, high), (far, low) in pairwise(CURVE):
        if distance <= far:
            return high + (low - high) * (distance - near) / (far - near)
    return 0.0
