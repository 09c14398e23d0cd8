"""A program of ours in a process of its own: started, waited for, stopped."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""Where the project's packages are found."""
HOST = "127.0.0.1"

STOP_S = 5.0
"""From the request to end until it is enforced."""
LAST_LINES = 15
"""How much of a failed program's log an error shows."""


class StartError(Exception):
    """The offline cloud cannot start; the text says why and what to do."""


@dataclass(slots=True)
class Program:
    """One child process. It dies with this one, whatever kills it."""

    name: str
    module: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    log: Path | None = None
    """Where its output goes; None shows it in the terminal."""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; see `wait_until_answers`."""
        command = [self.python, "-m", "infra.local.leash", self.module, *self.arguments]
        output = None if self.log is None else self.log.open("ab")
        # A session of its own: Ctrl-C in the terminal is the parent's to handle.
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
        if output:
            output.close()

    def wait_until_answers(self, url: str, *, within_s: float = 120.0) -> bytes:
        """The body of its first answer at `url`; raises StartError if it ends first or never answers."""
        # Without the user's proxies: it is our own server, on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            self.check()
            try:
                with opener.open(url, timeout=within_s) as answer:
                    return bytes(answer.read())
            except urllib.error.HTTPError as refusal:
                return bytes(refusal.read())
            except OSError:
                time.sleep(0.02)
        raise StartError(f"{self.name} did not answer at {url} within {within_s:.0f} s.{self._last_words()}")

    def check(self) -> None:
        """Raises StartError if it has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise StartError(f"{self.name} ended with code {self._process.returncode}.{self._last_words()}")

    def stop(self) -> None:
        """End it. A second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _last_words(self) -> str:
        if self.log is None:
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(["", *lines, f"(its log: {self.log})"])


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def claim(port: int, *, purpose: str) -> int:
    """The port, or any free one for 0; raises StartError if it is taken."""
    if not port:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise StartError(
                f"Port {port} is taken, and {purpose} needs it. End the other program or choose another: "
                "PORT=9000 with make, --port 9000 otherwise; it and the two ports after it are used."
            ) from exc
    return port
