"""The README's commands work as they are printed."""

import os
import re
import subprocess
from pathlib import Path

from tests.offline.conftest import Cloud

ROOT = Path(__file__).parents[2]


def test_the_curl_lines_of_the_readme_work_as_printed(cloud: Cloud, api_key: str, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"as they stand\. -->\n```sh\n(.*?)```", readme, re.DOTALL)
    assert block
    # `--fail-with-body` makes curl tell an error by its exit code; the lines stay as they are.
    script = 'curl() { command curl --fail-with-body "$@" && echo; }\nset -eo pipefail\n' + block[1]
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    environment = {**os.environ, "KEY": api_key, "URL": cloud.url, "PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert '"frame_number":3' in ran.stdout
    assert '"erased"' in ran.stdout
