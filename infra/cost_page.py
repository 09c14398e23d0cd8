"""The figures of docs/cost.md: what sessions cost and what many candidates need.

The page is written by hand; what stands between `<!-- begin x -->` and `<!-- end x -->` is made here.
"""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from infra.capacity.looks import FACES_WITHIN_S, MOST_UNANALYSED, OBJECTS_WITHIN_S
from infra.capacity.quotas import QUOTAS, Quota
from infra.capacity.results import CANDIDATES, results
from infra.capacity.show import asked, refused
from infra.cost.bill import COLUMNS, bill
from infra.cost.measured import measured
from infra.cost.prices import prices
from infra.cost.profile import GROUPS, Profile
from infra.cost.quantities import calls_of
from infra.cost.show import HEADS, amount, assumed_rows, line_rows, money, service_rows, standing_rows

USUAL = Profile()
VARIANTS: dict[str, Profile] = {
    "as above": USUAL,
    "calm all the time": replace(USUAL, calm=1.0, dense=0.0),
    "dense all the time: an incident every half minute": replace(USUAL, calm=0.0, dense=1.0),
    "hard all the time: constant gestures": replace(USUAL, calm=0.0, dense=0.0, hard=1.0),
    "every frame is asked about (`gate: false`, no budget)": replace(USUAL, gate=False),
    "two frames a second": replace(USUAL, fps=2.0),
    "a frame every two seconds": replace(USUAL, fps=0.5),
    "a frame every five seconds": replace(USUAL, fps=0.2),
    "`keep_frames: all`": replace(USUAL, keep_frames="all"),
    "`keep_frames: none`": replace(USUAL, keep_frames="none"),
    "no text (`text: false`)": replace(USUAL, text=False),
    "no text, no objects": replace(USUAL, text=False, labels=False),
    "all frames of a session in one process": replace(USUAL, together=True),
    "Rekognition takes a second": replace(USUAL, assumed=replace(USUAL.assumed, provider_s=1.0)),
}
"""What the price of an hour is shown for."""

PEOPLE = (1_000, 10_000, 100_000, 1_000_000)
"""Of how many in a month the price is shown."""

Json = dict[str, Any]

_WIDTH = 120

_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def filled(text: str) -> str:
    """The page with its figures as they are now. Raises KeyError for a block that is not known."""
    return _BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block[2]]()}{block[3]}", text)


def _price() -> str:
    told, figures = bill(USUAL, measured(), prices()), measured()
    about = _wrapped(
        f"{USUAL.minutes:g} minutes at {USUAL.fps:g} frame a second, {USUAL.calm:.0%} of it calm and "
        f"{USUAL.dense:.0%} dense; {USUAL.sessions_per_day:,.0f} sessions a day. Measured on "
        f"{figures.as_of}, list prices of {prices().as_of} in {prices().region}, USD:"
    )
    drawn = table(("", *(HEADS[column] for column in COLUMNS), "share of an hour"), service_rows(told))
    rekognition = _wrapped(
        f"Rekognition: {told.session.calls:.0f} calls a session, {told.share('Rekognition'):.0%} of its "
        f"price. A session of a million costs {money(told.total('million') / 1e6)}."
    )
    return f"{about}\n{drawn}\n{rekognition}"


def _lines() -> str:
    told = bill(USUAL, measured(), prices())
    return table(("service", "what", "units", "", "USD"), line_rows(told))


def _standing() -> str:
    return table(("service", "what", "units", ""), standing_rows(bill(USUAL, measured(), prices())))


def _people() -> str:
    price = prices().by_name["active_person"]
    rows = ((f"{count:,}", money(price.of(count)), money(price.of(count) / count)) for count in PEOPLE)
    return table((f"{price.unit} in a month", "USD", "USD each"), rows)


def _variants() -> str:
    heads = ("", "calls an hour", "Rekognition", "the rest", "in all")
    return table(heads, map(_variant, VARIANTS.items()))


def _variant(named: tuple[str, Profile]) -> tuple[str, ...]:
    name, profile = named
    told = bill(profile, measured(), prices())
    rekognition, total = told.total("hour", "Rekognition"), told.total("hour")
    calls = told.session.calls / profile.minutes * 60
    return name, amount(calls), money(rekognition), money(total - rekognition), money(total)


def _processes() -> str:
    heads = ("calls an hour", "in one process", "each frame in another")
    return table(heads, map(_process_row, GROUPS))


def _process_row(name: str) -> tuple[str, ...]:
    calm, dense, hard = (float(each == name) for each in GROUPS)
    hour = replace(USUAL, calm=calm, dense=dense, hard=hard)
    ways = (replace(hour, together=together) for together in (True, False))
    return name, *(f"{calls_of(way, measured()):.0f}" for way in ways)


def _elasticity() -> str:
    grown = ", ".join(f"{name} {measured().groups[name].elasticity:g}" for name in GROUPS)
    return f"Calls grow with the frames a second to the power of: {grown}.\n"


