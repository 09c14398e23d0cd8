"""The figures as tables: all parts in one, and the clips of accuracy one by one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from benchmarks.accuracy import Outcome
from benchmarks.identity import Pair
from benchmarks.known import SOON
from infra.deploy.contents import MAX_APP_ZIP, MAX_UNZIPPED, MIB

Figures = Mapping[str, Any]
"""A part of out.json."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, what a naive backend has or a limit allows, and what is wanted. Empty where there is none."""

    figure: str
    here: str
    against: str = ""
    aim: str = ""


def table(measured: Mapping[str, Figures]) -> Table:
    """Every figure of these parts."""
    drawn = Table("figure", "here", "naive or limit", "aim", box=None)
    for row in rows(measured):
        drawn.add_row(row.figure, row.here, row.against, row.aim)
    return drawn


def rows(measured: Mapping[str, Figures]) -> Iterator[Row]:
    """The figures of these parts, in the order of the parts."""
    for part, figures in measured.items():
        yield from _ROWS[part](figures) if part in _ROWS else ()


def _money(figures: Figures) -> Iterator[Row]:
    for group, what, aim in (
        ("calm", "calm hours with an incident every ten minutes", "0.30"),
        ("dense", "the labelled sessions", "0.80"),
        ("clips", "the labelled clips, of a few seconds each", ""),
        ("hard", "half an hour that is never calm", ""),
    ):
        if group in figures:
            yield from _money_of(figures[group], what, aim)


def _money_of(told: Figures, what: str, aim: str) -> Iterator[Row]:
    none = "0" if aim else ""
    naive = f"{told['naive_usd_per_hour']:.2f}"
    yield Row(f"{what}: $ an hour", f"{told['usd_per_hour']:.2f}", naive, aim)
    missed = f"{told['missed']} of {told['incidents'] - told['naive_missed']}"
    yield Row("- incidents missed that asking about every frame finds", missed, "0", none)
    late = f"{told['late']} (at most {told['late_most_s'] or 0:.0f} s)"
    yield Row("- incidents told more than 2 s later", late, "0", none)
    yield Row("- false alerts that it does not raise", str(told["false"]), "0", none)
    if told["swaps"]:
        yield Row("- other people in the seat, looked at at once", f"{told['swaps_seen']} of {told['swaps']}")
    known = told["known"]
    if known["films"]:
        yield Row("- $ an hour more where the candidate is known", f"{known['usd_per_hour']:.2f}")
        yield Row("- mismatches while the candidate is there", str(known["false"]), aim="0")
    if known["swaps"]:
        soon = f"{known['told_soon']} of {known['swaps']}"
        yield Row(f"- other people told within {SOON} frames", soon, aim=str(known["swaps"]))


def _units(figures: Figures) -> Iterator[Row]:
    for group, ways in figures["groups"].items():
        together, spread = (ways[way]["calls_per_hour"] for way in ("together", "spread"))
        yield Row(
            f"{group}: calls an hour, each frame in another process",
            f"{spread:.0f}",
            f"{together:.0f} in one",
        )
        for kind, told in ways["spread"]["frames"].items():
            used = told["used"].get("sessions write units", 0) / told["frames"]
            yield Row(f"- write units of a frame: {kind}", f"{used:.1f}")


def _accuracy(figures: Figures) -> Iterator[Row]:
    incidents, frames = figures["incidents"], figures["frames"]
    yield Row("incidents found", f"{figures['found']} of {incidents}", aim=str(incidents))
    yield Row("false alerts", str(figures["false"]), aim="0")
    yield Row("frames with the right number of faces", f"{figures['right_face_count']} of {frames}")


def _identity(figures: Figures) -> Iterator[Row]:
    for kind, told in figures["pairs"].items():
        if told["pairs"] > told["no_face"]:
            genuine = Pair(kind).genuine
            here = ", ".join(f"{told[name]} {name}" for name in ("match", "unclear", "mismatch"))
            alike = f"similarity {told['lowest']:.0f} to {told['highest']:.0f}"
            yield Row(
                f"{kind}: of {told['pairs']} pairs", here, alike, "no mismatch" if genuine else "no match"
            )
    swapped = figures["swapped"]
    for what, soon in (("", "soon"), (" once a face can be told", "soon_once_shown")):
        yield Row(
            f"people swapped in, told within {SOON} frames{what}",
            f"{swapped[soon]} of {swapped['swaps']}",
            f"{len(swapped['never'])} never",
            str(swapped["swaps"]),
        )
    yield Row(
        f"- mismatches without a swap, in {swapped['films']} films", str(len(swapped["false"])), aim="0"
    )


