"""The bill for people, and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.cost.bill import COLUMNS, Bill
from infra.cost.measured import Measured
from infra.cost.prices import Prices
from infra.cost.profile import Assumed, Profile

HEADS = {"hour": "an hour", "session": "a session", "day": "a day", "million": "a million sessions"}
MEANINGS = {
    "provider_s": "seconds that a function waits for Rekognition",
    "dynamodb_s": "seconds that it waits for a request to DynamoDB",
    "slowness": "times longer that our own work takes on Lambda than where it was measured",
    "cold_starts_per_million": "invocations of a million that start an environment",
    "cold_start_s": "seconds that takes",
    "log_line_bytes": "bytes of the service's log line about a frame",
    "log_platform_bytes": "bytes of Lambda's own lines about an invocation",
    "log_days": "days that logs are kept",
    "answer_head_bytes": "bytes of an answer's headers",
    "retention_days": "days that items and pictures are kept",
    "reads_per_session": "requests of a session beside its frames, its start and its end",
    "traced": "share of requests that X-Ray records",
    "custom_metrics": "custom metrics",
    "alarms": "alarms",
    "dashboards": "dashboards",
    "secrets": "secrets",
    "idle_polls_per_month": "requests a month by which Lambda's pollers find the queue empty",
}
"""Every assumption in words."""
_LEAST = 0.0001


def service_rows(bill: Bill) -> Iterator[tuple[str, ...]]:
    """Service by service and in all, USD by column, and the share of an hour."""
    for service in bill.services:
        usd = (money(bill.total(column, service)) for column in COLUMNS)
        yield service, *usd, f"{bill.share(service):.1%}"
    yield "in all", *(money(bill.total(column)) for column in COLUMNS), "100%"


def line_rows(bill: Bill) -> Iterator[tuple[str, ...]]:
    """Line by line what an hour uses and costs."""
    for line in bill.lines:
        if line.units["hour"]:
            yield line.service, line.what, amount(line.units["hour"]), line.unit, money(line.usd["hour"])


def standing_rows(bill: Bill) -> Iterator[tuple[str, ...]]:
    """What a month costs whoever comes."""
    for line in bill.lines:
        if line.standing:
            yield line.service, line.what, amount(line.standing), line.unit


def assumed_rows(assumed: Assumed) -> Iterator[tuple[str, str, str]]:
    """Every assumption: its name, its value, its meaning."""
    return ((name, f"{value:g}", MEANINGS[name]) for name, value in asdict(assumed).items())


def show(console: Console, profile: Profile, bill: Bill, measured: Measured, prices: Prices) -> None:
    """Print it."""
    console.print(_drawn(("USD", *(HEADS[column] for column in COLUMNS), "of an hour"), service_rows(bill)))
    console.print(
        f"\nRekognition is {bill.share('Rekognition'):.0%} of it: {bill.session.calls:.0f} calls a session."
    )
    console.print("\nWhat stands behind an hour:")
    console.print(_drawn(("service", "what", "units", "", "USD"), line_rows(bill), left=("what", "")))
    console.print("\nWhat a month costs whoever comes, in a day and in a million sessions:")
    console.print(_drawn(("service", "what", "units", ""), standing_rows(bill), left=("what", "")))
    console.print(f"\nMeasured on {measured.as_of} (`make bench`): {measured.basis}.")
    console.print(f"Prices: {prices.region}, {prices.as_of}. {prices.note}")
    console.print('\nAssumed, not measured (ASSUME="name=value ..."):')
    console.print(_drawn(("name", "value", "meaning"), assumed_rows(profile.assumed), left=("meaning",)))


def document(profile: Profile, bill: Bill, measured: Measured, prices: Prices) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "profile": asdict(profile),
        "usd": {column: bill.total(column) for column in COLUMNS},
        "rekognition_share": bill.share("Rekognition"),
        "session": {
            "calls": bill.session.calls,
            "asking_frames": bill.session.asking_frames,
            "lambda_s": bill.session.lambda_s,
        },
        "lines": [asdict(line) for line in bill.lines],
        "measured": {"as_of": measured.as_of, "basis": measured.basis},
        "prices": {"as_of": prices.as_of, "region": prices.region},
    }


def money(usd: float) -> str:
    """As many digits as matter."""
    if usd >= 1000:  # noqa: PLR2004 - thousands are grouped, cents left out
        return f"{usd:,.0f}"
    if 0 < usd < _LEAST:
        return f"<{_LEAST}"
    return f"{usd:.2f}" if usd >= 1 else f"{usd:.4f}"


def amount(units: float) -> str:
    """As many digits as matter."""
    return f"{units:,.0f}" if units >= 10 else f"{units:.3g}"  # noqa: PLR2004 - two digits


def _drawn(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]], left: tuple[str, ...] = ()) -> Table:
    drawn = Table(box=None)
    for place, head in enumerate(heads):
        drawn.add_column(head, justify="left" if not place or head in left else "right")
    for row in rows:
        drawn.add_row(*row, style="bold" if row[0] == "in all" else None)
    return drawn
