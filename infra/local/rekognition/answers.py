"""The answers file: what Rekognition shall say of known pictures, by the sha256 of their bytes.

Unlike a staged picture an answer only replaces what it gives: `{"labels": [...]}` adds a phone to a picture
whose faces still come from the engine.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path

from infra.local.rekognition.script import Told, read_script

_SHA256_LENGTH = 64


class Answers:
    """Scripts by picture, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, Told] = {}

    def __len__(self) -> int:
        return len(self._told)

    def put(self, scripts: object) -> int:
        """Add or replace `{sha256: script}`; all or none. Raises ValueError."""
        if not isinstance(scripts, Mapping):
            raise ValueError("answers are an object of scripts by sha256")  # noqa: TRY004 - one error for wrong input
        told = {_key(key): read_script(script) for key, script in scripts.items()}
        with self._lock:
            self._told |= told
        return len(told)

    def clear(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._told = {}

    def of(self, sha256: str) -> Told:
        """Look up what shall be said of a picture; nothing if it is not known."""
        return self._told.get(sha256, Told())


def load_answers(path: Path) -> Answers:
    """Read an answers file. Raises OSError or ValueError."""
    answers = Answers()
    answers.put(json.loads(path.read_text(encoding="utf-8")))
    return answers


def _key(key: object) -> str:
    if not isinstance(key, str) or len(key) != _SHA256_LENGTH:
        raise ValueError(f"{key!r} is no sha256 in hexadecimal digits")
    return key.lower()
