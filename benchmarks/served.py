"""app.py behind the local gateway, and nothing else: `python -m benchmarks.served --port N`.

In the environment of a function.
"""

import argparse
import os
import signal

from benchmarks.unwritten import leave_log_unwritten
from infra.local.gateway import Server


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="benchmarks.served")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # nothing is left to be written

    from app import app  # noqa: PLC0415 - like a function, it is imported in an environment that is complete

    leave_log_unwritten()
    with Server(app, port) as server:
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
