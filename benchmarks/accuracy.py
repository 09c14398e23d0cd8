"""How right the service is: labelled clips, played through the HTTP API, against what people saw.

The provider is asked about every frame; what asking less costs in rightness, `benchmarks.money` measures.
"""

import hashlib
import json
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.labels import KINDS, Clip, Incident
from infra.local.cloud import OfflineCloud
from infra.local.player import Api, Played, play
from infra.local.sources import Source, open_clip

MOST_FACES = 2
"""Two faces or more are one class."""
EVERY_FRAME = {"gate": False, "usd_per_hour": 0}
"""The policy that spares nothing."""
LATE_S = 2.0
"""How long after an incident its alert still counts as its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clip: frames whose number of faces is known and right, incidents found, alerts that are wrong."""

    name: str
    frames: int = 0
    right: int = 0
    incidents: int = 0
    found: int = 0
    late_s: tuple[float, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(slots=True)
class _Counts:
    """A watcher that keeps the number of faces in each frame."""

    faces: list[tuple[float, int | None]] = field(default_factory=list)

    def began(self, source: Source, session_id: str) -> None:
        pass

    def saw(self, played: Played) -> None:
        result = played.answered.said.get("result", {})
        self.faces.append((played.frame.at_s, result.get("face_count")))

    def ended(self) -> None:
        pass


def measure(cloud: OfflineCloud, api: Api, clips: Iterable[Clip]) -> list[Outcome]:
    """Play each clip and compare."""

    def one(clip: Clip) -> Outcome:
        _stage_phones(cloud, clip)
        counts = _Counts()
        _, report = play(api, open_clip(clip.path, clip.fps), counts, EVERY_FRAME)
        return compare(clip, counts.faces, report["alerts"])

    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(one, clips))


def compare(
    clip: Clip, faces: Iterable[tuple[float, int | None]], alerts: Iterable[Mapping[str, Any]]
) -> Outcome:
    """What was said of a clip against what is known of it."""
    judged = [(clip.faces_at(at_s), count) for at_s, count in faces if clip.faces_at(at_s) is not None]
    right = sum(
        min(known or 0, MOST_FACES) == min(count, MOST_FACES) for known, count in judged if count is not None
    )
    alerts = list(alerts)
    delays = [delay for each in clip.incidents if (delay := _delay_s(each, alerts)) is not None]
    wrong = [f"{alert['type']}@{alert['timestamp']:.0f}s" for alert in alerts if _is_wrong(alert, clip)]
    return Outcome(
        clip.name, len(judged), right, len(clip.incidents), len(delays), tuple(delays), tuple(wrong)
    )


def _delay_s(incident: Incident, alerts: Iterable[Mapping[str, Any]]) -> float | None:
    delays = [
        max(0.0, alert["opened_at"] - incident.start_s)
        for alert in alerts
        if alert["type"] == KINDS.get(incident.kind) and _overlap(alert, incident)
    ]
    return min(delays, default=None)


def _is_wrong(alert: Mapping[str, Any], clip: Clip) -> bool:
    if alert["type"] in clip.undecided:
        return False
    mine = [each for each in clip.incidents if KINDS.get(each.kind) == alert["type"]]
    if alert["type"] == "multiple_faces_detected":
        mine += [each for each in clip.incidents if each.kind == "phone"]  # it shows a face
    return not any(_overlap(alert, each) for each in mine)


def _overlap(alert: Mapping[str, Any], incident: Incident) -> bool:
    ended_at = alert["timestamp"] + alert["duration"]
    return bool(alert["timestamp"] <= incident.end_s + LATE_S and ended_at >= incident.start_s)


def _stage_phones(cloud: OfflineCloud, clip: Clip) -> None:
    """Tell the emulator which pictures show a phone: it has no model for one."""
    label = {"name": "Mobile Phone", "confidence": 93.0, "parents": ["Electronics", "Phone"]}
    answers: dict[str, object] = {}
    for incident in clip.incidents:
        if incident.kind == "phone":
            pictures = sorted(clip.path.glob("*.jpg"))[
                int(incident.start_s * clip.fps) : int(incident.end_s * clip.fps)
            ]
            answers |= {
                hashlib.sha256(each.read_bytes()).hexdigest(): {"labels": [label]} for each in pictures
            }
    if answers:
        body = json.dumps(answers).encode()
        request = urllib.request.Request(f"{cloud.rekognition_url}/_answers", data=body, method="PUT")  # noqa: S310
        with urllib.request.urlopen(request):  # noqa: S310 - the emulator, on this machine
            pass
