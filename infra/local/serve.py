"""The service on this machine: `python -m infra.local.serve --port N`, in the environment of a function.

app.py behind the gateway, and the pump and the schedule beside it. `OfflineCloud` starts it.
"""

import argparse
import logging
import signal
import sys

import boto3

from infra.local.gateway import Server
from infra.local.pump import Pump
from infra.local.schedule import Schedule


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="infra.local.serve")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    # Before the import of app: Powertools keeps its lines from handlers that exist.
    logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stdout)
    logging.getLogger("gateway").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    from app import app  # noqa: PLC0415 - like a function, it is imported in an environment that is complete

    pump, schedule = Pump(app, boto3.client("sqs")), Schedule(app)
    pump.start()
    schedule.start()
    try:
        with Server(app, port) as server:
            server.serve_forever(poll_interval=0.1)
    finally:
        pump.stop()
        schedule.stop()


if __name__ == "__main__":
    main()
