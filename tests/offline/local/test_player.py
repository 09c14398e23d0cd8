"""The player behaves as a browser and its platform would, and keeps what the API answered."""

import io
import json
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice, Response
from rich.console import Console

from infra.local.display import display
from infra.local.gateway import Server
from infra.local.player import Api, Played, PlayError, play
from infra.local.report_view import print_report
from infra.local.results import frame_log, write_evidence, write_report
from infra.local.sources import Frame, Source

Json = dict[str, Any]

START = "2026-11-20T10:00:00.000Z"
ALERT = {
    "id": "000000002-no_face_detected",
    "type": "no_face_detected",
    "severity": "warning",
    "message": "No face is visible.",
    "timestamp": 0.5,
    "opened_at": 1.0,
}
REPORT: Json = {
    "session_id": "s1",
    "session_duration": 72.0,
    "coverage": {
        "received": 72,
        "analysed": 70,
        "reused": 5,
        "partly_analysed": 1,
        "unanalysed": 2,
        "gaps": {"count": 1, "seconds": 40.0, "longest": 40.0},
    },
    "metrics": {"avg_eye_contact": 85.2, "avg_engagement": None},
    "emotion_shares": {"HAPPY": 0.75, "CALM": 0.25},
    "alerts": [{**ALERT, "ended_at": 8.5, "duration": 8.0, "frames": 8}],
    "alerts_omitted": 0,
    "integrity": {
        "score": 86.7,
        "level": "low",
        "deductions": [
            {"type": "no_face_detected", "count": 1, "seconds": 8.0, "weight": 6.0, "points": 13.3}
        ],
        "note": "70 of 72 frames were analysed.",
    },
    "spend": {"calls": {"DetectFaces": 70}, "usd_per_call": 0.001, "estimated_usd": 0.07, "saved_usd": 0.14},
    "summary": {"source": "rules", "text": "All in all quiet.", "highlights": [], "note": "No key."},
}


@dataclass
class Standin:
    """An API that answers what a test wants, and remembers what it was asked."""

    url: str = ""
    asked: list[tuple[str, str, Json]] = field(default_factory=list)
    """Path, credential, body."""
    failing: dict[int, list[int]] = field(default_factory=dict)
    """Frame number to the statuses that it is answered before it is taken."""

    def frames(self) -> list[Json]:
        return [body for path, _, body in self.asked if path.endswith("/frame")]


def app_of(standin: Standin) -> Chalice:
    app = Chalice(app_name="standin", configure_logs=False)

    def take() -> Json:
        request = app.current_request
        assert request is not None
        path = request.context["path"]
        body: Json = request.json_body
        standin.asked.append((path, request.headers["authorization"], body))
        return body

    @app.route("/api/sessions/start", methods=["POST"])
    def start() -> Json:
        take()
        return {"session_id": "s1", "start_time": START, "session_token": "browser"}

    @app.route("/api/sessions/{session}/frame", methods=["POST"])
    def frame(session: str) -> Json | Response:
        seq = take()["seq"]
        if standin.failing.get(seq):
            status = standin.failing[seq].pop(0)
            return Response(
                {"success": False, "error": f"no {seq}"}, status_code=status, headers={"Retry-After": "0"}
            )
        alerts = [ALERT] if seq in {2, 3} else []
        result = {"frame_number": seq, "face_count": 1, "metrics": {"eye_contact": 80.4}, "alerts": alerts}
        return {"success": True, "session_id": session, "result": result}

    @app.route("/api/sessions/{session}/end", methods=["POST"])
    def end(session: str) -> Json:
        take()
        return {"success": True, "session_id": session, "report": REPORT}

    @app.route("/api/sessions/{session}/alerts")
    def alerts(session: str) -> Json:
        request = app.current_request
        assert request is not None
        page = request.query_params.get("cursor") if request.query_params else "1"
        link = f"{standin.url}/picture/{session}-{page}?Signature=secret"
        cited = [{"frame_number": int(str(page)), "url": link}, {"frame_number": 9, "url": None}]
        return {
            "alerts": [{"id": f"alert{page}", "evidence": cited}],
            "next_cursor": "2" if page == "1" else None,
        }

    @app.route("/picture/{name}")
    def picture(name: str) -> Response:
        return Response(name, headers={"Content-Type": "text/plain"})

    return app


