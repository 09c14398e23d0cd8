"""The committed results, `results.json`: 100, 1,000 and 100,000 candidates at once on a new account.

The largest takes too long for a test: docs/cost.md is made of these, and a test makes the smaller ones anew.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from infra.capacity.exam import Exam
from infra.capacity.quotas import QUOTAS
from infra.capacity.simulation import simulated
from infra.cost.measured import measured

RESULTS = Path(__file__).parent / "results.json"
CANDIDATES = (100, 1000, 100_000)

Json = dict[str, Any]


@cache
def results() -> dict[int, Json]:
    """By candidates."""
    return {int(count): found for count, found in json.loads(RESULTS.read_text()).items()}


def found(candidates: int, told: Callable[[str], None] = lambda _: None) -> Json:
    """What is found for so many, of the profile that comes by default."""
    return simulated(Exam(candidates), measured(), int(QUOTAS["rekognition_tps"].default), told)


def write(told: Callable[[str], None]) -> None:
    """Simulate all and write them."""
    told_of = {str(count): found(count, told) for count in CANDIDATES}
    RESULTS.write_text(json.dumps(told_of, indent=1) + "\n")
