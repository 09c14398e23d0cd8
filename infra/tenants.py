"""Make a tenant and its first API key: `python -m infra.tenants "Acme Hiring"`.

Works on the stage that the environment names (STAGE and AWS credentials, or AWS_ENDPOINT_URL for the offline
cloud). The key is printed once and cannot be read again.
"""

import argparse

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring


def open_tenant(name: str) -> str:
    """The new tenant's API key."""
    return wiring.open_tenant()(name).text


def main() -> None:
    """Read the command line and print the key."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.tenants", description="Make a tenant and its first API key."
    )
    parser.add_argument("name", help="the tenant's name, for people")
    name = parser.parse_args().name.strip()
    if not name:
        parser.error("a tenant needs a name: make tenant NAME='Acme Hiring'")
    try:
        print(open_tenant(name))
    except (BotoCoreError, ClientError) as exc:
        parser.exit(
            1, f"No tenant was made: {exc}\nIs the stage deployed, and are region and credentials its?\n"
        )


if __name__ == "__main__":
    main()
