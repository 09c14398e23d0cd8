"""A deployment that is killed after each kind of change is completed by the next one, as if none had been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local.program import ROOT
from tests.deploy.account import OfflineAccount
from tests.deploy.conftest import Deployed, copy_tree
from tests.deploy.interruptions import change
from tests.deploy.inventory import inventory

# One of each kind that AWS is asked for; what is sent again for the next function is not killed again.
KINDS_AT_LEAST = {
    "cloudformation CreateStack",
    "iam CreateRole",
    "iam PutRolePolicy",
    "lambda POST layers versions",
    "lambda POST functions",
    "lambda POST event-source-mappings",
    "lambda PUT event-source-mappings",
    "events PutRule",
    "events PutTargets",
    "apigateway POST restapis",
    "apigateway POST restapis deployments",
    "apigateway PUT restapis gatewayresponses",
}
MOST_KINDS = 60


def killed_after_a_change(
    account: OfflineAccount, stage: str, tree: Path, built: Path, passed: set[str]
) -> str | None:
    """Deploy until something is changed that is none of `passed`, and die; None if all was deployed."""
    account.hold(passed)
    command = [sys.executable, "-m", "tests.deploy.run_steps", stage, str(tree), str(built)]
    with (tree / "said.log").open("ab") as said:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env=account.environment,
            stdout=said,
            stderr=said,
            start_new_session=True,  # Chalice, its child, dies with it
        )
        while running.poll() is None and account.held() is None:
            time.sleep(0.02)
        changed = account.held()
        if changed is not None:
            os.killpg(running.pid, signal.SIGKILL)
        code = running.wait()
    account.go_on()
    if changed is None:
        assert code == 0, (tree / "said.log").read_text()[-3000:]
    return changed


def test_killed_after_every_kind_of_change_it_is_completed_by_the_next_try(
    deployed: Deployed, light: Path, tmp_path: Path
) -> None:
    tree = copy_tree(tmp_path / "tree")
    passed: set[str] = set()

    for _ in range(MOST_KINDS):
        changed = killed_after_a_change(deployed.account, "half", tree, light, passed)
        if changed is None:
            break
        passed.add(changed)

    assert passed >= KINDS_AT_LEAST
    assert inventory(deployed.account, "half") == inventory(deployed.account, "dev")


@pytest.mark.usefixtures("deployed")
def test_the_killer_kills(account: OfflineAccount) -> None:
    account.hold([])

    assert account.held() is None
    account.go_on()


def test_an_id_that_looks_like_a_word_makes_no_other_kind() -> None:
    signed = "AWS4-HMAC-SHA256 Credential=offline/20261125/eu-west-1/apigateway/aws4_request"
    request = {
        "HTTP_AUTHORIZATION": signed,
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/restapis/ijyfrkleje/stages",
    }

    assert change(request, b"") == "apigateway POST restapis stages"
