"""Make a tenant and its first API key: `python -m infra.tenants "Acme Hiring"`.

Works on the stage that the environment names (STAGE and AWS credentials, or AWS_ENDPOINT_URL for the offline
cloud). The key is printed once and cannot be read again.
"""

import argparse

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
    print(open_tenant(parser.parse_args().name))


if __name__ == "__main__":
    main()