def _exam() -> str:
    found = results()[CANDIDATES[-1]]
    return _wrapped(
        f"Everybody starts within {found['joining_s']:g} s and sends {found['fps']:g} frame a second; "
        f"{found['seconds']:g} s are simulated. The rate to ask of Rekognition is the lowest, in steps of a "
        f"tenth, at which no face goes unseen for more than {FACES_WITHIN_S:g} s and a frame, the objects "
        f"of 99 of 100 candidates wait no longer than {OBJECTS_WITHIN_S:g} s, and {MOST_UNANALYSED:.0%} of "
        "the frames are unanalysed at the most."
    )


def _quotas() -> str:
    heads = ("quota", "default", *(f"{count:,} candidates" for count in CANDIDATES))
    return table(heads, (_quota(quota) for quota in QUOTAS.values()))


def _quota(quota: Quota) -> tuple[str, ...]:
    rows = (results()[count]["quotas"][quota.key] for count in CANDIDATES)
    return quota.name, f"{quota.default:,.0f} {quota.unit}", *(_needed(row, quota) for row in rows)


def _needed(row: Json, quota: Quota) -> str:
    """And what to ask for; in bold what is too much for a quota that cannot be raised."""
    needed = f"{row['needed']:,}"
    if row["ask"]:
        return f"{needed} → {asked(row)}"
    return f"**{needed}**" if row["needed"] > quota.default else needed


def _rates() -> str:
    heads = (
        "candidates",
        "calls/s",
        "wishes granted",
        "frames unanalysed",
        "partly analysed",
        "face",
        "objects",
    )
    return table(heads, _rate_rows())


def _rate_rows() -> Iterator[tuple[str, ...]]:
    for count in CANDIDATES:
        tried = dict.fromkeys(results()[count][name]["rekognition_tps"] for name in ("at", "needed"))
        for name, tps in zip(("at", "needed"), tried, strict=False):
            told = results()[count][name]
            yield (
                f"{count:,}",
                f"{tps:,}",
                f"{told['granted_share']:.1%}",
                f"{told['unanalysed_share']:.2%}",
                f"{told['partial_share']:.2%}",
                _seconds(told["unseen_s"]),
                _seconds(told["objects_wait_s"]),
            )


def _seconds(told: Json) -> str:
    return " / ".join(f"{told[each]:.0f}" for each in ("p50", "p99", "max"))


def _refusals() -> str:
    heads = ("quota", *(f"at {count:,}" for count in CANDIDATES), "what the service does")
    return table(heads, (_refusal(quota) for quota in QUOTAS.values()))


def _refusal(quota: Quota) -> tuple[str, ...]:
    rows = (results()[count]["quotas"][quota.key] for count in CANDIDATES)
    return quota.name, *(refused(row) for row in rows), quota.meanwhile


def _environments() -> str:
    heads = ("candidates", "executions at once", "environments started", "executions that wait for one")
    return table(heads, map(_environment, CANDIDATES))


def _environment(count: int) -> tuple[str, ...]:
    quotas = results()[count]["quotas"]
    scaling = quotas["lambda_scaling"]
    at_once = " / ".join(f"{quotas['lambda_concurrency'][each]:,.0f}" for each in ("p50", "p99", "max"))
    return f"{count:,}", at_once, f"{scaling['environments']:,.0f}", f"{scaling['waited']:.1%}"


def _counters() -> str:
    heads = ("candidates", "calls/s", "one counter a slot", "counters", "the busiest of them")
    return table(heads, map(_counter, CANDIDATES))


def _counter(count: int) -> tuple[str, ...]:
    found = results()[count]
    row = found["quotas"]["counter_wru"]
    tps = found["needed"]["rekognition_tps"]
    return f"{count:,}", f"{tps:,}", f"{row['alone']:,}", f"{row['counters']:,}", f"{row['needed']:,}"


def _assumed() -> str:
    return table(("name", "value", "meaning"), assumed_rows(USUAL.assumed))


def _basis() -> str:
    figures = measured()
    told = (
        f"Measured on {figures.as_of}: {figures.basis}. Our work for a frame that asks nothing is "
        f"{figures.quiet_work_ms:g} ms, beside a call {figures.asking_work_ms:g} ms."
    )
    return f"{_wrapped(told)}\n{_wrapped(prices().note)}"


BLOCKS: dict[str, Callable[[], str]] = {
    "price": _price,
    "lines": _lines,
    "standing": _standing,
    "people": _people,
    "variants": _variants,
    "processes": _processes,
    "elasticity": _elasticity,
    "exam": _exam,
    "quotas": _quotas,
    "rates": _rates,
    "refusals": _refusals,
    "environments": _environments,
    "counters": _counters,
    "assumed": _assumed,
    "basis": _basis,
}
"""Name to what makes it."""


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown, with a line of space before and after; numbers stand at the right."""
    listed = [*rows]
    marks = tuple("---" if not place or _is_text(listed, place) else "---:" for place in range(len(heads)))
    lines = [heads, marks, *listed]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _is_text(rows: list[tuple[str, ...]], place: int) -> bool:
    return any(sum(map(str.isalpha, row[place])) > 1 for row in rows)