def _latency(figures: Figures) -> Iterator[Row]:
    naive = f"{figures['serial_ratio']:.2f} one call after the other"
    yield Row("a frame's time over its slowest call's", f"{figures['ratio']:.2f}", naive, "1.15")


def _cpu(figures: Figures) -> Iterator[Row]:
    for size, name, aim in (("vga", "640 x 480", "3.00"), ("hd", "1280 x 720", "")):
        yield Row(
            f"a frame's CPU time over one decoding of it, {name}",
            f"{figures[size]:.2f}",
            f"{figures[f'checks_{size}']:.2f} for the checks alone",
            aim,
        )


def _growth(figures: Figures) -> Iterator[Row]:
    for kind, name in (("frame", "a frame"), ("list", "lists"), ("report", "the report")):
        yield Row(
            f"{name} after {figures['frames']} frames over after 20", f"{figures[kind]:.2f}", aim="1.10"
        )
    yield Row("a session's state, bytes", str(figures["state_bytes"]), "409600 in an item", "4096")


def _cold_start(figures: Figures) -> Iterator[Row]:
    ratio = f"{figures['import_ratio']:.2f} ({figures['import_ms']:.0f} ms)"
    yield Row("importing app over its dependencies alone", ratio, aim="1.30")
    if figures["zip_mb"] is not None:
        unzipped = figures["unzipped_mb"] + figures["layer_unzipped_mb"]
        yield Row("the package, MiB zipped", f"{figures['zip_mb']:.1f}", f"{MAX_APP_ZIP // MIB}", "10")
        yield Row("package and layer, MiB unzipped", f"{unzipped:.1f}", f"{MAX_UNZIPPED // MIB}", "230")


def _load(figures: Figures) -> Iterator[Row]:
    who = f"{figures['sessions']} sessions in one process"
    late = f"the stub itself is {figures['cloud_late_ms']:.1f} ms late"
    yield Row(f"{who}: overhead of a frame, median ms", f"{figures['p50_overhead_ms']:.1f}", aim="25")
    yield Row(f"{who}: 95th percentile, ms", f"{figures['p95_overhead_ms']:.1f}", late, "50")
    yield Row(f"{who}: frames a second", f"{figures['frames_per_s']:.1f}", f"{figures['failed']} failed")


_ROWS = {
    "money": _money,
    "units": _units,
    "accuracy": _accuracy,
    "identity": _identity,
    "latency": _latency,
    "cpu": _cpu,
    "growth": _growth,
    "cold_start": _cold_start,
    "load": _load,
}


def clips(outcomes: Sequence[Outcome]) -> Table:
    """Clip by clip; stills together."""
    drawn = Table(
        "clip", "right number of faces", "incidents found", "latest after s", "false alerts", box=None
    )
    stills = [each for each in outcomes if not each.incidents and each.frames == 1]
    moving = [each for each in outcomes if each not in stills]
    for each in [*moving, total("stills", stills), total("all", outcomes)]:
        drawn.add_row(
            each.name,
            f"{each.right} of {each.frames}",
            f"{each.found} of {each.incidents}" if each.incidents else "",
            f"{max(each.late_s):.1f}" if each.late_s else "",
            " ".join(each.wrong) or "0",
        )
    return drawn


def thresholds(figures: Figures) -> Table:
    """What each threshold of similarity would refuse and accept, with 95 % bounds of the shares."""
    drawn = Table("similarity from", "one person refused", "", "two people accepted", "", box=None)
    for each in figures["thresholds"]:
        refused, accepted = each["false_reject"], each["false_accept"]
        drawn.add_row(str(each["similarity"]), *_share(refused), *_share(accepted))
    return drawn


def _share(told: Figures) -> tuple[str, str]:
    share = told["pairs"] / told["of"] if told["of"] else 0.0
    between = f"{share:.1%} ({told['low']:.1%} to {told['high']:.1%})"
    return f"{told['pairs']} of {told['of']}", between


def total(name: str, outcomes: Iterable[Outcome]) -> Outcome:
    """The sum of several."""
    outcomes = list(outcomes)
    return Outcome(
        name,
        frames=sum(each.frames for each in outcomes),
        right=sum(each.right for each in outcomes),
        incidents=sum(each.incidents for each in outcomes),
        found=sum(each.found for each in outcomes),
        late_s=tuple(delay for each in outcomes for delay in each.late_s),
        wrong=tuple(wrong for each in outcomes for wrong in each.wrong),
    )
