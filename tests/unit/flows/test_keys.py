"""Making a tenant with its first key, and checking keys."""

import random

import pytest

from chalicelib.domain import credentials
from chalicelib.domain.credentials import ApiKey, StoredKey
from chalicelib.domain.errors import Unauthorized
from chalicelib.flows.check_key import CheckKey
from chalicelib.flows.open_tenant import OpenTenant
from tests.fakes import FakeClock, FakeTenants

FOREVER = 1e9


def tenant(tenants: FakeTenants, *, stage: str = "dev", tenant_id: str = "t-1", seed: int = 1) -> ApiKey:
    return OpenTenant(tenants, FakeClock(), lambda: tenant_id, random.Random(seed).choice, stage)(
        "Acme Hiring"
    )


def test_a_tenant_is_stored_under_its_name_and_its_key_only_as_a_hash() -> None:
    tenants = FakeTenants()

    key = tenant(tenants)

    assert tenants.names == {"t-1": "Acme Hiring"}
    assert tenants.key(key.key_id) == StoredKey(key.key_id, "t-1", key.hash)
    assert key.text not in repr(tenants)


def test_a_good_key_tells_its_tenant() -> None:
    tenants = FakeTenants()
    keys = {tenant(tenants, tenant_id=name, seed=seed).text: name for seed, name in enumerate(("t-1", "t-2"))}
    check = CheckKey(tenants, "dev", trust_s=FOREVER)

    assert {text: check(text).tenant_id for text in keys} == keys


def refusal(check: CheckKey, text: str) -> str:
    with pytest.raises(Unauthorized) as refused:
        check(text)
    return str(refused.value)


def test_every_bad_key_is_refused_in_the_same_words_that_do_not_repeat_it() -> None:
    tenants = FakeTenants()
    good, revoked = tenant(tenants), tenant(tenants, seed=2)
    tenants.revoke(revoked.key_id)
    elsewhere = tenant(FakeTenants(), stage="prod")
    stranger = credentials.mint("dev", random.Random(3).choice)
    letters = iter(good.key_id + "x" * 32)
    forged = credentials.mint("dev", lambda _: next(letters))
    check = CheckKey(tenants, "dev", trust_s=FOREVER)

    bad = ["", "pk_", good.text[:-1], revoked.text, elsewhere.text, stranger.text, forged.text]
    said = {refusal(check, text) for text in bad}

    assert forged.key_id == good.key_id
    assert said == {"The API key is not valid; send `Authorization: Bearer <key>` with a current key."}


def test_a_malformed_key_is_refused_without_a_look_up() -> None:
    tenants = FakeTenants()
    check = CheckKey(tenants, "dev", trust_s=FOREVER)

    for text in ("pk_dev_1_2", tenant(FakeTenants(), stage="prod").text):
        refusal(check, text)

    assert tenants.reads == 0


def test_a_good_key_is_trusted_for_a_while_without_another_look_up() -> None:
    tenants = FakeTenants()
    key = tenant(tenants)
    check = CheckKey(tenants, "dev", trust_s=FOREVER)

    for _ in range(5):
        check(key.text)

    assert tenants.reads == 1


def test_trust_in_a_key_ends() -> None:
    tenants = FakeTenants()
    key = tenant(tenants)
    check = CheckKey(tenants, "dev", trust_s=0.0)
    check(key.text)

    tenants.revoke(key.key_id)

    assert "not valid" in refusal(check, key.text)


def test_a_key_that_was_unknown_is_looked_up_again() -> None:
    tenants = FakeTenants()
    key = tenant(FakeTenants())
    check = CheckKey(tenants, "dev", trust_s=FOREVER)
    refusal(check, key.text)

    tenants.add_key(StoredKey(key.key_id, "t-9", key.hash), "now")

    assert check(key.text).tenant_id == "t-9"


def test_more_keys_than_are_remembered_are_still_checked() -> None:
    tenants = FakeTenants()
    keys = [tenant(tenants, tenant_id=f"t-{seed}", seed=seed) for seed in range(1_100)]
    check = CheckKey(tenants, "dev", trust_s=FOREVER)

    assert [check(key.text).tenant_id for key in keys] == [f"t-{seed}" for seed in range(1_100)]
