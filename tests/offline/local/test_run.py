"""`python -m infra.local run`, as it is typed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from infra.local.program import ROOT
from infra.local.sample import picture_at

if TYPE_CHECKING:
    from tests.offline.conftest import Cloud


def typed(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.local", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_clip_is_proctored_and_its_results_are_kept(tmp_path: Path) -> None:
    clip, out = tmp_path / "clip", tmp_path / "out"
    clip.mkdir()
    for number in range(4):
        empty_room = picture_at(15.0 + number)
        cv2.imwrite(str(clip / f"{number}.jpg"), empty_room)
    (clip / "4.jpg").write_bytes(b"\xff\xd8\xff no picture")

    ran = typed("run", "--clip", str(clip), "--once", "--port", "0", "--out", str(out))
    report = json.loads((out / "report.json").read_text())
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert [line["success"] for line in lines] == [True, True, True, True, False]
    assert 400 <= lines[-1]["status"] < 500
    assert report["coverage"]["received"] == 4
    assert [alert["type"] for alert in report["alerts"]] == ["no_face_detected"]
    assert {picture.name.rpartition("-")[0] for picture in (out / "evidence").iterdir()} == {
        alert["id"] for alert in report["alerts"]
    }
    assert "4.jpg" not in ran.stdout
    assert "refused: 1" in ran.stdout
    assert f"Results: {out}" in ran.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("run", "--clip", "/nowhere/clip.mp4"), "/nowhere/clip.mp4 does not exist"),
        (("run", "--fps", "0"), "must be above 0"),
        (("run", "--webcam", "93"), "Camera 93 cannot be opened"),
        (("run", "--webcam", "0", "--clip", "x"), "not allowed with"),
        (("dance",), "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_starts(options: tuple[str, ...], said: str) -> None:
    ran = typed(*options)

    assert ran.returncode in {1, 2}
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_taken_port_is_said(cloud: "Cloud") -> None:
    port = cloud.url.rpartition(":")[2]
    ran = typed("serve", "--port", port)

    assert ran.returncode == 1
    assert f"Port {port} is taken" in ran.stderr
    assert "Traceback" not in ran.stderr
