"""The README's commands work as they are printed."""

import os
import re
import subprocess
from pathlib import Path

from tests.offline.conftest import Cloud

ROOT = Path(__file__).parents[2]


def run(block: str, cloud: Cloud, api_key: str, folder: Path) -> str:
    """What the lines of a block say, run as they are printed."""
    readme = (ROOT / "README.md").read_text()
    lines = re.search(rf"{block}\n```sh\n(.*?)```", readme, re.DOTALL)
    assert lines
    # `--fail-with-body` makes curl tell an error by its exit code; the lines stay as they are.
    script = 'curl() { command curl --fail-with-body "$@" && echo; }\nset -eo pipefail\n' + lines[1]
    (folder / ".venv").symlink_to(ROOT / ".venv")
    environment = {**os.environ, "KEY": api_key, "URL": cloud.url, "PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout


def test_the_curl_lines_of_the_readme_work_as_printed(cloud: Cloud, api_key: str, tmp_path: Path) -> None:
    said = run(r"These lines are run [^\n]*as they stand. -->", cloud, api_key, tmp_path)

    assert '"frame_number":3' in said
    assert '"foundFace":"ada@example.com"' in said
    assert '"engine":"Amazon Rekognition"' in said
    assert '"secret":"whsec_' in said
    assert '"erased"' in said


def test_the_day_of_exams_in_the_readme_goes_as_printed(cloud: Cloud, api_key: str, tmp_path: Path) -> None:
    said = run(r"These lines of the day [^\n]*as they stand. -->", cloud, api_key, tmp_path)

    assert '"resumed":true' in said
    assert "Dora was late." in said
    assert said.count('"state":"submitted"') >= 2
