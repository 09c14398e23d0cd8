"""The AWS CLI works against the emulator with nothing but an endpoint."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from infra.local.rekognition.staged import face, stage
from tests.rekognition.emulator import Emulator, interpreter


def test_the_aws_cli_gets_faces(emulator: Emulator, grey: bytes, tmp_path: Path) -> None:
    aws = Path(interpreter()).parent / "aws"
    if not aws.exists():
        pytest.skip(f"there is no AWS CLI beside {interpreter()}")
    picture = tmp_path / "frame.jpg"
    picture.write_bytes(stage(grey, {"faces": [face(yaw_deg=33)]}))
    command = [str(aws), "rekognition", "detect-faces", "--endpoint-url", emulator.url, "--image-bytes"]
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_CONFIG_FILE": os.devnull,
    }
    done = subprocess.run(
        [*command, f"fileb://{picture}"], env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["FaceDetails"][0]["Pose"]["Yaw"] == 33
