"""What was found of an exam, for people."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.capacity.quotas import QUOTAS

Json = dict[str, Any]


def rate_rows(found: Json) -> Iterator[tuple[str, ...]]:
    """At the rate that is given and at the one that is needed: what candidates have of it."""
    for name in ("at", "needed"):
        told = found[name]
        unseen, waited = told["unseen_s"], told["objects_wait_s"]
        yield (
            f"{told['rekognition_tps']:,}",
            f"{told['granted_share']:.1%}",
            f"{told['unanalysed_share']:.2%}",
            f"{told['partial_share']:.2%}",
            " / ".join(f"{unseen[each]:.0f}" for each in ("p50", "p99", "max")),
            " / ".join(f"{waited[each]:.0f}" for each in ("p50", "p99", "max")),
        )


RATE_HEADS = (
    "calls/s",
    "of the wishes granted",
    "frames unanalysed",
    "partial",
    "a face unseen for s: median, 99th percentile, most",
    "objects waiting for s",
)


def quota_rows(found: Json) -> Iterator[tuple[str, ...]]:
    """Quota by quota: its default, what is needed, what is refused at the default, what to ask for."""
    for key, quota in QUOTAS.items():
        row = found["quotas"][key]
        yield quota.name, quota.unit, f"{quota.default:,.0f}", f"{row['needed']:,}", refused(row), asked(row)


def refused(row: Json) -> str:
    """The share that is refused at the default."""
    return f"{row['refused']:.1%}" if row["refused"] else "-"


def asked(row: Json) -> str:
    """What to ask AWS for."""
    return f"{row['ask']:,}" if row["ask"] else "-"


def show(console: Console, found: Json) -> None:
    """Print it."""
    console.print(
        f"{found['candidates']:,} candidates start within {found['joining_s']:.0f} s and send "
        f"{found['fps']:g} frames a second, for {found['seconds']:.0f} s; seed {found['seed']}.\n"
    )
    console.print("At Rekognition's rate as given, and at the lowest that is enough:")
    console.print(_drawn(RATE_HEADS, rate_rows(found)))
    counters = found["quotas"]["counter_wru"]
    console.print(
        f"\nThe ledger has {counters['counters']} counters a slot: the busiest is written "
        f"{counters['needed']:,} times a second; a single one would be {counters['alone']:,} times.\n"
    )
    console.print(
        _drawn(("quota", "", "default", "needed", "refused at the default", "ask for"), quota_rows(found))
    )
    for key, quota in QUOTAS.items():
        if found["quotas"][key]["refused"]:
            console.print(f"\n{quota.name}: {quota.meanwhile}.")


def _drawn(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    drawn = Table(box=None)
    for place, head in enumerate(heads):
        drawn.add_column(head, justify="right" if place else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn
