"""What an exam needs of each quota, what is refused at the default, and what to ask AWS for."""

import math
from typing import Any

import numpy as np

from infra.capacity.exam import Floats
from infra.capacity.executions import BINS_PER_S, environments, gateway
from infra.capacity.found import Found
from infra.capacity.looks import Looks
from infra.capacity.partitions import NEW_PARTITIONS, PARTITION_RRU, PARTITION_WRU, Spread
from infra.capacity.quotas import QUOTAS

_BURST = 5000
_HEADROOM = 1.2
"""What is asked for beyond what the simulation needs: no exam is like the other."""

Json = dict[str, Any]


def met(at: Looks, needed: Found) -> dict[str, Json]:
    """By key of `QUOTAS`: what is `needed`, the share `refused` at the default, what to `ask` for.

    `at` is the exam on the account as it is, `needed` on one whose rate is enough.
    """
    rows = {
        "rekognition_tps": _row(needed.tps, 1 - at.granted / max(1, at.wished), ask=needed.tps),
        **_functions(needed),
        **_tables(needed),
        **_hot_keys(needed),
    }
    return {key: _judged(key, row) for key, row in rows.items()}


def _functions(found: Found) -> dict[str, Json]:
    executions = found.executions
    per_10_s, cold_start_s = QUOTAS["lambda_scaling"].default, executions.exam.profile.assumed.cold_start_s
    held, free = (
        environments(executions.busy, quota=quota, per_10_s=per_10_s, cold_start_s=cold_start_s)
        for quota in (QUOTAS["lambda_concurrency"].default, math.inf)
    )
    door = gateway(executions.arrivals, rps=QUOTAS["gateway_rps"].default, burst=_BURST)
    concurrent = executions.concurrent
    return {
        "lambda_concurrency": _row(concurrent["max"], held["failed"]) | concurrent,
        "lambda_scaling": _row(_fastest_growth(executions.busy), free["failed"], ask=None)
        | {"environments": free["environments"], "waited": free["waited"]},
        "gateway_rps": _row(door["max_rps"], door["refused"]),
    }


def _fastest_growth(busy: Floats | Any) -> float:  # noqa: ANN401 - numpy's integers
    """The most environments that are needed in addition within 10 s."""
    most = np.maximum.accumulate(busy)
    earlier = np.concatenate([np.zeros(10 * BINS_PER_S, most.dtype), most])[: len(most)]
    return float((most - earlier).max())


def _tables(found: Found) -> dict[str, Json]:
    sessions, ledger = found.sessions, found.counters.writes
    return {
        "table_wru": _row(sessions.writes.busiest, _above(sessions.writes, QUOTAS["table_wru"].default)),
        "table_rru": _row(sessions.reads.busiest, _above(sessions.reads, QUOTAS["table_rru"].default)),
        "warm_wru": _warm(sessions.writes, PARTITION_WRU),
        "warm_rru": _warm(sessions.reads, PARTITION_RRU),
        "ledger_warm_wru": _warm(ledger, PARTITION_WRU),
    }


def _warm(units: Spread, most: float) -> Json:
    """Of a table whose partitions are as many as none of them needs more than it takes."""
    enough = units.enough(most) or units.partitions[-1]
    return _row(enough * most, units.refused(NEW_PARTITIONS, most), ask=enough * most)


def _hot_keys(found: Found) -> dict[str, Json]:
    counters, sessions = found.counters, found.sessions
    return {
        "counter_wru": _row(counters.hottest, 0.0, ask=None)
        | {"alone": round(counters.hottest_alone), "counters": counters.shards},
        "index_wru": _row(sessions.starts.max(), _beyond(sessions.starts, "index_wru"), ask=None),
        "tenant_wru": _row(sessions.asking.max(), _beyond(sessions.asking, "tenant_wru"), ask=None),
    }


def _above(units: Spread, quota: float) -> float:
    """The share of a table's units beyond its quota."""
    return _excess(units.units[units.partitions[0]].sum(axis=1), quota)


def _beyond(by_second: Any, key: str) -> float:  # noqa: ANN401 - numpy's integers
    return _excess(by_second, QUOTAS[key].default)


def _excess(by_second: Any, most: float) -> float:  # noqa: ANN401
    return float(np.maximum(by_second - most, 0).sum() / max(1.0, by_second.sum()))


def _row(needed: float, refused: float, ask: float | None = math.nan) -> Json:
    """`ask` None: it cannot be raised; left out: what is needed, with room."""
    asked = two_digits(needed * _HEADROOM) if ask is not None and math.isnan(ask) else ask
    return {"needed": round(float(needed)), "refused": round(refused, 4), "ask": asked}


def _judged(key: str, row: Json) -> Json:
    """A quota that is enough as it is need not be asked for."""
    return row if row["needed"] > QUOTAS[key].default or row["refused"] else row | {"ask": None}


def two_digits(wanted: float) -> int:
    """Rounded up, as people ask for quotas."""
    unit = int(10 ** max(0, math.floor(math.log10(max(1.0, wanted))) - 1))
    return math.ceil(wanted / unit) * unit
