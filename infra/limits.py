"""Set what a tenant may use: `python -m infra.limits <tenant id> --requests-per-minute 600`.

Works on the stage that the environment names, as `infra.tenants` does. A limit that is not named stays; 0
takes it away. It holds everywhere within a minute.
"""

import argparse
from dataclasses import asdict, replace

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring
from chalicelib.domain.errors import ProctoringError
from chalicelib.domain.tenants import Limits, Tenant


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a command line name limits."""
    parser.add_argument("--requests-per-minute", type=int, help="requests with any of its credentials")
    parser.add_argument("--sessions-per-day", type=int, help="sessions that start on a day of UTC")
    parser.add_argument("--usd-per-hour", type=float, help="dollars of calls to the provider")


def chosen(options: argparse.Namespace, before: Limits) -> Limits:
    """The limits with those that were named. Raises ValueError."""
    named = {name: getattr(options, name) for name in asdict(before)}
    return replace(before, **{name: each for name, each in named.items() if each is not None})


def shown(tenant: Tenant) -> str:
    """The tenant's limits in a line."""
    limits = ", ".join(f"{name} {number or 'unlimited'}" for name, number in asdict(tenant.limits).items())
    return f"{tenant.tenant_id}: {limits}"


def main() -> None:
    """Read the command line, set the limits and print them."""
    parser = argparse.ArgumentParser(prog="python -m infra.limits", description="Set what a tenant may use.")
    parser.add_argument("tenant", help="the tenant's id, as `make tenant` and GET /api/tenant say it")
    add_options(parser)
    options = parser.parse_args()
    if not options.tenant:
        parser.error("a tenant is needed: make limits TENANT=<id> REQUESTS_PER_MINUTE=600")
    try:
        tenants = wiring.tenants()
        limits = chosen(options, tenants.tenant(options.tenant).limits)
        print(shown(tenants.limit(options.tenant, limits)))
    except ValueError as exc:
        parser.error(str(exc))
    except (ProctoringError, BotoCoreError, ClientError) as exc:
        parser.exit(
            1, f"No limit was set: {exc}\nIs it the right stage, and are region and credentials its?\n"
        )


if __name__ == "__main__":
    main()
