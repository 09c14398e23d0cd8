"""What people saw in clips and sessions: `labels.json` of the media folder, as incidents and face counts."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.program import ROOT

KINDS = {
    "second_face": "multiple_faces_detected",
    "phone": "suspicious_object",
    "text": "text_detected",
    "no_face": "no_face_detected",
    "looking_away": "looking_away",
}
"""Kind of incident to the alert type that shall tell it."""

_TEXT_ON_CLOTHES = "shirt_text"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that shall be told, from `start_s` to `end_s` of the clip."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a clip with a known number of faces."""

    start_s: float
    end_s: float
    faces: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip with what is known of it. Alert types in `undecided` are neither right nor wrong in it."""

    path: Path
    spans: tuple[Span, ...]
    incidents: tuple[Incident, ...] = ()
    undecided: frozenset[str] = frozenset()
    fps: float = 1.0

    @property
    def name(self) -> str:
        """Folder and file."""
        return f"{self.path.parent.name}/{self.path.name}"

    def faces_at(self, at_s: float) -> int | None:
        """How many faces there are; None where nobody said."""
        return next((span.faces for span in self.spans if span.start_s <= at_s < span.end_s), None)


def media() -> Path:
    """The folder of labelled clips that is meant where none is named."""
    return Path(os.environ.get("PROCTORING_MEDIA", ROOT.parent / "shared" / "media"))


def read(folder: Path, labels: Path) -> list[Clip]:
    """Every labelled clip, session and still that exists in the folder."""
    known = json.loads(labels.read_text())
    clips = [_clip(folder / name, each) for name, each in known.get("clips", {}).items()]
    clips += [_session(folder / name, each) for name, each in known.get("sessions", {}).items()]
    clips += [_still(folder / name, each) for name, each in known.get("stills", {}).items()]
    return [clip for clip in clips if clip.path.exists()]


def _clip(path: Path, labelled: Mapping[str, Any]) -> Clip:
    segments = labelled["segments"]
    undecided = set()
    if any(thing.startswith(_TEXT_ON_CLOTHES) for each in segments for thing in each["objects"]):
        undecided.add("text_detected")
    if labelled.get("partial_faces"):
        undecided |= {"multiple_faces_detected", "no_face_detected"}
    # A GIF that runs for two seconds is a minute told quickly.
    fps = 10.0 if path.suffix == ".gif" else 1.0
    return Clip(
        path,
        spans=tuple(Span(each["t0"], each["t1"], each["faces"]) for each in segments),
        incidents=tuple(incident for each in segments if (incident := _incident(each, fps))),
        undecided=frozenset(undecided),
        fps=fps,
    )


def _incident(segment: Mapping[str, Any], fps: float) -> Incident | None:
    """What a segment asks for, if it lasts for as many frames as the rule needs."""
    frames = (segment["t1"] - segment["t0"]) * fps
    if segment["faces"] == 0 and frames >= 3:  # noqa: PLR2004 - the rule's own number
        return Incident("no_face", segment["t0"], segment["t1"])
    if segment["gaze"].startswith("away") and int(frames) >= 4:  # noqa: PLR2004 - five samples span four
        return Incident("looking_away", segment["t0"], segment["t1"])
    return None


def _session(path: Path, labelled: Mapping[str, Any]) -> Clip:
    fps = float(labelled.get("fps", 1))
    incidents = tuple(
        Incident(each["kind"], each["first_frame"] / fps, (each["last_frame"] + 1) / fps)
        for each in labelled["incidents"]
    )
    faces = {"second_face": 2, "no_face": 0}
    known = [Span(each.start_s, each.end_s, faces[each.kind]) for each in incidents if each.kind in faces]
    # A phone shows a face, and a page may hide one: what is right there nobody said.
    others = _between([(each.start_s, each.end_s) for each in incidents], labelled["frames"] / fps)
    undecided = {"text_detected"} if path.name == "badge_a" else set()
    return Clip(path, (*known, *others), incidents, frozenset(undecided), fps)


def _between(taken: list[tuple[float, float]], end_s: float) -> list[Span]:
    spans, at_s = [], 0.0
    for start_s, stop_s in sorted(taken):
        spans.append(Span(at_s, start_s, 1))
        at_s = stop_s
    return [*spans, Span(at_s, end_s, 1)]


def _still(path: Path, labelled: Mapping[str, Any]) -> Clip:
    return Clip(path, (Span(0, 1, labelled["faces"]),), undecided=frozenset(KINDS.values()))
