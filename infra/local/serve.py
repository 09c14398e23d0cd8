"""The service on this machine: `python -m infra.local.serve --port N`, in the environment of a function.

app.py behind the gateway, and the pump and the schedule beside it; each function in the role that its policy
describes. `OfflineCloud` starts it.
"""

import argparse
import logging
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import boto3

from chalicelib.settings import from_environment
from infra.deploy.project import POLICIES
from infra.local.cloud import ACCOUNT
from infra.local.gateway import Server
from infra.local.iam import Account, read_policies
from infra.local.pump import Pump
from infra.local.roles import Roles
from infra.local.schedule import Schedule


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="infra.local.serve")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--policies", type=Path, default=POLICIES, help="folder of the functions' policies")
    parser.add_argument("--asked", type=Path, help="file for what the functions asked to be allowed")
    options = parser.parse_args()
    # Before the import of app: Powertools keeps its lines from handlers that exist.
    logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stdout)
    logging.getLogger("gateway").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    sqs = boto3.client("sqs")  # Lambda's own: it is no function of ours
    _enter_roles(options.policies, options.asked)
    from app import app  # noqa: PLC0415 - like a function, it is imported in an environment that is complete

    pump, schedule = Pump(app, sqs), Schedule(app)
    with ExitStack() as stopping:  # each is stopped, even if a second signal interrupts the stopping of one
        for worker in (schedule, pump):
            worker.start()
            stopping.callback(worker.stop)
        server = stopping.enter_context(Server(app, options.port))
        server.serve_forever(poll_interval=0.1)


def _enter_roles(policies: Path, asked: Path | None) -> None:
    """From here on, clients of the default session, which the service uses, obey the policies."""
    session = boto3.DEFAULT_SESSION
    assert session is not None
    account = Account(session.region_name, ACCOUNT)
    settings = from_environment()
    outputs = {"UserPool": settings.user_pool_id}
    Roles(read_policies(policies, settings.stage, account, outputs), account, asked).enforce(session)


if __name__ == "__main__":
    main()
