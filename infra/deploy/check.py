"""Whether what was deployed answers, and reaches what it stands on."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from infra.deploy.errors import DeployError
from infra.deploy.functions import Functions

TRIES, PAUSE_S, TIMEOUT_S = 6, 5.0, 35.0
"""A new API is known everywhere within seconds, and its first answer waits for a cold start."""


@dataclass(frozen=True, slots=True)
class Check:
    """Asks the API for its health, and that of everything behind it."""

    functions: Functions
    pause_s: float = PAUSE_S

    title = "its health"

    def plan(self) -> str:
        """What `run` would do."""
        return "ask GET /health?deep=true"

    def run(self) -> str:
        """Raises DeployError with what does not answer."""
        url = f"{self.functions.url()}health?deep=true"
        problem = "no answer"
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                health = _ask(url)
            except (OSError, ValueError) as exc:
                problem = str(exc)
            else:
                down = [name for name, each in health.get("dependencies", {}).items() if not each["ok"]]
                if not down and health.get("status") == "healthy":
                    return f"healthy: {', '.join(health.get('dependencies', {}))}"
                problem = (
                    f"not reached: {', '.join(down)}" if down else str(health.get("detail", "not healthy"))
                )
            if not last:
                time.sleep(self.pause_s)
        raise DeployError(f"{url}: {problem}.")


def _ask(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own API
            return dict(json.load(answer))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return dict(json.load(refusal))
