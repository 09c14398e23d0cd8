"""Make a tenant and its first API key: `python -m infra.tenants "Acme Hiring"`.

Works on the stage that the environment names (STAGE and AWS credentials, or AWS_ENDPOINT_URL for the offline
cloud). The key is printed once and cannot be read again; the tenant's id goes to standard error.
"""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring
from chalicelib.domain.tenants import NO_LIMITS
from infra.limits import add_options, chosen


def open_tenant(name: str) -> str:
    """The new tenant's API key."""
    return wiring.open_tenant()(name).text


def main() -> None:
    """Read the command line and print the key."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.tenants", description="Make a tenant and its first API key."
    )
    parser.add_argument("name", help="the tenant's name, for people")
    add_options(parser)
    options = parser.parse_args()
    name = options.name.strip()
    if not name:
        parser.error("a tenant needs a name: make tenant NAME='Acme Hiring'")
    try:
        limits = chosen(options, NO_LIMITS)
    except ValueError as exc:
        parser.error(str(exc))
    try:
        key = wiring.open_tenant()(name, limits)
        stored = wiring.api_keys().key(key.key_id)
        print(f"Tenant {stored.tenant_id if stored else ''}, its first key:", file=sys.stderr, flush=True)
        print(key.text)
    except (BotoCoreError, ClientError) as exc:
        parser.exit(
            1, f"No tenant was made: {exc}\nIs the stage deployed, and are region and credentials its?\n"
        )


if __name__ == "__main__":
    main()
