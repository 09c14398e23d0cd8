"""The benchmark tells right from wrong."""

from pathlib import Path

from benchmarks.accuracy import Outcome, compare
from benchmarks.labels import Clip, Incident, Span

CLIP = Clip(
    Path("folder/clip.mp4"),
    spans=(Span(0, 10, 1), Span(10, 15, 0)),
    incidents=(Incident("no_face", 10, 15), Incident("text", 2, 4)),
    undecided=frozenset({"low_light"}),
)


def alert(kind: str, start_s: float, duration_s: float = 1.0) -> dict[str, object]:
    return {"type": kind, "timestamp": start_s, "opened_at": start_s + 0.5, "duration": duration_s}


def test_frames_incidents_and_false_alerts_are_counted() -> None:
    faces = [(0.0, 1), (1.0, 2), (10.0, 0), (11.0, None), (99.0, 5)]
    alerts = [
        alert("no_face_detected", 10.5),
        alert("no_face_detected", 1.0),
        alert("low_light", 3.0),
        alert("blurred", 3.0),
    ]

    assert compare(CLIP, faces, alerts) == Outcome(
        name="folder/clip.mp4",
        frames=4,
        right=2,
        incidents=2,
        found=1,
        late_s=(1.0,),
        wrong=("no_face_detected@1s", "blurred@3s"),
    )
