"""Invite a person into a tenant: `python -m infra.people <tenant id> ada@example.com --role admin`.

Works on the stage that the environment names, as infra.tenants does. So a tenant gets its first admin, who
invites everybody else by the API. The invitation is printed once and cannot be read again.
"""

import argparse

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring
from chalicelib.domain.credentials import EVERYTHING
from chalicelib.domain.errors import ProctoringError
from chalicelib.domain.people import INVITATION_S, PersonRole


def invite(tenant_id: str, email: str, role: PersonRole = PersonRole.ADMIN) -> str:
    """The invitation's text. Raises ProctoringError: for an unknown tenant, or who is registered."""
    wiring.tenants().tenant(tenant_id)
    return wiring.invite_person()(tenant_id, email, role, may_hand_on=EVERYTHING)[1].text


def main() -> None:
    """Read the command line and print the invitation."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.people", description="Invite a person into a tenant."
    )
    parser.add_argument("tenant", help="the tenant's id, which infra.tenants printed")
    parser.add_argument("email", type=an_email, help="the person's e-mail")
    parser.add_argument("--role", type=PersonRole, choices=list(PersonRole), default=PersonRole.ADMIN)
    options = parser.parse_args()
    try:
        print(invite(options.tenant, options.email, options.role))
    except (BotoCoreError, ClientError, ProctoringError) as exc:
        hint = "Is the stage deployed, and are region and credentials its?"
        parser.exit(1, f"Nobody was invited: {exc}\n{hint}\n")
    parser.exit(0, f"{how_to_go_on()}\n")


def an_email(text: str) -> str:
    """The e-mail, if it is one."""
    name, _, host = text.strip().partition("@")
    if not name or "." not in host or any(letter.isspace() for letter in name + host):
        raise argparse.ArgumentTypeError(f"{text!r} is no e-mail")
    return text.strip()


def how_to_go_on() -> str:
    """What to do with an invitation."""
    days = INVITATION_S // 86_400
    return (
        f"The invitation is good for {days} days: send it to the person, who registers with it by "
        "POST /api/register."
    )


if __name__ == "__main__":
    main()
