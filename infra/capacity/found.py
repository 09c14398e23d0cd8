"""All that was seen of an exam on an account of one rate."""

from dataclasses import dataclass

from infra.capacity.executions import Executions
from infra.capacity.looks import Looks
from infra.capacity.partitions import Counters, Sessions


@dataclass(frozen=True, slots=True)
class Found:
    """An exam on an account of one rate."""

    tps: int
    looks: Looks
    executions: Executions
    sessions: Sessions
    counters: Counters
