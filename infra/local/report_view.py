"""A report for reading in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.local.display import SEVERITIES, clock, number

Json = Mapping[str, Any]

LEVELS = {"low": "green", "medium": "yellow", "high": "red"}


def print_report(console: Console, report: Json) -> None:
    """Score, coverage, alerts, averages, spend and summary."""
    console.rule(f"Report of session {report['session_id']}")
    _print_score(console, report["integrity"])
    _print_coverage(console, report)
    _print_identity(console, report)
    _print_alerts(console, report)
    _print_averages(console, report)
    spend = report["spend"]
    calls = ", ".join(f"{count} {name}" for name, count in spend["calls"].items())
    _line(
        console,
        "Spend",
        f"{calls}: about ${spend['estimated_usd']:.3f}; spared by reuse: ${spend['saved_usd']:.3f}",
    )
    summary = report.get("summary")
    if summary:
        source = {"openai": "by OpenAI", "rules": "by rules"}.get(summary["source"], summary["source"])
        _line(console, f"Summary, {source}", summary["text"])
        if summary.get("note"):
            _line(console, "Note", summary["note"])


def _print_score(console: Console, integrity: Json) -> None:
    level = integrity["level"]
    score = "none" if integrity["score"] is None else f"{integrity['score']:.1f} of 100, {level} risk"
    console.print(f"Integrity score: [bold {LEVELS.get(level, 'white')}]{score}[/]", highlight=False)
    _line(console, "Coverage", integrity["note"])
    if integrity["deductions"]:
        table = Table("deduction", "episodes", "seconds", "weight", "points", box=None, pad_edge=False)
        for each in integrity["deductions"]:
            figures = (
                str(each["count"]),
                number(each["seconds"]),
                f"{each['weight']:g}",
                f"-{each['points']:g}",
            )
            table.add_row(each["type"], *figures)
        console.print(table)


def _print_coverage(console: Console, report: Json) -> None:
    seen = report["coverage"]
    gaps = seen["gaps"]
    _line(
        console,
        "Frames",
        f"{seen['received']} received, {seen['analysed']} analysed ({seen['reused']} without asking again, "
        f"{seen['partly_analysed']} in part), {seen['unanalysed']} unanalysed; "
        f"gaps: {gaps['count']}, {gaps['seconds']:.0f} s in all; {clock(report['session_duration'])} long",
    )


def _print_identity(console: Console, report: Json) -> None:
    told = report.get("identity")
    if told:
        given = told["username"] or told["kind"] or "none accepted"
        _line(
            console,
            "Identity",
            f"{given}; right person in {told['verified']} of {told['frames']} frames, "
            f"by {told['matched']} looks; {told['mismatched']} mismatched, {told['unclear']} unclear",
        )


def _print_alerts(console: Console, report: Json) -> None:
    if not report["alerts"]:
        _line(console, "Alerts", "none")
        return
    table = Table(
        "at", "lasted", "frames", "severity", "alert", "", box=None, pad_edge=False, title_justify="left"
    )
    for alert in report["alerts"]:
        duration = alert.get("duration")
        table.add_row(
            clock(alert["timestamp"]),
            "-" if duration is None else f"{duration:.0f} s",
            str(alert["frames"]),
            f"[{SEVERITIES.get(alert['severity'], 'white')}]{alert['severity']}[/]",
            alert["type"],
            alert["message"],
        )
    console.print(table)
    if report.get("alerts_omitted"):
        _line(console, "More alerts", f"{report['alerts_omitted']}, listed at …/alerts")


def _print_averages(console: Console, report: Json) -> None:
    means = report["metrics"].items()
    averages = ", ".join(
        f"{name.removeprefix('avg_').replace('_', ' ')} {number(mean)}" for name, mean in means
    )
    _line(console, "Averages", averages)
    shares = report.get("emotion_shares")
    if shares:
        parts = ", ".join(f"{name.lower()} {share:.0%}" for name, share in shares.items())
        _line(console, "Emotions", parts)


def _line(console: Console, name: str, text: str) -> None:
    console.print(f"{name}: {text}", markup=False, highlight=False, soft_wrap=not console.is_terminal)
