"""A person's way through the service over HTTP, in the offline cloud."""

import subprocess
import sys

from infra.local.cognito import CODE
from infra.local.program import ROOT
from tests.offline.client import Client
from tests.offline.conftest import Cloud
from tests.offline.people import OTHER, join, log_in, nobody, register


def test_a_person_comes_by_an_invitation_and_is_refused_everywhere_once_logged_out(
    cloud: Cloud, api_key: str
) -> None:
    server = Client(cloud.url, api_key)
    ada = join(server, "proctor", "ada.first@example.com")
    again = nobody(server).call("POST", "/api/refresh", {"refresh_token": ada.login["refresh_token"]})
    both = [ada.client, Client(cloud.url, again.body["access_token"])]
    before = [each.call("GET", "/api/me") for each in both]

    assert both[1].call("POST", "/api/logout").status == 200

    after = [each.call("GET", "/api/me").status for each in both]
    dead = nobody(server).call("POST", "/api/refresh", {"refresh_token": ada.login["refresh_token"]})
    fresh = log_in(server, ada.email)
    assert [each.body["person"]["person_id"] for each in before] == [ada.person_id] * 2
    assert (after, dead.status) == ([401, 401], 401)
    assert Client(cloud.url, fresh.body["access_token"]).call("GET", "/api/sessions").status == 200


def test_a_forgotten_password_is_reset(cloud: Cloud, api_key: str) -> None:
    server = Client(cloud.url, api_key)
    ada = join(server)
    wanted = {"email": ada.email, "code": CODE, "password": OTHER}

    asked = nobody(server).call("POST", "/api/password/forgot", {"email": ada.email})
    reset = nobody(server).call("POST", "/api/password/reset", wanted)

    assert (asked.status, reset.status) == (202, 200)
    assert ada.client.call("GET", "/api/me").status == 401
    assert [log_in(server, ada.email).status, log_in(server, ada.email, OTHER).status] == [401, 200]


def test_the_first_admin_comes_with_the_tenant_and_invites_the_next(cloud: Cloud) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "infra.tenants", "Acme Hiring", "--admin", "first.admin@example.com"],
        cwd=ROOT,
        env=cloud.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    key, invitation = made.stdout.split()
    server = Client(cloud.url, key)
    register(server, invitation, "first.admin@example.com")
    admin = Client(cloud.url, log_in(server, "first.admin@example.com").body["access_token"])

    second = join(admin, "admin")

    listed = second.client.call("GET", "/api/people").body["people"]
    assert [each["email"] for each in listed] == [second.email, "first.admin@example.com"]