@pytest.fixture
def standin() -> Iterator[Standin]:
    made = Standin()
    with Server(app_of(made), 0) as server:
        made.url = server.url
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


class Kept:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str | Played] = []

    def began(self, source: Source, session_id: str) -> None:
        self.told.append(f"{source.name} as {session_id}")

    def saw(self, played: Played) -> None:
        self.told.append(played)

    def ended(self) -> None:
        self.told.append("ended")

    def statuses(self) -> list[int]:
        return [each.answered.status for each in self.told if isinstance(each, Played)]


def clip(count: int = 3, fps: float = 2.0, *, live: bool = False) -> Source:
    def frames() -> Generator[Frame, None, None]:
        for number in range(count):
            yield Frame(number / fps, b"\xff\xd8 picture")

    return Source("clip", frames(), count, live=live)


def api(standin: Standin) -> Api:
    return Api(standin.url, "platform")


def test_an_interview_is_held_with_the_right_credentials_and_times(standin: Standin) -> None:
    watcher = Kept()

    assert play(api(standin), clip(), watcher) == ("s1", REPORT)
    assert [(path, credential) for path, credential, _ in standin.asked] == [
        ("/api/sessions/start", "Bearer platform"),
        *[("/api/sessions/s1/frame", "Bearer browser")] * 3,
        ("/api/sessions/s1/end", "Bearer platform"),
    ]
    assert [(frame["seq"], frame["captured_at"]) for frame in standin.frames()] == [
        (1, "2026-11-20T10:00:00.000+00:00"),
        (2, "2026-11-20T10:00:00.500+00:00"),
        (3, "2026-11-20T10:00:01.000+00:00"),
    ]
    assert standin.frames()[0]["frame"] == "data:image/jpeg;base64,/9ggcGljdHVyZQ=="
    assert (watcher.told[0], watcher.told[-1]) == ("clip as s1", "ended")


def test_a_refused_frame_does_not_stop_the_interview(standin: Standin) -> None:
    standin.failing = {2: [415]}
    watcher = Kept()
    play(api(standin), clip(), watcher)

    assert watcher.statuses() == [200, 415, 200]
    assert [frame["seq"] for frame in standin.frames()] == [1, 2, 3]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_gets_the_same_frame_again(standin: Standin, status: int) -> None:
    standin.failing = {2: [status, status]}
    watcher = Kept()
    play(api(standin), clip(), watcher)

    assert watcher.statuses() == [200, 200, 200]
    assert [frame["seq"] for frame in standin.frames()] == [1, 2, 2, 2, 3]
    assert len({frame["captured_at"] for frame in standin.frames()}) == 3


def test_a_service_that_stays_busy_costs_one_frame(standin: Standin) -> None:
    standin.failing = {2: [503] * 20}
    watcher = Kept()
    play(api(standin), clip(), watcher)

    assert watcher.statuses() == [200, 503, 200]


def test_without_a_service_there_is_no_session() -> None:
    with pytest.raises(PlayError, match="No answer"):
        play(Api("http://127.0.0.1:9", "platform"), clip(), Kept())


def test_ctrl_c_ends_an_interview_before_a_camera_with_its_report(standin: Standin) -> None:
    class Stopped(Kept):
        def saw(self, played: Played) -> None:
            super().saw(played)
            raise KeyboardInterrupt

    watcher = Stopped()

    assert play(api(standin), clip(live=True), watcher) == ("s1", REPORT)
    assert watcher.statuses() == [200]
    with pytest.raises(KeyboardInterrupt):
        play(api(standin), clip(), Stopped())


