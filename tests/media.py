"""Real pictures and clips for tests; they are no part of the repository."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("PROCTORING_MEDIA", Path(__file__).parents[2] / "shared" / "media"))


def media(name: str) -> Path:
    """A file or folder of the media; skips the test where there are none."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"there is no {path}: set PROCTORING_MEDIA to a folder of real pictures")
    return path
