"""A key's life over HTTP, in the offline cloud."""

import subprocess
import sys
import time

from infra.local.program import ROOT
from tests.offline.client import Client
from tests.offline.conftest import Cloud


def test_a_key_is_created_used_rotated_and_revoked_and_then_refused_once_it_is_read_anew(
    cloud: Cloud, api_key: str
) -> None:
    admin = Client(cloud.url, api_key)
    made = admin.call("POST", "/api/keys", {"name": "Payroll", "scopes": ["sessions:read"]})
    first = Client(cloud.url, made.body["secret"])
    rotated = admin.call("POST", f"/api/keys/{made.body['key']['key_id']}/rotate", {"grace_s": 600})
    second = Client(cloud.url, rotated.body["secret"])

    used = [each.call("GET", "/api/sessions").status for each in (first, second)]
    beyond = second.call("POST", "/api/sessions/start", {}).status
    for each in (made, rotated):
        admin.call("DELETE", f"/api/keys/{each.body['key']['key_id']}")
    revoked_at = time.monotonic()
    while {each.call("GET", "/api/sessions").status for each in (first, second)} != {401}:
        assert time.monotonic() - revoked_at < 60
        time.sleep(0.2)

    listed = admin.call("GET", "/api/keys").body["keys"]
    assert (used, beyond) == ([200, 200], 403)
    assert sorted((key["name"], key["revoked"]) for key in listed) == [
        ("First key", False),
        ("Payroll", True),
        ("Payroll", True),
    ]
    assert all(key["last_used_at"] for key in listed)


def run(cloud: Cloud, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command of the operator's prints."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=cloud.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_limit_that_the_operator_sets_holds(cloud: Cloud) -> None:
    limits = ("--requests-per-minute", "5", "--sessions-per-day", "1")
    made = run(cloud, "infra.tenants", "Small Hiring", *limits)
    client = Client(cloud.url, made.stdout.strip())

    starts = [client.call("POST", "/api/sessions/start", {}) for _ in range(2)]
    tenant = client.call("GET", "/api/tenant").body
    more = run(cloud, "infra.limits", tenant["tenant_id"], "--sessions-per-day", "2")
    # Eleven requests are too many even for two minutes.
    answers = [client.call("GET", "/api/tenant") for _ in range(8)]

    assert [each.status for each in starts] == [200, 429]
    assert tenant["tenant_id"] in made.stderr
    assert tenant["limits"] == {"requests_per_minute": 5, "sessions_per_day": 1, "usd_per_hour": 0.0}
    assert more.stdout.strip() == (
        f"{tenant['tenant_id']}: requests_per_minute 5, sessions_per_day 2, usd_per_hour unlimited"
    )
    assert {each.status for each in answers} == {200, 429}
    assert all(1 <= int(each.headers["Retry-After"]) <= 60 for each in answers if each.status == 429)


def test_a_limit_of_nobody_or_below_nothing_is_refused_in_words(cloud: Cloud) -> None:
    nobody = run(cloud, "infra.limits", "nobody", "--sessions-per-day", "2")
    negative = run(cloud, "infra.tenants", "Small Hiring", "--sessions-per-day", "-1")
    nameless = run(cloud, "infra.limits", "")

    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "no such tenant" in nobody.stderr
    assert (negative.returncode, "0, for none, or more" in negative.stderr) == (2, True)
    assert (nameless.returncode, "TENANT=<id>" in nameless.stderr) == (2, True)