def test_the_results_are_what_the_api_answered(standin: Standin, tmp_path: Path) -> None:
    standin.failing = {2: [415]}
    folder = tmp_path / "new" / "out"
    with frame_log(folder) as log:
        _, report = play(api(standin), clip(), log)
    write_report(folder, report)
    pictures = write_evidence(folder, api(standin), api(standin).alerts("s1"))
    lines = [json.loads(line) for line in (folder / "frames.jsonl").read_text().splitlines()]

    assert [line["success"] for line in lines] == [True, False, True]
    assert [line["result"]["frame_number"] for line in (lines[0], lines[2])] == [1, 3]
    assert json.loads((folder / "report.json").read_text()) == REPORT
    assert pictures == 2
    assert {each.name: each.read_text() for each in (folder / "evidence").iterdir()} == {
        "alert1-1.jpg": "s1-1",
        "alert2-2.jpg": "s1-2",
    }
    assert sorted(each.name for each in folder.iterdir()) == ["evidence", "frames.jsonl", "report.json"]


def test_results_of_an_earlier_interview_are_replaced(standin: Standin, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "old.jpg").write_bytes(b"old")
    (tmp_path / "mine.txt").write_text("not ours")
    write_evidence(tmp_path, api(standin), [])

    assert [each.name for each in (tmp_path / "evidence").iterdir()] == []
    assert (tmp_path / "mine.txt").exists()


def test_a_picture_that_is_gone_is_named_without_its_signature(standin: Standin) -> None:
    with pytest.raises(PlayError, match=r"/nothing cannot be read: 404") as caught:
        api(standin).picture(f"{standin.url}/nothing?Signature=secret")

    assert "secret" not in str(caught.value)


def test_a_log_gets_a_line_now_and_then_and_one_for_each_alert(standin: Standin) -> None:
    standin.failing = {number: [400] for number in range(60, 70)}
    console = Console(file=io.StringIO(), width=80)
    with display(console) as watcher:
        play(api(standin), clip(count=100), watcher)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()

    assert lines[0] == "playing clip as session s1"
    assert len([line for line in lines if line.startswith("frame ") and " of 100, " in line]) == 10
    assert [line for line in lines if "no_face" in line] == [
        "0:00 warning no_face_detected: No face is visible."
    ]
    assert len([line for line in lines if "refused: 400: no 6" in line]) == 5
    assert lines[-1].startswith("played: frame 100 of 100, 0:49 of clip, ")
    assert lines[-1].endswith(", refused: 10")


def test_a_terminal_shows_metrics_and_alerts_while_it_plays(standin: Standin) -> None:
    standin.failing = {3: [415]}
    console = Console(file=io.StringIO(), width=140, force_terminal=True)
    with display(console) as watcher:
        play(api(standin), clip(), watcher)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()

    for part in (
        "eye_contact",
        "80",
        "no_face_detected",
        "frame 3 of 3",
        "refused: 1; the last: 415: no 3",
    ):
        assert part in shown


def test_a_report_can_be_read() -> None:
    console = Console(file=io.StringIO(), width=100)
    print_report(console, REPORT)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()

    for part in (
        "Integrity score: 86.7 of 100, low risk",
        "no_face_detected",
        "-13.3",
        "72 received, 70 analysed (5 without asking again, 1 in part), 2 unanalysed; gaps: 1, 40 s in all",
        "0:00  8 s     8       warning",
        "eye contact 85, engagement -",
        "happy 75%, calm 25%",
        "70 DetectFaces: about $0.070",
        "Summary, by rules: All in all quiet.",
        "Note: No key.",
    ):
        assert part in said


def test_a_report_without_anything_in_it_can_be_read_too() -> None:
    console = Console(file=io.StringIO(), width=100)
    nothing: Json = {"score": None, "level": None, "deductions": [], "note": "No frame was analysed."}
    print_report(
        console, {**REPORT, "integrity": nothing, "alerts": [], "emotion_shares": None, "summary": None}
    )
    assert isinstance(console.file, io.StringIO)

    assert "Integrity score: none" in console.file.getvalue()
