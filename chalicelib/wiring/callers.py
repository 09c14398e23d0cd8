"""Flows about who calls: keys, tenants, people."""

import secrets
import time
from functools import cache

from chalicelib.aws.tokens import UserTokens
from chalicelib.flows.ask_apart import AskApart
from chalicelib.flows.change_key import ChangeKey
from chalicelib.flows.change_person import ChangePerson, RemovePerson
from chalicelib.flows.change_tenant import ChangeTenant
from chalicelib.flows.check_key import CheckKey
from chalicelib.flows.check_token import CheckToken
from chalicelib.flows.create_key import CreateKey
from chalicelib.flows.find_people import FindPeople, ReadPeople
from chalicelib.flows.invite_person import InvitePerson
from chalicelib.flows.know_limits import KnowLimits
from chalicelib.flows.limit_requests import LimitRequests
from chalicelib.flows.log_in import LogIn
from chalicelib.flows.log_out import LogOut
from chalicelib.flows.open_tenant import OpenTenant
from chalicelib.flows.read_keys import ReadKeys
from chalicelib.flows.read_tenant import ReadTenant
from chalicelib.flows.register_person import ConfirmPerson, RegisterPerson
from chalicelib.flows.reset_password import ForgetPassword, ResetPassword
from chalicelib.flows.rotate_key import RotateKey
from chalicelib.flows.tenant_spend import Budget, TenantSpend
from chalicelib.wiring.adapters import accounts, api_keys, ledger, people, requests, sessions, tenants
from chalicelib.wiring.process import new_id, new_sorted_id, pool, settings


@cache
def check_key() -> CheckKey:
    """Who holds an API key."""
    return CheckKey(api_keys(), settings().stage, settings().key_cache_s, time.time)


@cache
def create_key() -> CreateKey:
    """Make an API key."""
    return CreateKey(api_keys(), time.time, secrets.choice, settings().stage)


@cache
def rotate_key() -> RotateKey:
    """Put a new API key in the place of another one."""
    return RotateKey(api_keys(), time.time, secrets.choice, settings().stage)


@cache
def change_key() -> ChangeKey:
    """Rename or revoke an API key."""
    return ChangeKey(api_keys())


@cache
def read_keys() -> ReadKeys:
    """Read what is stored of API keys."""
    return ReadKeys(api_keys())


@cache
def know_limits() -> KnowLimits:
    """What a tenant may use."""
    return KnowLimits(tenants(), settings().key_cache_s)


@cache
def limit_requests() -> LimitRequests:
    """Refuse requests beyond a tenant's limit."""
    return LimitRequests(know_limits(), requests(), time.time)


def budget() -> Budget:
    """What calls to the provider cost, and what tenants may spend on them."""
    return Budget(settings().usd_per_call, settings().tenant_calls_per_hour, settings().tenant_usd_per_hour)


@cache
def tenant_spend() -> TenantSpend:
    """What tenants' calls to the provider come to."""
    return TenantSpend(ledger(), pool(), budget(), know_limits())


@cache
def ask_apart() -> AskApart:
    """Ask Rekognition what is not about a frame."""
    return AskApart(ledger(), time.time, time.sleep, tenant_spend())


@cache
def read_tenant() -> ReadTenant:
    """Read what holds for a tenant."""
    return ReadTenant(tenants(), sessions(), requests(), ledger(), time.time, budget())


@cache
def change_tenant() -> ChangeTenant:
    """Change what a tenant decides for itself."""
    return ChangeTenant(tenants())


@cache
def open_tenant() -> OpenTenant:
    """Make a tenant."""
    return OpenTenant(tenants(), api_keys(), time.time, new_id, secrets.choice, settings().stage)


@cache
def check_token() -> CheckToken:
    """Who holds a user token."""
    tokens = UserTokens(
        settings().user_pool_keys_url,
        issuer=settings().user_tokens_issuer,
        client_id=settings().user_pool_client_id,
    )
    return CheckToken(tokens, people(), settings().key_cache_s)


@cache
def invite_person() -> InvitePerson:
    """Invite a person."""
    return InvitePerson(people(), time.time, new_sorted_id, secrets.choice)


@cache
def register_person() -> RegisterPerson:
    """Make the account of an invited person."""
    return RegisterPerson(people(), accounts(), time.time)


@cache
def confirm_person() -> ConfirmPerson:
    """Confirm a person's e-mail."""
    return ConfirmPerson(people(), accounts(), FindPeople(people()), new_sorted_id)


@cache
def log_in() -> LogIn:
    """Log a person in."""
    return LogIn(
        people(),
        accounts(),
        lambda tenant_id: tenants().tenant(tenant_id).name,
        FindPeople(people()),
        time.time,
        time.sleep,
        new_sorted_id,
    )


@cache
def log_out() -> LogOut:
    """Log a person out everywhere."""
    return LogOut(people(), accounts(), time.time, check_token().forget)


@cache
def forget_password() -> ForgetPassword:
    """Mail a code to who forgot the password."""
    return ForgetPassword(accounts(), FindPeople(people()), new_sorted_id)


@cache
def reset_password() -> ResetPassword:
    """Set another password."""
    return ResetPassword(accounts(), FindPeople(people()), log_out(), new_sorted_id)


@cache
def read_people() -> ReadPeople:
    """Read who belongs to a tenant."""
    return ReadPeople(people())


@cache
def change_person() -> ChangePerson:
    """Change a person."""
    return ChangePerson(people(), accounts(), read_people(), check_token().forget)


@cache
def remove_person() -> RemovePerson:
    """Remove a person."""
    return RemovePerson(people(), accounts(), read_people(), check_token().forget)
