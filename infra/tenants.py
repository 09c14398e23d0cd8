"""Make a tenant and its first API key: `python -m infra.tenants "Acme Hiring" --admin ada@example.com`.

Works on the stage that the environment names (STAGE and AWS credentials, or AWS_ENDPOINT_URL for the offline
cloud). The key is printed once and cannot be read again, and so is the first admin's invitation, if one is
named; what else there is to know goes to standard error.
"""

import argparse
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring
from chalicelib.domain.errors import ProctoringError
from chalicelib.domain.tenants import NO_LIMITS, Limits
from infra import people
from infra.limits import add_options, chosen


def open_tenant(name: str, limits: Limits = NO_LIMITS, tenant_id: str | None = None) -> str:
    """The new tenant's API key."""
    flow = wiring.open_tenant()
    return (replace(flow, new_id=lambda: tenant_id) if tenant_id else flow)(name, limits).text


def main() -> None:
    """Read the command line, and print the key and the invitation, a line each."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.tenants", description="Make a tenant and its first API key."
    )
    parser.add_argument("name", help="the tenant's name, for people")
    parser.add_argument("--admin", type=people.an_email, help="the e-mail of its first admin, to be invited")
    add_options(parser)
    options = parser.parse_args()
    name = options.name.strip()
    if not name:
        parser.error("a tenant needs a name: make tenant NAME='Acme Hiring'")
    try:
        limits = chosen(options, NO_LIMITS)
    except ValueError as exc:
        parser.error(str(exc))
    tenant_id = wiring.new_sorted_id()
    try:
        print(open_tenant(name, limits, tenant_id))
    except (BotoCoreError, ClientError) as exc:
        parser.exit(
            1, f"No tenant was made: {exc}\nIs the stage deployed, and are region and credentials its?\n"
        )
    told = f"The tenant's id is {tenant_id}."
    if not options.admin:
        parser.exit(0, f"{told} Its first admin is invited by: make admin TENANT={tenant_id} EMAIL=...\n")
    try:
        print(people.invite(tenant_id, options.admin))
    except (BotoCoreError, ClientError, ProctoringError) as exc:
        again = f"make admin TENANT={tenant_id} EMAIL={options.admin}"
        parser.exit(1, f"{told} Nobody was invited: {exc}\nTry again: {again}\n")
    parser.exit(0, f"{told} {people.how_to_go_on()}\n")


if __name__ == "__main__":
    main()
