"""What a session uses of each line of the price list: the measured figures, stretched to the profile."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.cost.measured import KINDS, FrameUse, Group, Measured, Way
from infra.cost.profile import Profile

GB = 2**30
DAYS_A_MONTH = 30
_CHALICE = Path(__file__).parents[2] / ".chalice" / "config.json"
_OPERATION_SWITCH = {"DetectLabels": "labels", "DetectText": "text"}
_WAITS = {"together": {"quiet": 1, "asking": 2}, "spread": {"quiet": 3, "asking": 4}}
"""Requests to DynamoDB that follow on each other: the write; before it the grant. Where the process does not
know the session, its read, and that of the gate's memory."""
_QUEUE_REQUESTS_A_JOB = 3
"""It is sent, received and deleted."""


@dataclass(frozen=True, slots=True)
class Session:
    """What one session uses: price's name to units, and what is worth knowing beside it."""

    units: Mapping[str, float]
    calls: float
    asking_frames: float
    lambda_s: float
    """Of all its invocations together."""


@cache
def memory_gb() -> float:
    """A function's memory."""
    return float(json.loads(_CHALICE.read_text())["lambda_memory_size"]) / 1024


def session(profile: Profile, measured: Measured) -> Session:
    """What a session of this profile uses."""
    frames, calls = frames_by_kind(profile, measured), calls_of(profile, measured)
    requests = profile.frames + 2 + profile.assumed.reads_per_session  # and its start and its end
    invocations = requests + 1  # and the job
    lambda_s = _lambda_s(profile, measured, frames, invocations)
    return Session(
        {
            "call": calls,
            "lambda_gb_s": lambda_s * memory_gb(),
            "lambda_request": invocations,
            "gateway_request": requests,
            **_table_units(profile, measured, frames),
            **_bucket_units(profile, measured, frames),
            **_wire_units(profile, measured, requests, invocations),
            "queue_request": float(_QUEUE_REQUESTS_A_JOB),
            "secret_request": invocations * profile.assumed.cold_starts_per_million / 1e6,
            "trace": requests * profile.assumed.traced,
        },
        calls=calls,
        asking_frames=sum(use[0] for (_, kind), use in frames.items() if kind != "quiet"),
        lambda_s=lambda_s,
    )


def standing(profile: Profile) -> dict[str, float]:
    """What a month uses whoever comes: price's name to units."""
    assumed = profile.assumed
    return {
        "metric_month": assumed.custom_metrics,
        "alarm_month": assumed.alarms,
        "dashboard_month": assumed.dashboards,
        "secret_month": assumed.secrets,
        "queue_request": assumed.idle_polls_per_month,
    }


def calls_of(profile: Profile, measured: Measured) -> float:
    """Rekognition calls of a session."""
    kinds = 1 + profile.labels + profile.text
    if not profile.gate:
        return kinds * profile.frames
    later = sum(share * _calls_later(profile, group) for share, group in _mix(profile, measured))
    return min(kinds * profile.frames, kinds + later)


def frames_by_kind(profile: Profile, measured: Measured) -> dict[tuple[str, str], tuple[float, FrameUse]]:
    """Activity and kind to how many frames there are of it in a session, and what each uses."""
    found: dict[tuple[str, str], tuple[float, FrameUse]] = {}
    for name, share in profile.shares.items():
        if not share:
            continue
        group = measured.groups[name]
        way = _way(profile, group)
        asking = {kind: way.frames[kind] for kind in ("asking", "audit")}
        of_one = sum(use.per_hour * use.calls for use in asking.values())
        stretch = _calls_later(profile, group) / of_one if of_one else 0.0
        if not profile.gate:
            stretch = profile.frames / sum(use.per_hour for use in asking.values())
        counts = {kind: use.per_hour * stretch for kind, use in asking.items()}
        fits = min(1.0, (profile.frames - 1) / sum(counts.values())) if sum(counts.values()) else 1.0
        counts = {kind: count * fits for kind, count in counts.items()}
        counts |= {"first": 1.0, "quiet": profile.frames - 1 - sum(counts.values())}
        found |= {(name, kind): (counts[kind] * share, way.frames[kind]) for kind in KINDS}
    return found


