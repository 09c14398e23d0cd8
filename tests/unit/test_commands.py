"""The commands that make a tenant and invite its first admin."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from types import ModuleType

import pytest

from chalicelib import wiring
from chalicelib.domain.people import PersonRole, PersonStatus
from infra import people, removal, tenants
from tests.unit.api.people import PASSWORD
from tests.unit.api.service import Service, running_service

ADA = "ada@example.com"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    printed: list[str]
    said: str


Run = Callable[..., Done]


@pytest.fixture
def command(
    service: Service,  # noqa: ARG001 - it is in the environment
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    def run(module: ModuleType, *arguments: str, typed: str | None = None) -> Done:
        monkeypatch.setattr(sys, "argv", ["command", *arguments])
        monkeypatch.setattr(sys, "stdin", StringIO(typed))
        code: object = 0
        try:
            module.main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return Done(code if isinstance(code, int) else 0, printed.out.splitlines(), printed.err)

    return run


def test_a_tenant_comes_with_its_key_alone_on_the_output(command: Run) -> None:
    done = command(tenants, "Acme Hiring")

    assert (done.code, len(done.printed)) == (0, 1)
    tenant_id = wiring.check_key()(done.printed[0]).tenant_id
    assert f"make admin TENANT={tenant_id} EMAIL=" in done.said


def test_a_tenant_comes_with_its_first_admin(command: Run) -> None:
    done = command(tenants, "Acme Hiring", "--admin", ADA)

    key, invitation = done.printed
    person = wiring.register_person()(invitation, ADA, PASSWORD)
    assert (done.code, person.role) == (0, PersonRole.ADMIN)
    assert person.tenant_id == wiring.check_key()(key).tenant_id
    assert person.tenant_id in done.said
    assert "30 days" in done.said


def test_a_tenant_that_is_there_gets_an_admin_and_others(command: Run) -> None:
    tenant_id = wiring.check_key()(command(tenants, "Acme Hiring").printed[0]).tenant_id

    admin = command(people, tenant_id, "first@example.com")
    proctor = command(people, tenant_id, "second@example.com", "--role", "proctor")

    made = wiring.read_people().page(tenant_id, 10, None, None).items
    assert (admin.code, proctor.code) == (0, 0)
    assert [(each.email, each.role, each.status) for each in made] == [
        ("second@example.com", PersonRole.PROCTOR, PersonStatus.INVITED),
        ("first@example.com", PersonRole.ADMIN, PersonStatus.INVITED),
    ]


def test_nobody_is_invited_into_a_tenant_that_is_not_there(command: Run) -> None:
    done = command(people, "0" * 32, ADA)

    assert (done.code, done.printed) == (1, [])
    assert "There is no such tenant" in done.said


def test_who_is_registered_is_not_invited_again(command: Run) -> None:
    key, invitation = command(tenants, "Acme Hiring", "--admin", ADA).printed
    wiring.register_person()(invitation, ADA, PASSWORD)

    done = command(people, wiring.check_key()(key).tenant_id, ADA)

    assert (done.code, done.printed) == (1, [])
    assert "registered already" in done.said


@pytest.mark.parametrize("email", ["", "ada", "ada@example", "@example.com", "a b@example.com"])
def test_what_is_no_e_mail_makes_no_tenant(command: Run, email: str) -> None:
    before = list(wiring.tenants().ids())

    done = command(tenants, "Acme Hiring", "--admin", email)

    assert (done.code, done.printed) == (2, [])
    assert list(wiring.tenants().ids()) == before


def test_a_tenant_has_a_name(command: Run) -> None:
    assert command(tenants, " ").code == 2


@pytest.mark.parametrize("typed", ["", "acme hiring\n", "yes\n"])
def test_a_tenant_is_not_removed_unless_its_name_is_typed(command: Run, typed: str) -> None:
    tenant_id = wiring.check_key()(command(tenants, "Acme Hiring").printed[0]).tenant_id

    done = command(removal, tenant_id, typed=typed)

    assert (done.code, done.said) == (1, "Nothing was removed.\n")
    assert any("Acme Hiring" in line for line in done.printed)
    assert wiring.tenants().tenant(tenant_id).name == "Acme Hiring"


def test_a_tenant_that_is_not_there_is_not_removed(command: Run) -> None:
    for tenant_id, code, why in (("0" * 32, 1, "There is no such tenant"), ("", 2, "TENANT=<id>")):
        done = command(removal, tenant_id, "--yes")

        assert (done.code, done.printed) == (code, [])
        assert why in done.said
