"""Remove a tenant with all that is its own: `python -m infra.removal <tenant id>`.

Works on the stage that the environment names, as `infra.tenants` does. It asks for the tenant's name first;
`--yes` answers that. What breaks off is finished by the same command.
"""

import argparse
import logging
import os

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring
from chalicelib.domain.errors import ProctoringError
from chalicelib.domain.tenants import Tenant
from chalicelib.settings import from_environment
from chalicelib.telemetry import logger
from chalicelib.wiring.removing import remove_tenant
from infra.deploy.account import current
from infra.deploy.configuration import OUTPUTS, handed_over
from infra.deploy.errors import DeployError
from infra.deploy.stack import Stack
from infra.deploy.stage import Stage

WRONG = (ProctoringError, BotoCoreError, ClientError, DeployError)
"""What stops it, and says why."""


def know_the_stage() -> None:
    """Name what the stack made where the environment does not. Raises DeployError, and what botocore does."""
    if all(os.environ.get(name) for name in OUTPUTS):
        return
    stage = from_environment().stage
    outputs = Stack(current(), Stage(stage)).outputs()
    if not outputs:
        raise DeployError(f"There is no stage {stage} here.", "Name it by STAGE=...")
    for name, value in handed_over(outputs).items():
        os.environ.setdefault(name, value)


def is_meant(tenant: Tenant) -> bool:
    """Whether a person says so."""
    print(
        f"{tenant.name}, {tenant.tenant_id}, goes with its keys, people, sessions, pictures, exams, faces "
        "and webhooks."
    )
    print("Nothing of it can be brought back.")
    try:
        return input("Type the tenant's name to remove it: ").strip() == tenant.name
    except EOFError:
        return False


def main() -> None:
    """Read the command line, ask, remove the tenant and print what was removed."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.removal", description="Remove a tenant with all that is its own."
    )
    parser.add_argument("tenant", help="the tenant's id, as `make tenant` and GET /api/tenant say it")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args()
    if not options.tenant:
        parser.error("a tenant is needed: make remove TENANT=<id>")
    logger.setLevel(logging.WARNING)  # a line for every session is of no use in a terminal
    try:
        know_the_stage()
        tenant = wiring.tenants().tenant(options.tenant)
    except WRONG as exc:
        hint = "Is it the right stage, and are region and credentials its?"
        parser.exit(1, f"Nothing was removed: {' '.join(map(str, exc.args))}\n{hint}\n")
    if not options.yes and not is_meant(tenant):
        parser.exit(1, "Nothing was removed.\n")
    flow = remove_tenant()
    print(f"Keys and people go first. They may be believed for {flow.trust_s:.0f} s more: waiting ...")
    try:
        removed = flow(tenant.tenant_id)
    except WRONG as exc:
        hint = "Run the same command again: it goes on where it stopped."
        parser.exit(1, f"Not all was removed: {' '.join(map(str, exc.args))}\n{hint}\n")
    print(f"Removed: {', '.join(f'{number} {kind}' for kind, number in removed.items())}.")


if __name__ == "__main__":
    main()