def duration_s(profile: Profile, measured: Measured, *, asking: bool) -> float:
    """How long the function works and waits for a frame."""
    assumed, kind = profile.assumed, "asking" if asking else "quiet"
    waits = _WAITS["together" if profile.together else "spread"][kind]
    work_ms = measured.asking_work_ms if asking else measured.quiet_work_ms
    return waits * assumed.dynamodb_s + asking * assumed.provider_s + work_ms / 1000 * assumed.slowness


def _mix(profile: Profile, measured: Measured) -> Iterator[tuple[float, Group]]:
    return ((share, measured.groups[name]) for name, share in profile.shares.items() if share)


def _way(profile: Profile, group: Group) -> Way:
    return group.ways["together" if profile.together else "spread"]


def _calls_later(profile: Profile, group: Group) -> float:
    """Calls of a session beside those for its first frame, if all of it were of this activity."""
    wanted = {"labels": profile.labels, "text": profile.text}
    per_hour = sum(
        calls
        for operation, calls in _way(profile, group).calls_per_hour.items()
        if wanted.get(_OPERATION_SWITCH.get(operation, ""), True)
    )
    return float(per_hour * profile.minutes / 60 * profile.fps**group.elasticity)


def _lambda_s(
    profile: Profile,
    measured: Measured,
    frames: Mapping[tuple[str, str], tuple[float, FrameUse]],
    invocations: float,
) -> float:
    assumed = profile.assumed
    of_frames = sum(
        count * duration_s(profile, measured, asking=kind != "quiet")
        for (_, kind), (count, _) in frames.items()
    )
    asked = sum(each.get("requests", 0.0) for each in (measured.start, measured.end, measured.job))
    others = invocations - profile.frames
    of_others = others * measured.quiet_work_ms / 1000 * assumed.slowness
    waits = (asked + assumed.reads_per_session) * assumed.dynamodb_s
    cold = invocations * assumed.cold_starts_per_million / 1e6 * assumed.cold_start_s
    return of_frames + of_others + waits + cold


def _table_units(
    profile: Profile, measured: Measured, frames: Mapping[tuple[str, str], tuple[float, FrameUse]]
) -> dict[str, float]:
    around = (measured.start, measured.end, measured.job)
    writes = sum(count * (use.write_units + use.ledger_units) for count, use in frames.values())
    reads = sum(count * use.read_units for count, use in frames.values())
    stored = sum(count * use.stored_bytes for count, use in frames.values())
    stored += sum(each.get("sessions stored bytes", 0.0) for each in around)
    gb_months = stored / GB * profile.assumed.retention_days / DAYS_A_MONTH
    return {
        "write_unit": writes + sum(each.get("sessions write units", 0.0) for each in around),
        "read_unit": reads
        + sum(each.get("sessions read units", 0.0) for each in around)
        + profile.assumed.reads_per_session,
        "table_gb_month": gb_months,
        "backup_gb_month": gb_months,
    }


def _bucket_units(
    profile: Profile, measured: Measured, frames: Mapping[tuple[str, str], tuple[float, FrameUse]]
) -> dict[str, float]:
    hours = profile.minutes / 60
    evidence = sum(count * use.pictures for count, use in frames.values())
    mixed = list(_mix(profile, measured))
    opened = sum(share * group.opened_per_hour for share, group in mixed) * hours
    cited = sum(share * group.cited_per_hour for share, group in mixed) * hours
    picture_gb = sum(share * group.picture_bytes for share, group in mixed) / GB
    put, stays = {
        "all": (profile.frames, profile.frames),
        "evidence": (evidence, cited),
        "none": (opened, opened),
    }[profile.keep_frames]
    lists = 2.0 if profile.keep_frames != "all" else 0.0  # at the end, and by the job
    return {
        "s3_put": put + lists,
        "s3_get": 0.0,
        "s3_gb_month": stays * picture_gb * profile.assumed.retention_days / DAYS_A_MONTH,
    }


def _wire_units(
    profile: Profile, measured: Measured, requests: float, invocations: float
) -> dict[str, float]:
    assumed = profile.assumed
    logs_gb = invocations * (assumed.log_line_bytes + assumed.log_platform_bytes) / GB
    bodies = (
        profile.frames * measured.answer_bytes
        + measured.start["bytes_out"]
        + measured.end["bytes_out"] * (1 + assumed.reads_per_session)
    )
    return {
        "out_gb": (bodies + requests * assumed.answer_head_bytes) / GB,
        "log_gb": logs_gb,
        "log_gb_month": logs_gb * assumed.log_days / DAYS_A_MONTH,
    }
